import { describe, expect, it } from 'vitest';
import type { InterleaveAnswer } from '../../../../../src/lib/engine/contract/fabric-load.ts';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const BASE = 48 * GIB;

/** Host A with three bridges of two devices each, and a window over the first of each bridge. */
const bridges = (targets: readonly string[] = ['m0', 'm1', 'm2']): Simulation =>
	fabricSimulation({
		hosts: [
			{
				id: 'A',
				bridges: [0, 1, 2].map((index) => ({ id: `hb${index}`, ports: [`m${index}`, `m${index + 3}`] })),
				windows: [{ baseHpa: BASE, bytes: 48 * GIB, targets }]
			}
		],
		devices: Array.from({ length: 6 }, (_, index) => ({ id: `m${index}`, kind: 'sld', hosts: ['A'], regions: [{ bytes: 2 * GIB }] }))
	});
const choices = (simulation: Simulation): InterleaveAnswer =>
	simulation.ask({ kind: 'interleave', host: 'A', window: 0 }) as InterleaveAnswer;
const device = (simulation: Simulation, hpa: number) => simulation.ask({ kind: 'translate', host: 'A', hpa })?.device;
const set = (simulation: Simulation, more: Record<string, unknown>) =>
	ask(simulation, 'build', 'A', 'set-interleave', { window: 0, ...more });

describe('a window set up with another interleave', () => {
	it('has every legal setting or the reason against it, without changing anything', () => {
		const simulation = bridges();
		const before = simulation.ask({ kind: 'fingerprint' }).fingerprint;
		const answer = choices(simulation);
		expect(simulation.ask({ kind: 'fingerprint' }).fingerprint).toBe(before);
		expect(answer).toMatchObject({ ways: 3, granularity: 256, arithmetic: 'modulo', problem: null, fixed: null });
		expect(answer.choices.ways.map(({ value, refused }) => [value, refused === null])).toEqual([
			[1, true],
			[2, true],
			[3, true],
			[4, false],
			[6, true],
			[8, false],
			[12, false],
			[16, false]
		]);
		expect(answer.choices.ways.find(({ value }) => value === 12)?.refused).toMatch(/^ENXIO: 12 ways need as many devices, A reaches 6/);
		expect(answer.choices.granularity.every(({ refused }) => refused === null)).toBe(true);
		expect(answer.choices.arithmetic.map(({ value, chosen }) => [value, chosen])).toEqual([
			['modulo', true],
			['xor', false]
		]);
	});

	it('does what a choice says: ways, granularity, and the stripes follow', () => {
		const simulation = bridges();
		const stripe = (count: number, bytes: number) => Array.from({ length: count }, (_, index) => device(simulation, BASE + index * bytes));
		expect(new Set(stripe(3, 256)).size).toBe(3);
		expect(set(simulation, { ways: 6 })).toMatchObject({ ok: true, output: { ways: 6, targets: ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'] } });
		expect(new Set(stripe(6, 256)).size).toBe(6);
		expect(set(simulation, { granularity: 4096 }).ok).toBe(true);
		expect(new Set(stripe(6, 256)).size).toBe(1);
		expect(new Set(stripe(6, 4096)).size).toBe(6);
		expect(set(simulation, { ways: 2 }).ok).toBe(true);
		expect(stripe(4, 4096)).toEqual(['m0', 'm1', 'm0', 'm1']);
	});

	it('picks by parity with XOR: every stripe still comes back, and not in turn', () => {
		const simulation = bridges(['m0', 'm1']);
		expect(set(simulation, { arithmetic: 'xor' })).toMatchObject({ ok: true, output: { arithmetic: 'xor' } });
		const turns = Array.from({ length: 64 }, (_, index) => device(simulation, BASE + 0x2000000 + index * 256));
		expect(new Set(turns)).toEqual(new Set(['m0', 'm1']));
		expect(turns.some((one, index) => one !== (index % 2 === 0 ? 'm0' : 'm1'))).toBe(true);
		expect(simulation.check().checks.filter((check) => !check.holds)).toEqual([]);
		expect(choices(simulation).choices.arithmetic.find(({ value }) => value === 'modulo')?.refused).toBeNull();
	});

	it('refuses as a whole: what a level cannot do leaves the window as it was', () => {
		const simulation = bridges();
		const before = JSON.stringify(simulation.status().fabric);
		expect(set(simulation, { ways: 5 }).says).toMatch(/EINVAL: ways are/);
		expect(set(simulation, { granularity: 300 }).says).toMatch(/EINVAL: a granularity/);
		expect(set(simulation, { ways: 8 }).says).toMatch(/ENXIO/);
		expect(set(simulation, { targets: ['m0', 'm3', 'm1', 'm4', 'm2', 'm5'] }).says).toMatch(/host bridge/);
		expect(set(simulation, { arithmetic: 'xor', ways: 2, 'xor-masks': [] }).says).toMatch(/XOR over 2 ways needs 1 mask/);
		expect(JSON.stringify(simulation.status().fabric)).toBe(before);
	});

	it('leaves alone what is in use', () => {
		const simulation = bridges(['m0']);
		ask(simulation, 'fm', 'm0', 'initiate-dynamic-capacity-add', { host: 'A', region: 0, policy: 'free', length: 2 ** 28, tag: 'T' });
		simulation.advance(500_000_000);
		expect(ask(simulation, 'orchestrator', 'A', 'launch', { tag: 'T' }).ok).toBe(true);
		expect(set(simulation, { granularity: 512 }).says).toMatch(/EBUSY: .* A uses dax/);
		expect(choices(simulation).fixed).toMatch(/EBUSY/);
	});

	it('resets decoders of bridges by hand, the last one first, so that they may be committed anew', () => {
		const simulation = bridges(['m0', 'm3']);
		expect(
			ask(simulation, 'build', 'A', 'commit-decoder', { port: 'hb0', decoder: 0, 'base-hpa': BASE, bytes: GIB, ways: 1, targets: [0] }).says
		).toMatch(/is committed: reprogramming it is undefined/);
		expect(ask(simulation, 'build', 'A', 'reset-decoder', { port: 'hb0' }).output).toEqual({ decoders: 0 });
		expect(ask(simulation, 'build', 'A', 'reset-decoder', { port: 'hb0' }).says).toBe('hb0 has no decoder');
		expect(
			ask(simulation, 'build', 'A', 'commit-decoder', { port: 'hb0', 'base-hpa': BASE, bytes: GIB, ways: 3, targets: [0, 1, 0] }).says
		).toMatch(/a host bridge or switch has 1, 2, 4 or 8 ways, never 3/);
		expect(
			ask(simulation, 'build', 'A', 'commit-decoder', { port: 'hb0', 'base-hpa': BASE, bytes: GIB, ways: 2, targets: [1, 0] }).ok
		).toBe(true);
	});
});
