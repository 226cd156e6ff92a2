import { windowOfDpa } from '../../fabric/address/region-off.ts';
import { memdevKey } from '../../fabric/address/configure.ts';
import type { DaxRecord, DeviceRecord, LogicalDeviceRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { deviceOfDax } from '../copies.ts';

/**
 * Names that the tools use on a host of the fabric: a memory device has the number of its device (a second logical device of
 * it one behind all devices), a region that of its window, and Linux makes a node for every window.
 */
export interface Memdev {
	readonly id: number;
	readonly device: number;
	readonly ld: number;
	readonly record: DeviceRecord;
	readonly logical: LogicalDeviceRecord;
	/** Its driver is bound. */
	readonly enabled: boolean;
}

export function memdevsOf(world: World, peer: PeerRecord): Memdev[] {
	const { devices } = world.r.fabric;
	let behind = devices.length;
	return devices.flatMap((record, device) => {
		if (!record.present) return [];
		let first = true;
		return record.lds.flatMap((logical, ld) => {
			if (logical.host !== peer.id) return [];
			const id = first ? device : behind++;
			first = false;
			return [{ id, device, ld, record, logical, enabled: !peer.disabledMemdevs.includes(memdevKey(record.id, ld)) }];
		});
	});
}

export const windowName = (index: number): string => `region${index}`;
/** Region of a DAX device; the number of its device where no window holds it. */
export function regionOfDax(world: World, peer: PeerRecord, dax: DaxRecord): number {
	const device = deviceOfDax(world, dax);
	const window = windowOfDpa(world, peer, device, dax.ld, dax.pieces[0]?.dpa ?? -1);
	return window >= 0 ? window : device;
}
export const seenDaxes = (peer: PeerRecord): DaxRecord[] => peer.dax.filter((dax) => !dax.destroyed && dax.state !== 'gone');
