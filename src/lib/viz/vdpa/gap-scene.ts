import { formatNs, formatNumber } from '../../base/format.ts';
import { GAP_PARTS, type ChangeStatus, type GapPart } from '../../engine/contract/vdpa/status.ts';

/** Where the gap of a change goes: parts one behind the other on a common axis. */

/** Parts that are drawn alike: what the device itself takes, and the four that grow with memory. */
export const GAP_GROUPS = {
	fixed: {
		label: 'suspend, set up, resume',
		parts: ['suspend', 'indices', 'reset', 'queues', 'replay', 'resume']
	},
	unpin: { label: 'unpin', parts: ['unpin'] },
	evict: { label: 'move out of ZONE_MOVABLE', parts: ['evict'] },
	pin: { label: 'pin', parts: ['pin'] },
	map: { label: 'device map', parts: ['unmap', 'map', 'keys'] }
} as const satisfies Record<string, { label: string; parts: readonly GapPart[] }>;
export type GapGroup = keyof typeof GAP_GROUPS;
const GROUPS = Object.keys(GAP_GROUPS) as GapGroup[];

export interface GapSegment {
	readonly group: GapGroup;
	readonly ns: number;
	/** Nanoseconds from the start of the bar. */
	readonly from: number;
}

export interface GapBar {
	readonly id: string;
	readonly letter: string;
	readonly title: string;
	readonly note: string;
	readonly ns: number;
	readonly segments: readonly GapSegment[];
	/** Counts below the bar: pins anew, pins let go, maps built. */
	readonly counts: string;
}

export function segmentsOf(parts: ChangeStatus['parts']): GapSegment[] {
	let from = 0;
	return GROUPS.flatMap((group) => {
		const ns = GAP_GROUPS[group].parts.reduce((sum, part) => sum + (parts[part] ?? 0), 0);
		if (ns <= 0) return [];
		const segment = { group, ns, from };
		from += ns;
		return [segment];
	});
}

type Parts = ChangeStatus['parts'];
const sumOf = (parts: Parts): number =>
	Object.values(parts).reduce((sum, ns) => sum + (ns ?? 0), 0);

/**
 * What packets wait for: all of a change but what was done while the device still served. A change that never stops the device
 * makes nobody wait; its bar is all that it does.
 */
export function gapParts({
	parts,
	servedParts,
	deadFromNs
}: Pick<ChangeStatus, 'parts' | 'servedParts' | 'deadFromNs'>): Parts {
	if (deadFromNs === null) return parts;
	return Object.fromEntries(
		(Object.entries(parts) as [GapPart, number][]).map(([part, ns]) => [
			part,
			ns - (servedParts[part] ?? 0)
		])
	);
}

/** All that a change does, whether packets wait for it or not. */
export const workNs = ({ parts }: Pick<ChangeStatus, 'parts'>): number => sumOf(parts);

export function countsOf(change: ChangeStatus): string {
	const said: string[] = [];
	if (change.pins > 0) said.push(`${formatNumber(change.pins)} pages pinned anew`);
	if (change.unpins > 0) said.push(`${formatNumber(change.unpins)} let go`);
	if (change.rebuilds > 0)
		said.push(
			`keys of guest memory built ${change.rebuilds === 1 ? 'once' : `${change.rebuilds} times`}`
		);
	if (said.length === 0) said.push('no guest page pinned, nothing built');
	const before = sumOf(change.servedParts);
	if (change.deadFromNs !== null && before > 0)
		said.push(`${formatNs(before)} of it while packets still pass`);
	return said.join(', ');
}

export const CHANGE_TITLES: Readonly<Record<ChangeStatus['kind'], string>> = {
	'to-svq': 'shadow queues on',
	'to-passthrough': 'back to the guest’s rings',
	stop: 'device stopped',
	start: 'device started',
	init: 'device opened',
	'map-memory': 'guest memory mapped',
	plug: 'DIMM mapped',
	unplug: 'DIMM unmapped',
	close: 'device closed',
	'live-update': 'new QEMU process'
};

/** A bar for a change that the engine made. */
export function barOf(
	change: ChangeStatus,
	letter = '',
	title = CHANGE_TITLES[change.kind],
	note = change.host
): GapBar {
	return {
		id: String(change.id),
		letter,
		title,
		note,
		ns: sumOf(gapParts(change)),
		segments: segmentsOf(gapParts(change)),
		counts: countsOf(change)
	};
}

/** Marks of the axis: at most six, on 1, 2 or 5 of a power of ten. */
export function axisOf(mostNs: number): {
	readonly endNs: number;
	readonly marks: readonly number[];
} {
	if (mostNs <= 0) return { endNs: 1, marks: [0] };
	let step = 1;
	const factors = [2, 2.5, 2];
	for (let index = 0; mostNs / step > 5; index += 1) step *= factors[index % 3] as number;
	const marks: number[] = [];
	for (let at = 0; at <= mostNs * 1.0001; at += step) marks.push(at);
	return { endNs: mostNs, marks };
}

/** Widest character of a label, on average, and what is kept free beside it; px at 12 px semi-bold. */
const CHARACTER_PX = 7;
const BESIDE_PX = 12;

/** What stands in a segment: what it is and how long, or only how long, or nothing where that would be cut. */
export function segmentLabel({ group, ns }: GapSegment, widthPx: number): string | null {
	const time = formatNs(ns);
	return (
		[`${GAP_GROUPS[group].label} ${time}`, time].find(
			(text) => text.length * CHARACTER_PX + BESIDE_PX <= widthPx
		) ?? null
	);
}

export function gapWords(bars: readonly GapBar[]): string {
	if (bars.length === 0) return 'No change of the device yet.';
	return bars
		.map((bar) => {
			const parts = bar.segments
				.map((segment) => `${GAP_GROUPS[segment.group].label} ${formatNs(segment.ns)}`)
				.join(', ');
			return `${bar.letter === '' ? '' : `${bar.letter}, `}${bar.title}: ${formatNs(bar.ns)}${parts === '' ? '' : ` (${parts})`}; ${bar.counts}`;
		})
		.join('. ');
}

export const partTitle = (part: GapPart): string => GAP_PARTS[part];
