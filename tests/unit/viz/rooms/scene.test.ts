import { describe, expect, it } from 'vitest';
import { Shape } from '../../../../src/lib/viz/draw/ops.ts';
import { countCells } from '../../../../src/lib/viz/rooms/paint-cells.ts';
import { scanPosition } from '../../../../src/lib/viz/rooms/paint-rooms.ts';
import { Mark } from '../../../../src/lib/viz/rooms/sub-blocks.ts';
import { typed } from '../../../support/console.ts';
import { machine, THREE_NODES, VIRTIO_MEM } from '../../../support/machines.ts';
import { block, heldOffline, picture } from './pictured.ts';

/** A machine with every sort of page. */
function busy(forceDetail: boolean) {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable', { forceDetail });
	typed(simulation, 'qom-set vm0 requested-size 320M');
	simulation.advance(simulation.nowNs + 5e9);
	for (const line of [
		'p0: map a 40M',
		'p0: touch a',
		'p0: map b 5M',
		'p0: nothp b',
		'p0: touch b',
		'p0: mapsecure x 1M',
		'p0: touch x',
		'p0: vmsplice b 64K',
		'p0: pin a 2M',
		'p0: pipefill 256K',
		'qom-set vm0 requested-size 300M'
	])
		typed(simulation, line);
	simulation.advance(simulation.nowNs + 2e9);
	return simulation;
}

describe('the scene of a machine', () => {
	it.each([false, true])('has the pages that the engine counts in every block (all blocks in rows: %s)', (forceDetail) => {
		const { scene } = picture(busy(forceDetail));
		expect(scene.blocks.length).toBeGreaterThan(8);
		for (const one of scene.blocks) {
			const counts = countCells(scene.cells, one.first, one.count);
			expect(counts.free + counts.user + counts.kernel + counts.offline + counts.hole, `memory${one.status.id}`).toBe(32768);
			if (one.status.state === 'offline') continue;
			expect(counts.free, `free in memory${one.status.id}`).toBe(one.status.freePages);
			expect(counts.kernel, `kernel in memory${one.status.id}`).toBe(one.status.kernelPages);
			expect(counts.offline, `unplugged in memory${one.status.id}`).toBe(one.status.offlinePages);
			expect(one.held.pinned + one.held.held + one.held.secure, `held in memory${one.status.id}`).toBe(one.status.heldPages);
		}
	});

	it('does not average away what is held: sub-block, block and room carry it', () => {
		const { scene } = picture(busy(false));
		const rooms = scene.nodes.flatMap((node) => node.rooms);
		const sum = (of: (lane: (typeof rooms)[number]['lane']) => number) => rooms.reduce((total, room) => total + of(room.lane), 0);
		expect(sum((lane) => lane.pinnedPages)).toBe(512);
		expect(sum((lane) => lane.heldPages)).toBe(16);
		expect(sum((lane) => lane.securePages)).toBe(256);
		for (const mark of [Mark.pinned, Mark.held, Mark.secure]) expect(scene.cells.marks.some((bits) => (bits & mark) !== 0)).toBe(true);
	});

	it('puts zones that share a block into one room, and blocks that are offline into none', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
		for (const line of ['object_add memory-backend-ram,id=h0,size=256M', 'device_add pc-dimm,id=d0,memdev=h0,node=2'])
			typed(simulation, line);
		simulation.advance(simulation.nowNs + 2e9);
		const { scene } = picture(simulation);
		expect(scene.nodes.map((node) => node.rooms.map((room) => `${room.name}: ${room.blocks.length}`))).toEqual([
			['DMA, DMA32: 4'],
			['DMA32: 4'],
			['offline: 2']
		]);
		expect(block(scene, 0).zoneBorder).toBe(8);
		expect(block(scene, 1).zoneBorder).toBe(0);
	});

	it('gives each zone its corner', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=offline', {
			proposals: ['exmem']
		});
		for (const line of [
			'object_add memory-backend-ram,id=h0,size=384M',
			'device_add pc-dimm,id=d0,memdev=h0,node=2',
			'echo online_kernel > /sys/devices/system/memory/memory32/state',
			'echo online_exmem > /sys/devices/system/memory/memory33/state',
			'echo online_movable > /sys/devices/system/memory/memory34/state'
		])
			typed(simulation, line);
		const { scene } = picture(simulation);
		const shapes = Object.fromEntries((scene.nodes[2]?.rooms ?? []).map((room) => [room.name, room.shape]));
		expect(shapes['NORMAL']).toBe(Shape.square);
		expect(Object.values(shapes)).toContain(Shape.round);
		expect(shapes).toHaveProperty('EXMEM', Shape.chamfer);
	});

	it('shows a walk that does not end: where it stands, that it waits, what is empty', () => {
		const { simulation, held } = heldOffline(2);
		const { scene, status } = picture(simulation);
		const one = block(scene, held);
		expect(one.status.state).toBe('going-offline');
		expect(one.calls.running?.waitingFor).toMatch(/held by an extra reference/);
		const pfn = status.held[0]?.runs[0]?.[0] ?? -1;
		expect(scanPosition(one)).toBe(Math.floor(pfn / 512) % 64);
		const full = Array.from({ length: one.count }, (_, at) => countCells(scene.cells, one.first + at, 1)).filter(
			(counts) => counts.free < 512
		);
		expect(full).toHaveLength(1);
		expect(full[0]?.user).toBe(1);
	});

	it('keeps the errno of a refusal until the block has done as it was told', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
		simulation.send({
			name: 'write-file',
			machine: 'm',
			path: '/sys/devices/system/memory/memory0/state',
			value: 'offline'
		});
		simulation.advance(simulation.nowNs + 1e9);
		const { scene } = picture(simulation);
		expect(block(scene, 0).calls.refused?.errno).toBe('EINVAL');
		expect(block(scene, 1).calls.refused).toBeNull();
	});
});
