import type { JsonObject } from './case.ts';
import type { Machine } from './machine.ts';
import { runScript } from './shell-words.ts';

/**
 * Shell steps of the recordings: a label in words, or the command itself. Those that change the machine are carried out;
 * those that print what the engine prints are answered; the rest is looked at only and counted as not answered.
 */
export function shellAnswer(machine: Machine, what: string): JsonObject | null {
	const told = (out: string | null): JsonObject | null => (out === null ? null : { op: 'guest-shell', what, out: out.replace(/\n$/, '') });
	for (const [pattern, act] of LABELS) {
		const match = pattern.exec(what);
		if (match) return told(act(machine, match));
	}
	return told(runScript(machine, what));
}

const STATE_WORD = '(online_movable|online_kernel|online|offline|onlining|offlining)';
const word = (text: string): string => text.replace('lining', 'line');

/** Labels, the first that fits. Each gives what the shell would print, null where only the machine changes. */
const LABELS: readonly (readonly [RegExp, (machine: Machine, match: RegExpExecArray) => string | null])[] = [
	[new RegExp(`^${STATE_WORD} the (first|second|third|last)( plugged)? block(?: (?:as |to )?(movable|kernel))?`), ordinal],
	[new RegExp(`^${STATE_WORD} (?:memory ?)?blocks? (\\d+(?:(?:-|, ?| and | )\\d+)*)(?: (?:as |to )?(movable|kernel))?$`), numbered],
	[
		new RegExp(
			`^${STATE_WORD} (?:all|every|each|the)(?: (?:of the |the )?(?:offline |plugged |added |new )?(?:memory )?blocks?)?(?: (?:as |to )?(movable|kernel))?$`
		),
		all
	],
	[
		/^set auto_online_blocks (?:to|=) ?(\w+)/,
		(machine, match) => (machine.write('/sys/devices/system/memory/auto_online_blocks', match[1] as string), '')
	],
	[/^(?:remove|unload) the driver/, (machine) => (machine.module('unload'), '')],
	[/^unbind the driver/, (machine) => (machine.module('unload'), null)],
	[/^bind it again/, (machine) => (machine.module('load'), null)],
	[/^load the driver/, (machine) => (machine.module('load'), '')]
];

/** Memory blocks that were added after the start: a device's region, DIMMs. */
function addedBlocks(machine: Machine): number[] {
	const { memoryBlocks, memoryBlockBytes, virtioMems, dimms } = machine.status();
	const from = Math.min(...virtioMems.map((each) => each.addr), ...dimms.map((each) => each.addr));
	return memoryBlocks.map((block) => block.id).filter((id) => !Number.isFinite(from) || id * memoryBlockBytes >= from);
}

/** "online … movable" is online_movable. */
const withZone = (state: string, zone: string | undefined): string =>
	zone !== undefined && word(state) === 'online' ? `online_${zone}` : word(state);

function writeState(machine: Machine, id: number, value: string): string {
	const errno = machine.write(`/sys/devices/system/memory/memory${id}/state`, value);
	const state = machine.status().memoryBlocks.find((each) => each.id === id)?.state ?? '';
	return `block ${id}\nrc=${errno === 'OK' ? 0 : 1}\n${state}`;
}

function ordinal(machine: Machine, match: RegExpExecArray): string {
	const blocks = addedBlocks(machine);
	const at = { first: 0, second: 1, third: 2, last: blocks.length - 1 }[match[2] as 'first' | 'second' | 'third' | 'last'];
	const id = blocks[at];
	return id === undefined ? '' : writeState(machine, id, withZone(match[1] as string, match[4]));
}

function numbered(machine: Machine, match: RegExpExecArray): string {
	const ids = (match[2] as string).replaceAll('and', ' ').split(/[, ]+/).flatMap(range);
	return ids.map((id) => writeState(machine, id, withZone(match[1] as string, match[3]))).join('\n');
}

function range(text: string): number[] {
	const [from = NaN, to = from] = text.split('-').map(Number);
	return Number.isFinite(from) ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : [];
}

function all(machine: Machine, match: RegExpExecArray): string {
	const value = withZone(match[1] as string, match[2]);
	const wanted = value === 'offline' ? 'online' : 'offline';
	for (const id of addedBlocks(machine)) {
		const block = machine.status().memoryBlocks.find((each) => each.id === id);
		if (block?.state === wanted) machine.write(`/sys/devices/system/memory/memory${id}/state`, value);
	}
	return '';
}
