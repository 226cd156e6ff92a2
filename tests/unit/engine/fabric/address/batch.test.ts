import { expect, test } from 'vitest';
import { resolveMany } from '$lib/engine/fabric/address/batch.ts';
import { resolve } from '$lib/engine/fabric/address/resolve.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const seed = seedOr(77);

function same(simulation: Simulation, from: number, to: number, chance: Chance): number {
	const hpas = Float64Array.from({ length: 800 }, () => from + chance.whole(0, (to - from) / 64) * 64 + chance.whole(0, 63));
	const devices = new Int32Array(hpas.length);
	const dpas = new Float64Array(hpas.length);
	resolveMany(simulation.world, 'A', hpas, devices, dpas);
	let reached = 0;
	hpas.forEach((hpa, index) => {
		const way = resolve(simulation.world, 'A', hpa);
		expect([devices[index], dpas[index]], `0x${hpa.toString(16)}`).toEqual(way.dpa >= 0 ? [way.device, way.dpa] : [-1, -1]);
		if (way.dpa >= 0) reached += 1;
	});
	return reached;
}

test.each([1, 2, 3, 4, 6, 8, 12, 16])(`many addresses are the same as each by itself, %i ways (seed ${seed})`, (ways) => {
	const chance = new Chance(seed + ways);
	const targets = Array.from({ length: ways }, (_, index) => `m${index}`);
	for (const arithmetic of ['modulo', 'xor']) {
		const xorMasks = [8, 9, 10, 11].map((bit) => 2 ** bit + 2 ** (bit + 20));
		const simulation = fabricSimulation({
			hosts: [{ id: 'A', windows: [{ baseHpa: 0x10_1000_0000, bytes: 2 * ways * GIB, targets, arithmetic, xorMasks }] }],
			devices: targets.map((id) => ({ id, kind: 'sld', hosts: ['A'], regions: [{ bytes: GIB }] }))
		});
		expect(same(simulation, 0x10_0000_0000, 0x10_1000_0000 + 2 * ways * GIB, chance)).toBeGreaterThan(100);
	}
});

test('decoders of different kinds in one window, and G-FAM', () => {
	const chance = new Chance(seed);
	const simulation = fabricSimulation({
		hosts: [
			{
				id: 'A',
				windows: [
					{ baseHpa: 0x10_0000_0000, bytes: 4 * GIB, targets: ['m'] },
					{ baseHpa: 64 * GIB * 300, bytes: 128 * GIB, targets: ['g0', 'g1'] }
				]
			}
		],
		switches: [{ id: 's', kind: 'pbr', hosts: [{ host: 'A', port: 0 }] }],
		devices: [
			{ id: 'm', kind: 'sld', hosts: ['A'], staticBytes: 2 * GIB },
			...['g0', 'g1'].map((id, index) => ({
				id,
				kind: 'gfd',
				at: { switch: 's', port: 1 + index },
				regions: [{ bytes: 48 * GIB, blockBytes: 2 ** 28 }]
			}))
		]
	});
	expect(same(simulation, 0x10_0000_0000, 0x11_0000_0000, chance)).toBeGreaterThan(100);
	expect(same(simulation, 64 * GIB * 300, 64 * GIB * 302, chance)).toBeGreaterThan(100);
	ask(simulation, 'build', 'm', 'reset-decoder');
	ask(simulation, 'build', 'm', 'commit-decoder', { 'base-hpa': 0x10_0000_0000, bytes: GIB });
	ask(simulation, 'build', 'm', 'commit-decoder', { 'base-hpa': 0x10_8000_0000, bytes: GIB });
	expect(same(simulation, 0x10_0000_0000, 0x11_0000_0000, chance)).toBeGreaterThan(100);
});
