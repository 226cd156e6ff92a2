import type { FabricCommand } from '../../engine/contract/fabric-commands.ts';
import type { FabricOfferStatus } from '../../engine/contract/fabric-load.ts';
import type { FabricHostStatus } from '../../engine/contract/fabric-status.ts';
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

/** How a host answers offers from now on. */
export const answerMode = (host: string, mode: FabricHostStatus['answer']): FabricCommand => ({
	name: 'fabric',
	actor: 'host',
	at: host,
	execute: 'set-answer',
	arguments: { mode }
});

/** The offer that a host asks you about: its oldest one of this rail's device. */
export const waitingOffer = (rail: Rail): FabricOfferStatus | null =>
	rail.host?.offers.find(
		(offer) => offer.device === rail.device.id && offer.ld === (rail.ld?.number ?? 0)
	) ?? null;

/** A host that asks you: its answer to the oldest offer, which it sends as command 4802h. */
export function answerActions(rail: Rail): FabricAction[] {
	const offer = waitingOffer(rail);
	const [first] = offer?.extents ?? [];
	if (!offer || !first) return [];
	const answer = (words: NonNullable<FabricCommand['arguments']>): FabricCommand => ({
		name: 'fabric',
		actor: 'host',
		at: rail.hostName,
		execute: 'answer',
		arguments: { device: rail.device.id, ...words }
	});
	const all = offer.extents.map(({ dpa, bytes }) => ({ dpa, bytes }));
	const block = rail.regions[first.region]?.blockBytes ?? first.bytes;
	const half = Math.max(block, Math.floor(first.bytes / 2 / block) * block);
	const part = all.length > 1 ? all.slice(0, 1) : [{ dpa: first.dpa, bytes: half }];
	const isLinux = offer.gates.extents === all.length;
	return [
		{
			word: 'Accept',
			hint: 'All of the oldest offer (4802h)',
			command: answer({ accept: 'all' })
		},
		...(isLinux
			? []
			: [
					{
						word: 'As Linux',
						hint: 'What Linux would take of it (4802h)',
						command: answer({ accept: 'gates' })
					}
				]),
		{
			word: 'Part',
			hint: 'A part of it: the rest returns to the pool, unless it may be shared (4802h)',
			command: answer({ extents: part })
		},
		{ word: 'None', hint: 'An empty answer (4802h)', command: answer({ accept: 'none' }) }
	];
}
