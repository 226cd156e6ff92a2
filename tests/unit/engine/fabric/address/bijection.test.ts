import { describe, expect, test } from 'vitest';
import { resolve } from '$lib/engine/fabric/address/resolve.ts';
import { hpaOf } from '$lib/engine/fabric/address/reverse.ts';
import type { World } from '$lib/engine/state/world.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';
import { fabricSimulation } from '../../../../support/fabric-worlds.ts';

/**
 * Random legal configurations against an obvious version: walk the window stripe by stripe, give each to the device whose
 * turn it is, and count per device how many it has got.
 */
const UNIT = 256 * 2 ** 20;
const STRIPES = 600;

interface Config {
	readonly base: number;
	readonly bytes: number;
	readonly granularity: number;
	readonly xorMasks: readonly number[];
	readonly targets: readonly string[];
	readonly fabric: Record<string, unknown>;
}

/** Devices straight at the host, or below one to four switches, or in a G-FAM set. */
function draw(chance: Chance): Config {
	const shape = chance.pick(['direct', 'switched', 'gfam'] as const);
	const switches = shape === 'switched' ? chance.pick([1, 2, 4]) : 1;
	const each = shape === 'switched' ? chance.pick([1, 2, 4]) : 1;
	const ways =
		shape === 'switched' ? switches * each : shape === 'gfam' ? chance.pick([1, 2, 4, 8, 16]) : chance.pick([1, 2, 3, 4, 6, 8, 12, 16]);
	const granularityCode = chance.whole(0, each > 1 && switches > 1 ? 4 : 6);
	const granularity = 256 * 2 ** granularityCode;
	const share = chance.whole(1, 5) * UNIT;
	const targets = Array.from({ length: ways }, (_, index) => `mem${index}`);
	const base = chance.whole(1, 4000) * (shape === 'gfam' ? 64 * 4 * UNIT : UNIT);
	const rootWays = shape === 'switched' ? switches : ways;
	const masks = { 2: 1, 4: 2, 6: 1, 8: 3, 12: 2, 16: 4 }[rootWays] ?? 0;
	const xor = shape !== 'gfam' && masks > 0 && chance.once(2);
	const xorMasks = xor
		? Array.from(
				{ length: masks },
				(_, index) => 2 ** (8 + granularityCode + index) + (chance.once(2) ? 2 ** chance.whole(22, 30) : 0) + 2 ** chance.whole(31, 38)
			)
		: [];
	const switchNames = Array.from({ length: switches }, (_, index) => `sw${index}`);
	const device = (id: string, index: number): Record<string, unknown> => {
		const region = { bytes: share, blockBytes: shape === 'gfam' ? UNIT : 2 ** 21 };
		if (shape === 'gfam')
			return { id, kind: 'gfd', regions: [region], ldBases: [chance.whole(0, 9) * UNIT], at: { switch: 'sw0', port: 1 + index } };
		if (shape === 'direct') return { id, kind: 'sld', hosts: ['A'], regions: [region], ldBases: [chance.whole(0, 9) * UNIT] };
		return { id, kind: 'sld', regions: [region], at: { switch: switchNames[index % switches], port: 1 + Math.floor(index / switches) } };
	};
	const bytes = share * ways;
	return {
		base,
		bytes,
		granularity,
		xorMasks,
		targets,
		fabric: {
			hosts: [{ id: 'A', windows: [{ baseHpa: base, bytes, targets, granularity, ...(xor ? { arithmetic: 'xor', xorMasks } : {}) }] }],
			devices: targets.map(device),
			switches:
				shape === 'direct'
					? []
					: switchNames.map((id) => ({
							id,
							kind: shape === 'gfam' ? 'pbr' : 'hbr',
							ports: 32,
							hosts: [{ host: 'A', port: 0, vppbs: 8 }],
							...(shape === 'gfam' ? {} : { bound: Array.from({ length: each }, (_, slot) => ({ host: 'A', vppb: slot, port: 1 + slot })) })
						}))
		}
	};
}

/** Address as an XOR window counts it, bit by bit. */
function counted(config: Config, hpa: number): bigint {
	let bits = BigInt(hpa);
	for (const mask of config.xorMasks) {
		const masked = BigInt(hpa) & BigInt(mask);
		const ones = [...masked.toString(2)].filter((digit) => digit === '1').length;
		const low = BigInt(mask) & -BigInt(mask);
		bits = (bits & ~low) | (ones % 2 === 1 ? low : 0n);
	}
	return bits;
}

function reached(world: World, hpa: number): { device: string; ld: number; dpa: number; way: number; index: number } {
	const way = resolve(world, 'A', hpa);
	// A G-FAM device closes its groups until the fabric manager opens them; the address is right all the same.
	if (!way.ok && way.at !== 'no-group') throw new Error(`0x${hpa.toString(16)}: ${way.at}: ${way.says}`);
	return { device: world.r.fabric.devices[way.device]?.id ?? '', ld: way.ld, dpa: way.dpa, way: way.way, index: way.device };
}

describe('from host address to device address and back', () => {
	const seed = seedOr(20261121);
	test(`random legal configurations agree with a walk, stripe by stripe (seed ${seed})`, () => {
		const chance = new Chance(seed);
		const shapes = new Map<string, number>();
		let walked = 0;
		for (let round = 0; round < 120; round++) {
			const config = draw(chance);
			const { world } = fabricSimulation(config.fabric);
			expect(world.r.fabric.peers[0]?.windows[0]?.problem, JSON.stringify(config.fabric)).toBeNull();
			const got = new Map<string, number>(config.targets.map((target) => [target, 0]));
			const ways = config.targets.length;
			for (let stripe = 0; stripe < STRIPES; stripe++) {
				const hpa = config.base + stripe * config.granularity + chance.whole(0, config.granularity - 1);
				const turn = Number((counted(config, hpa) / BigInt(config.granularity)) % BigInt(ways));
				const device = config.targets[turn] as string;
				const record = world.r.fabric.devices.find((one) => one.id === device);
				const first = record?.gfd?.partitions[0]?.baseDpa ?? record?.lds[0]?.regions[0]?.baseDpa ?? 0;
				const count = got.get(device) as number;
				got.set(device, count + 1);
				const dpa = first + count * config.granularity + (hpa % config.granularity);
				const way = reached(world, hpa);
				const back = hpaOf(world, 'A', way.index, way.ld, way.dpa);
				if (way.device !== device || way.dpa !== dpa || way.way !== turn || back !== hpa)
					expect([way.device, way.dpa, way.way, back], `${JSON.stringify(config.fabric)} 0x${hpa.toString(16)}`).toEqual([
						device,
						dpa,
						turn,
						hpa
					]);
				walked += 1;
			}
			shapes.set(
				`${ways}${config.xorMasks.length > 0 ? ' xor' : ''}`,
				(shapes.get(`${ways}${config.xorMasks.length > 0 ? ' xor' : ''}`) ?? 0) + 1
			);
		}
		expect(walked).toBe(120 * STRIPES);
		for (const wanted of ['1', '2', '3', '4', '6', '8', '12', '16', '2 xor', '4 xor', '6 xor', '16 xor'])
			expect(shapes.get(wanted) ?? 0, wanted).toBeGreaterThan(0);
	});

	test(`forward and back is the same address, anywhere in the window (seed ${seed})`, () => {
		const chance = new Chance(seed + 1);
		for (let round = 0; round < 60; round++) {
			const config = draw(chance);
			const { world } = fabricSimulation(config.fabric);
			const seen = new Map<string, number>();
			for (let count = 0; count < 100; count++) {
				const hpa = config.base + chance.whole(0, config.bytes / 64 - 1) * 64 + chance.whole(0, 63);
				const way = reached(world, hpa);
				const name = `${way.device} ${way.dpa}`;
				expect(seen.get(name) ?? hpa, 'two host addresses for one byte').toBe(hpa);
				seen.set(name, hpa);
				expect(hpaOf(world, 'A', way.index, way.ld, way.dpa)).toBe(hpa);
			}
			expect(resolve(world, 'A', config.base - 1)).toMatchObject({ ok: false, at: 'no-window' });
			expect(resolve(world, 'A', config.base + config.bytes)).toMatchObject({ ok: false, at: 'no-window' });
		}
	});
});
