import { BLOCKING_DEVICES, stateBlocked, type BlockingDevice, type BlockingDeviceName } from '../../contract/migration/blockers.ts';
import type { World } from '../../state/world.ts';
import { nicBlocker } from '../nics.ts';

/**
 * What keeps a VM from migrating (QEMU 10.2.2 migration/migration.c, migration_is_blocked): states that cannot be written down
 * first, then reasons that devices have added, the youngest first.
 */

function devicesOf(world: World, vmIndex: number): readonly BlockingDevice[] {
	const scenario = world.scenario.vms[vmIndex];
	const names: BlockingDeviceName[] = [...(scenario?.qemu?.devices ?? [])];
	if ((scenario?.ways as { passThrough?: boolean } | undefined)?.passThrough === true) names.push('vfio-pci');
	const { path, tag } = scenario?.qemu?.exports ?? { path: '/srv', tag: 'shared' };
	// PCI slots are given out from 1 on, in the order of the command line.
	return names.map((name, index) => {
		const device: BlockingDevice = BLOCKING_DEVICES[name];
		const slot = `0000:00:${(index + 1).toString(16).padStart(2, '0')}.0`;
		return { ...device, reason: device.reason.replace('{slot}', slot).replace('{path}', path).replace('{tag}', tag) };
	});
}

const reasonsOf = (world: World, vmIndex: number): string[] => {
	const added = devicesOf(world, vmIndex)
		.filter((device) => device.kind === 'blocker')
		.map((device) => device.reason);
	const nic = nicBlocker(world, vmIndex);
	if (nic !== null) added.push(nic);
	return added.reverse();
};

/** For query-migrate. */
export function blockedReasons(world: World, vmIndex: number): string[] {
	const states = devicesOf(world, vmIndex).filter((device) => device.kind === 'vmstate');
	return [...reasonsOf(world, vmIndex), ...states.map((device) => `non-migratable device: ${device.reason}`)];
}

/** What migrate answers; null: nothing is in the way. */
export function blocker(world: World, vmIndex: number): string | null {
	const state = devicesOf(world, vmIndex).find((device) => device.kind === 'vmstate');
	if (state) return stateBlocked(state.reason);
	return reasonsOf(world, vmIndex)[0] ?? null;
}

/** -only-migratable: QEMU does not start, and nothing of the kind is plugged (hw/core/qdev.c, migration/migration.c). */
export function onlyMigratableProblem(device: BlockingDevice): string | null {
	if (device.kind === 'vmstate') return `Device ${device.type} is not migratable, but --only-migratable was specified`;
	if (device.kind === 'blocker') return `disallowing migration blocker (--only-migratable) for: ${device.reason}`;
	return null;
}
