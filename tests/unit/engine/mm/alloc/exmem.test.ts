import { describe, expect, it } from 'vitest';
import { RowKind } from '../../../../../src/lib/engine/contract/words.ts';
import { gfpOf } from '../../../../../src/lib/engine/mm/alloc/gfp.ts';
import { allocPages } from '../../../../../src/lib/engine/mm/alloc/page-alloc.ts';
import { ensureRows, setFolio } from '../../../../../src/lib/engine/mm/frames.ts';
import { ask, machine, memoryState, THREE_NODES, write } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

/** 256 MiB of CXL memory as ZONE_EXMEM of node 2 (seed S3: proposed, never merged). */
function withExmem(proposals: readonly 'exmem'[] = ['exmem']) {
	const simulation = machine(THREE_NODES, 'memhp_default_state=offline', { proposals });
	ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'm0', size: 2 ** 28 } });
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'd0', memdev: 'm0', node: 2 } });
	simulation.advance(1e9);
	for (const block of [32, 33])
		expect(write(simulation, memoryState(block), proposals.length > 0 ? 'online_exmem' : 'online_kernel')).toBe('OK');
	const zone = (index: number): string => `${simulation.world.r.zones[index]?.node}/${simulation.world.r.zones[index]?.name}`;
	const words = (text: string) => ask(simulation, { name: 'process', process: 'p', words: text }).value as Record<string, unknown>;
	return { simulation, zone, words };
}

describe('classes', () => {
	it('say how high and which lists', () => {
		expect(gfpOf('kernel')).toMatchObject({ ceiling: 'NORMAL', migratetype: 0 });
		expect(gfpOf('reclaimable')).toMatchObject({ ceiling: 'NORMAL', migratetype: 2 });
		expect(gfpOf('user')).toMatchObject({ ceiling: 'NORMAL', migratetype: 0 });
		expect(gfpOf('movable')).toMatchObject({ ceiling: 'MOVABLE', migratetype: 1, order: 0 });
		expect(gfpOf('thp')).toMatchObject({ ceiling: 'MOVABLE', migratetype: 1, order: 9 });
		// Inside a long-term pin nothing movable is asked for.
		expect(gfpOf('movable', true)).toMatchObject({ ceiling: 'NORMAL', migratetype: 0 });
		expect(gfpOf('thp', true)).toMatchObject({ ceiling: 'NORMAL', migratetype: 0, order: 9 });
	});
});

describe('ZONE_EXMEM, where the proposal is switched on', () => {
	it('takes MAP_EXMEM alone, never MAP_NORMAL, and plain mappings too', () => {
		const { simulation, words } = withExmem();
		words('map a 16M exmem');
		words('touch a');
		expect(words('zones a')['zones']).toMatchObject({ ExMem: { pages: 4096 } });
		words('map b 16M normal');
		words('bind b preferred 2');
		words('touch b');
		expect(Object.keys(words('zones b')['zones'] as object)).not.toContain('ExMem');
		words('map c 16M');
		words('bind c preferred 2');
		words('touch c');
		expect(words('zones c')['zones']).toMatchObject({ ExMem: { pages: 4096 } });
		// MAP_EXMEM fails where the zone is full, though other memory is free.
		words('map d 300M exmem');
		expect(words('touch d')['errno']).not.toBe('OK');
		expectSound(simulation);
	});

	it('one GFP_EXMEM page of the kernel keeps its block from leaving, as in NORMAL', () => {
		const { simulation, zone } = withExmem();
		const { world } = simulation;
		const page = allocPages(world, { os: 0, gfp: 'exmem', order: 3, node: 0, nodemask: null });
		expect(zone(page.zone)).toBe('2/EXMEM');
		ensureRows(world, Math.floor(page.frame / 512));
		setFolio(world, Math.floor(page.frame / 512), page.frame % 512, 3, RowKind.slab, -1, 0);
		const first = world.r.memories[0]?.firstBlock ?? 0;
		const block = Math.floor((Math.floor(page.frame / 512) - first) / 64);
		expect(write(simulation, memoryState(block), 'offline')).toBe('EBUSY');
		expect(write(simulation, memoryState(block === 32 ? 33 : 32), 'offline')).toBe('OK');
		expectSound(simulation);
	});

	it('does not exist without it', () => {
		const { simulation, zone, words } = withExmem([]);
		expect(allocPages(simulation.world, { os: 0, gfp: 'exmem', node: 0, nodemask: null })).toMatchObject({ frame: -1, why: 'enomem' });
		expect(zone(allocPages(simulation.world, { os: 0, gfp: 'movable', node: 2, nodemask: null }).zone)).toBe('2/NORMAL');
		expect(words('map a 16M exmem')['errno']).not.toBe('OK');
	});
});
