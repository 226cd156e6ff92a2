import type { MachineCommand } from '../contract/machine-commands.ts';
import { endCall, wakeCall } from '../mm/os/calls.ts';
import { osRecord } from '../mm/os/os.ts';
import { endProcess } from '../mm/process/end.ts';
import { runWords } from '../mm/process/words.ts';
import type { CallRecord, JsonValue, OsRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { writeFile } from './files.ts';
import { runModule } from './modules.ts';
import { runShell } from './shell.ts';

/** What is asked of the guest, not of its QEMU: it begins when the vCPUs run. */

export type GuestCommand = Extract<MachineCommand, { name: 'process' | 'process-end' | 'write-file' | 'module' | 'shell' }>;

export const HELD_WALK = 'held-back';

/** Why the guest does nothing. */
export const standsStill = (record: OsRecord): string => (record.state === 'suspended' ? 'the machine sleeps' : 'the machine is stopped');

/** Begins at once, or with the next cont. */
export function askGuest(world: World, os: number, command: GuestCommand, call: CallRecord): void {
	if (osRecord(world, os).state === 'running') {
		begin(world, os, command, call);
		return;
	}
	call.work = { walk: HELD_WALK, command: command as unknown as JsonValue };
	call.waitingFor = standsStill(osRecord(world, os));
	wakeCall(world, call);
}

/** The machine goes on (machine/events.ts runs no walk of the guest before). */
export function heldWalk(world: World, call: CallRecord): void {
	const { command, signal } = call.work;
	call.work = {};
	if (signal === true) endCall(world, call, 'EINTR', null);
	else begin(world, call.os, command as unknown as GuestCommand, call);
}

function begin(world: World, os: number, command: GuestCommand, call: CallRecord): void {
	switch (command.name) {
		case 'process':
			runWords(world, os, command.process, command.words, call);
			return;
		case 'process-end':
			endProcess(world, os, command.process, call);
			return;
		case 'write-file':
			writeFile(world, os, command.path, command.value, call);
			return;
		case 'module':
			runModule(world, os, command.module, command.do, call);
			return;
		case 'shell':
			runShell(world, os, command.line, call);
	}
}
