import { formatNs } from '$lib/base/format.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import type { Still } from '$lib/lessons/course.ts';

/** Behind an order the machine needs a moment before anything can be seen. */
const AFTER_NS = 50_000_000;
const MOST = 10;

/** One picture after each order, in time: for phones, and for everyone who would rather turn pages. */
export function labStills(scenario: Scenario, untilNs: number): readonly Still[] {
	const byTime = new Map<number, string[]>();
	for (const entry of scenario.journal) {
		const atNs = Math.min(entry.atNs + AFTER_NS, untilNs);
		byTime.set(atNs, [...(byTime.get(atNs) ?? []), wordsOf(entry.command)]);
	}
	const orders = [...byTime].sort(([a], [b]) => a - b);
	// Of many orders the evenly spaced ones.
	const every = Math.max(1, Math.ceil(orders.length / MOST));
	const chosen = orders.filter((_, index) => index % every === 0 || index === orders.length - 1);
	return [
		{ ns: 0, label: 'before anything happens' },
		...chosen
			.filter(([ns]) => ns < untilNs)
			.map(([ns, words]) => ({ ns, label: words.slice(0, 2).join('; ') })),
		{ ns: untilNs, label: `after ${formatNs(untilNs)}` }
	];
}

function wordsOf(command: Scenario['journal'][number]['command']): string {
	switch (command.name) {
		case 'process':
			return `${command.process}: ${command.words}`;
		case 'process-end':
			return `${command.process} ends`;
		case 'write-file':
			return `${command.value} into ${command.path.split('/').slice(-2).join('/')}`;
		case 'qmp':
			return `${command.execute} ${String(command.arguments?.['property'] ?? '')}`.trim();
		default:
			return command.name;
	}
}
