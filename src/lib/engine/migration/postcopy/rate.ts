import { MIB, transferNs } from '../../../base/units.ts';
import { costNs } from '../../costs/cost-model.ts';
import { flowRate } from '../../fabric/links.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { pageWireBytes } from '../stream.ts';

/** How fast the background goes, and how long a page takes that is asked for. */

/** What Linux lets a socket hold unsent (Documentation/networking/ip-sysctl.rst, tcp_wmem: at most 4 MiB). */
const SOCKET_BYTES = 4 * MIB;

export const wireRate = (world: World, operation: OperationRecord): number => Math.max(1, flowRate(world, operation.id));

/** What the background may take of the wire: max-postcopy-bandwidth limits it and nothing else (0: no limit). */
export function pushRate(world: World, operation: OperationRecord): number {
	const limit = operation.parameters.maxPostcopyBandwidthBytesPerSecond;
	const rate = wireRate(world, operation);
	return limit < 10 ? rate : Math.min(rate, limit);
}

/**
 * From the fault until the page is placed. On the one channel it waits behind what the socket holds already; with
 * postcopy-preempt it has a channel of its own (QEMU 10.2.2 migration/postcopy-ram.c).
 */
export function faultNs(world: World, operation: OperationRecord, unitPages: number): number {
	const rate = wireRate(world, operation);
	const wire = pageWireBytes(world);
	// A background that is held back below the wire leaves the socket empty.
	const fills = !operation.parameters.preempt && pushRate(world, operation) >= rate;
	const ahead = fills ? Math.min(SOCKET_BYTES, operation.dirtyPages * wire) : 0;
	const rest = ahead + (unitPages - 1) * wire;
	return costNs(world.costs, 'postcopyFaultUs') + (rest > 0 ? transferNs(rest, rate) : 0);
}
