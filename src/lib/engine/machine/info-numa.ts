import { MIB } from '../../base/units.ts';
import type { World } from '../state/world.ts';
import { machineOf } from './machine-of.ts';

/**
 * info numa (QEMU 10.0.13 hw/core/machine-hmp-cmds.c): per node its CPUs, its memory with what is plugged, and the plugged
 * part alone. Without -numa there are none, or one with everything where memory may still come (hw/core/numa.c,
 * auto_enable_numa_with_memhp and _memdev).
 */
export function infoNuma(world: World, os: number): string {
	const machine = machineOf(world, os);
	const alone = { id: 0, cpus: Array.from({ length: machine.cpus }, (_, cpu) => cpu), bytes: machine.ramBytes };
	const told = machine.numaNodes.length > 0 || machine.maxmemBytes === 0 ? machine.numaNodes : [alone];
	const nodes = [...told].sort((a, b) => a.id - b.id);
	return [
		`${nodes.length} nodes\n`,
		...nodes.map((node) => {
			const plugged = pluggedBytes(world, os, node.id);
			const size = (bytes: number): string => `${Math.floor(bytes / MIB)} MB\n`;
			return (
				`node ${node.id} cpus:${node.cpus.map((cpu) => ` ${cpu}`).join('')}\n` +
				`node ${node.id} size: ${size(node.bytes + plugged)}node ${node.id} plugged: ${size(plugged)}`
			);
		})
	].join('');
}

/** memory_device: DIMMs and what virtio-mem has plugged. */
function pluggedBytes(world: World, os: number, node: number): number {
	const dimms = world.r.dimms.filter((dimm) => dimm.os === os && dimm.node === node && dimm.state !== 'gone');
	const devices = world.r.virtioMems.filter((device) => device.os === os && device.node === node && device.state === 'plugged');
	return dimms.reduce((sum, dimm) => sum + dimm.bytes, 0) + devices.reduce((sum, device) => sum + device.pluggedBytes, 0);
}
