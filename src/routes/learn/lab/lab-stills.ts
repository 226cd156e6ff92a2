import { formatNs } from '$lib/base/format.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import type { Still } from '$lib/lessons/course.ts';

/** Behind an order the machine needs a moment before anything can be seen. */
const AFTER_NS = 50_000_000;
const MOST = 10;

/** One picture after each order, in time: for phones, and for everyone who would rather turn pages. */
export function labStills(scenario: Scenario, fromNs: number, untilNs: number): readonly Still[] {
	const byTime = new Map<number, string[]>();
	for (const entry of scenario.journal) {
		if (entry.atNs < fromNs) continue;
		const atNs = Math.min(entry.atNs + AFTER_NS, untilNs);
		byTime.set(atNs, [...(byTime.get(atNs) ?? []), sayCommand(entry.command)]);
	}
	const orders = [...byTime].sort(([a], [b]) => a - b);
	// Of many orders the evenly spaced ones.
	const every = Math.max(1, Math.ceil(orders.length / MOST));
	const chosen = orders.filter((_, index) => index % every === 0 || index === orders.length - 1);
	return [
		{ ns: fromNs, label: 'as it begins' },
		...chosen
			.filter(([ns]) => ns < untilNs)
			.map(([ns, words]) => ({ ns, label: [...new Set(words)].slice(0, 2).join('; ') })),
		{ ns: untilNs, label: `at the end, ${formatNs(untilNs)}` }
	];
}

/** An order of the journal in words that ask for no manual. */
function sayCommand(command: Scenario['journal'][number]['command']): string {
	switch (command.name) {
		case 'process':
			return `${command.process} ${sayWords(command.words)}`;
		case 'process-end':
			return `${command.process} ends`;
		case 'write-file': {
			const path = command.path.split('/');
			const [place = '', name = ''] = path.slice(-2);
			if (name === 'state') return `${place} is asked to go ${command.value.replace('_', ' for ')}`;
			if (name === 'reclaim') return `${place} is asked to give back ${command.value}`;
			return `${command.value} is written into ${place}/${name}`;
		}
		case 'qmp': {
			const { property, value } = (command.arguments ?? {}) as {
				property?: string;
				value?: number;
			};
			return property === 'requested-size' && typeof value === 'number'
				? `the host requests ${value / 2 ** 20}\u2009MiB`
				: `the host says ${command.execute}`;
		}
		case 'shell':
			return command.line;
		case 'migrate':
			return `${command.vm} begins to move to host ${command.target}`;
		case 'vdpa':
			return `${command.vm}: ${NIC_ACTS[command.execute] ?? command.execute}`;
		case 'fabric':
			return `${command.at}: ${command.execute.replaceAll('-', ' ')}`;
		default:
			return command.name;
	}
}

const NIC_ACTS: Readonly<Record<string, string>> = {
	'plug-dimm': 'a DIMM is plugged',
	'unplug-dimm': 'a DIMM is taken out',
	'fail-migration': 'the move fails',
	'set-strategy': 'another way to shadow queues'
};

function sayWords(words: string): string {
	const [verb = '', name = '', ...rest] = words.split(' ');
	switch (verb) {
		case 'map':
			return `asks for ${rest[0] ?? ''} of memory, “${name}”`;
		case 'touch':
			return `writes to every page of “${name}”`;
		case 'move':
			return `has pages of “${name}” moved to node ${rest[0] ?? ''}`;
		case 'bind':
			return `binds “${name}” to node ${rest[1] ?? rest[0] ?? ''}`;
		case 'place':
			return `places “${name}” by the rule “${rest.join(', else ')}”`;
		case 'pin':
			return `pins pages of “${name}” for long`;
		case 'unpin':
			return `lets the pins of “${name}” go`;
		case 'vmsplice':
			return `puts a reference to pages of “${name}” into a pipe`;
		case 'drain':
			return 'reads the pipe empty';
		case 'mlock':
			return `locks “${name}” in memory`;
		case 'munlock':
			return `unlocks “${name}”`;
		case 'unmap':
		case 'free':
			return `gives “${name}” back`;
		case 'nothp':
			return `wants no huge pages for “${name}”`;
		case 'gigantic':
			return `asks for one huge page of 1 GiB on node ${name}`;
		case 'pipefill':
			return `makes the kernel fill pipes with ${name}`;
		case 'cpu':
			return `runs on CPU ${name}`;
		default:
			return words;
	}
}
