import { expect, it } from 'vitest';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { memoryBlocks } from '../../src/lib/engine/mm/blocks/sections.ts';
import { validZones } from '../../src/lib/engine/mm/blocks/zone-choice.ts';
import { zoneIndex } from '../../src/lib/engine/mm/os/os.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { ask, machine, memoryState, THREE_NODES, write } from '../support/machines.ts';
import { expectSound } from '../support/worlds.ts';
import { SlowBlocks, type SlowBlock, type SlowPolicy } from './slow-blocks.ts';

/** Boot blocks 0 … 7 of the machine of the recordings, then three DIMMs: node 1, node 2, node 0. */
function slowMachine(policy: SlowPolicy, dimms: readonly (readonly [node: number, blocks: number])[]): SlowBlocks {
	const blocks: SlowBlock[] = [];
	for (let id = 0; id < 8; id += 1)
		// Kernel image and slab in block 0, struct pages in 3 and 7, slab of node 1 in 4; block 7 ends 32 pages early.
		blocks.push({
			id,
			node: id < 4 ? 0 : 1,
			group: -1,
			zone: id === 0 ? 'none' : 'DMA32',
			stuck: [0, 3, 4, 7].includes(id),
			holes: id === 7
		});
	let next = 32;
	for (const [group, [node, count]] of dimms.entries())
		for (let at = 0; at < count; at += 1, next += 1) blocks.push({ id: next, node, group, zone: null, stuck: false, holes: false });
	return new SlowBlocks(blocks, policy, [3998 + 32_768 - 4096, 32_768 - 32, 0]);
}

function plug(simulation: Simulation, at: number, node: number, blocks: number): void {
	ask(simulation, {
		name: 'qmp',
		execute: 'object-add',
		arguments: { 'qom-type': 'memory-backend-ram', id: `b${at}x`, size: blocks * 2 ** 27 }
	});
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: `d${at}`, memdev: `b${at}x`, node } });
	simulation.advance(simulation.nowNs + 1e8);
}

it.each([0, 1, 2, 3, 4, 5, 6, 7].map((offset) => seedOr(900) + offset))('memory blocks go where the slow version says, seed %i', (seed) => {
	const chance = new Chance(seed);
	const policy: SlowPolicy = {
		auto: chance.once(2),
		ratio: chance.pick([0, 20, 50, 100, 301]),
		numaAware: chance.once(2),
		movableNode: chance.once(3)
	};
	const append = [
		'memhp_default_state=offline',
		`memory_hotplug.online_policy=${policy.auto ? 'auto-movable' : 'contig-zones'}`,
		`memory_hotplug.auto_movable_ratio=${policy.ratio} memory_hotplug.auto_movable_numa_aware=${policy.numaAware ? 'Y' : 'N'}`,
		policy.movableNode ? 'movable_node' : ''
	].join(' ');
	const simulation = machine(THREE_NODES, append);
	const { world } = simulation;
	const dimms = [
		[1, chance.whole(1, 3)],
		[2, chance.whole(2, 6)],
		[0, chance.whole(1, 3)]
	] as const;
	for (const [at, [node, blocks]] of dimms.entries()) plug(simulation, at, node, blocks);
	const slow = slowMachine(policy, dimms);
	expect(memoryBlocks(world, 0)).toEqual(slow.blocks.map((block) => block.id));
	let onlined = 0;
	for (let step = 0; step < 150; step += 1) {
		const id = chance.once(40) ? 99 : chance.pick(slow.blocks).id;
		const word = chance.pick([
			'offline',
			'offline',
			'offline',
			'online',
			'online',
			'online_kernel',
			'online_movable',
			chance.once(10) ? 'on' : 'online'
		]);
		const wanted = slow.write(id, word);
		expect(`${step}: ${word} ${id}: ${write(simulation, memoryState(id), word)}`).toBe(`${step}: ${word} ${id}: ${wanted}`);
		if (wanted === 'OK' && word !== 'offline') onlined += 1;
		for (const block of slow.blocks)
			expect(`${block.id} ${validZones(world, 0, block.id).join(' ')}`).toBe(`${block.id} ${slow.valid(block)}`);
		for (const node of [0, 1, 2])
			for (const name of ['NORMAL', 'MOVABLE'] as const) {
				const index = zoneIndex(world, 0, node, name);
				const zone = world.r.zones[index];
				expect([node, name, (zone?.spanEndPfn ?? 0) - (zone?.spanStartPfn ?? 0), world.c.zonePresentPages.get(index)]).toEqual([
					node,
					name,
					...slow.size(node, name)
				]);
			}
		if (step % 30 === 29) expectSound(simulation);
	}
	expect(onlined).toBeGreaterThan(10);
});
