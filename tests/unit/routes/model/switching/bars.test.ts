/**
 * Goal: a bar of the comparison is the formula, term by term, each part of it once; where the engine ran, the engine's own parts.
 * Method: every strategy at every moment on every device.
 */
import { describe, expect, it } from 'vitest';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '../../../../../src/lib/engine/contract/vdpa/choice.ts';
import { HUGE_SHARES, VDPA_PRESETS, type VdpaPresetId } from '../../../../../src/lib/engine/contract/vdpa/figures.ts';
import { DEVICE_KINDS, type DeviceKind } from '../../../../../src/lib/engine/contract/vdpa/kinds.ts';
import type { ChangeStatus } from '../../../../../src/lib/engine/contract/vdpa/status.ts';
import { SWITCH_MOMENTS, switchScenario, type SwitchMoment } from '../../../../../src/lib/engine/contract/vdpa/switch-world.ts';
import { Simulation } from '../../../../../src/lib/engine/index.ts';
import { besideBar, formulaOf, pageWords, strategyBar } from '../../../../../src/routes/model/switching/bars.ts';

const STRATEGIES = Object.keys(SWITCH_STRATEGIES) as SwitchStrategyId[];
const guest = { gib: 128, pages: '4k', kind: 'mlx5', preset: 'seed2023' } as const;

describe('a bar of a strategy', () => {
	it('has each part once, one behind the other, and is as long as the formula', () => {
		for (const kind of Object.keys(DEVICE_KINDS) as DeviceKind[])
			for (const preset of Object.keys(VDPA_PRESETS) as VdpaPresetId[])
				for (const moment of Object.keys(SWITCH_MOMENTS) as SwitchMoment[])
					for (const id of STRATEGIES) {
						const place = `${kind} ${preset} ${moment} ${id}`;
						const world = { ...guest, kind, preset };
						const bar = strategyBar(world, id, moment, undefined);
						const answer = formulaOf(world, id, moment);
						expect(new Set(bar.segments.map((one) => one.group)).size, place).toBe(bar.segments.length);
						expect(bar.ns, place).toBe(answer.ns);
						let end = 0;
						for (const segment of bar.segments) {
							expect(segment.from, place).toBeCloseTo(end, 3);
							end += segment.ns;
						}
						expect(Math.abs(end - answer.ns), place).toBeLessThan(1);
						for (const term of answer.terms) expect(bar.counts, place).toContain(term.symbol);
					}
	});

	it('tells pins from unpins by their figures', () => {
		const bar = strategyBar(guest, 'full-remap', 'to-svq', undefined);
		const ns = (group: string) => bar.segments.find((one) => one.group === group)?.ns ?? 0;
		const { pinNs, unpinNs } = VDPA_PRESETS.seed2023.figures;
		expect(ns('unpin') / ns('pin')).toBeCloseTo(unpinNs / pinNs, 9);
		expect(ns('pin') / 1e9).toBeCloseTo((2 ** 25 * pinNs) / 1e9, 6);
		const huge = strategyBar({ ...guest, pages: 'thp' }, 'full-remap', 'to-svq', undefined);
		const hugeNs = (group: string) => huge.segments.find((one) => one.group === group)?.ns ?? 0;
		expect(hugeNs('pin') / ns('pin')).toBeCloseTo(HUGE_SHARES.pin, 9);
		expect(hugeNs('unpin') / ns('unpin')).toBeCloseTo(HUGE_SHARES.unpin, 9);
		expect(hugeNs('fixed')).toBe(ns('fixed'));
	});

	it('says what a page costs here, and on what the figures were fitted', () => {
		expect(pageWords(guest)).toMatch(
			/^In pages of 4 KiB each 4 KiB take 90\sns to pin, 196\sns .* 35\sns to let go\. So the figures were fitted/
		);
		expect(pageWords({ ...guest, pages: 'thp' })).toMatch(/15\sns instead of 90\sns to pin.*The figures were fitted on pages of 4 KiB/);
		expect(pageWords({ ...guest, preset: 'ideal' })).toMatch(/446\sns instead of 75\sns to pin.*fitted on huge pages of 2 MiB/);
	});

	it('shows what the engine made of it, and the formula beside', () => {
		const change = {
			id: 3,
			kind: 'to-svq',
			parts: { suspend: 5, pin: 7, map: 2, keys: 1 },
			servedParts: {},
			deadFromNs: 0,
			pins: 4,
			unpins: 0,
			rebuilds: 2
		} as unknown as ChangeStatus;
		const bar = strategyBar(guest, 'own-asid', 'to-svq', [change]);
		expect(bar).toMatchObject({ note: 'simulated', ns: 15, letter: 'c' });
		expect(bar.segments).toEqual([
			{ group: 'fixed', ns: 5, from: 0 },
			{ group: 'pin', ns: 7, from: 5 },
			{ group: 'map', ns: 3, from: 12 }
		]);
		expect(strategyBar(guest, 'own-asid', 'stop', [change]).note).toMatch(/^formula/);
		expect(besideBar(guest, 'own-asid', 'to-svq', true)).toMatch(/^formula 300\sms$/);
	});

	it('names a published figure for the guest that it is about, and for no other', () => {
		expect(besideBar(guest, 'full-remap', 'to-svq', false)).toMatch(/4 to 5 s published/);
		expect(besideBar(guest, 'full-remap', 'stop', false)).toBeNull();
		expect(besideBar({ ...guest, gib: 64 }, 'full-remap', 'to-svq', false)).toBeNull();
		expect(besideBar({ ...guest, preset: 'sw2023' }, 'own-asid', 'to-svq', false)).toMatch(/2 s published/);
	});
});

describe.each(['4k', 'thp'] as const)('a guest of 1 GiB in pages of %s, run as the page runs it', (pages) => {
	it.each(STRATEGIES)('%s: bar and formula differ by less than a hundredth at every moment', (id) => {
		const small = { ...guest, gib: 1, pages };
		const opened = Simulation.open({ scenario: switchScenario(small, id), limitBytes: 2e9 });
		if (!opened.ok) throw new Error(opened.detail);
		opened.value.advance(60e9, Infinity, (world) => world.r.operations.some((one) => one.state !== 'running'));
		const changes = opened.value.status().vdpa?.nics[0]?.changes;
		for (const moment of Object.keys(SWITCH_MOMENTS) as SwitchMoment[]) {
			const { note, ns } = strategyBar(small, id, moment, changes);
			// Held pins are taken by a call of their own before anything is mapped.
			if (moment === 'init' && id === 'pin-call') continue;
			expect(note).toBe('simulated');
			expect(Math.abs(ns / formulaOf(small, id, moment).ns - 1), `${moment} ${ns}`).toBeLessThan(0.01);
		}
	});
});
