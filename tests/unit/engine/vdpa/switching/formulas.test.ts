import { describe, expect, it } from 'vitest';
import { GIB } from '../../../../../src/lib/base/units.ts';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '../../../../../src/lib/engine/contract/vdpa/choice.ts';
import {
	HUGE_SHARES,
	pagePrices,
	VDPA_PRESETS,
	type BackingPages,
	type VdpaPresetId
} from '../../../../../src/lib/engine/contract/vdpa/figures.ts';
import {
	initFormula,
	ringMessages,
	startFormula,
	stopFormula,
	toShadowFormula,
	type FormulaInput
} from '../../../../../src/lib/engine/contract/vdpa/formulas.ts';
import { DEVICE_KINDS, type DeviceKind } from '../../../../../src/lib/engine/contract/vdpa/kinds.ts';
import { migrate, open } from '../../../../support/worlds.ts';
import { nic, nicWorld } from '../../../../support/nics.ts';

const input = (
	strategy: SwitchStrategyId,
	kind: DeviceKind,
	preset: VdpaPresetId,
	gib: number,
	more: Partial<FormulaInput> = {}
): FormulaInput => ({
	bytes: gib * GIB,
	pages: VDPA_PRESETS[preset].pages,
	traits: DEVICE_KINDS[kind].traits,
	choice: SWITCH_STRATEGIES[strategy].choice,
	figures: VDPA_PRESETS[preset].figures,
	queuePairs: 2,
	controlQueue: true,
	runs: 2,
	...more
});
const seconds = (strategy: SwitchStrategyId, kind: DeviceKind, preset: VdpaPresetId, more: Partial<FormulaInput> = {}): number =>
	toShadowFormula(input(strategy, kind, preset, 128, more)).ns / 1e9;

describe('worked examples of the reference, 128 GiB (vDPA reference, section 14)', () => {
	it('sw2023 on mlx5', () => {
		expect(seconds('full-remap', 'mlx5', 'sw2023')).toBeCloseTo(25.4, 1);
		expect(seconds('identity-hole', 'mlx5', 'sw2023')).toBeCloseTo(2.6, 1);
		const unbatched = { ...SWITCH_STRATEGIES['identity-hole'].choice, batchRings: false };
		expect(seconds('identity-hole', 'mlx5', 'sw2023', { choice: unbatched })).toBeCloseTo(9.5, 1);
		expect(seconds('own-asid', 'mlx5', 'sw2023')).toBeCloseTo(2.0, 1);
		expect(seconds('update-all', 'mlx5', 'sw2023')).toBeCloseTo(2.6, 1);
		expect(seconds('pin-call', 'mlx5', 'sw2023')).toBeCloseTo(2.6, 1);
	});
	it('seed2023 on mlx5', () => {
		expect(seconds('full-remap', 'mlx5', 'seed2023')).toBeCloseTo(4.6, 1);
		expect(seconds('identity-hole', 'mlx5', 'seed2023')).toBeCloseTo(0.43, 2);
		expect(seconds('own-asid', 'mlx5', 'seed2023')).toBeCloseTo(0.3, 2);
		expect(seconds('update-all', 'mlx5', 'seed2023')).toBeCloseTo(0.43, 2);
	});
	it('ideal behind the platform’s IOMMU', () => {
		expect(seconds('full-remap', 'platform', 'ideal')).toBeCloseTo(3.7, 1);
		expect(seconds('identity-hole', 'platform', 'ideal') * 1000).toBeCloseTo(25, 0);
	});
	it('two pairs and a control queue are twelve messages', () => expect(ringMessages(2, true)).toBe(12));
});

/** Counts of the engine at one switch on, in a small world: they do not depend on size but for P. */
const MIB_OF_GUEST = 512;
const PAGES = MIB_OF_GUEST * 256;
const run = (
	strategy: SwitchStrategyId,
	kind: DeviceKind,
	preset: VdpaPresetId,
	choice: Record<string, unknown> = {},
	pages: BackingPages = VDPA_PRESETS[preset].pages
) => {
	const nics = [nic({ kind, strategy, preset, choice })];
	const simulation = open(nicWorld({ mib: MIB_OF_GUEST, hostMib: 2048, pages, nics, more: { untilNs: 60e9 } }));
	simulation.send(migrate('precopy'));
	simulation.advance(60e9, Infinity, (world) => world.r.operations[0]?.state !== 'running');
	const record = simulation.world.r.vdpa.nics[0];
	const change = (kind: string) => record?.changes.filter((one) => one.kind === kind).at(-1);
	return { simulation, svq: change('to-svq'), stop: change('stop'), start: change('start'), change };
};

interface Counts {
	readonly invalidates: number;
	readonly updates: number;
	readonly pins: number;
	readonly unpins: number;
	readonly rebuilds: number;
}
/** G = 12 ring messages, Pr = 16 pages; a device that isolates its control queue takes its 4 maps of 4 pages out first. */
const G = 12;
const PR = 16;
const SECTIONS = 1;
const EXPECTED: readonly [SwitchStrategyId, Counts][] = [
	['full-remap', { invalidates: SECTIONS + 4, updates: SECTIONS + G, pins: PAGES + PR, unpins: PAGES + 4, rebuilds: 1 }],
	['identity-hole', { invalidates: 4, updates: G, pins: PR, unpins: 4, rebuilds: 1 }],
	['identity-high', { invalidates: 4, updates: G, pins: PR, unpins: 4, rebuilds: 1 }],
	['own-asid', { invalidates: 4, updates: G, pins: PR, unpins: 4, rebuilds: 0 }],
	['update-all', { invalidates: 4, updates: 1, pins: PR, unpins: 4, rebuilds: 1 }],
	['pin-call', { invalidates: SECTIONS + 4, updates: SECTIONS + G, pins: PR, unpins: 4, rebuilds: 1 }],
	['parallel-maps', { invalidates: SECTIONS + 4, updates: SECTIONS + G, pins: PAGES + PR, unpins: PAGES + 4, rebuilds: 1 }]
];

describe('operations of a switch on mlx5 (vDPA reference, section 14)', () => {
	it.each(EXPECTED)('%s', (strategy, expected) => {
		const { svq } = run(strategy, 'mlx5', 'seed2023');
		expect(svq?.errors).toEqual([]);
		expect({ invalidates: svq?.invalidates, updates: svq?.updates, pins: svq?.pins, unpins: svq?.unpins, rebuilds: svq?.rebuilds }).toEqual(
			expected
		);
	});
	it('rings one by one build the keys of guest memory twelve times', () => {
		const { svq, stop } = run('identity-hole', 'mlx5', 'seed2023', { batchRings: false });
		expect([svq?.rebuilds, stop?.rebuilds]).toEqual([G, G]);
	});
});

const near = (ns: number | undefined, wanted: number): void => expect(Math.abs((ns ?? 0) / wanted - 1)).toBeLessThan(0.01);
type Change = ReturnType<typeof run>['svq'];
const deadNs = (change: Change): number => (change?.deadToNs ?? 0) - (change?.deadFromNs ?? 0);
const lastedNs = (change: Change): number => (change?.endNs ?? 0) - (change?.startNs ?? 0);
/** What pinning and letting go took, without what every switch takes. */
const pinPart = (change: Change): number => (change?.parts.pin ?? 0) + (change?.parts.unpin ?? 0);

describe.each(['4k', 'thp'] as const)('simulated time meets the formula, pages of %s', (pages) => {
	const kinds: readonly DeviceKind[] = ['mlx5', 'platform', 'sim'];
	const strategies = Object.keys(SWITCH_STRATEGIES) as SwitchStrategyId[];
	const valid = kinds.flatMap((kind) => strategies.filter((id) => id !== 'own-asid' || kind === 'mlx5').map((id) => [kind, id] as const));
	it.each(valid)('%s, %s', (kind, strategy) => {
		const { svq, stop, start } = run(strategy, kind, 'sw2023', {}, pages);
		const holeBytes = strategy === 'identity-top' ? 2 ** 48 : 0;
		const given = input(strategy, kind, 'sw2023', MIB_OF_GUEST / 1024, { runs: 1, pages, holeBytes });
		near(deadNs(svq), toShadowFormula(given).ns);
		near(lastedNs(stop), stopFormula(given).ns);
		near(lastedNs(start), startFormula(given).ns);
	});
	it('part by part, where every page is pinned anew; cold ones at the target', () => {
		const choice = { listener: 'init' };
		const { svq, stop, change } = run('full-remap', 'platform', 'sw2023', choice, pages);
		const given = input('full-remap', 'platform', 'sw2023', MIB_OF_GUEST / 1024, { runs: 1, pages });
		const term = (answer: ReturnType<typeof toShadowFormula>, symbol: string) => answer.terms.find((one) => one.symbol === symbol)?.ns ?? 0;
		near(pinPart(svq), term(toShadowFormula(given), 'P · (pin + unpin)'));
		near(stop?.parts.unpin, term(stopFormula(given), 'P · unpin'));
		near(change('init')?.parts.pin, term(initFormula({ ...given, choice: { ...given.choice, listener: 'init' } }), 'P · cold pin'));
	});
});

describe('a page of 4 KiB within a huge page (Li Zhe, VFIO maps of 16 GiB, 2025)', () => {
	it('is pinned for a sixth, let go for less than a half, touched first for a quarter', () => {
		expect(HUGE_SHARES.pin).toBeCloseTo(0.047 / 0.28, 2);
		expect(HUGE_SHARES.unpin).toBeCloseTo(0.135 / 0.312, 2);
		expect(HUGE_SHARES.touch).toBeCloseTo(0.235, 3);
	});
	it('has the prices that the table of its preset was fitted on', () => {
		for (const preset of ['dt2024', 'ideal'] as const) {
			const { pinNs, coldPinNs, unpinNs } = pagePrices(VDPA_PRESETS[preset].figures, VDPA_PRESETS[preset].pages);
			expect([pinNs, coldPinNs, unpinNs].map((ns) => Number(ns.toFixed(6)))).toEqual([75, 163, 35]);
		}
	});
	it('makes a switch of today shorter, and leaves one that pins nothing as it is', () => {
		const ns = (strategy: SwitchStrategyId, pages: BackingPages) => seconds(strategy, 'mlx5', 'sw2023', { pages });
		expect(ns('full-remap', 'thp')).toBeLessThan(ns('full-remap', '4k') / 3);
		for (const strategy of ['identity-high', 'own-asid', 'update-all', 'pin-call'] as const)
			expect(ns(strategy, 'thp')).toBe(ns(strategy, '4k'));
	});
});
