import { hashText, mix32 } from '../../base/hash.ts';
import type { World } from '../state/world.ts';

/**
 * One random stream per component, seeded from the scenario's seed and the component's path, so that a new component never
 * shifts the draws of another (as ns-3 does). xoshiro128**, state in columns.
 */
export function openStream(world: World, path: string): number {
	const index = world.r.streams.length;
	world.r.streams.push(path);
	seedStream(world, index, world.scenario.seed);
	return index;
}

function seedStream(world: World, index: number, worldSeed: number): void {
	const seed = mix32(worldSeed, hashText(world.r.streams[index] as string), 0x5eed);
	for (let lane = 0; lane < 4; lane += 1)
		world.c.streamState.set(index * 4 + lane, mix32(seed, lane + 1, 0xa076_1d64) | (lane === 0 ? 1 : 0));
}

/** Every stream begins anew, as in a world with this seed: what is drawn from here on is another future of the same past. */
export function reseed(world: World, worldSeed: number): void {
	world.r.streams.forEach((_, index) => seedStream(world, index, worldSeed));
}

/** Next 32 random bits of a stream. */
export function draw(world: World, stream: number): number {
	const state = world.c.streamState;
	const base = stream * 4;
	let s0 = state.get(base);
	let s1 = state.get(base + 1);
	let s2 = state.get(base + 2);
	let s3 = state.get(base + 3);
	const times5 = Math.imul(s1, 5);
	const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
	const t = s1 << 9;
	s2 ^= s0;
	s3 ^= s1;
	s1 ^= s2;
	s0 ^= s3;
	s2 ^= t;
	s3 = (s3 << 11) | (s3 >>> 21);
	state.set(base, s0);
	state.set(base + 1, s1);
	state.set(base + 2, s2);
	state.set(base + 3, s3);
	return result;
}

/** A whole number below `limit`, by multiply and shift: the bias is at most limit / 2^32. */
export function drawBelow(world: World, stream: number, limit: number): number {
	return Math.floor((draw(world, stream) / 4294967296) * limit);
}

/** True with a chance of `ppm` in a million. */
export function chance(world: World, stream: number, ppm: number): boolean {
	return drawBelow(world, stream, 1_000_000) < ppm;
}
