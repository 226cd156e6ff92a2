import {
	BLOCKING_DEVICES,
	needsPrecopyText,
	OFF_THE_BUS,
	stateBlocked,
	type BlockingDevice,
	type BlockingDeviceName
} from '../../contract/migration/blockers.ts';
import { parameterOf } from '../../contract/migration/parameters.ts';
import type { Scenario } from '../../contract/scenario/schema.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { unshadowable, vdpaBlocker } from '../nics.ts';

/**
 * What keeps a VM from migrating (QEMU 10.2.2 migration/migration.c, migration_is_blocked): states that cannot be written down
 * first, then reasons that devices have added, the youngest first. Each reason stands in the lists of the modes that it blocks.
 */

/** Where a passed-through device is in its host, which is what QEMU calls it by (hw/vfio/pci.c, vbasedev->name). */
const hostAddress = (vm: Scenario['vms'][number] | undefined): string => vm?.qemu?.passedThrough ?? '0000:3b:00.0';

/** With the names of this machine. PCI slots are given out from 1 on, in the order of the command line. */
function named(vm: Scenario['vms'][number] | undefined, names: readonly BlockingDeviceName[]): BlockingDevice[] {
	const { path, tag } = vm?.qemu?.exports ?? { path: '/srv', tag: 'shared' };
	let slot = 0;
	return names.map((name, index) => {
		const device: BlockingDevice = BLOCKING_DEVICES[name];
		if (!OFF_THE_BUS.includes(device.type)) slot += 1;
		// What sits behind a controller is told with its port: 0000:00:01.0/1.
		const given = vm?.qemu?.deviceAddresses?.[index] ?? `0000:00:${slot.toString(16).padStart(2, '0')}.0`;
		const [at, port = '1'] = given.split('/') as [string, string?];
		const reason = device.reason
			.replace('{slot}', at)
			.replace('{port}', port)
			.replace('{host}', hostAddress(vm))
			.replace('{path}', path)
			.replace('{tag}', tag);
		return { ...device, reason };
	});
}

const NAMES = Object.keys(BLOCKING_DEVICES) as BlockingDeviceName[];
/** What device_add plugs under a type: the first of the table. */
export const blockingName = (driver: string): BlockingDeviceName | undefined =>
	NAMES.find((name) => BLOCKING_DEVICES[name].type === driver && BLOCKING_DEVICES[name].kind !== 'none' && !SERVED.includes(name));
/** A virtio card blocks by what serves it, which device_add does not say. */
const SERVED: readonly BlockingDeviceName[] = ['vhost-user-net', 'vhost-unlogged'];

function devicesOf(world: World, process: QemuRecord): readonly BlockingDevice[] {
	const scenario = world.scenario.vms[process.vm];
	const vm = world.r.vms[process.vm] as VmRecord;
	const names: BlockingDeviceName[] = [...(scenario?.qemu?.devices ?? [])];
	if (vm.passThrough && !vm.failover) names.push('vfio-pci');
	if (vm.secure && !names.some((name) => name === 'sev-guest' || name === 'tdx-guest')) names.push('sev-guest');
	for (const { driver, pair } of process.plugged) {
		const name = pair === undefined && driver !== 'vfio-pci' ? blockingName(driver) : undefined;
		if (name) names.push(name);
	}
	// -only-migratable: the guest's mount was refused, and so there is nothing in the way.
	return named(scenario, scenario?.qemu?.onlyMigratable ? names.filter((name) => !BLOCKING_DEVICES[name].byGuest) : names);
}

const modeOf = (process: QemuRecord): string => String(parameterOf(process.parameters, 'mode'));

/** Reasons in the list of the mode that is set, the oldest first. */
function reasonsOf(world: World, process: QemuRecord): string[] {
	const normal = modeOf(process) === 'normal';
	const added = devicesOf(world, process)
		.filter((device) => device.kind === 'blocker' && (normal || device.modes === 'all'))
		.map((device) => device.reason);
	const nic = normal ? vdpaBlocker(world, process.vm) : null;
	if (nic !== null) added.push(nic);
	return added;
}

const statesOf = (world: World, process: QemuRecord): BlockingDevice[] =>
	devicesOf(world, process).filter((device) => device.kind === 'vmstate');

/** For query-migrate: each list is put in front one by one (fill_source_migration_info, qemu_savevm_non_migratable_list). */
export function blockedReasons(world: World, process: QemuRecord): string[] {
	const states = statesOf(world, process).map((device) => `non-migratable device: ${device.reason}`);
	return [...reasonsOf(world, process), ...states.reverse()];
}

/** What migrate answers; null: nothing is in the way. */
export function blocker(world: World, process: QemuRecord): string | null {
	const state = statesOf(world, process)[0];
	if (state) return stateBlocked(state.reason);
	return reasonsOf(world, process).at(-1) ?? null;
}

/** What devices say when they are asked to prepare, behind the blockers (qemu_savevm_state_prepare, vfio_save_prepare). */
export function unprepared(world: World, process: QemuRecord): string | null {
	if (!devicesOf(world, process).some((device) => device.needsPrecopy)) return null;
	const host = hostAddress(world.scenario.vms[process.vm]);
	if (process.capabilities.includes('postcopy-ram')) return needsPrecopyText(host, 'postcopy migration');
	if (process.capabilities.includes('background-snapshot')) return needsPrecopyText(host, 'background snapshot');
	return null;
}

/** A passed-through device through a reboot of the host: only with the guest suspended (hw/vfio/cpr.c), which none here is. */
export function rebootProblem(world: World, process: QemuRecord): string | null {
	const passed = devicesOf(world, process).some((device) => device.type === 'vfio-pci');
	return passed && modeOf(process) === 'cpr-reboot' ? 'VFIO device only supports cpr-reboot for runstate suspended' : null;
}

/** -only-migratable: QEMU does not start, and nothing of the kind is plugged (hw/core/qdev.c, migration/migration.c: EACCES). */
export function onlyMigratableProblem(device: BlockingDevice): string | null {
	if (device.kind === 'vmstate') return `Device ${device.inner ?? device.type} is not migratable, but --only-migratable was specified`;
	if (device.kind === 'blocker' && !device.byGuest) return onlyMigratableText(device.reason);
	return null;
}
const onlyMigratableText = (reason: string): string => `disallowing migration blocker (--only-migratable) for: ${reason}`;

/** The same for a whole command line: what QEMU ends with; null: it starts. */
export function startProblem(scenario: Scenario['vms'][number]): string | null {
	if (!scenario.qemu?.onlyMigratable) return null;
	const names: BlockingDeviceName[] = [...(scenario.qemu.devices ?? [])];
	if (scenario.ways?.passThrough === true && !scenario.ways.failover) names.push('vfio-pci');
	if (scenario.ways?.secure) names.push('sev-guest');
	for (const device of named(scenario, names)) {
		const problem = onlyMigratableProblem(device);
		if (problem !== null) return problem;
	}
	for (const nic of scenario.vdpa?.nics ?? []) {
		const reason = unshadowable(nic.id, nic.features);
		if (reason !== null) return onlyMigratableText(reason);
	}
	return null;
}

/** The same for one that is plugged: with the names of this machine. */
export function plugProblem(world: World, vmIndex: number, name: BlockingDeviceName): string | null {
	const scenario = world.scenario.vms[vmIndex];
	const device = named(scenario, [...(scenario?.qemu?.devices ?? []), name]).at(-1);
	return device && scenario?.qemu?.onlyMigratable ? onlyMigratableProblem(device) : null;
}
