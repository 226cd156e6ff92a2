import { describe, expect, it } from 'vitest';
import { GIB } from '../../../../../src/lib/base/units.ts';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '../../../../../src/lib/engine/contract/vdpa/choice.ts';
import { VDPA_PRESETS } from '../../../../../src/lib/engine/contract/vdpa/figures.ts';
import { initFormula, startFormula, stopFormula, toShadowFormula } from '../../../../../src/lib/engine/contract/vdpa/formulas.ts';
import { DEVICE_KINDS } from '../../../../../src/lib/engine/contract/vdpa/kinds.ts';
import { PAPER_WORDS, readPaper } from '../../../../../src/lib/engine/contract/vdpa/paper.ts';
import { isVdpaQuantity, vdpaQuantity } from '../../../../../src/lib/engine/queries/vdpa-quantities.ts';
import { migrate, open } from '../../../../support/worlds.ts';
import { nic, nicWorld } from '../../../../support/nics.ts';

/**
 * A migration on paper says what the timed run says of the same guest, and what the closed forms say of a larger one; within a
 * hundredth, which is what the closed forms leave out.
 */
const within = (found: number, expected: number): void => {
	expect(Math.abs(found - expected), `${found} against ${expected}`).toBeLessThanOrEqual(expected / 100);
};
const strategies = Object.keys(SWITCH_STRATEGIES) as SwitchStrategyId[];
const quantity = (simulation: ReturnType<typeof open>, name: string, of: string): number => {
	if (!isVdpaQuantity(name)) throw new Error(`no quantity ${name}`);
	return Number(vdpaQuantity(simulation.world, name, of));
};

describe('on paper as in time', () => {
	it.each([
		['full-remap', 'thp'],
		['full-remap', '4k'],
		['identity-high', '4k'],
		['own-asid', 'thp'],
		['update-all', 'thp']
	] as const)('%s, pages of %s', (strategy, pages) => {
		const nics = [nic({ strategy, preset: 'sw2023' })];
		const simulation = open(nicWorld({ mib: 512, hostMib: 2048, pages, nics, more: { untilNs: 60e9 } }));
		simulation.send(migrate('precopy'));
		simulation.advance(60e9, Infinity, (world) => world.r.operations[0]?.state !== 'running');
		within(quantity(simulation, 'paperSwitchNs', 'net0'), quantity(simulation, 'switchNs', 'net0'));
		within(
			quantity(simulation, 'paperEndNs', 'net0'),
			quantity(simulation, 'nicStopNs', 'net0') + quantity(simulation, 'nicStartNs', 'net0')
		);
		within(quantity(simulation, 'paperInitNs', 'net0'), quantity(simulation, 'nicInitNs', 'net0'));
		expect(quantity(simulation, 'paperPins', 'net0')).toBe(quantity(simulation, 'pins', 'net0'));
	});
});

describe('on paper as by the formula, 128 GiB', () => {
	const simulation = open(nicWorld({ pages: '4k' }));
	const cases = strategies.flatMap((strategy) => (['thp', '4k'] as const).map((pages) => [strategy, pages] as const));
	it.each(cases)('%s, pages of %s', (strategy, pages) => {
		const input = {
			bytes: 128 * GIB,
			pages,
			traits: DEVICE_KINDS.mlx5.traits,
			choice: SWITCH_STRATEGIES[strategy].choice,
			figures: VDPA_PRESETS.seed2023.figures,
			queuePairs: 2,
			controlQueue: true,
			runs: 2,
			// Guest memory ends at 130 GiB, the rings lie below 2^48.
			...(strategy === 'identity-top' ? { holeBytes: 2 ** 48 - 130 * GIB } : {})
		};
		const words = `net0 gib=128 pages=${pages} strategy=${strategy}`;
		within(quantity(simulation, 'paperSwitchNs', words), toShadowFormula(input).ns);
		within(quantity(simulation, 'paperEndNs', words), stopFormula(input).ns + startFormula(input).ns);
		// Held pins are taken by a call of their own before, whatever is mapped.
		if (input.choice.pins === 'with-maps') within(quantity(simulation, 'paperInitNs', words), initFormula(input).ns);
	});

	it('a thread that still maps when the stream has ended is waited for', () => {
		const slow = quantity(simulation, 'paperEndNs', 'net0 gib=128 listener=load-setup stream=25');
		const patient = quantity(simulation, 'paperEndNs', 'net0 gib=128 listener=load-setup stream=1');
		// 33,554,432 pages at 196 ns, and 128 keys, against 5.5 s of stream.
		const waitedNs = 33_554_432 * 196 + 128e6 - (128 * GIB) / 25;
		within(slow - patient, waitedNs);
		expect(quantity(simulation, 'paperInitNs', 'net0 gib=128 listener=load-setup')).toBeLessThan(1e6);
	});
	it('is backed like the guest of the world, or with a preset as that was', () => {
		const huge = open(nicWorld({ pages: 'thp' }));
		const asked = (world: typeof huge, words: string) => quantity(world, 'paperSwitchNs', `net0 gib=128 ${words}`);
		expect(asked(huge, '')).toBe(asked(simulation, 'pages=thp'));
		expect(asked(huge, '')).toBeLessThan(asked(simulation, ''));
		expect(asked(huge, 'preset=seed2023')).toBe(asked(simulation, 'preset=seed2023 pages=4k'));
		expect(asked(simulation, 'preset=dt2024')).toBe(asked(huge, 'preset=dt2024 pages=thp'));
	});
	it('refuses what the device cannot do, and finds the best of what it can', () => {
		expect(quantity(simulation, 'paperSwitchNs', 'net0 gib=128 spaces=1 strategy=own-asid')).toBe(-1);
		expect(quantity(simulation, 'paperSwitchNs', 'net0 viommu=1 strategy=identity-high')).toBe(-1);
		const best = quantity(simulation, 'paperBestNs', 'net0 gib=128 spaces=1 proposals=0');
		within(best, quantity(simulation, 'paperSwitchNs', 'net0 gib=128 spaces=1 strategy=rings-first'));
	});
	it('what the device of the world acknowledged is not what another one on paper does', () => {
		const persists = open(nicWorld({ nics: [nic({ kind: 'platform', strategy: 'identity-high' })] }));
		const plain = open(nicWorld({ nics: [nic({ kind: 'platform' })] }));
		const words = 'net0 kind=dma-map gib=1 strategy=full-remap';
		expect(quantity(persists, 'paperSwitchNs', words)).toBe(quantity(plain, 'paperSwitchNs', words));
		expect(quantity(plain, 'paperSwitchNs', words)).toBeGreaterThan(0);
	});
	it('a belief makes pins free there too', () => {
		const free = open(nicWorld(), { belief: 'switch-is-bookkeeping' });
		within(quantity(free, 'paperSwitchNs', 'net0 gib=128'), quantity(free, 'paperSwitchNs', 'net0 gib=1'));
	});
	it('changes nothing of the world', () => {
		const before = JSON.stringify(simulation.world.r.vdpa);
		quantity(simulation, 'paperBestNs', 'net0 gib=64 kind=platform');
		expect(JSON.stringify(simulation.world.r.vdpa)).toBe(before);
	});
});

describe('words', () => {
	it('each has values that are none', () => {
		for (const word of PAPER_WORDS) expect([word, readPaper(`net0 ${word}=no-such`).ok]).toEqual([word, false]);
		expect(readPaper('net0 nothing=1')).toMatchObject({ ok: false });
		expect(readPaper('net0 gib=4 workers=4 batch=1 rings-first=0')).toMatchObject({
			ok: true,
			value: { gib: 4, choice: { workers: 4, batchRings: true, ringsFirst: false } }
		});
	});
});
