/**
 * Goal: letting a block go asks for what the same place would mean by words: out of its room offline, back into it a signal,
 * an offline one into a room of its node online there; anything else asks for nothing and says why.
 * Method: a real machine in each of these states, every room as a place to let go.
 */
import { describe, expect, it } from 'vitest';
import { centre } from '../../../../src/lib/viz/geometry/box.ts';
import { dropOf, roomOfBlock } from '../../../../src/lib/viz/rooms/dropping.ts';
import { layoutRooms } from '../../../../src/lib/viz/rooms/layout.ts';
import { machine, memoryState, THREE_NODES, write } from '../../../support/machines.ts';
import { heldOffline, picture, type Pictured } from './pictured.ts';

const laidOut = ({ scene }: Pictured) =>
	layoutRooms({
		width: 1010,
		height: 528,
		nodes: scene.nodes.map((node) => ({ rooms: node.rooms.map((room) => room.blocks.length) })),
		sectionsPerBlock: scene.sectionsPerBlock,
		underline: false,
		bare: false
	});
/** Middle of the room with this name on a node. */
function middle(pictured: Pictured, node: number, name: string) {
	const at = pictured.scene.nodes.findIndex((one) => one.status.id === node);
	const room = pictured.scene.nodes[at]!.rooms.findIndex((one) => one.name === name);
	return centre(laidOut(pictured).nodes[at]!.rooms[room]!.box);
}
const indexOf = (pictured: Pictured, id: number) => pictured.scene.blocks.findIndex((one) => one.status.id === id);
const drop = (pictured: Pictured, id: number, at: { x: number; y: number }) =>
	dropOf(pictured.scene, laidOut(pictured), indexOf(pictured, id), at);
const NOWHERE = { x: 990, y: 500 };

describe('a block that is dragged', () => {
	it('out of its room: offline, with the line', () => {
		const pictured = picture(machine(THREE_NODES));
		const block = pictured.scene.blocks.at(-1)!.status.id;
		expect(drop(pictured, block, NOWHERE)).toMatchObject({
			words: `echo offline > ${memoryState(block)}`,
			action: { command: { name: 'write-file', value: 'offline' } }
		});
		const own = roomOfBlock(pictured.scene, indexOf(pictured, block))!;
		expect(drop(pictured, block, middle(pictured, own.node, own.name))).toMatchObject({ action: null });
	});
	it('back into its room while it is being emptied: a signal to the writer', () => {
		const { simulation, held } = heldOffline(2);
		const pictured = picture(simulation);
		const own = roomOfBlock(pictured.scene, indexOf(pictured, held))!;
		const back = drop(pictured, held, middle(pictured, own.node, own.name));
		expect(back!.action!.command.name).toBe('signal');
		expect(back!.words).toMatch(/^\^C \d+$/);
		expect(drop(pictured, held, NOWHERE)!.action).toBeNull();
		expect(simulation.send(back!.action!.command).ok).toBe(true);
		simulation.advance(simulation.nowNs + 1e9);
		expect(picture(simulation).scene.blocks[indexOf(pictured, held)]!.status.state).toBe('online');
	});
	it('that is in no zone, into a room of its node: online there; of another node: nothing', () => {
		const simulation = machine(THREE_NODES);
		const last = picture(simulation).scene.blocks.at(-2)!.status;
		expect(write(simulation, memoryState(last.id), 'offline')).toBe('OK');
		const pictured = picture(simulation);
		const name = pictured.scene.nodes.find((one) => one.status.id === last.node)!.rooms.find((room) => room.zones.length > 0)!.name;
		const here = drop(pictured, last.id, middle(pictured, last.node, name));
		expect(here!.words).toBe(`echo online_kernel > ${memoryState(last.id)}`);
		const other = pictured.scene.nodes.find((one) => one.status.id !== last.node && one.rooms.length > 0)!;
		const there = drop(pictured, last.id, middle(pictured, other.status.id, other.rooms[0]!.name));
		expect(there).toEqual({ action: null, words: `a block stays on its node, ${last.node}` });
	});
});
