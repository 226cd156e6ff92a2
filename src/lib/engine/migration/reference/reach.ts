import { formatAddress } from '../../../base/address.ts';
import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { BLOCK_BYTES } from '../../../base/units.ts';
import type { ExtentRecord, HostRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName } from '../operation.ts';

/** Whether a host is there and reaches the pool now: only then it accepts capacity, maps it, or runs a vCPU on it. */
export function reaches(world: World, host: number): Outcome<null, 'host-not-up' | 'no-shared-memory' | 'pool-lost'> {
	const name = hostName(world, host);
	const power = world.r.hosts[host]?.power;
	if (power !== 'up') return refused('host-not-up', `${name} is ${power ?? 'not there'}`);
	const peer = world.r.rack?.peers[host];
	if (world.r.rack?.poolLost) return refused('pool-lost', 'the pool has failed');
	if (world.r.rack?.switchCut) return refused('no-shared-memory', 'the CXL switch is down');
	if (peer?.cxlCut) return refused('no-shared-memory', `the CXL link of ${name} is cut`);
	if (peer?.deviceFenced) return refused('no-shared-memory', `the device refuses ${name}`);
	return ok(null);
}

/**
 * Whether the CPUs of a host can say every address of an extent behind its window (Linux 7.2.13 mm/memory_hotplug.c,
 * mhp_range_allowed; memory of a node and of device-dax alike). Only the host's own window decides: the other may be lower.
 */
export function addresses(
	host: HostRecord,
	{ id, firstBlock, blockCount }: Pick<ExtentRecord, 'id' | 'firstBlock' | 'blockCount'>
): Outcome<null, 'beyond-address-width'> {
	const end = host.decoder.hpaBase + (firstBlock + blockCount) * BLOCK_BYTES - host.decoder.dpaBase;
	if (host.addressLimit === undefined || end <= host.addressLimit) return ok(null);
	const last = formatAddress(host.addressLimit - 1);
	return refused('beyond-address-width', `${id} would end at ${formatAddress(end - 1)} of ${host.id}, whose CPUs end at ${last}`);
}
