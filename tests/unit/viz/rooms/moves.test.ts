import { describe, expect, it } from 'vitest';
import type { DrawList } from '../../../../src/lib/viz/draw/ops.ts';
import { arcOfWalk, arcsOfFlows, flowText, nowhereToGo } from '../../../../src/lib/viz/rooms/arcs.ts';
import { blendScenes } from '../../../../src/lib/viz/rooms/blend.ts';
import { layoutRooms } from '../../../../src/lib/viz/rooms/layout.ts';
import { flowsBetween, type Flow } from '../../../../src/lib/viz/rooms/moves.ts';
import { drawRooms } from '../../../../src/lib/viz/rooms/paint-rooms.ts';
import type { RoomsScene } from '../../../../src/lib/viz/rooms/scene.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { typed } from '../../../support/console.ts';
import { machine, THREE_NODES } from '../../../support/machines.ts';
import { picture, type Pictured } from './pictured.ts';

const place = () => ({ x: 10, y: 20, width: 30, height: 40 });

/** Pages under way from `act`: what was seen before it and after it. */
function across(simulation: Simulation, act: () => void): { was: Pictured; is: Pictured; flows: Flow[] } {
	const was = picture(simulation);
	const words = was.views.columns.blockWord.slice();
	act();
	const is = picture(simulation);
	return { was, is, flows: flowsBetween(was.status, is.status, is.views, is.firstBlock, words) };
}

function twoNodes(huge: boolean): Simulation {
	const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
	for (const line of ['p0: map a 20M', ...(huge ? [] : ['p0: nothp a']), 'p0: bind a bind 1', 'p0: touch a']) typed(simulation, line);
	return simulation;
}

function migrate(simulation: Simulation): void {
	const pid = simulation.status().machines[0]?.processes[0]?.pid ?? 0;
	expect(typed(simulation, `migratepages ${pid} 1 0`)).toBe('');
}

describe('what moved between two pictures', () => {
	it.each([
		[true, { huge: 10, pages: 0 }, '10 folios × 2 MiB'],
		[false, { huge: 0, pages: 5120 }, '5,120 folios × 4 KiB']
	])('says how many folios of which size went from block to block (huge %s)', (huge, expected, text) => {
		const simulation = twoNodes(huge);
		const { is, flows } = across(simulation, () => migrate(simulation));
		const total = flows.reduce((sum, flow) => ({ huge: sum.huge + flow.huge, pages: sum.pages + flow.pages }), { huge: 0, pages: 0 });
		expect(total).toEqual(expected);
		const nodeOf = new Map(is.status.memoryBlocks.map((one) => [one.id, one.node]));
		for (const flow of flows) expect([nodeOf.get(flow.from), nodeOf.get(flow.to)]).toEqual([1, 0]);
		expect(flowText({ from: 4, to: 0, ...expected })).toBe(text);
		const arcs = arcsOfFlows(flows, place, 0.5);
		expect(arcs).toHaveLength(flows.length);
		expect(arcs[0]?.words).toMatch(/^[\d,]+ folios? × .* go from memory\d+ to memory\d+$/);
	});

	it('is empty when pages only came or went', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
		typed(simulation, 'p0: map a 20M');
		expect(across(simulation, () => void typed(simulation, 'p0: touch a')).flows).toEqual([]);
		expect(across(simulation, () => void typed(simulation, 'p0: unmap a')).flows).toEqual([]);
	});
});

describe('a walk under way', () => {
	it('is seen between its first and its last batch, and leaves no arc behind', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
		for (const line of [
			'object_add memory-backend-ram,id=h0,size=256M',
			'device_add pc-dimm,id=d0,memdev=h0,node=2',
			'p0: map a 40M',
			'p0: nothp a',
			'p0: bind a bind 2',
			'p0: touch a'
		])
			typed(simulation, line);
		const source = picture(simulation).status.memoryBlocks.find((one) => one.node === 2 && one.freePages < 32768)?.id ?? -1;
		simulation.send({
			name: 'write-file',
			machine: 'm',
			path: `/sys/devices/system/memory/memory${source}/state`,
			value: 'offline'
		});
		const words: string[] = [];
		for (let step = 0; step < 400 && picture(simulation).scene.blocks.some((one) => one.calls.running); step += 1) {
			const { scene } = picture(simulation);
			const walking = scene.blocks.find((one) => one.calls.running);
			const arc = walking ? arcOfWalk(scene, walking, place, place) : null;
			if (arc !== null) words.push(arc.words);
			simulation.advance(simulation.nowNs + 1e6);
		}
		expect(picture(simulation).status.memoryBlocks.find((one) => one.id === source)?.state).toBe('offline');
		expect(words.length).toBeGreaterThan(3);
		expect(words[0]).toMatch(/^[\d,]+ of 10,240 pages have left memory\d+$/);
		expect(new Set(words).size).toBeGreaterThan(3);
		expect(nowhereToGo(picture(simulation).scene, place)).toBeNull();
	});
});

const draw = (scene: RoomsScene): DrawList =>
	drawRooms(
		scene,
		layoutRooms({
			width: 1010,
			height: 528,
			nodes: scene.nodes.map((node) => ({ rooms: node.rooms.map((room) => room.blocks.length) })),
			sectionsPerBlock: scene.sectionsPerBlock,
			underline: false,
			bare: false
		})
	);

describe('settling', () => {
	it('ends in the picture that is drawn without motion, and begins in the one before', () => {
		const simulation = twoNodes(true);
		const { was, is } = across(simulation, () => migrate(simulation));
		const print = (phase: number) => draw(blendScenes(was.scene, is.scene, phase)).fingerprint();
		expect(print(1)).toBe(draw(is.scene).fingerprint());
		expect(print(0)).toBe(draw(was.scene).fingerprint());
		expect(print(0)).not.toBe(print(1));
		expect(blendScenes(null, is.scene, 0)).toBe(is.scene);
	});
});
