import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { MachineCommand } from '../contract/machine-commands.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { callById, newCall, wakeCall } from '../mm/os/calls.ts';
import { emit } from '../sim/trace.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { askGuest } from './guest.ts';
import { runQmp } from './qmp.ts';

export type MachineOutcome = Outcome<{ readonly operation: null; readonly call: number }, ReasonId>;

/** Carries out a command on a machine: makes a call and starts it. Errors of the modelled system are values of the call. */
export function executeMachine(world: World, command: MachineCommand): MachineOutcome {
	const os = world.r.oses.findIndex((record) => record.id === command.machine);
	if (os < 0) return refused('unknown-host', `no machine is called "${command.machine}"`);
	if (command.name === 'signal') return signal(world, os, command.call);
	const call = newCall(world, os, actorOf(command), command.name, textOf(command), -1);
	call.causeSeq = emit(world, {
		kind: 'command',
		rule: 'command',
		cause: null,
		host: command.machine,
		vm: null,
		values: { name: command.name, outcome: 'accepted', call: call.id },
		text: `${command.machine}: ${call.text}`
	});
	start(world, os, command, call);
	return ok({ operation: null, call: call.id });
}

function start(world: World, os: number, command: Exclude<MachineCommand, { name: 'signal' }>, call: CallRecord): void {
	if (command.name === 'qmp') runQmp(world, os, command.execute, command.arguments ?? {}, call);
	else askGuest(world, os, command, call);
}

function actorOf(command: MachineCommand): string {
	if (command.name === 'process' || command.name === 'process-end') return command.process;
	return command.name === 'qmp' ? 'qmp' : 'shell';
}

function textOf(command: Exclude<MachineCommand, { name: 'signal' }>): string {
	switch (command.name) {
		case 'process':
			return command.words;
		case 'process-end':
			return `end of ${command.process}`;
		case 'write-file':
			return `echo ${command.value} > ${command.path}`;
		case 'qmp':
			return command.arguments === undefined ? command.execute : `${command.execute} ${JSON.stringify(command.arguments)}`;
		case 'shell':
			return command.line;
		case 'module':
			return command.do === 'load' ? `modprobe ${command.module}` : `rmmod ${command.module}`;
	}
}

/** SIGINT to whoever waits: a walk that honours it ends with EINTR and undoes what it undoes in Linux. */
function signal(world: World, os: number, id: number): MachineOutcome {
	const call = callById(world, id);
	if (!call || call.os !== os || call.state !== 'running') return refused('no-call', `call ${id} does not run`);
	emit(world, {
		kind: 'command',
		rule: 'command',
		cause: null,
		host: world.r.oses[os]?.id ?? null,
		vm: null,
		values: { name: 'signal', outcome: 'accepted', call: id },
		text: `SIGINT to ${call.actor}: ${call.text}`
	});
	call.work['signal'] = true;
	wakeCall(world, call);
	return ok({ operation: null, call: id });
}
