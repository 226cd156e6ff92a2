import { describe, expect, it } from 'vitest';
import { GIB } from '../../../../../src/lib/base/units.ts';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '../../../../../src/lib/engine/contract/vdpa/choice.ts';
import { VDPA_PRESETS, type VdpaPresetId } from '../../../../../src/lib/engine/contract/vdpa/figures.ts';
import {
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
const run = (strategy: SwitchStrategyId, kind: DeviceKind, preset: VdpaPresetId, choice: Record<string, unknown> = {}) => {
	const simulation = open(
		nicWorld({ mib: MIB_OF_GUEST, hostMib: 2048, nics: [nic({ kind, strategy, preset, choice })], more: { untilNs: 60e9 } })
	);
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

describe('simulated time meets the formula', () => {
	const kinds: readonly DeviceKind[] = ['mlx5', 'platform', 'sim'];
	const strategies = Object.keys(SWITCH_STRATEGIES) as SwitchStrategyId[];
	const valid = kinds.flatMap((kind) => strategies.filter((id) => id !== 'own-asid' || kind === 'mlx5').map((id) => [kind, id] as const));
	it.each(valid)('%s, %s', (kind, strategy) => {
		const { svq, stop, start } = run(strategy, kind, 'sw2023');
		const given = input(strategy, kind, 'sw2023', MIB_OF_GUEST / 1024, { runs: 1, holeBytes: strategy === 'identity-top' ? 2 ** 48 : 0 });
		const near = (ns: number | undefined, wanted: number): void => expect(Math.abs((ns ?? 0) / wanted - 1)).toBeLessThan(0.01);
		near((svq?.deadToNs ?? 0) - (svq?.deadFromNs ?? 0), toShadowFormula(given).ns);
		near((stop?.endNs ?? 0) - (stop?.startNs ?? 0), stopFormula(given).ns);
		near((start?.endNs ?? 0) - (start?.startNs ?? 0), startFormula(given).ns);
	});
});
