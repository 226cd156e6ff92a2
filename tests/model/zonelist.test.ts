import { describe, expect, it } from 'vitest';
import type { ZoneName } from '../../src/lib/engine/contract/machine-status.ts';
import type { GfpClass } from '../../src/lib/engine/mm/alloc/gfp.ts';
import { allocPages, allocRun, type AllocRequest } from '../../src/lib/engine/mm/alloc/page-alloc.ts';
import { nodeOrders } from '../../src/lib/engine/mm/alloc/zonelist.ts';
import { freePages } from '../../src/lib/engine/mm/buddy.ts';
import { setFolio, setWhole, ensureRows } from '../../src/lib/engine/mm/frames.ts';
import { BlockKind, RowKind, usePayload, UseClass } from '../../src/lib/engine/contract/words.ts';
import type { OsNodeRecord, OsRecord } from '../../src/lib/engine/state/machine-records.ts';
import type { ZoneRecord } from '../../src/lib/engine/state/records.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import { machineLists } from '../../src/lib/engine/whole/machine-zones.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { machine } from '../support/machines.ts';

/** order(N) as the reference states it (linux-memory 4.1), for all N in turn. */
function slowOrders(
	nodes: readonly { id: number; cpus: number; memory: boolean }[],
	distance: (a: number, b: number) => number
): Map<number, number[]> {
	const load = new Map(nodes.map((node) => [node.id, 0]));
	const orders = new Map<number, number[]>();
	for (const { id: from } of nodes) {
		const order: number[] = [];
		let group = distance(from, from);
		for (;;) {
			const rest = nodes.filter((node) => node.memory && !order.includes(node.id));
			if (rest.length === 0) break;
			const scored = rest.map((node) => ({
				id: node.id,
				score:
					node.id === from
						? -1
						: (distance(from, node.id) + (node.id < from ? 1 : 0) + (node.cpus > 0 ? 1 : 0)) * 1024 + (load.get(node.id) as number)
			}));
			scored.sort((a, b) => a.score - b.score || a.id - b.id);
			const next = (scored[0] as { id: number }).id;
			if (distance(from, next) !== group) load.set(next, (load.get(next) as number) + 1);
			group = distance(from, next);
			order.push(next);
		}
		orders.set(from, order);
	}
	return orders;
}

describe('fallback order', () => {
	it.each(Array.from({ length: 40 }, (_, offset) => seedOr(40) + offset))('is that of the slow one, seed %i', (seed) => {
		const chance = new Chance(seed);
		const count = chance.whole(1, 8);
		const nodes = Array.from({ length: count }, (_, id) => ({ id, cpus: chance.whole(0, 1), memory: chance.whole(0, 4) > 0 }));
		const table = nodes.map((a) => nodes.map((b) => (a.id === b.id ? 10 : chance.pick([15, 20, 20, 20, 30]))));
		const record = {
			nodes: nodes.map((node): Partial<OsNodeRecord> => ({
				id: node.id,
				cpus: node.cpus ? [node.id] : [],
				distances: table[node.id] as number[]
			}))
		} as OsRecord;
		const memory = nodes.filter((node) => node.memory).map((node) => node.id);
		const slow = slowOrders(nodes, (a, b) => table[a]?.[b] as number);
		expect(nodeOrders(record, record.nodes, memory), `seed ${seed}`).toEqual(slow);
	});

	it('prefers a node without CPUs at equal distance, and takes turns', () => {
		const record = {
			nodes: [0, 1, 2, 3].map((id) => ({
				id,
				cpus: id === 3 ? [] : [id],
				distances: [0, 1, 2, 3].map((other) => (other === id ? 10 : 20))
			}))
		} as unknown as OsRecord;
		const orders = nodeOrders(record, record.nodes, [0, 1, 2, 3]);
		expect(orders.get(0)?.slice(0, 2)).toEqual([0, 3]);
		expect(orders.get(3)).toHaveLength(4);
	});
});

/** DMA and DMA32 on node 0, DMA32 and Normal (or Movable with kernelcore=) on node 1, Normal on node 2. */
const WIDE = [
	'-machine q35 -smp 2 -m 3G -object memory-backend-ram,id=b0,size=1G -object memory-backend-ram,id=b1,size=1536M -object memory-backend-ram,id=b2,size=512M',
	'-numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1,memdev=b1 -numa node,nodeid=2,memdev=b2',
	'-numa dist,src=0,dst=1,val=20 -numa dist,src=0,dst=2,val=30 -numa dist,src=1,dst=2,val=30'
].join(' ');

const RANK: readonly ZoneName[] = ['DMA', 'DMA32', 'NORMAL', 'MOVABLE'];
const CEILING: Readonly<Record<string, number>> = { kernel: 2, reclaimable: 2, user: 2, movable: 3 };
const RATIO: Readonly<Record<string, number>> = { DMA: 256, DMA32: 256, NORMAL: 32 };

/** Marks by the reference's formulas, from the managed pages alone; `t` of a zone given min_free in pages. */
function slowMark(world: World, zone: number, mark: 'min' | 'low', minFreePages: number, ceiling: number): number {
	const zones = (world.r.oses[0] as OsRecord).zones;
	const managed = (at: number): number => world.c.zoneManagedPages.get(at);
	const lowmem = zones.filter((at) => world.r.zones[at]?.name !== 'MOVABLE').reduce((sum, at) => sum + managed(at), 0);
	const { name, node } = world.r.zones[zone] as ZoneRecord;
	const t = Math.floor((minFreePages * managed(zone)) / lowmem);
	const min = name === 'MOVABLE' ? Math.min(128, Math.max(32, Math.floor(managed(zone) / 1024))) : t;
	const step = Math.max(Math.floor(t / 4), Math.floor(managed(zone) / 1000));
	const above = zones.filter((at) => {
		const other = world.r.zones[at] as ZoneRecord;
		return other.node === node && RANK.indexOf(other.name) > RANK.indexOf(name) && RANK.indexOf(other.name) <= ceiling;
	});
	const reserve = RATIO[name] === undefined ? 0 : Math.floor(above.reduce((sum, at) => sum + managed(at), 0) / (RATIO[name] as number));
	return (mark === 'min' ? min : min + step) + reserve;
}

/** The zone an order-0 allocation lands in: first of the list above LOW, else first above MIN. */
function slowZone(world: World, request: AllocRequest, minFreePages: number): number {
	const order: Readonly<Record<number, number[]>> = { 0: [0, 1, 2], 1: [1, 0, 2], 2: [2, 1, 0] };
	const ceiling = CEILING[request.gfp] as number;
	const nodes = (order[request.node] as number[]).filter(
		(node) => (request.thisNode ? node === request.node : true) && (request.nodemask?.includes(node) ?? true)
	);
	const list = nodes.flatMap((node) =>
		(world.r.oses[0] as OsRecord).zones
			.filter((at) => {
				const zone = world.r.zones[at] as ZoneRecord;
				return (
					zone.node === node && RANK.indexOf(zone.name) >= 0 && RANK.indexOf(zone.name) <= ceiling && world.c.zoneManagedPages.get(at) > 0
				);
			})
			.sort((a, b) => RANK.indexOf((world.r.zones[b] as ZoneRecord).name) - RANK.indexOf((world.r.zones[a] as ZoneRecord).name))
	);
	for (const mark of ['low', 'min'] as const)
		for (const zone of list) if (freePages(world, zone) > slowMark(world, zone, mark, minFreePages, ceiling)) return zone;
	return -1;
}

function markUsed(world: World, frame: number, pages: number): void {
	for (let at = frame; at < frame + pages;) {
		const block = Math.floor(at / 512);
		if (at % 512 === 0 && at + 512 <= frame + pages) {
			setWhole(world, block, BlockKind.use, usePayload(UseClass.other, 0));
			at += 512;
		} else {
			ensureRows(world, block);
			setFolio(world, block, at % 512, 0, RowKind.other, -1, 0);
			at += 1;
		}
	}
}

describe('the walk of an allocation', () => {
	const met = new Set<string>();

	it.each([0, 1, 2, 3].map((offset) => seedOr(900) + offset))(
		'lands in the zone of the slow one until nothing is left, seed %i',
		(seed) => {
			const chance = new Chance(seed);
			const { world } = machine(WIDE, seed % 2 === 0 ? 'kernelcore=1G' : '');
			(world.r.oses[0] as OsRecord).settings.minFreeKbytes = 40_000;
			for (let step = 0; step < 4000; step += 1) {
				const gfp: GfpClass = chance.pick(['kernel', 'reclaimable', 'user', 'movable', 'movable']);
				const request: AllocRequest = {
					os: 0,
					gfp,
					order: 0,
					node: chance.whole(0, 2),
					nodemask: chance.pick([null, null, [0], [1, 2], [0, 1, 2], [2]]),
					thisNode: chance.whole(0, 4) === 0,
					noReclaim: true
				};
				const expected = slowZone(world, request, 10_000);
				const got = allocPages(world, request);
				const where = `seed ${seed}, step ${step}, ${JSON.stringify(request)}`;
				expect(got.zone, where).toBe(expected);
				met.add(got.zone < 0 ? 'none' : `${world.r.zones[got.zone]?.node}/${world.r.zones[got.zone]?.name}`);
				if (got.frame < 0) continue;
				markUsed(world, got.frame, 1);
				if (step % 4 !== 0) continue;
				// Much more of the same, so that marks are reached.
				for (const [frame, pages] of allocRun(
					world,
					{ ...request, node: (world.r.zones[got.zone] as ZoneRecord).node, thisNode: true },
					chance.whole(1, 6000)
				))
					markUsed(world, frame, pages);
			}
			expect(machineLists(world)).toBeNull();
		}
	);

	it('met every zone, and none', () => {
		expect([...met].sort()).toEqual(['0/DMA', '0/DMA32', '1/DMA32', '1/MOVABLE', '1/NORMAL', '2/NORMAL', 'none']);
	});
});
