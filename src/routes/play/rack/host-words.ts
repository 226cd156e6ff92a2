import type { Command, JournalEntry } from '$lib/engine/contract/commands.ts';
import type { RackCommand } from '$lib/engine/contract/rack/commands.ts';

/** A word for hosts, links or the pool as a console line: what the buttons print. */
export function rackLine({ execute, host, vm, arguments: given }: RackCommand): string {
	const rest = Object.entries(given ?? {}).map(
		([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`
	);
	return [execute, host, vm, ...rest].filter((part) => part !== undefined).join(' ');
}

const isRack = (command: Command): command is RackCommand => command.name === 'rack';

/** Lines of what was ordered up to now, newest first. */
export function rackLines(
	journal: readonly JournalEntry[],
	nowNs: number
): { atNs: number; line: string }[] {
	return journal
		.flatMap(({ atNs, command }) =>
			atNs <= nowNs && isRack(command) ? [{ atNs, line: rackLine(command) }] : []
		)
		.reverse();
}
