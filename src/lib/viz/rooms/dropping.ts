import { contains, type Point } from '../geometry/box.ts';
import { blockActions, type BlockAction } from './actions.ts';
import type { RoomsLayout } from './layout.ts';
import type { BlockScene, RoomScene, RoomsScene } from './scene.ts';

/** What letting go of a dragged block asks for: a request with its console line, or why it would ask for nothing. */
export interface Drop {
	readonly action: BlockAction | null;
	readonly words: string;
}

/** The room under a point, with the number of its node. */
function roomAt(scene: RoomsScene, layout: RoomsLayout, at: Point): RoomScene | null {
	for (const [nodeIndex, node] of scene.nodes.entries())
		for (const [index, room] of node.rooms.entries()) {
			const place = layout.nodes[nodeIndex]?.rooms[index];
			if (place && contains(place.box, at)) return room;
		}
	return null;
}

/** The room in which a block stands now. */
export const roomOfBlock = (scene: RoomsScene, index: number): RoomScene | null =>
	scene.nodes.flatMap((node) => node.rooms).find((room) => room.blocks.includes(index)) ?? null;

/**
 * A block that is online is dragged out of its room: offline. One that is being emptied is put back: a signal to the writer.
 * One that is in no zone is put into a room of its node: online there. Nothing else can be asked for by moving a block.
 */
export function dropOf(
	scene: RoomsScene,
	layout: RoomsLayout,
	index: number,
	at: Point
): Drop | null {
	const block = scene.blocks[index];
	const own = roomOfBlock(scene, index);
	if (!block || own === null) return null;
	const offered = (word: string): BlockAction | null =>
		blockActions(scene.machine, block).find((action) => action.word === word) ?? null;
	const asks = (word: string, otherwise: string): Drop => {
		const action = offered(word);
		return action === null ? { action, words: otherwise } : { action, words: action.line };
	};
	const under = roomAt(scene, layout, at);
	if (block.calls.running !== null)
		return under === own
			? asks('signal', 'nobody waits for it')
			: { action: null, words: 'let it go in its room: signal' };
	if (block.status.state !== 'offline')
		return under === own
			? { action: null, words: 'out of the room: offline' }
			: asks('offline', 'it is being emptied already');
	return intoRoom(under, block, own, asks);
}

function intoRoom(
	under: RoomScene | null,
	block: BlockScene,
	own: RoomScene,
	asks: (word: string, otherwise: string) => Drop
): Drop {
	if (under === null || under === own || under.zones.length === 0)
		return { action: null, words: 'into a room of its node: online' };
	if (under.node !== block.status.node)
		return { action: null, words: `a block stays on its node, ${block.status.node}` };
	if (under.zones.some((zone) => zone.name === 'EXMEM'))
		return asks('online_exmem', 'not proposed here');
	return under.zones.some((zone) => zone.name === 'MOVABLE')
		? asks('online_movable', 'not offline')
		: asks('online_kernel', 'not offline');
}
