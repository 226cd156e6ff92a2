import { NS_PER_MS } from '../../../base/units.ts';
import type { MigrationParameters, StrategyId } from '../../contract/commands.ts';
import { NOT_RUN } from '../../contract/migration/capabilities.ts';
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
import { connectError, folderExists, openError, reaches, transportProblem, type Address } from './address.ts';
import { error, NOTHING, type MonitorAnswer, type MonitorWord, type Spoken } from './answer.ts';
import { blocker, rebootProblem, unprepared } from './blocked.ts';
import { readAddress } from './channels.ts';
import { beginCpr } from './cpr.ts';
import { failLoad, loadProblem, PIPE_BROKEN, SAVE_FAILED } from './incoming.ts';
import { newMonitored } from './monitored.ts';
import { changeOutgoing } from './outgoing.ts';
import { processIndex, report, runStateOf, setError } from './processes.ts';
import { cprProblem, memoryNameOf, sharedFile } from './ram-blocks.ts';

/** `migrate`: QEMU 11.0.50 migration/migration.c, qmp_migrate and migrate_prepare, in the order of their questions. */
export const migrate: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	const mode = String(parameterOf(process.parameters, 'mode'));
	const read = readAddress(given, { mode, incoming: false });
	if ('problem' in read) return error(read.problem);
	const { address } = read;
	const wayProblem = transportProblem(address, process.capabilities, mode, parameterOf(process.parameters, 'direct-io') === true);
	if (wayProblem !== null) return error(wayProblem);
	if (given['resume'] === true) return resume(spoken, address);
	const problem = prepare(spoken, mode);
	if (problem !== null) return error(problem);
	if (mode === 'cpr-transfer') {
		// QEMU itself ends here, by an assertion, when it was given no list of channels (migration/cpr.c, cpr_state_save).
		if (!address.cpr) return error("missing 'cpr' migration channel");
		if (address.cpr !== 'unix') return failedAtOnce(spoken, 'bad cpr channel address; must be unix');
	}
	if (address.transport === 'file' && !folderExists(address.rest)) return failedAtOnce(spoken, openError(address.rest, 'create'));
	const room = address.transport === 'file' || address.transport === 'exec' || mode === 'cpr-transfer' ? null : target(spoken, address);
	if (room !== null && !('listener' in room)) return failedConnect(spoken, address);
	process.error = null;
	delete process.cpr;
	const stays = rebootProblem(spoken.world, process);
	if (stays !== null) return failedSetup(spoken, stays);
	if (mode === 'cpr-transfer') return beginCpr(spoken);
	const unfit = unfitChannel(process, address);
	if (unfit !== null) return failedChannel(spoken, room?.listener ?? null, unfit);
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
	const blocked = blocker(world, process);
	if (blocked !== null) return blocked;
	const cpr = mode === 'cpr-transfer' ? cprProblem(world, vmIndex) : null;
	if (cpr !== null) return cpr;
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
	return unprepared(world, process) ?? notRun(process);
}

/** Kinds of migration that QEMU has and this model does not run; the words are ours. */
function notRun({ capabilities }: QemuRecord): string | null {
	const kind = NOT_RUN.find(({ capability }) => capabilities.includes(capability));
	return kind ? `${kind.capability}: ${kind.sentence} (a limit of this model, not of QEMU)` : null;
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

/**
 * The socket answers that nobody is there: the migration has begun, and failed; standard error has no word of it (QEMU 11.0.50
 * migration/migration.c, migration_connect_error_propagate).
 */
function failedConnect(spoken: Spoken, address: Address): MonitorAnswer {
	const text = connectError(address, hostIds(spoken.world));
	// A descriptor that nobody handed over is missed while the word is said.
	if (address.transport === 'fd') return failedAtOnce(spoken, text);
	failedAtOnce(spoken, text);
	return NOTHING;
}

/** The same where it shows before the word is answered: the answer is the error. */
function failedAtOnce({ world, process, cause }: Spoken, text: string): MonitorAnswer {
	process.error = null;
	changeOutgoing(world, process, 'setup', cause);
	setError(process, text);
	changeOutgoing(world, process, 'failed', cause);
	return error(text);
}

const hostIds = (world: World): string[] => world.r.hosts.map((host) => host.id);

/** What the open channel lacks (QEMU 11.0.50 migration/socket.c, socket_outgoing_migration; migration/tls.c, migration_tls_get_creds). */
function unfitChannel(process: QemuRecord, { transport }: Address): string | null {
	// The kernel sends without a copy over TCP; a unix socket says that it cannot.
	if (process.capabilities.includes('zero-copy-send') && transport === 'unix') return 'Zero copy send feature not detected in host kernel';
	// Nobody here can make such credentials (object-add).
	return usesTls(process.parameters) ? `No TLS credentials with id '${String(parameterOf(process.parameters, 'tls-creds'))}'` : null;
}

/** The channel is closed again; who took it up at the other end finds nothing in it (migration_channel_identify). */
function failedChannel(spoken: Spoken, listener: QemuRecord | null, text: string): MonitorAnswer {
	failedAtOnce(spoken, text);
	if (listener) failLoad(spoken.world, listener, ['Failed to peek at channel'], false);
	return NOTHING;
}

/** A notifier of PRECOPY_SETUP objects: the migration has begun, and failed (migration_connect). */
function failedSetup({ world, process, cause }: Spoken, text: string): MonitorAnswer {
	changeOutgoing(world, process, 'setup', cause);
	setError(process, text);
	report(process, text);
	changeOutgoing(world, process, 'failed', cause);
	return NOTHING;
}

function connect(spoken: Spoken, listener: QemuRecord, address: Address): MonitorAnswer {
	const { world, process, vm, vmIndex } = spoken;
	const lines = loadProblem(process, listener, memoryNameOf(world, vmIndex));
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
	// The state of a device that the other end does not have comes last: everything is sent, and nobody has the guest.
	if (listener.lacks?.lacksState !== undefined) return begin(spoken, 'precopy', parameters, source, listener, { toFile: true });
	return begin(spoken, strategy, parameters, listener.host, listener, byChunk ? { byChunk } : {});
}

/** The process at the other end ends while it loads; this one finds that nobody reads. */
function refusedByTarget({ world, process, cause }: Spoken, listener: QemuRecord, lines: readonly string[]): MonitorAnswer {
	changeOutgoing(world, process, 'setup', cause);
	failLoad(world, listener, lines);
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

/** vcpu-dirty-limit, where the capability is on. */
export const dirtyLimitOf = (process: QemuRecord): Pick<MonitoredRecord, 'dirtyLimitMiBps'> =>
	process.capabilities.includes('dirty-limit') ? { dirtyLimitMiBps: numberOf(process.parameters, 'vcpu-dirty-limit') } : {};

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
				...newMonitored(processIndex(world, process), listener ? processIndex(world, listener) : -1),
				postcopyAllowed: process.capabilities.includes('postcopy-ram'),
				throttle: throttleOf(process),
				...dirtyLimitOf(process)
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
	const leaves = sharedFile(world, process) ? { leavesMemory: true as const } : {};
	return begin(
		spoken,
		'precopy',
		mode === 'cpr-reboot' ? { ...parameters, maxBandwidthBytesPerSecond: 0 } : parameters,
		home,
		null,
		leaves
	);
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
	process.error = connectError(address, hostIds(world));
	changeOutgoing(world, process, 'postcopy-paused', cause);
	return NOTHING;
}

export const inPostcopyNow = (process: QemuRecord): boolean => inPostcopy(process.outgoing);
