/**
 * Goal: the drawn exchange is the plan, every host's places lie where it waits, and capacity that a kernel took is said to be so.
 * Method: random plans are read by the engine and by the figure; places are held against the steps; an engine with the wrong
 * belief of lesson 6 is drawn.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	EXCHANGE_LINES,
	EXCHANGE_MODELS,
	EXCHANGE_OPERATIONS,
	EXCHANGE_SLOTS,
	EXCHANGE_STEPS
} from '../../../../src/lib/engine/contract/exchange.ts';
import { readExchangePlan } from '../../../../src/lib/engine/fabric/coherence/exchange-plan.ts';
import { fabricStatus } from '../../../../src/lib/engine/queries/fabric.ts';
import { daxWords, fullness, usedBytes } from '../../../../src/lib/viz/fabric/dax-words.ts';
import { exchangeWords, placedOperations, slotColumns, stepColumn } from '../../../../src/lib/viz/fabric/exchange-scene.ts';
import { buildExtents } from '../../../../src/lib/viz/fabric/extents-scene.ts';
import { pieceWords } from '../../../../src/lib/viz/fabric/extents-words.ts';
import { ask, fabricSimulation } from '../../../support/fabric-worlds.ts';

const operation = fc
	.record({
		slot: fc.constantFrom(...EXCHANGE_SLOTS),
		does: fc.constantFrom(...EXCHANGE_OPERATIONS),
		line: fc.constantFrom(...EXCHANGE_LINES)
	})
	.map(({ slot, does, line }) => (does === 'fence' ? `${slot} fence` : `${slot} ${does} ${line}`));

describe('the exchange', () => {
	it('places what the engine reads from the same words', () => {
		fc.assert(
			fc.property(fc.constantFrom(...EXCHANGE_MODELS), fc.array(operation, { maxLength: 12 }), (model, parts) => {
				const words = [model, ...parts].join('; ');
				const read = readExchangePlan(words);
				expect(read.ok && read.value.placed).toEqual(placedOperations(words));
			})
		);
	});

	it('puts a place after the step that its host knows of and before the next one that concerns it', () => {
		for (const slot of EXCHANGE_SLOTS) {
			const { from, until } = slotColumns(slot);
			expect(from).toBeLessThan(until);
			for (const [at, step] of EXCHANGE_STEPS.entries()) {
				const concerns = step.host === slot[0] || step.says === `${step.host} tells ${slot[0]}`;
				const column = stepColumn(at + 1);
				if (concerns) expect([slot, column, from <= column && column < until]).toEqual([slot, column, false]);
			}
		}
		expect(slotColumns('A2')).toEqual({ from: 5, until: 10 });
		expect(slotColumns('B0')).toEqual({ from: 1, until: 4 });
	});

	it('says the steps in order with what stands between them', () => {
		const words = exchangeWords(placedOperations('software; A1 flush question; A1 fence; B2 invalidate question'), new Set([6]));
		expect(words).toMatch(/1: A stores the question\. A: flush the question\. 2: .* B: drop the question\. 3: .*6: .*something old/);
		expect(words).not.toMatch(/fence/);
	});
});

describe('what a host made of its capacity', () => {
	const drawn = (use: string) => {
		const simulation = fabricSimulation({
			hosts: [{ id: 'W', use }],
			devices: [{ id: 'pool', kind: 'sld', hosts: ['W'], regions: [{ bytes: '1 GiB', blockBytes: '256 MiB' }] }]
		});
		expect(ask(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'W', region: 0, bytes: 2 ** 30 }).ok).toBe(true);
		simulation.advance(900_000_000, 1e7);
		const fabric = fabricStatus(simulation.world)!;
		const rail = buildExtents(fabric, { device: null, tag: null, hosts: [null, null] }).rails[0]!;
		return { host: fabric.hosts[0]!, dax: fabric.hosts[0]!.dax[0]!, rail, piece: rail.pieces[0]! };
	};

	it('a DAX device keeps the colour of its host and is free until somebody maps it', () => {
		const { dax, piece } = drawn('devdax');
		expect(piece).toMatchObject({ fill: 'host-a', isSystemRam: false });
		expect([usedBytes(dax), fullness(dax)]).toEqual([0, '1\u2009GiB, nobody maps it']);
	});

	it('system RAM is grey, and what the kernel keeps in ZONE_NORMAL is used', () => {
		const { host, dax, rail, piece } = drawn('system-ram-normal');
		expect(piece).toMatchObject({ fill: 'kernel', isSystemRam: true });
		expect(pieceWords(piece, rail)).toContain('system RAM of its kernel');
		expect(usedBytes(dax)).toBe(dax.occupiedBytes + dax.stuckBytes);
		expect(dax.stuckBytes).toBeGreaterThan(0);
		expect(daxWords(host)).toContain('ZONE_NORMAL');
	});
});
