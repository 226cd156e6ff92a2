/**
 * Goal: dynamic capacity does what a slow and obvious model does. Method: random commands of fabric manager and hosts on one
 * device with two heads, a private and a sharable region; the model keeps sets of blocks. After each command both must agree
 * on the answer and on what is free, offered, accepted and dead, and every statement about extents must hold.
 */
import { describe, expect, it } from 'vitest';
import { ExtentState } from '../../src/lib/engine/contract/words.ts';
import { allExtents } from '../../src/lib/engine/fabric/dcd/lists.ts';
import { INVARIANTS } from '../../src/lib/engine/whole/index.ts';
import { Chance } from '../support/chance.ts';
import { fabric, tell } from '../support/fabric.ts';

const BLOCK = 2 * 2 ** 20;
const BLOCKS = 128;
const STATEMENTS = INVARIANTS.filter(({ id }) => id.startsWith('extent-'));
const ROUNDS = 400;

type Draw = (below: number) => number;

interface ModelGroup {
	readonly id: number;
	/** Extents in blocks: [first, end). */
	readonly extents: readonly (readonly [number, number])[];
	dead: boolean;
}
/** One head: a block is in one of these sets, or free. */
interface ModelHead {
	accepted: Set<number>;
	groups: ModelGroup[];
}

const blocksOf = (extents: readonly (readonly [number, number])[]): number[] =>
	extents.flatMap(([from, end]) => Array.from({ length: end - from }, (_, index) => from + index));

function ranges(draw: Draw): (readonly [number, number])[] {
	return Array.from({ length: 1 + draw(3) }, () => {
		const from = draw(BLOCKS + 4);
		return [from, from + 1 + draw(8)] as const;
	});
}

const apart = (extents: readonly (readonly [number, number])[]): boolean => new Set(blocksOf(extents)).size === blocksOf(extents).length;

/** A private region: everything can be cut. */
describe('the private region', () => {
	it.each([1, 2, 3, 4, 5, 6])('agrees with the model, seed %i', (seed) => {
		const chance = new Chance(seed);
		const draw: Draw = (below) => chance.whole(0, below - 1);
		const simulation = fabric({
			devices: [{ id: 'pool', kind: 'sld', hosts: ['A'], regions: [{ bytes: BLOCKS * BLOCK }], extentLimit: 4096, logRecords: 4096 }],
			hosts: [{ id: 'A', answer: 'silent', use: 'none' }]
		});
		const { world } = simulation;
		const model: ModelHead = { accepted: new Set(), groups: [] };
		const entries = (extents: readonly (readonly [number, number])[]): object[] =>
			extents.map(([from, end]) => ({ dpa: from * BLOCK, bytes: (end - from) * BLOCK }));
		const open = (): Set<number> => new Set(model.groups.flatMap((group) => blocksOf(group.extents)));
		const told: Record<string, number> = {};
		for (let round = 0; round < ROUNDS; round += 1) {
			const extents = ranges(draw);
			const blocks = blocksOf(extents);
			const inside = blocks.every((block) => block < BLOCKS);
			const word = ['offer', 'answer', 'give', 'force', 'empty', 'ask'][draw(6)] as string;
			const label = `seed ${seed} round ${round} ${word} ${JSON.stringify(extents)}`;
			let expected: boolean;
			let got: { ok: boolean };
			if (word === 'offer') {
				expected = inside && apart(extents) && blocks.every((block) => !model.accepted.has(block) && !open().has(block));
				got = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', extents: entries(extents) as never });
				if (expected) model.groups.push({ id: round, extents, dead: false });
			} else if (word === 'answer' || word === 'empty') {
				const group = model.groups[0];
				// Often something of the group, so that answers succeed.
				const named =
					word === 'empty'
						? []
						: group && draw(4) > 0
							? group.extents.map(([from, end]) => [from + draw(end - from), end] as const).slice(0, 1 + draw(3))
							: extents;
				expected =
					group !== undefined &&
					(group.dead
						? named.length === 0
						: apart(named) && named.every(([from, end]) => group.extents.some(([low, high]) => from >= low && end <= high)));
				got = tell(simulation, 'host', 'A', 'add-dynamic-capacity-response', { extents: entries(named) as never });
				// A dead group is over with any answer.
				if (group?.dead) model.groups.shift();
				else if (expected && group) {
					model.groups.shift();
					for (const block of blocksOf(named)) model.accepted.add(block);
				}
			} else {
				const held = [...model.accepted];
				const first = held[draw(Math.max(1, held.length))] ?? 0;
				const named = draw(3) === 0 ? extents : [[first, first + 1 + draw(2)] as const];
				const all = blocksOf(named);
				const fits = apart(named) && all.every((block) => block < BLOCKS);
				if (word === 'give') {
					expected = fits && all.every((block) => model.accepted.has(block));
					got = tell(simulation, 'host', 'A', 'release-dynamic-capacity', { extents: entries(named) as never });
					if (expected) for (const block of all) model.accepted.delete(block);
				} else if (word === 'ask') {
					expected = fits && all.every((block) => model.accepted.has(block));
					got = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'A', extents: entries(named) as never });
				} else {
					const waiting = open();
					expected = fits && all.every((block) => model.accepted.has(block) || waiting.has(block));
					got = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', {
						host: 'A',
						forced: true,
						extents: entries(named) as never
					});
					if (expected) {
						for (const block of all) model.accepted.delete(block);
						for (const group of model.groups) if (blocksOf(group.extents).some((block) => all.includes(block))) group.dead = true;
					}
				}
			}
			expect(got.ok, label).toBe(expected);
			const outcome = `${word} ${expected ? 'done' : 'refused'}`;
			told[outcome] = (told[outcome] ?? 0) + 1;
			const seen = { accepted: new Set<number>(), offered: new Set<number>(), dead: new Set<number>() };
			for (const extent of allExtents(world, 0, 0)) {
				const set =
					extent.state === ExtentState.offered
						? seen.offered
						: extent.state === ExtentState.dead
							? seen.dead
							: extent.state === ExtentState.forced
								? null
								: seen.accepted;
				for (let at = 0; at < extent.bytes; at += BLOCK) set?.add((extent.dpa + at) / BLOCK);
			}
			const sorted = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);
			expect(sorted(seen.accepted), label).toEqual(sorted(model.accepted));
			expect(sorted(seen.dead), label).toEqual(
				sorted(new Set(model.groups.filter((group) => group.dead).flatMap((group) => blocksOf(group.extents))))
			);
			expect(sorted(seen.offered), label).toEqual(
				sorted(new Set(model.groups.filter((group) => !group.dead).flatMap((group) => blocksOf(group.extents))))
			);
			for (const statement of STATEMENTS) expect(statement.check(world), `${label}: ${statement.statement}`).toBeNull();
		}
		for (const outcome of [
			'offer done',
			'offer refused',
			'answer done',
			'answer refused',
			'empty done',
			'give done',
			'give refused',
			'ask done',
			'force done',
			'force refused'
		])
			expect(told[outcome] ?? 0, `seed ${seed}: ${outcome}`).toBeGreaterThan(0);
	});
});

/** A shared region: a tag is taken and given whole, and its media live as long as anybody or a reference has it. */
describe('the shared region', () => {
	it.each([11, 12, 13, 14])('agrees with the model, seed %i', (seed) => {
		const chance = new Chance(seed);
		const draw: Draw = (below) => chance.whole(0, below - 1);
		const hosts = ['A', 'B', 'C'];
		const simulation = fabric({
			devices: [{ id: 'pool', kind: 'mh-sld', hosts, regions: [{ bytes: BLOCKS * BLOCK, sharable: true }], logRecords: 4096, tagLimit: 3 }],
			hosts: hosts.map((id) => ({ id, answer: 'silent', use: 'none' }))
		});
		const { world } = simulation;
		interface ModelTag {
			readonly blocks: number;
			referenced: boolean;
			readonly offered: Set<number>;
			readonly held: Set<number>;
		}
		const tags = new Map<string, ModelTag>();
		const queue: string[][] = hosts.map(() => []);
		const reap = (): void => {
			for (const [name, tag] of tags) if (!tag.referenced && tag.offered.size + tag.held.size === 0) tags.delete(name);
		};
		for (let round = 0; round < ROUNDS; round += 1) {
			const host = draw(hosts.length);
			const at = hosts[host] as string;
			const tag = `T${draw(4)}`;
			const known = tags.get(tag);
			const word = ['create', 'share', 'accept', 'refuse', 'give', 'reference', 'unreference', 'force'][draw(8)] as string;
			const label = `seed ${seed} round ${round} ${word} ${tag} ${at}`;
			let expected: boolean;
			let got: { ok: boolean };
			switch (word) {
				case 'create': {
					const blocks = 1 + draw(BLOCKS / 4);
					const free = BLOCKS - [...tags.values()].reduce((sum, one) => sum + one.blocks, 0);
					const room =
						BLOCKS - [...tags.values()].reduce((sum, one) => sum + (one.offered.has(host) || one.held.has(host) ? one.blocks : 0), 0);
					expected = known === undefined && tags.size < 3 && blocks <= free && blocks <= room;
					got = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: at, tag, bytes: blocks * BLOCK });
					if (expected) {
						tags.set(tag, { blocks, referenced: false, offered: new Set([host]), held: new Set() });
						queue[host]?.push(tag);
					}
					break;
				}
				case 'share':
					// The addresses of a head may be scattered: then the device has no room, which the model leaves open.
					got = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: at, tag, policy: 'enable-shared-access' });
					expected = got.ok && known !== undefined && !known.offered.has(host) && !known.held.has(host);
					if (got.ok) {
						known?.offered.add(host);
						queue[host]?.push(tag);
					}
					break;
				case 'accept':
				case 'refuse': {
					const first = queue[host]?.[0];
					const named = word === 'refuse' || first === undefined ? [] : offeredTo(simulation, host, first);
					expected = first !== undefined;
					got = tell(simulation, 'host', at, 'add-dynamic-capacity-response', { extents: named as never });
					if (first !== undefined) {
						queue[host]?.shift();
						tags.get(first)?.offered.delete(host);
						if (word === 'accept') tags.get(first)?.held.add(host);
					}
					break;
				}
				case 'give':
					expected = known?.held.has(host) ?? false;
					got = tell(simulation, 'host', at, 'release-dynamic-capacity', { tag });
					if (expected) known?.held.delete(host);
					break;
				case 'reference':
				case 'unreference':
					expected = known !== undefined;
					got = tell(simulation, 'fm', 'pool', `dynamic-capacity-${word === 'reference' ? 'add' : 'remove'}-reference`, { tag });
					if (known) known.referenced = word === 'reference';
					break;
				default:
					if (known?.offered.has(host)) continue;
					expected = known?.held.has(host) ?? false;
					got = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: at, tag, forced: true });
					if (expected) known?.held.delete(host);
			}
			if (word !== 'share' || got.ok) expect(got.ok, label).toBe(expected);
			reap();
			expect(new Set(world.r.fabric.tags.map((one) => one.tag)), label).toEqual(new Set(tags.keys()));
			for (const record of world.r.fabric.tags) {
				const one = tags.get(record.tag) as ModelTag;
				expect(record.holders, label).toEqual(expect.arrayContaining([...one.held].map((index) => hosts[index])));
				expect(record.holders.length, label).toBe(one.held.size);
				expect(record.offered.length, label).toBe(one.offered.size);
				expect(record.bytes, label).toBe(one.blocks * BLOCK);
			}
			for (const statement of STATEMENTS) expect(statement.check(world), `${label}: ${statement.statement}`).toBeNull();
		}
	});
});

function offeredTo(simulation: ReturnType<typeof fabric>, ld: number, tag: string): object[] {
	const { tags } = simulation.world.r.fabric;
	return allExtents(simulation.world, 0, ld)
		.filter((extent) => extent.state === ExtentState.offered && tags.find((record) => record.id === extent.tagId)?.tag === tag)
		.map(({ dpa, bytes }) => ({ dpa, bytes }));
}
