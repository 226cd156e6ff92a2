import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { MONITOR_ARGUMENTS, type MonitorAnswerView, type MonitorCommand } from '../contract/migration/monitor.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { error, type MonitorAnswer } from '../migration/qemu/answer.ts';
import { knownProcess, processAt, processSeen } from '../migration/qemu/processes.ts';
import { MONITOR_LOOKS, MONITOR_RUNS } from '../migration/qemu/words.ts';
import { emit } from '../sim/trace.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

const isRun = (word: string): word is keyof typeof MONITOR_RUNS => Object.hasOwn(MONITOR_RUNS, word);
const isLook = (word: string): word is keyof typeof MONITOR_LOOKS => Object.hasOwn(MONITOR_LOOKS, word);

/** QEMU's monitor at a process of a VM. A refusal leaves nothing but its record and a process that was spoken to. */
export function executeMonitor(world: World, command: MonitorCommand): Outcome<{ readonly operation: number | null }, ReasonId> {
	const found = find(world, command);
	if (!found.ok) return found;
	const { vmIndex, host, vm } = found.value;
	const run = isRun(command.execute) ? MONITOR_RUNS[command.execute] : undefined;
	if (!run && !isLook(command.execute)) return refused('monitor-refused', `The command ${command.execute} has not been found`);
	const process = processAt(world, vmIndex, host);
	const known = MONITOR_ARGUMENTS[command.execute];
	const other = known && Object.keys(command.arguments ?? {}).find((name) => !known.includes(name));
	if (other !== undefined) return refused('monitor-refused', `Parameter '${other}' is unexpected`);
	const cause = emit(world, {
		kind: 'command',
		rule: 'monitor',
		cause: null,
		vm: vm.id,
		host: world.r.hosts[host]?.id ?? null,
		values: { name: command.name, execute: command.execute, outcome: 'accepted' },
		text: `(qemu) ${world.r.hosts[host]?.id ?? ''}: ${command.execute}`
	});
	const answer = run?.({ world, vm, vmIndex, process, cause }, command.arguments ?? {});
	if (answer && !answer.ok) return refused('monitor-refused', answer.desc);
	return ok({ operation: answer?.operation ?? null });
}

/** What a monitor answers to a word that only looks; an error for any other. */
export function askMonitor(world: World, command: Omit<MonitorCommand, 'name'>): MonitorAnswer {
	const found = find(world, { ...command, name: 'monitor' });
	if (!found.ok) return error(found.detail);
	const { vmIndex, host, vm } = found.value;
	const look = isLook(command.execute) ? MONITOR_LOOKS[command.execute] : undefined;
	if (!look) return error(`The command ${command.execute} has not been found`, 'CommandNotFound');
	const process = processSeen(world, vmIndex, host);
	return { ok: true, value: look({ world, vm, vmIndex, process, cause: -1 }, command.arguments ?? {}) };
}

/** The same for the page: with what the process has told by itself. */
export function monitorView(world: World, vm: string, at: string, execute: string): MonitorAnswerView | null {
	const found = find(world, { name: 'monitor', vm, at, execute });
	if (!found.ok) return null;
	const asked = askMonitor(world, { vm, at, execute });
	const known = knownProcess(world, found.value.vmIndex, found.value.host);
	return {
		answer: asked.ok ? { return: asked.value } : { error: { class: asked.class, desc: asked.desc } },
		events: known?.events ?? [],
		stderr: known?.stderr ?? []
	};
}

function find(
	world: World,
	command: MonitorCommand
): Outcome<{ readonly vmIndex: number; readonly host: number; readonly vm: VmRecord }, ReasonId> {
	const vmIndex = world.r.vms.findIndex((record) => record.id === command.vm);
	const vm = world.r.vms[vmIndex];
	if (!vm) return refused('unknown-vm', `no VM is called "${command.vm}"`);
	const home = vm.instances[vm.running] as number;
	const host = command.at === undefined ? home : world.r.hosts.findIndex((record) => record.id === command.at);
	if (host < 0) return refused('unknown-host', `no host is called "${command.at ?? ''}"`);
	return ok({ vmIndex, host, vm });
}
