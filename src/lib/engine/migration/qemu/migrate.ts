import { NS_PER_MS } from '../../../base/units.ts';
import type { MigrationParameters, StrategyId } from '../../contract/commands.ts';
import { STRATEGY_IDS } from '../../contract/migration/strategies.ts';
import { inPostcopy, statusRuns } from '../../contract/migration/status.ts';
import { isCompressed, numberOf, parameterOf, usesTls } from '../../contract/migration/parameters.ts';
import type { MonitoredRecord, QemuRecord } from '../../state/qemu-records.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { beginMigration, withDefaults } from '../begin.ts';
import { recoverFetch } from '../postcopy/broken.ts';
import { STRATEGIES } from '../strategies/index.ts';
import { checkChunks } from '../strategies/rdma.ts';
import { connectError, reaches, readAddress, transportProblem, type Address } from './address.ts';
import { error, NOTHING, type MonitorAnswer, type MonitorWord, type Spoken } from './answer.ts';
import { blocker } from './blocked.ts';
import { beginCpr } from './cpr.ts';
import { loadProblem, PIPE_BROKEN, SAVE_FAILED } from './incoming.ts';
import { newMonitored } from './monitored.ts';
import { changeOutgoing } from './outgoing.ts';
import { processIndex, report, runStateOf, setError } from './processes.ts';
import { backendOf, sharedFile } from './ram-blocks.ts';

/** `migrate`: QEMU 10.2.2 migration/migration.c, qmp_migrate and migrate_prepare, in the order of their questions. */
export const migrate: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	const read = readAddress(given);
	if ('problem' in read) return error(read.problem);
	const { address } = read;
	const mode = String(parameterOf(process.parameters, 'mode'));
	const wayProblem = transportProblem(address, process.capabilities, mode, parameterOf(process.parameters, 'direct-io') === true);
	if (wayProblem !== null) return error(wayProblem);
	if (mode === 'cpr-transfer' && !address.cpr) return error("missing 'cpr' migration channel");
	if (given['resume'] === true) return resume(spoken, address);
	const problem = prepare(spoken, mode);
	if (problem !== null) return error(problem);
	const room = address.transport === 'file' || address.transport === 'exec' || mode === 'cpr-transfer' ? null : target(spoken, address);
	if (room !== null && !('listener' in room)) return failedConnect(spoken, address);
	process.error = null;
	delete process.cpr;
	if (mode === 'cpr-transfer') return beginCpr(spoken);
	if (room === null) {
		process.file = address.rest;
		return toFile(spoken, mode);
	}
	return connect(spoken, room.listener, address);
};

/** What stands against a new migration; null: nothing. */
function prepare({ world, process, vmIndex }: Spoken, mode: string): string | null {
	if (statusRuns(process.outgoing)) return "There's a migration process in progress";
	const state = runStateOf(world, process);
	if (state === 'inmigrate') return 'Guest is waiting for an incoming migration';
	if (state === 'postmigrate') return "Can't migrate the vm that was paused due to previous migration";
	if (mode === 'cpr-exec' && (parameterOf(process.parameters, 'cpr-exec-command') as readonly string[]).length === 0)
		return 'cpr-exec mode requires setting cpr-exec-command';
	const blocked = blocker(world, vmIndex);
	if (blocked !== null) return blocked;
	if (mode.startsWith('cpr-') && mode !== 'cpr-reboot' && backendOf(world, vmIndex) === 'ram')
		return 'Memory region pc.ram is not compatible with CPR. share=on is required for memory-backend objects, and aux-ram-share=on is required.';
	const on = (name: (typeof process.capabilities)[number]): boolean => process.capabilities.includes(name);
	if (on('mapped-ram') && usesTls(process.parameters)) return 'Cannot use TLS with mapped-ram';
	if (on('mapped-ram') && isCompressed(process.parameters)) return 'Cannot use compression with mapped-ram';
	if (mode.startsWith('cpr-')) {
		const conflict = on('postcopy-ram') ? 'postcopy' : on('background-snapshot') ? 'background snapshot' : on('x-colo') ? 'COLO' : null;
		if (conflict !== null) return `Cannot use ${conflict} with CPR`;
	}
	// Another migration of this VM that was not asked for at this monitor.
	if (world.r.operations.some((operation) => operation.vm === vmIndex && operation.state === 'running'))
		return "There's a migration process in progress";
	return null;
}

/** The process that waits where the address leads. */
function target({ world, vmIndex, process }: Spoken, address: Address): { readonly listener: QemuRecord } | { readonly nobody: true } {
	const listener = world.r.qemu?.find(
		(record) =>
			record.vm === vmIndex &&
			record !== process &&
			!record.ended &&
			record.incoming === 'setup' &&
			record.listening !== null &&
			reaches(address, JSON.parse(record.listening) as Address, world.r.hosts[record.host]?.id ?? '')
	);
	return listener ? { listener } : { nobody: true };
}

/** The socket answers that nobody is there: the migration has begun, and failed (migration_connect_set_error). */
function failedConnect({ world, process, cause }: Spoken, address: Address): MonitorAnswer {
	process.error = null;
	const text = connectError(address);
	// A descriptor that nobody handed over is missed before anything begins.
	changeOutgoing(world, process, 'setup', cause);
	setError(process, text);
	changeOutgoing(world, process, 'failed', cause);
	if (address.transport === 'fd') return error(text);
	report(process, text);
	return NOTHING;
}

function connect(spoken: Spoken, listener: QemuRecord, address: Address): MonitorAnswer {
	const { world, process, vm, vmIndex } = spoken;
	const lines = loadProblem(process, listener);
	if (lines.length > 0) return refusedByTarget(spoken, listener, lines);
	const strategy = strategyOf(world, process, address);
	const parameters = parametersOf(world, process);
	const source = vm.instances[vm.running] as number;
	const request = { vm: vmIndex, source, target: listener.host, parameters };
	const byChunk = strategy === 'rdma' && !process.capabilities.includes('rdma-pin-all');
	const check = (byChunk ? checkChunks : STRATEGIES[strategy].check)(world, request, {
		name: 'migrate',
		vm: vm.id,
		target: world.r.hosts[listener.host]?.id ?? '',
		strategy
	});
	if (!check.ok) return error(check.detail);
	return begin(spoken, strategy, parameters, listener.host, listener, byChunk ? { byChunk } : {});
}

/** The process at the other end ends while it loads; this one finds that nobody reads. */
function refusedByTarget({ world, process, cause }: Spoken, listener: QemuRecord, lines: readonly string[]): MonitorAnswer {
	changeOutgoing(world, process, 'setup', cause);
	report(listener, ...lines);
	listener.incoming = 'failed';
	listener.ended = listener.exitOnError;
	listener.listening = null;
	setError(listener, lines[0] as string);
	setError(process, PIPE_BROKEN);
	report(process, SAVE_FAILED, PIPE_BROKEN);
	changeOutgoing(world, process, 'failed', cause);
	return NOTHING;
}

/** Which way to move the capabilities and the address mean. */
function strategyOf(world: World, process: QemuRecord, address: Address): StrategyId {
	const byReference = STRATEGY_IDS.find((id: string) => id === 'shared-file');
	if (sharedFile(world, process) && byReference) return byReference;
	if (address.transport === 'rdma') return 'rdma';
	return process.capabilities.includes('postcopy-ram') ? 'postcopy' : 'precopy';
}

/** More rounds than any run has: post-copy waits for migrate-start-postcopy. */
const UNTIL_TOLD = 2 ** 31;

/** QEMU's parameters and capabilities as those of an operation. */
export function parametersOf(world: World, process: QemuRecord): Required<MigrationParameters> {
	const on = (name: (typeof process.capabilities)[number]): boolean => process.capabilities.includes(name);
	const value = (name: Parameters<typeof numberOf>[1]): number => numberOf(process.parameters, name);
	return withDefaults(world, {
		maxBandwidthBytesPerSecond: value('max-bandwidth'),
		downtimeLimitNs: value('downtime-limit') * NS_PER_MS,
		multifdChannels: value('multifd-channels'),
		autoConverge: on('auto-converge'),
		availSwitchoverBandwidthBytesPerSecond: value('avail-switchover-bandwidth'),
		precopyPasses: UNTIL_TOLD,
		preempt: on('postcopy-preempt'),
		maxPostcopyBandwidthBytesPerSecond: value('max-postcopy-bandwidth'),
		pauseBeforeSwitchover: on('pause-before-switchover')
	});
}

export function throttleOf(process: QemuRecord): MonitoredRecord['throttle'] {
	const value = (name: Parameters<typeof numberOf>[1]): number => numberOf(process.parameters, name);
	return {
		trigger: value('throttle-trigger-threshold'),
		initial: value('cpu-throttle-initial'),
		increment: value('cpu-throttle-increment'),
		most: value('max-cpu-throttle'),
		tailslow: parameterOf(process.parameters, 'cpu-throttle-tailslow') === true
	};
}

function begin(
	spoken: Spoken,
	strategy: StrategyId,
	parameters: Required<MigrationParameters>,
	targetHost: number,
	listener: QemuRecord | null,
	more: Partial<OperationRecord> = {}
): MonitorAnswer {
	const { world, process, vm, vmIndex, cause } = spoken;
	const id = world.r.operations.length + 1;
	process.operation = id;
	process.outgoing = 'none';
	if (listener) {
		listener.operation = id;
		listener.listening = null;
	}
	const operation = beginMigration(world, {
		strategy,
		vm: vmIndex,
		source: vm.instances[vm.running] as number,
		target: targetHost,
		parameters,
		cause,
		extra: {
			...more,
			monitored: {
				...newMonitored(
					processIndex(world, process),
					listener ? processIndex(world, listener) : -1,
					parameters.downtimeLimitNs / NS_PER_MS
				),
				postcopyAllowed: process.capabilities.includes('postcopy-ram'),
				throttle: throttleOf(process)
			},
			...(vm.vcpuState === 'stopped' ? { wasStopped: true as const } : {}),
			...(listener ? {} : { toFile: true as const })
		}
	});
	return { ok: true, value: {}, operation: operation.id };
}

/** Into a file: nobody receives; the guest ends stopped, its state beside it. */
function toFile(spoken: Spoken, mode: string): MonitorAnswer {
	const { world, process, vm } = spoken;
	const home = vm.instances[vm.running] as number;
	// CPR stops the guest before anything is sent (migrate_mode_is_cpr).
	const parameters = parametersOf(world, process);
	return begin(spoken, 'precopy', mode === 'cpr-reboot' ? { ...parameters, maxBandwidthBytesPerSecond: 0 } : parameters, home, null);
}

/** migrate with resume at the source of a paused post-copy; the target has said migrate-recover. */
function resume({ world, process, cause }: Spoken, address: Address): MonitorAnswer {
	if (process.outgoing !== 'postcopy-paused') return error('Cannot resume if there is no paused migration');
	if (process.capabilities.includes('release-ram')) return error('Postcopy recovery cannot work when release-ram capability is set');
	const operation = world.r.operations[process.operation - 1];
	const listener = operation?.monitored ? world.r.qemu?.[operation.monitored.target] : undefined;
	const found =
		listener?.listening !== null &&
		listener?.listening !== undefined &&
		reaches(address, JSON.parse(listener.listening) as Address, world.r.hosts[listener.host]?.id ?? '');
	const recovered = operation && found ? recoverFetch(world, operation) : null;
	if (recovered?.ok && listener) {
		listener.listening = null;
		process.error = null;
		return NOTHING;
	}
	// Never fail a post-copy migration: it is paused again.
	changeOutgoing(world, process, 'postcopy-recover-setup', cause);
	process.error = connectError(address);
	changeOutgoing(world, process, 'postcopy-paused', cause);
	return NOTHING;
}

export const inPostcopyNow = (process: QemuRecord): boolean => inPostcopy(process.outgoing);
