import { formatBytesBinary, formatNs, formatRate } from '../../base/format.ts';
import type { Dimension } from '../../base/quantity.ts';
import type { JournalEntry, MigrationParameters } from '../../engine/contract/commands.ts';
import { movedVm, wayName, wayOf, withMovedVm, withOrders, type RunInputs } from './ways.ts';

/** One thing that two runs may differ in: read from a run, and set in a copy of it. */
export interface Change {
	readonly id: string;
	readonly title: string;
	/** Before the value, in the name of a run. */
	readonly short: string;
	readonly dimension: Dimension;
	readonly example: string;
	/** Null where the run leaves it to the model. */
	readonly read: (run: RunInputs) => number | null;
	readonly write: (run: RunInputs, value: number) => RunInputs;
}

const parameter = (
	id: string,
	title: string,
	short: string,
	dimension: Dimension,
	example: string,
	key: 'downtimeLimitNs' | 'maxBandwidthBytesPerSecond'
): Change => ({
	id,
	title,
	short,
	dimension,
	example,
	read: ({ journal }) => firstOrder(journal)?.[key] ?? null,
	write: (run, value) => ({
		...run,
		journal: withOrders(run, (order) => ({
			...order,
			parameters: { ...order.parameters, [key]: value }
		}))
	})
});

function firstOrder(journal: readonly JournalEntry[]): MigrationParameters | undefined {
	for (const { command } of journal)
		if (command.name === 'migrate') return command.parameters ?? {};
	return undefined;
}

const load = (
	id: string,
	title: string,
	short: string,
	dimension: Dimension,
	example: string,
	key: 'rateBytesPerSecond' | 'workingSetBytes'
): Change => ({
	id,
	title,
	short,
	dimension,
	example,
	read: (run) => movedVm(run)?.workload[key] ?? null,
	write: (run, value) => ({
		...run,
		scenario: withMovedVm(run, (vm) => ({ ...vm, workload: { ...vm.workload, [key]: value } }))
	})
});

export const CHANGES: readonly Change[] = [
	{
		id: 'network',
		title: 'Network',
		short: 'network',
		dimension: 'bytesPerSecond',
		example: '11.75 GB/s',
		read: ({ scenario }) => scenario.networkBytesPerSecond,
		write: (run, value) => ({
			...run,
			scenario: { ...run.scenario, networkBytesPerSecond: value }
		})
	},
	load('writes', 'The guest writes', 'writes', 'bytesPerSecond', '2 GB/s', 'rateBytesPerSecond'),
	load('set', 'Its working set', 'working set', 'bytes', '1 GiB', 'workingSetBytes'),
	parameter('limit', 'Downtime limit', 'limit', 'nanoseconds', '30 ms', 'downtimeLimitNs'),
	parameter(
		'bandwidth',
		'Bandwidth limit of QEMU',
		'at most',
		'bytesPerSecond',
		'1 GB/s',
		'maxBandwidthBytesPerSecond'
	)
];

export function valueWords(dimension: Dimension, value: number): string {
	if (dimension === 'nanoseconds') return formatNs(value);
	return dimension === 'bytes' ? formatBytesBinary(value) : formatRate(value);
}

/** What each run is called by what it has of its own: its way, then what else was changed. Names are unique. */
export function runNames(runs: readonly RunInputs[]): string[] {
	const ways = runs.map((run) => wayOf(run));
	const waysDiffer = ways.some((way) => JSON.stringify(way) !== JSON.stringify(ways[0]));
	const changed = CHANGES.filter(({ id, read }) => {
		const values = runs.map(read);
		// Parameters that come with another way are no change of their own.
		const isOfWay = waysDiffer && (id === 'limit' || id === 'bandwidth');
		return !isOfWay && values.some((value) => value !== values[0]);
	});
	const names = runs.map((run, index) => {
		const parts = waysDiffer ? [wayName(run, runs)] : [];
		for (const { read, short, dimension } of changed) {
			const value = read(run);
			if (value !== null) parts.push(`${short} ${valueWords(dimension, value)}`);
		}
		if (run.belief !== null) parts.push('wrong belief');
		const said = parts.filter((part) => part !== null);
		return said.length > 0 ? said.join(', ') : nameless(run, runs, index);
	});
	return unique(names);
}

/** A run that has nothing of its own: the first is called by its way, where it has one. */
const nameless = (run: RunInputs, runs: readonly RunInputs[], index: number): string =>
	index > 0 ? 'fork' : ((runs.length > 1 ? wayName(run, [run]) : null) ?? 'main');

/** "fork", "fork 2": in their order. */
export function unique(names: readonly string[]): string[] {
	const taken = new Set<string>();
	return names.map((name) => {
		let free = name;
		for (let number = 2; taken.has(free); number += 1) free = `${name} ${number}`;
		taken.add(free);
		return free;
	});
}
