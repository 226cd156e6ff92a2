import { PAGE_BYTES } from '../../../base/units.ts';
import type { RunState } from '../../contract/migration/status.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';
import type { OperationRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/**
 * The QEMU processes of a VM. Where the guest lives there is one; on every other host one has been started with the same
 * machine and "-incoming defer" and waits (our simplification: nobody has to start it).
 */

const all = (world: World): QemuRecord[] => (world.r.qemu ??= []);

/** The youngest process of a VM on a host, as far as one was ever spoken to. */
export const knownProcess = (world: World, vmIndex: number, host: number): QemuRecord | undefined =>
	world.r.qemu?.findLast((record) => record.vm === vmIndex && record.host === host);

/** The same; made when it is first spoken to, or anew when the one before has ended. */
export function processAt(world: World, vmIndex: number, host: number): QemuRecord {
	const known = knownProcess(world, vmIndex, host);
	if (known && !known.ended) return known;
	const record = newProcess(world, vmIndex, host);
	all(world).push(record);
	return record;
}

/** The same for whoever only looks: one that was never spoken to is not kept. */
export function processSeen(world: World, vmIndex: number, host: number): QemuRecord {
	const known = knownProcess(world, vmIndex, host);
	return known && !known.ended ? known : newProcess(world, vmIndex, host);
}

const newProcess = (world: World, vmIndex: number, host: number): QemuRecord =>
	emptyProcess(world, vmIndex, host, host !== homeOf(world, vmIndex));

export const processIndex = (world: World, record: QemuRecord): number => all(world).indexOf(record);

const homeOf = (world: World, vmIndex: number): number => {
	const vm = world.r.vms[vmIndex] as VmRecord;
	return vm.instances[vm.running] as number;
};

/** A new process; one that waits has the memory that the scenario gives the target. */
export function emptyProcess(world: World, vmIndex: number, host: number, waits: boolean): QemuRecord {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const scenario = world.scenario.vms[vmIndex];
	const older = (world.r.qemu ?? []).filter((record) => record.vm === vmIndex && record.host === host).length;
	const first: RunState = scenario?.qemu?.stopped === true ? 'prelaunch' : vm.vcpuState === 'stopped' ? 'paused' : 'running';
	return {
		vm: vmIndex,
		host,
		generation: older,
		runState: waits ? 'inmigrate' : first,
		bytes: (waits ? scenario?.qemu?.targetBytes : undefined) ?? vm.pageCount * PAGE_BYTES,
		capabilities: [],
		parameters: {},
		outgoing: 'none',
		incoming: 'none',
		listening: null,
		incomingStarted: false,
		exitOnError: true,
		operation: 0,
		error: null,
		ended: false,
		events: [],
		stderr: [],
		plugged: [],
		...(waits && scenario?.qemu?.target
			? { lacks: JSON.parse(JSON.stringify(scenario.qemu.target)) as NonNullable<QemuRecord['lacks']> }
			: {})
	};
}

/** The processes of an operation that was asked for at a monitor. */
export function processesOf(world: World, operation: OperationRecord): { readonly source?: QemuRecord; readonly target?: QemuRecord } {
	const { monitored } = operation;
	const [source, target] = [world.r.qemu?.[monitored?.source ?? -1], world.r.qemu?.[monitored?.target ?? -1]];
	return { ...(source ? { source } : {}), ...(target ? { target } : {}) };
}

/** An event of QMP, as this process tells it. */
export function tell(world: World, record: QemuRecord, event: string, data: { readonly [key: string]: string | number } = {}): void {
	record.events.push({ atNs: world.r.nowNs, event, data });
	// A monitor that nobody reads keeps the last ones.
	if (record.events.length > 200) record.events.shift();
}

/** A line on standard error. */
export function report(record: QemuRecord, ...lines: readonly string[]): void {
	record.stderr.push(...lines);
	while (record.stderr.length > 100) record.stderr.shift();
}

/** query-status. A stopped guest of a migration that goes out is in its switch-over. */
export function runStateOf(world: World, record: QemuRecord): RunState {
	const vm = world.r.vms[record.vm] as VmRecord;
	const operation = world.r.operations[record.operation - 1];
	const mine = vm.instances[vm.running] === record.host && record.runState !== 'inmigrate' && record.runState !== 'postmigrate';
	const migrates = operation?.state === 'running' && record.outgoing !== 'none';
	if (migrates && (!mine || (operation.stoppedNs >= 0 && vm.vcpuState !== 'running'))) return 'finish-migrate';
	return record.runState;
}

/** migrate_set_error: the first one stays until the next migration. */
export function setError(record: QemuRecord, text: string): void {
	record.error ??= text;
}
