import { DOORS } from '../../contract/doors.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import type { Type3 } from '../../machine/cxl-path.ts';
import { runCxlQmp } from '../../machine/qmp-cxl.ts';
import { answer, failure, type QmpAnswer } from '../../machine/qmp-value.ts';
import type { PeerRecord } from '../../state/fabric-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { throughDoor } from '../doors.ts';

/**
 * QEMU's monitor at a host of the fabric, in JSON: the host as a guest whose emulated devices are those with QEMU's profile.
 * A device of the standard's profile is no device of QEMU: no path leads to it.
 */
export function runHostQmp(world: World, peer: PeerRecord, execute: string, args: QmpArguments): QmpAnswer {
	const cxl = runCxlQmp(world, execute, args, (path) => type3At(world, peer, path));
	if (cxl !== null) return cxl;
	switch (execute) {
		case 'qmp_capabilities':
			return answer();
		case 'query-status':
			return answer({ running: peer.state !== 'crashed', status: peer.state === 'crashed' ? 'guest-panicked' : 'running' });
		case 'query-memory-devices':
			return answer(memoryDevices(world, peer));
		default:
			return failure(`The command ${execute} has not been found`, 'CommandNotFound');
	}
}

/** "pool", "peripheral/pool", "/machine/peripheral/pool": the id of a device with QEMU's profile that this host has. */
function type3At(world: World, peer: PeerRecord, path: string): Type3 {
	const parts = path.split('/').filter((part) => part !== '');
	const whole = ['machine', 'peripheral', parts.at(-1) ?? ''];
	const fits = path.startsWith('/') ? parts.length === 3 : parts.length <= 3;
	if (parts.length === 0 || !fits || !parts.every((part, at) => part === whole[whole.length - parts.length + at])) return 'nothing';
	const device = world.r.fabric.devices.findIndex((record) => record.id === parts.at(-1) && record.profile === 'qemu111' && record.present);
	const ld = world.r.fabric.devices[device]?.lds.findIndex((logical) => logical.host === peer.id) ?? -1;
	return ld < 0 ? 'nothing' : { device, ld };
}

const FIRST_ADDRESS = 4 * 2 ** 30;
const SLOT = 2 ** 30;
/**
 * Memory devices of the VMs that this host has taken capacity into (doors): DIMMs and virtio-mem in QEMU's shape. A cxl-type3
 * is no memory device and is not listed (QEMU 11.1.3 hw/mem/memory-device.c). Addresses: from 4 GiB on, each on a whole GiB
 * (our simplification: one VM, nothing else plugged).
 */
function memoryDevices(world: World, peer: PeerRecord): JsonValue {
	let addr = FIRST_ADDRESS;
	let slot = 0;
	return world.r.fabric.doors
		.filter((each) => each.host === peer.id)
		.flatMap(({ customer, door }): JsonValue[] => {
			const bytes = throughDoor(world, customer, door).guestBytes;
			if (door === 'type3') return [];
			const at = addr;
			addr += Math.ceil(bytes / SLOT) * SLOT;
			const memdev = `/objects/${customer}`;
			if (door === 'virtio-mem' || door === 'virtio-mem+tag')
				return [
					{
						type: 'virtio-mem',
						data: {
							id: `vmem-${customer}`,
							memaddr: at,
							'requested-size': bytes,
							size: bytes,
							'max-size': Math.ceil(bytes / SLOT) * SLOT,
							'block-size': DOORS[door].granularityBytes,
							node: 0,
							memdev
						}
					}
				];
			return [
				{
					type: 'dimm',
					data: { id: `dimm-${customer}`, addr: at, slot: slot++, node: 0, memdev, hotpluggable: true, hotplugged: true, size: bytes }
				}
			];
		});
}
