import type { FabricCommand } from '../../engine/contract/fabric-commands.ts';
import type { Piece, Rail } from './extents-scene.ts';

/** What can be asked for at a place of the figure: a word, what it does, and the command itself. */
export interface FabricAction {
	readonly word: string;
	readonly hint: string;
	readonly command: FabricCommand;
}

const fm = (
	at: string,
	execute: string,
	parameters: FabricCommand['arguments']
): FabricCommand => ({
	name: 'fabric',
	actor: 'fm',
	at,
	execute,
	arguments: parameters
});

/** The fabric manager's tools at one extent. */
export function pieceActions(piece: Piece, rail: Rail): FabricAction[] {
	const { device, ld } = rail;
	if (ld === null) return [];
	const extents = [{ dpa: piece.dpa, bytes: piece.bytes }];
	const release = (forced: boolean): FabricCommand =>
		fm(device.id, 'initiate-dynamic-capacity-release', {
			host: rail.hostName,
			policy: piece.tag === null ? 'prescriptive' : 'tag-based',
			...(piece.tag === null ? { extents } : { tag: piece.tag }),
			forced
		});
	const actions: FabricAction[] = [];
	if (piece.state === 'accepted' || piece.state === 'releasing')
		actions.push({
			word: piece.state === 'releasing' ? 'Ask again' : 'Recall',
			hint: 'Release, politely: the host may ignore it for ever (5605h)',
			command: release(false)
		});
	if (piece.state !== 'forced' && piece.state !== 'dead')
		actions.push({
			word: 'Force',
			hint: 'Release by force: access is cut now, the host reads all ones (5605h, bit 4)',
			command: release(true)
		});
	if (piece.tag !== null && device.lds.length > 0)
		actions.push(
			{
				word: 'Hold',
				hint: 'Add Reference: the content outlives the last host (5606h)',
				command: fm(device.id, 'dynamic-capacity-add-reference', { tag: piece.tag })
			},
			{
				word: 'Let go',
				hint: 'Remove Reference: with no host left the content is gone (5607h)',
				command: fm(device.id, 'dynamic-capacity-remove-reference', { tag: piece.tag })
			}
		);
	return actions;
}

/**
 * A host that asks you: its answer to the oldest offer, command 4802h with the extents that it takes. A group is what is
 * offered under one tag; without a tag, each extent for itself.
 */
export function answerActions(rail: Rail): FabricAction[] {
	const offered = rail.pieces.filter((piece) => piece.state === 'offered');
	const oldest = offered.toSorted((a, b) => a.arrival - b.arrival || a.row - b.row)[0];
	if (!oldest) return [];
	const group = offered.filter(
		(piece) => piece === oldest || (piece.tag !== null && piece.tag === oldest.tag)
	);
	const answer = (extents: readonly { dpa: number; bytes: number }[]): FabricCommand => ({
		name: 'fabric',
		actor: 'host',
		at: rail.hostName,
		execute: 'add-dynamic-capacity-response',
		arguments: {
			device: rail.device.id,
			...(rail.ld === null ? {} : { ld: rail.ld.number }),
			extents
		}
	});
	const all = group.map(({ dpa, bytes }) => ({ dpa, bytes }));
	const first = all[0] as { dpa: number; bytes: number };
	const block = rail.regions[oldest.region]?.blockBytes ?? first.bytes;
	const half = Math.max(block, Math.floor(first.bytes / 2 / block) * block);
	const part = all.length > 1 ? all.slice(0, 1) : [{ dpa: first.dpa, bytes: half }];
	return [
		{ word: 'Accept', hint: 'All of the oldest offer (4802h)', command: answer(all) },
		{
			word: 'Part',
			hint: 'A part of it: the rest returns to the pool, unless it may be shared (4802h)',
			command: answer(part)
		},
		{ word: 'None', hint: 'An empty answer (4802h)', command: answer([]) }
	];
}
