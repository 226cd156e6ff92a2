import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary, formatNs } from '../../base/format.ts';
import type {
	FabricExtentStatus,
	FabricLogicalDeviceStatus,
	FabricStatus,
	FabricTagStatus
} from '../../engine/contract/fabric-status.ts';
import type { FabricOfferStatus } from '../../engine/contract/fabric-load.ts';
import { waitingOffer } from './actions.ts';
import {
	hostTitle,
	placeOf,
	type ExtentsScene,
	type Piece,
	type Rail,
	type TagView
} from './extents-scene.ts';
import { mediaShares } from './media.ts';
import { tagFace } from './tags.ts';

/** Sentences of the extents' figure: what is drawn, said; the same names everywhere. */

const ORDINALS = ['', '1st', '2nd', '3rd'];
export const ordinal = (place: number): string => ORDINALS[place] ?? `${place}th`;

export const STATE_WORDS: Readonly<Record<FabricExtentStatus['state'], string>> = {
	offered: 'offered, not usable yet',
	accepted: 'accepted',
	releasing: 'asked back, still usable',
	forced: 'taken by force: reads all ones, stores vanish',
	dead: 'withdrawn before the answer'
};

/** What stands at a bracket. The state is a word only where it is not the usual one. */
export function bracketWords(piece: Piece, inFocus: boolean): string {
	const came = piece.came > 0 ? `came ${ordinal(piece.came)}` : '';
	// A G-FAM device asks nobody: what a host may reach is open to it.
	const plain = piece.row < 0 ? 'open' : 'accepted';
	if (piece.state === 'accepted' && piece.isSystemRam) return 'system RAM';
	if (piece.state === 'accepted' && inFocus) return came === '' ? plain : came;
	if (piece.state === 'accepted') return '';
	return piece.state;
}

export function pieceWords(piece: Piece, rail: Rail): string {
	const state =
		piece.row < 0 && piece.state === 'accepted' ? 'open to it' : STATE_WORDS[piece.state];
	const tag = piece.tag === null ? 'no tag' : `tag ${tagFace(piece.tag).words}`;
	const sequence = piece.isShared ? `, sequence number ${piece.sequence}` : '';
	const came = piece.came > 0 ? `, came ${ordinal(piece.came)}` : '';
	const ram = piece.isSystemRam ? ', system RAM of its kernel' : '';
	return `${hostTitle(rail.hostName)}, ${formatBytesBinary(piece.bytes)} at ${formatAddress(piece.dpa)}: ${state}${ram}, ${tag}${sequence}${came}`;
}

export function railTitle(rail: Rail): string {
	if (rail.toDpa === 0) return 'no region';
	return `device addresses ${formatAddress(rail.fromDpa)} … ${formatAddress(rail.toDpa - 1)}`;
}

/** "3 accepted · 1 offered", of what is there. */
export function countWords(counts: FabricLogicalDeviceStatus['counts']): string {
	const parts = (Object.keys(counts) as (keyof typeof counts)[])
		.filter((state) => counts[state].extents > 0)
		.map((state) => `${counts[state].extents} ${state}, ${formatBytesBinary(counts[state].bytes)}`);
	return parts.length === 0 ? 'no extent' : parts.join(' · ');
}

export function tagSentence(tag: FabricTagStatus, views: ExtentsScene['line']): string {
	const face = tagFace(tag.tag).words;
	const kind = tag.sharable ? 'shared' : 'one host at a time';
	const held =
		tag.holders.length === 0
			? tag.referenced
				? 'no host holds it, the fabric manager keeps its content'
				: tag.offered.length > 0
					? 'no host has accepted it yet'
					: 'no host holds it, its data is gone'
			: '';
	const orders = (views?.views ?? []).map((view) => (view === null ? '' : viewWords(view)));
	return [
		`Tag ${face}, ${formatBytesBinary(tag.bytes)}, ${kind}`,
		...(held ? [held] : []),
		...orders.filter(Boolean)
	].join('. ');
}

function viewWords(view: TagView): string {
	const order = view.pieces
		.toSorted((a, b) => a.arrival - b.arrival)
		.map((one) => one.sequence)
		.join(', ');
	const many = `${hostTitle(view.host)}: ${view.pieces.length} extent${view.pieces.length === 1 ? '' : 's'}`;
	const arrival = view.pieces.length > 1 ? `, in order of arrival number ${order}` : '';
	return view.complete
		? `${many}${arrival}`
		: `${many}${arrival}, waiting for number ${view.missing.join(', ')}`;
}

/** One byte under its names: the offset, and what each host calls it. */
export function threadSentence(scene: ExtentsScene, offset: number): string | null {
	const { line } = scene;
	if (line === null) return null;
	const names = line.views.flatMap((view, at) => {
		const place = placeOf(view, offset, line.ways[at]);
		if (view === null || place === null) return [];
		return [
			`${formatAddress(place.dpa)} on ${hostTitle(view.host)}${place.hpa === null ? '' : `, its physical address ${formatAddress(place.hpa)}`}`
		];
	});
	if (names.length === 0) return null;
	return `Offset ${formatAddress(offset)} is device address ${names.join('; ')}`;
}

/** An offer that waits for you: "asks you: 256 MiB under 0b2d, since 699 ms; Linux would take all of it". */
export function offerWords(offer: FabricOfferStatus): string {
	const { gates, extents } = offer;
	const tag = offer.tag === null ? '' : ` under ${tagFace(offer.tag).digits}`;
	const taken =
		gates.extents === extents.length
			? 'Linux would take all of it'
			: `Linux would take ${gates.extents === 0 ? 'nothing' : `${gates.extents} of ${extents.length} extents`}${gates.dropped[0] === undefined ? '' : `: ${gates.dropped[0]}`}`;
	return `asks you: ${formatBytesBinary(offer.bytes)}${tag}, since ${formatNs(offer.sinceNs)}; ${taken}`;
}

/** The whole figure in sentences. */
export function extentsWords(scene: ExtentsScene, fabric: FabricStatus, offset: number): string {
	if (scene.device === null) return 'This world has no device with dynamic capacity.';
	const rails = scene.rails.flatMap((rail) =>
		rail === null
			? []
			: [
					`${hostTitle(rail.hostName)}, ${railTitle(rail)}: ${rail.counts === null ? `${rail.pieces.length} pieces` : countWords(rail.counts)}`,
					...(waitingOffer(rail) === null
						? []
						: [
								`${hostTitle(rail.hostName)} ${offerWords(waitingOffer(rail) as FabricOfferStatus)}`
							])
				]
	);
	const flying = fabric.messages.filter((message) => message.state === 'flying').length;
	return [
		`Device ${scene.device.id}`,
		...rails,
		...(scene.line === null
			? ['No tag: no line, just pieces']
			: [tagSentence(scene.line.tag, scene.line)]),
		...[threadSentence(scene, offset)].filter((one) => one !== null),
		`${flying} message${flying === 1 ? '' : 's'} under way`
	]
		.map((sentence) => `${sentence}.`)
		.join(' ');
}

/** The one sentence of the moment: what is most unusual now. */
export function fabricMoment(fabric: FabricStatus, nowNs: number): string {
	const running = fabric.plans.findLast((plan) => plan.state === 'running');
	if (running) return `${running.plan}: ${running.steps[running.step] ?? 'under way'}`;
	const crashed = fabric.hosts.find((host) => host.state === 'crashed');
	const forced = fabric.devices
		.flatMap((device) => device.lds)
		.find((ld) => ld.counts.forced.extents > 0);
	if (forced)
		return `${hostTitle(forced.host ?? '')} reads all ones from capacity that was taken by force`;
	const overflow = fabric.devices.flatMap((device) => device.lds).find((ld) => ld.log.overflow > 0);
	if (overflow)
		return `${overflow.log.overflow} event${overflow.log.overflow === 1 ? '' : 's'} for ${hostTitle(overflow.host ?? '')} lost: the log is full`;
	const asked = fabric.hosts.find((host) => host.offers.length > 0);
	if (asked?.offers[0]) return `${hostTitle(asked.id)} ${offerWords(asked.offers[0])}`;
	if (crashed) return `${hostTitle(crashed.id)} has crashed; the device noticed nothing`;
	if (fabric.down.length > 0) return `The link to ${fabric.down[0]} is down`;
	const flying = fabric.messages.findLast((message) => message.state === 'flying');
	if (flying)
		return `${flying.what} is on its way from ${flying.from} to ${flying.to}, ${formatNs(Math.max(0, flying.arriveNs - nowNs))} left`;
	const pending = fabric.devices
		.flatMap((device) => device.lds)
		.filter((ld) => ld.pendingGroups > 0);
	if (pending.length > 0)
		return `${pending.map((ld) => hostTitle(ld.host ?? '')).join(', ')} ${pending.length === 1 ? 'owes' : 'owe'} an answer; the standard knows no timeout`;
	// What is shared counts once.
	const held = fabric.devices
		.flatMap((device) => mediaShares(fabric, device))
		.filter((share) => share.fill !== 'pool' && share.fill !== null)
		.reduce((sum, share) => sum + share.bytes, 0);
	return held > 0
		? `Hosts hold ${formatBytesBinary(held)} of the pool`
		: 'No host holds anything of the pool';
}
