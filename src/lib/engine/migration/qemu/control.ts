import type { QmpArguments } from '../../contract/machine-commands.ts';
import { inPostcopy, isMigrationStatus, statusRuns } from '../../contract/migration/status.ts';
import { parameterOf } from '../../contract/migration/parameters.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { emit } from '../../sim/trace.ts';
import { setStatus } from '../operation.ts';
import { pauseFetch } from '../postcopy/broken.ts';
import { STRATEGIES } from '../strategies/index.ts';
import { continueSwitchover, failPrecopy, waitsForContinue } from '../strategies/precopy.ts';
import { bindError, connectError, folderExists, openError, transportProblem, type Address } from './address.ts';
import { error, missing, NOTHING, wrongType, type MonitorWord, type Spoken } from './answer.ts';
import { readAddress } from './channels.ts';
import { fileOf, loadFile } from './state-file.ts';
import { CUT_AT_SWITCH, CUT_IN_RAM, failLoad, PIPE_BROKEN, SAVE_FAILED } from './incoming.ts';
import { report, runStateOf, setError, tell } from './processes.ts';

/** What may be said while a migration runs, before it comes in, and to the guest: QEMU 11.0.50 migration/migration.c. */

const running = ({ world, process }: Spoken) => {
	const operation = world.r.operations[process.operation - 1];
	return operation?.state === 'running' && operation.monitored ? operation : undefined;
};

/** qmp_migrate_incoming. */
export const incoming: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	if (process.incomingStarted) return error('The incoming migration has already been started');
	if (runStateOf(spoken.world, process) !== 'inmigrate') return error("'-incoming' was not specified on the command line");
	const exit = given['exit-on-error'];
	if (exit !== undefined && typeof exit !== 'boolean') return wrongType('exit-on-error', 'boolean');
	process.exitOnError = exit !== false;
	const read = wayIn(process, given);
	if ('problem' in read) return error(read.problem);
	// It has begun before anybody knows whether there is such a place: who tries a second time meets the first.
	if (process.incoming !== 'none') return error(`Illegal migration incoming state: ${process.incoming}`);
	process.incoming = 'setup';
	if (process.capabilities.includes('events')) tell(spoken.world, process, 'MIGRATION', { status: 'setup' });
	const { address } = read;
	const file = address.transport === 'file' ? fileOf(spoken, address.rest) : undefined;
	const nowhere = address.transport === 'file' && !file ? openError(address.rest, 'open') : listenError(address);
	if (nowhere !== null) return error(nowhere);
	process.listening = JSON.stringify(address);
	process.incomingStarted = true;
	return file ? loadFile(spoken, file) : NOTHING;
};

/** Where a process is to listen, as far as words go (qemu_setup_incoming_migration). */
function wayIn(process: Spoken['process'], given: QmpArguments): ReturnType<typeof readAddress> {
	const mode = String(parameterOf(process.parameters, 'mode'));
	const read = readAddress(given, { mode, incoming: true });
	if ('problem' in read) return read;
	const problem = transportProblem(read.address, process.capabilities, mode, parameterOf(process.parameters, 'direct-io') === true);
	return problem === null ? read : { problem };
}

/** What the host says to who wants to listen there. */
function listenError(address: Address): string | null {
	if (address.transport === 'unix' && !folderExists(address.rest)) return bindError(address.rest);
	return address.transport === 'fd' ? connectError(address, []) : null;
}

/** qmp_migrate_recover: a target that waits in a paused post-copy listens again. */
export const recover: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	if (process.incoming !== 'postcopy-paused') return error('Migrate recover can only be run when postcopy is paused.');
	if (given['uri'] === undefined) return missing('uri');
	const read = wayIn(process, given);
	if ('problem' in read) return error(read.problem);
	const nowhere = listenError(read.address);
	if (nowhere !== null) return error(nowhere);
	process.listening = JSON.stringify(read.address);
	return NOTHING;
};

/** qmp_migrate_cancel. Not an error when nothing runs. */
export const cancel: MonitorWord = (spoken) => {
	const { world, process } = spoken;
	if (inPostcopy(process.outgoing)) return error('Postcopy migration in progress, cannot cancel.');
	const operation = running(spoken);
	if (!operation || !statusRuns(process.outgoing)) return NOTHING;
	const waits = waitsForContinue(operation);
	const check = STRATEGIES[operation.strategy].cancel(world, operation);
	// The last bytes are on their way: who comes now has lost the race, and is not told.
	if (!check.ok) return NOTHING;
	operation.phaseCauseSeq = spoken.cause;
	setStatus(world, operation, 'cancelling');
	const target = world.r.qemu?.[operation.monitored?.target ?? -1];
	if (waits) {
		setError(process, 'Switchover is interrupted');
		report(process, 'Switchover is interrupted');
	} else report(process, PIPE_BROKEN, SAVE_FAILED);
	if (target) {
		failLoad(world, target, waits ? CUT_AT_SWITCH : CUT_IN_RAM);
	}
	return { ok: true, value: {}, operation: operation.id };
};

/** qmp_migrate_start_postcopy. */
export const startPostcopy: MonitorWord = (spoken) => {
	const { process } = spoken;
	if (!process.capabilities.includes('postcopy-ram') && !process.capabilities.includes('dirty-bitmaps'))
		return error('Enable postcopy with migrate_set_capability before the start of migration');
	if (process.outgoing === 'none') return error('Postcopy must be started after migration has been started');
	const operation = running(spoken);
	if (operation?.strategy === 'postcopy' && !inPostcopy(process.outgoing)) operation.switchOrdered = true;
	return NOTHING;
};

/** qmp_migrate_pause, at either side. */
export const pause: MonitorWord = (spoken) => {
	const { world, process } = spoken;
	const alive = (status: string): boolean => status === 'postcopy-active' || status === 'postcopy-recover';
	const operation = running(spoken);
	if (!operation || !(alive(process.outgoing) || alive(process.incoming)))
		return error('migrate-pause is currently only supported during postcopy-active or postcopy-recover state');
	const source = world.r.qemu?.[operation.monitored?.source ?? -1];
	const target = world.r.qemu?.[operation.monitored?.target ?? -1];
	if (source === process) setError(process, 'Postcopy migration is paused by the user');
	pauseFetch(world, operation, 'paused by the user');
	if (source) report(source, 'Unable to shutdown socket: Bad file descriptor', 'Detected IO failure for postcopy. Migration paused.');
	if (target)
		report(
			target,
			CUT_AT_SWITCH[0] as string,
			'Unable to shutdown socket: Bad file descriptor',
			'Detected IO failure for postcopy. Migration paused.'
		);
	return NOTHING;
};

/** qmp_migrate_continue. */
export const goOn: MonitorWord = (spoken, given) => {
	const { world, process } = spoken;
	const { state } = given;
	if (state === undefined) return missing('state');
	if (typeof state !== 'string') return wrongType('state', 'string');
	if (!isMigrationStatus(state)) return error(`Parameter 'state' does not accept value '${state}'`);
	if (process.outgoing !== state) return error(`Migration not in expected state: ${process.outgoing}`);
	const operation = running(spoken);
	if (operation && waitsForContinue(operation)) continueSwitchover(world, operation);
	return NOTHING;
};

/** qmp_stop: a guest that stands stays so where it ends up. */
export const stop: MonitorWord = (spoken) => {
	const { world, vm, vmIndex, process } = spoken;
	if (runStateOf(world, process) !== 'running') return NOTHING;
	catchUp(world, vmIndex);
	vm.vcpuState = 'stopped';
	process.runState = 'paused';
	const operation = running(spoken);
	if (operation) operation.wasStopped = true;
	vcpu(spoken, 'stopped', `${vm.vcpus} vCPUs stop`);
	tell(world, process, 'STOP');
	return NOTHING;
};

/** qmp_cont. */
export const cont: MonitorWord = (spoken) => {
	const { world, vm, vmIndex, process } = spoken;
	const state = runStateOf(world, process);
	if (state === 'inmigrate' || state === 'running') return NOTHING;
	if (state === 'finish-migrate') return error('Migration is not finalized yet');
	// The guest's disk belongs to the process to which it moved.
	if (vm.instances[vm.running] !== process.host || vm.vcpuState !== 'stopped') return error('Failed to get "write" lock');
	catchUp(world, vmIndex);
	vm.vcpuState = 'running';
	process.runState = 'running';
	const operation = running(spoken);
	if (operation) delete operation.wasStopped;
	refreshSpeed(world, vm);
	vcpu(spoken, 'running', `the guest runs on ${world.r.hosts[process.host]?.id ?? ''}`);
	tell(world, process, 'RESUME');
	return NOTHING;
};

function vcpu({ world, vm, process, cause }: Spoken, state: string, text: string): void {
	vm.causeSeq = emit(world, {
		kind: 'vcpu',
		rule: 'migration-status',
		cause,
		vm: vm.id,
		host: world.r.hosts[process.host]?.id ?? null,
		values: { state },
		text
	});
}

/** A process ends. The one in which the guest lives is kept (our simplification: a guest is not thrown away by a word). */
export const quit: MonitorWord = (spoken) => {
	const { world, vm, process } = spoken;
	const home = vm.instances[vm.running] === process.host && process.runState !== 'postmigrate' && process.runState !== 'inmigrate';
	if (home) return error('the guest lives in this process');
	const operation = running(spoken);
	process.ended = true;
	process.incoming = process.incoming === 'none' ? 'none' : 'failed';
	process.listening = null;
	if (!operation) return NOTHING;
	const source = world.r.qemu?.[operation.monitored?.source ?? -1];
	if (!source || source === process) return NOTHING;
	if (inPostcopy(source.outgoing)) pauseFetch(world, operation, 'the other process is gone');
	else {
		setError(source, PIPE_BROKEN);
		report(source, SAVE_FAILED, PIPE_BROKEN);
		failPrecopy(world, operation);
	}
	return NOTHING;
};
