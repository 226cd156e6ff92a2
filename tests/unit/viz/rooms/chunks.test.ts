/** Free lists as a picture: every chunk is counted once, and pointing at an order shows where such chunks really lie. */
import { describe, expect, it } from 'vitest';
import { chunkRows, chunkStrip, hugeToBeHad, placesOfOrder } from '../../../../src/lib/viz/rooms/chunks.ts';
import { layoutRooms, type LayoutInput } from '../../../../src/lib/viz/rooms/layout.ts';
import { placeBlocks } from '../../../../src/lib/viz/rooms/placing.ts';
import type { RoomsScene } from '../../../../src/lib/viz/rooms/scene.ts';
import { typed } from '../../../support/console.ts';
import { machine, VIRTIO_MEM } from '../../../support/machines.ts';
import { block, heldOffline, picture } from './pictured.ts';

const inputOf = (scene: RoomsScene): LayoutInput => ({
	width: 1010,
	height: 528,
	nodes: scene.nodes.map((node) => ({ rooms: node.rooms.map((room) => room.blocks.length) })),
	sectionsPerBlock: scene.sectionsPerBlock,
	underline: false,
	bare: false
});

function fragmented() {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
	typed(simulation, 'qom-set vm0 requested-size 256M');
	simulation.advance(simulation.nowNs + 5e9);
	for (const line of ['p0: map a 41M', 'p0: nothp a', 'p0: touch a', 'p0: map b 3M', 'p0: touch b', 'p0: unmap a']) typed(simulation, line);
	return picture(simulation);
}

describe('free chunks by order', () => {
	it('rows hold what the lists hold, the largest order first', () => {
		const { status } = fragmented();
		for (const zone of status.nodes.flatMap((node) => node.zones)) {
			const rows = chunkRows(zone.freeChunks);
			expect(rows.map((row) => row.order)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
			const pages = rows.reduce((sum, row) => sum + (row.chunks + row.isolated) * 2 ** row.order, 0);
			expect(pages, `pages on the lists of ${zone.name}`).toBe(zone.freePages);
			expect(hugeToBeHad(rows)).toBeLessThanOrEqual(Math.floor(zone.freePages / 512));
		}
	});

	it('an order has places in the rooms exactly where its list is not empty', () => {
		const { scene, status } = fragmented();
		const layout = layoutRooms(inputOf(scene));
		const placing = placeBlocks(scene, layout);
		let found = 0;
		for (const node of status.nodes)
			for (const zone of node.zones.filter((one) => one.presentPages > 0))
				for (const row of chunkRows(zone.freeChunks)) {
					const { boxes, words } = placesOfOrder(scene, layout, placing, { node: node.id, zone }, row.order);
					expect(boxes.length > 0, `node ${node.id} ${zone.name} order ${row.order}`).toBe(row.chunks > 0);
					expect(boxes.length).toBeLessThanOrEqual(row.order === 10 ? row.chunks * 2 : row.chunks);
					expect(words).toContain(row.chunks > 0 ? 'memory' : 'none');
					if (row.chunks > 0) found += 1;
				}
		expect(found).toBeGreaterThan(10);
	});

	it('what a block that is being emptied has free is in nobody’s hands, and shown nowhere', () => {
		const { simulation, held } = heldOffline(3);
		const { scene } = picture(simulation);
		const { status } = block(scene, held);
		expect(status.state).toBe('going-offline');
		const node = scene.nodes.find((one) => one.status.id === status.node);
		const zone = node?.status.zones.find((one) => one.name === 'MOVABLE');
		if (!node || !zone) throw new Error('no zone');
		const layout = layoutRooms(inputOf(scene));
		const placing = placeBlocks(scene, layout);
		const own = placing.boxes[placing.placeOf[scene.blocks.findIndex((one) => one.status.id === held)] as number];
		if (!own) throw new Error('the block is not drawn');
		expect(chunkRows(zone.freeChunks).reduce((sum, row) => sum + row.isolated, 0)).toBeGreaterThan(0);
		for (let order = 0; order <= 10; order += 1)
			for (const one of placesOfOrder(scene, layout, placing, { node: node.status.id, zone }, order).boxes)
				expect(one.x >= own.x && one.x < own.x + own.width && one.y >= own.y && one.y < own.y + own.height).toBe(false);
	});

	it('a row never draws more boxes than there are chunks, nor beyond its width', () => {
		for (let order = 0; order <= 10; order += 1)
			for (const count of [0, 1, 7, 4000]) {
				const xs = chunkStrip(order, count, 88);
				expect(xs.length).toBeLessThanOrEqual(count);
				expect(Math.max(0, ...xs) + 3 + order * 2).toBeLessThanOrEqual(88);
			}
		expect(chunkStrip(0, 4000, 88).length).toBeGreaterThan(chunkStrip(10, 4000, 88).length);
	});
});
