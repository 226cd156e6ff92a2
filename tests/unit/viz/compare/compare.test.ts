import { describe, expect, test } from 'vitest';
import { differences, differenceWords, readings } from '../../../../src/lib/viz/compare/differences.ts';
import { byOtherMover, strategyOf, untilForBoth } from '../../../../src/lib/viz/compare/other-mover.ts';
import { catalogueScenario } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../../src/lib/engine/contract/scenario/read.ts';
import type { JournalEntry } from '../../../../src/lib/engine/contract/commands.ts';
import { operation, status, vm } from '../timeline/fixtures.ts';

/** Two movers on one clock: only what differs is said, and the second run is the first one moved the other way. */
describe('differences', () => {
	test('a world does not differ from itself', () => {
		const world = status({ operations: [operation()] });
		expect(differences([world, world])).toEqual([]);
		expect(differenceWords([], ['a', 'b'])).toBe('The two worlds do not differ yet.');
	});
	test('each difference has both sides', () => {
		const here = status({ operations: [operation()] });
		const there = status({
			vms: [vm({ speedPpm: 500_000 })],
			operations: [operation({ strategy: 'precopy', networkBytes: 4_300_000_000 })]
		});
		const list = differences([here, there]);
		expect(list.map((one) => one.id)).toEqual(['speed', 'network']);
		expect(differenceWords(list, ['by reference', 'by copy']).replaceAll('\u2009', ' ')).toBe(
			'guest speed: by reference 100 %, by copy 50 %; on the network: by reference 0 B, by copy 4.3 GB.'
		);
	});
	test('readings keep their order even when they agree', () => {
		const world = status();
		expect(
			readings([world, world])
				.map((one) => one.id)
				.slice(0, 3)
		).toEqual(['where', 'state', 'speed']);
	});
});

describe('the other mover', () => {
	const journal: JournalEntry[] = [
		{ atNs: 5, command: { name: 'set-workload', vm: 'vm0', workload: { kind: 'idle' } } },
		{
			atNs: 10,
			command: {
				name: 'migrate',
				vm: 'vm0',
				target: 'B',
				strategy: 'precopy',
				parameters: { multifdChannels: 8, downtimeLimitNs: 5 }
			}
		}
	];
	test('swaps the strategy and nothing else of the journal', () => {
		const other = byOtherMover(journal);
		expect(other[0]).toEqual(journal[0]);
		expect(other[1]).toEqual({
			atNs: 10,
			command: {
				name: 'migrate',
				vm: 'vm0',
				target: 'B',
				strategy: 'transit',
				parameters: { downtimeLimitNs: 5 }
			}
		});
		expect(strategyOf(journal)).toBe('precopy');
		expect(strategyOf(other)).toBe('transit');
		expect(strategyOf([])).toBeNull();
	});
	test('the clock goes on until a copy can be over', () => {
		const read = readScenario(catalogueScenario('two-hosts'));
		if (!read.ok) throw new Error(read.detail);
		expect(untilForBoth(read.value)).toBeGreaterThanOrEqual(2_100_000_000);
		expect(untilForBoth({ ...read.value, untilNs: 9e9 })).toBe(9e9);
	});
	test('twice is the same way again', () => {
		expect(strategyOf(byOtherMover(byOtherMover(journal)))).toBe('precopy');
	});
});
