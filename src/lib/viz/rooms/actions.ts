import type { MachineCommand } from '../../engine/contract/machine-commands.ts';
import type { MachineStatus } from '../../engine/contract/machine-status.ts';
import type { BlockScene } from './scene.ts';

/** Something that can be done to a memory block: a word, the line of the console that does the same, the command. */
export interface BlockAction {
	readonly word: string;
	readonly line: string;
	readonly command: MachineCommand;
}

export const statePath = (block: number): string =>
	`/sys/devices/system/memory/memory${block}/state`;

/** What a person may ask of a block now. What the kernel would refuse is offered all the same: the refusal is the lesson. */
export function blockActions(
	machine: Pick<MachineStatus, 'id' | 'settings'>,
	block: BlockScene
): BlockAction[] {
	const { id, state } = block.status;
	const write = (value: string): BlockAction => ({
		word: value,
		line: `echo ${value} > ${statePath(id)}`,
		command: { name: 'write-file', machine: machine.id, path: statePath(id), value }
	});
	const { running } = block.calls;
	if (running !== null)
		return [
			{
				word: 'signal',
				line: `^C ${running.id}`,
				command: { name: 'signal', machine: machine.id, call: running.id }
			}
		];
	if (state !== 'offline') return [write('offline')];
	const online = [write('online'), write('online_movable'), write('online_kernel')];
	// Seed S3's proposal, only where a scenario switched it on.
	return machine.settings.exmem ? [...online, write('online_exmem')] : online;
}
