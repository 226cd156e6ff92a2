import { MIB, NS_PER_S } from '../../src/lib/base/units.ts';
import { askMonitor } from '../../src/lib/engine/commands/monitor.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';

/** Two hosts, one VM of 256 MiB, and what is said at the monitors of its processes. */
export type Word = readonly [at: 'A' | 'B', execute: string, given?: QmpArguments];

export function openGuest(vm: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Simulation {
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'variant',
			title: 'variant',
			networkBytesPerSecond: 1e9,
			hosts: ['A', 'B'].map((id, index) => ({ id, dramBytes: '2GiB', windowBaseHpa: (index + 1) * 2 ** 36 })),
			vms: [
				{
					id: 'vm',
					host: 'A',
					bytes: '256MiB',
					populatedBytes: '128MiB',
					pages: '4k',
					workload: { kind: 'sequential', rateBytesPerSecond: 4 * MIB, workingSetBytes: 8 * MIB },
					...vm
				}
			],
			...more
		}
	});
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

/** Says the words in order; the text of the last one's refusal, or null. */
export function say(simulation: Simulation, ...words: readonly Word[]): string | null {
	let last: string | null = null;
	for (const [at, execute, given] of words) {
		const sent = simulation.send({ name: 'monitor', vm: 'vm', at, execute, ...(given ? { arguments: given } : {}) });
		last = sent.ok ? null : sent.detail;
	}
	return last;
}

export const ask = (simulation: Simulation, at: 'A' | 'B', execute = 'query-migrate'): Record<string, unknown> => {
	const answer = askMonitor(simulation.world, { vm: 'vm', at, execute });
	return (answer.ok ? answer.value : {}) as Record<string, unknown>;
};
export const caps = (at: 'A' | 'B', ...names: readonly string[]): Word => [
	at,
	'migrate-set-capabilities',
	{ capabilities: names.map((capability) => ({ capability, state: true })) }
];
export const set = (given: QmpArguments): Word => ['A', 'migrate-set-parameters', given];
export const LISTEN: Word = ['B', 'migrate-incoming', { uri: 'tcp:0:4444' }];
export const GO: Word = ['A', 'migrate', { uri: 'tcp:B:4444' }];
export const SLOW = set({ 'max-bandwidth': 12 * MIB });
export const after = (simulation: Simulation, seconds: number): void => {
	simulation.advance(simulation.nowNs + seconds * NS_PER_S);
};
