import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { NS_PER_S } from '../../base/units.ts';
import { SETTLED_PARAMETERS, type Command, type MigrateCommand, type MigrationParameters, type Workload } from '../contract/commands.ts';
import { isMachineCommand } from '../contract/machine-commands.ts';
import { passesByCopy, STRATEGY_WORDS } from '../contract/migration/strategies.ts';
import { executeFabric } from './fabric.ts';
import { executeMonitor } from './monitor.ts';
import { executeRack } from './rack/index.ts';
import { executeVdpa } from './vdpa.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { lookAgain } from '../hypervisor/ahead.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { addPin, dropPin } from '../hypervisor/pins.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { executeMachine } from '../machine/execute.ts';
import { beginMigration, withDefaults } from '../migration/begin.ts';
import { setStatus } from '../migration/operation.ts';
import { leaveForPin } from '../migration/reference/pin-first.ts';
import { roomAtTarget } from '../migration/room.ts';
import { STRATEGIES } from '../migration/strategies/index.ts';
import { plantFault } from '../faults/index.ts';
import { hasEventRoom } from '../sim/event-queue.ts';
import { emit } from '../sim/trace.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { classesOf, MAX_WRITES_PER_SECOND, writesPerSecond, writtenBlocks } from '../workloads/index.ts';

/** What a command was answered; a long one answers at once with the id of its operation (decision D5). */
export type CommandOutcome = Outcome<{ readonly operation: number | null; readonly call?: number }, ReasonId>;

const DONE: CommandOutcome = ok({ operation: null });

/** Carries out a command at the present time. A refusal changes nothing but the trace. */
export function execute(world: World, command: Command): CommandOutcome {
	const outcome = attempt(world, command);
	if (!outcome.ok)
		emit(world, {
			kind: 'command',
			rule: 'command',
			cause: null,
			vm: 'vm' in command ? command.vm : null,
			values: { name: command.name, outcome: 'refused', reason: outcome.reason },
			text: `${command.name}: refused, ${outcome.reason}: ${outcome.detail}`
		});
	return outcome;
}

function accepted(world: World, command: Command, words: string): number {
	return emit(world, {
		kind: 'command',
		rule: 'command',
		cause: null,
		vm: 'vm' in command ? command.vm : null,
		values: { name: command.name, outcome: 'accepted' },
		text: words
	});
}

function attempt(world: World, command: Command): CommandOutcome {
	if (command.name === 'plant') return plantFault(world, command.fault, (words) => accepted(world, command, words));
	if (isMachineCommand(command)) return executeMachine(world, command);
	if (command.name === 'fabric') return executeFabric(world, command);
	if (command.name === 'vdpa') return executeVdpa(world, command);
	if (command.name === 'rack') return executeRack(world, command);
	if (command.name === 'monitor') return executeMonitor(world, command);
	const vmIndex = world.r.vms.findIndex((vm) => vm.id === command.vm);
	const vm = world.r.vms[vmIndex];
	if (!vm) return refused('unknown-vm', `no VM is called "${command.vm}"`);
	switch (command.name) {
		case 'migrate':
			return migrate(world, command, vmIndex, vm);
		case 'migrate-cancel':
			return cancel(world, command, vm, vmIndex);
		case 'migrate-set-parameters':
			return setParameters(world, command, vmIndex);
		case 'set-workload': {
			const writes = writesPerSecond(command.workload, world.costs);
			if (writes > MAX_WRITES_PER_SECOND) return refused('bad-command', 'workload.rateBytesPerSecond: above 36 GB/s');
			const scenario = world.scenario.vms[vmIndex];
			// All working sets begin at the same page: rows for the largest one are there (scenario/capacities.ts).
			const { guestDetail } = world.capacities;
			if (
				scenario?.vdpa &&
				guestDetail < vm.guestBlockCount &&
				writtenBlocks(command.workload, scenario.bytes) > writtenBlocks(scenario.workload as Workload, scenario.bytes)
			)
				return refused(
					'too-large',
					'workload.workingSetBytes: a VM of this size with vDPA devices may write no more memory than its scenario says'
				);
			catchUp(world, vmIndex);
			vm.workload = command.workload;
			vm.classes = classesOf(command.workload, vm.populatedPages);
			vm.writesPerSecond = writes;
			lookAgain(world, vm);
			accepted(world, command, `${vm.id} now runs ${command.workload.kind}, ${writes} page writes a second`);
			return DONE;
		}
		case 'pin': {
			if (command.gfn >= vm.pageCount || frameOf(world, vm, vm.running, command.gfn) < 0)
				return refused('not-backed', `gfn ${command.gfn} of ${vm.id} has no frame`);
			if (command.forNs !== undefined && !hasEventRoom(world))
				return refused('capacity-events', `${world.r.eventPending} events are pending`);
			const until = command.forNs === undefined ? -1 : world.r.nowNs + command.forNs;
			catchUp(world, vmIndex);
			const room = command.term === 'long' ? leaveForPin(world, vmIndex, command.gfn) : DONE;
			if (!room.ok) return room;
			addPin(world, vmIndex, command.gfn, command.term, until);
			accepted(world, command, `a ${command.term === 'long' ? 'long-term pin' : 'short reference'} holds gfn ${command.gfn} of ${vm.id}`);
			return DONE;
		}
		case 'unpin': {
			const pin = world.r.pins.find((candidate) => candidate.vm === vmIndex && candidate.gfn === command.gfn);
			if (!pin) return refused('not-pinned', `nothing holds gfn ${command.gfn} of ${vm.id}`);
			dropPin(world, pin.id);
			accepted(world, command, `gfn ${command.gfn} of ${vm.id} is let go`);
			return DONE;
		}
	}
}

function running(world: World, vmIndex: number): OperationRecord | undefined {
	return world.r.operations.find((operation) => operation.vm === vmIndex && operation.state === 'running');
}

function migrate(world: World, command: MigrateCommand, vmIndex: number, vm: VmRecord): CommandOutcome {
	const target = world.r.hosts.findIndex((host) => host.id === command.target);
	if (target < 0) return refused('unknown-host', `no host is called "${command.target}"`);
	const present = running(world, vmIndex);
	if (present)
		return refused(
			'already-running',
			`operation ${present.id} takes it to ${world.r.hosts[present.target]?.id ?? ''} by ${STRATEGY_WORDS[present.strategy].title}`
		);
	const source = vm.instances[vm.running] as number;
	if (world.r.hosts[target]?.power === 'down') return refused('host-not-up', `${command.target} is down: nobody answers there`);
	if (source === target) return refused('same-host', `${vm.id} already runs on ${command.target}`);
	if (vm.vcpuState !== 'running') return refused('vm-not-running', `${vm.id} is ${vm.vcpuState}`);
	if (vm.split) return refused('vcpus-split', `${vm.id} runs on two hosts at once`);
	const parameters = withDefaults(world, command.parameters ?? {});
	const problem = parameterProblem(parameters);
	if (problem !== null) return refused('bad-parameter', problem);
	const strategy = STRATEGIES[command.strategy];
	const check = strategy.check(world, { vm: vmIndex, source, target, parameters }, command);
	if (!check.ok) return check;
	const cause = accepted(world, command, `migrate ${vm.id} to ${command.target} by ${STRATEGY_WORDS[command.strategy].title}`);
	const operation = beginMigration(world, { strategy: command.strategy, vm: vmIndex, source, target, parameters, cause });
	return ok({ operation: operation.id });
}

function parameterProblem(parameters: Required<MigrationParameters>): string | null {
	if (parameters.downtimeLimitNs < 0 || parameters.downtimeLimitNs > 2000 * NS_PER_S) return 'downtime-limit is 0 to 2000 s';
	if (parameters.multifdChannels < 1 || parameters.multifdChannels > 255) return 'multifd-channels is 1 to 255';
	if (parameters.maxBandwidthBytesPerSecond < 0) return 'max-bandwidth is 0 or more';
	return null;
}

function cancel(world: World, command: Command, vm: VmRecord, vmIndex: number): CommandOutcome {
	const operation = running(world, vmIndex);
	if (!operation) return refused('no-migration', `no migration of ${vm.id} is running`);
	const check = STRATEGIES[operation.strategy].cancel(world, operation);
	if (!check.ok) return check;
	operation.phaseCauseSeq = accepted(world, command, `cancel the migration of ${vm.id}`);
	setStatus(world, operation, 'cancelling');
	return ok({ operation: operation.id });
}

function setParameters(world: World, command: Extract<Command, { name: 'migrate-set-parameters' }>, vmIndex: number): CommandOutcome {
	const operation = running(world, vmIndex);
	if (!operation) return refused('no-migration', `no migration of ${command.vm} is running`);
	const { name: _name, vm: _vm, ...changes } = command;
	const parameters = { ...operation.parameters, ...changes };
	const settled = SETTLED_PARAMETERS.find((each) => parameters[each] !== operation.parameters[each]);
	if (settled !== undefined && !passesByCopy(operation.strategy))
		return refused('settled', `${settled} is ${String(operation.parameters[settled])} for as long as operation ${operation.id} lasts`);
	const problem = parameterProblem(parameters);
	if (problem !== null) return refused('bad-parameter', problem);
	if (operation.parameters.stayOnPool && !parameters.stayOnPool) {
		const room = roomAtTarget(world, operation);
		if (!room.ok) return room;
	}
	catchUp(world, vmIndex);
	operation.parameters = parameters;
	refreshSpeed(world, world.r.vms[vmIndex] as VmRecord);
	accepted(world, command, `parameters of operation ${operation.id} change`);
	return ok({ operation: operation.id });
}
