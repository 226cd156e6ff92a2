import { box, type Box } from '../geometry/box.ts';
import type { ExtentsScene, Piece, Rail, TagView } from './extents-scene.ts';
import { railScale, xOfDpa, type RailScale } from './rail-scale.ts';

/** Where everything of the figure lies. Pure: the same scene and size give the same places. */
export interface ExtentsLayout {
	readonly width: number;
	readonly height: number;
	readonly narrow: boolean;
	/** One panel at a time: 0 pieces with their line, 1 messages, 2 the event log. */
	readonly paged: boolean;
	readonly rails: readonly [PlacedRail | null, PlacedRail | null];
	/** The tag's line: one row per host. */
	readonly line: PlacedLine | null;
	/** Room between the rails when there is no line. */
	readonly middle: Box;
	readonly others: Box;
	readonly messages: Box;
	readonly log: Box;
	/** Left end of the messages' column. */
	readonly split: number;
}

export interface PlacedRail {
	readonly rail: Rail;
	readonly box: Box;
	/** Brackets and labels stand above (−1) or below (+1). */
	readonly side: -1 | 1;
	readonly scale: RailScale | null;
	readonly pieces: readonly PlacedPiece[];
	/** Thousands: runs of one state in place of pieces. */
	readonly bins: readonly Bin[];
	readonly titleY: number;
}
export interface PlacedPiece {
	readonly piece: Piece;
	readonly box: Box;
	/** Which of two rows its label takes, 0 next to the rail; −1 without room. */
	readonly labelRow: number;
	readonly labelX: number;
}
export interface Bin {
	readonly state: Piece['state'];
	readonly fill: Piece['fill'];
	readonly count: number;
	readonly box: Box;
}

export interface PlacedLine {
	readonly box: Box;
	readonly bytes: number;
	/** Pieces of each host's view along the line, and whether the line is whole. */
	readonly rows: readonly [PlacedRow | null, PlacedRow | null];
	readonly bands: readonly Band[];
}
export interface PlacedRow {
	readonly box: Box;
	readonly view: TagView;
	readonly parts: readonly { readonly sequence: number; readonly box: Box }[];
	readonly gaps: readonly { readonly sequence: number; readonly box: Box }[];
}
export interface Band {
	readonly host: 0 | 1;
	readonly sequence: number;
	readonly d: string;
}

const SIDE = 276;
const PAD = 24;
const RAIL_HIGH = 26;
const ROW_HIGH = 23;
/** Title, two rows of labels and the brackets beside a rail. */
const HEAD = 78;
const NARROW = 720;
const PAGED = 480;
export const LOWEST = 2 * (HEAD + RAIL_HIGH) + 2 * ROW_HIGH + 100;
export const LOG_ROW = 23;

export interface LabelSize {
	(piece: Piece): number;
}

export function layoutExtents(
	width: number,
	height: number,
	scene: ExtentsScene,
	labelWidth: LabelSize,
	panel = 0
): ExtentsLayout {
	const narrow = width < NARROW;
	const high = narrow ? 480 : Math.max(LOWEST, height);
	const split = narrow ? width : width - SIDE;
	const railWidth = split - (narrow ? 2 * 14 : 2 * PAD);
	const x0 = narrow ? 14 : PAD;
	const othersHigh = scene.others.length > 0 ? 34 : 0;
	const bottomY = high - othersHigh;
	// On a phone the controls of a rail are as high as a finger.
	const head = narrow ? HEAD + 20 : HEAD;
	const first = placeRail(
		scene.rails[0],
		box(x0, head, railWidth, RAIL_HIGH),
		-1,
		narrow ? 32 : 22,
		labelWidth
	);
	const second = placeRail(
		scene.rails[1],
		box(x0, bottomY - head - RAIL_HIGH, railWidth, RAIL_HIGH),
		1,
		bottomY - (narrow ? 22 : 14),
		labelWidth
	);
	const top = head + RAIL_HIGH;
	const bottom = second === null ? bottomY - 30 : second.box.y;
	const middle = box(x0, top, railWidth, bottom - top);
	const line = placeLine(scene, middle, narrow, first, second);
	const side = narrow ? 14 : split + 12;
	const sideWidth = narrow ? width - 28 : SIDE - 24;
	const slots = Math.min(8, logCapacity(scene));
	const logHigh = 26 + slots * LOG_ROW + 24;
	// On a phone pieces, messages and log are panels, one at a time in the same place; where there is a little more room they stand below each other.
	const paged = width <= PAGED;
	const messagesY = narrow && !paged ? high + 8 : 8;
	const messagesHigh = narrow ? (paged ? 330 : 260) : Math.max(110, high - logHigh - 24);
	const messages = box(side, messagesY, sideWidth, messagesHigh);
	const log = box(side, paged ? 8 : messagesY + messagesHigh + 8, sideWidth, logHigh);
	const stacked = log.y + log.height + 10;
	const pages = [high, messages.height + 20, log.height + 20];
	return {
		width,
		height: paged ? (pages[panel] ?? high) : narrow ? stacked : high,
		narrow,
		paged,
		rails: [first, second],
		line,
		middle,
		others: box(x0, bottomY, railWidth, othersHigh),
		messages,
		log,
		split
	};
}

const logCapacity = (scene: ExtentsScene): number =>
	scene.rails[1]?.ld?.log.capacity ?? scene.rails[0]?.ld?.log.capacity ?? 4;

function placeRail(
	rail: Rail | null,
	place: Box,
	side: -1 | 1,
	titleY: number,
	labelWidth: LabelSize
): PlacedRail | null {
	if (rail === null) return null;
	const scale =
		rail.unlisted > 0
			? null
			: railScale(place.x, place.width, rail.fromDpa, rail.toDpa, rail.pieces);
	if (scale === null)
		return { rail, box: place, side, scale, pieces: [], bins: binsOf(rail, place), titleY };
	const placed = rail.pieces.map((piece) => {
		const x = xOfDpa(scale, piece.dpa);
		return {
			piece,
			box: box(x, place.y, Math.max(2, xOfDpa(scale, piece.dpa + piece.bytes) - x), place.height)
		};
	});
	return {
		rail,
		box: place,
		side,
		scale,
		pieces: withLabels(placed, place, labelWidth),
		bins: [],
		titleY
	};
}

/** Labels over their pieces, in two rows; what has no room is told by the piece itself when pointed at. */
function withLabels(
	pieces: readonly { piece: Piece; box: Box }[],
	rail: Box,
	labelWidth: LabelSize
): PlacedPiece[] {
	const ends = [-Infinity, -Infinity];
	return pieces.map(({ piece, box: place }) => {
		const wide = labelWidth(piece);
		const centre = place.x + place.width / 2;
		const labelX = Math.min(rail.x + rail.width - wide / 2, Math.max(rail.x + wide / 2, centre));
		const row = wide === 0 ? -1 : ends.findIndex((end) => labelX - wide / 2 > end + 8);
		if (row >= 0) ends[row] = labelX + wide / 2;
		return { piece, box: place, labelRow: row, labelX };
	});
}

/** Neighbours of one state and one owner as one run; runs thinner than three pixels are widened, never left out. */
function binsOf(rail: Rail, place: Box): Bin[] {
	const span = Math.max(1, rail.toDpa - rail.fromDpa);
	const at = (dpa: number): number => place.x + ((dpa - rail.fromDpa) / span) * place.width;
	const bins: Bin[] = [];
	for (const piece of rail.pieces) {
		const x = at(piece.dpa);
		const end = Math.max(x + 3, at(piece.dpa + piece.bytes));
		const last = bins.at(-1);
		const isPlain = piece.state === 'accepted';
		if (
			last &&
			last.state === piece.state &&
			last.fill === piece.fill &&
			(isPlain || x <= last.box.x + last.box.width) &&
			x - (last.box.x + last.box.width) < 4
		)
			bins[bins.length - 1] = {
				...last,
				count: last.count + 1,
				box: { ...last.box, width: Math.max(last.box.width, end - last.box.x) }
			};
		else
			bins.push({
				state: piece.state,
				fill: piece.fill,
				count: 1,
				box: box(x, place.y, end - x, place.height)
			});
	}
	return bins;
}

function placeLine(
	scene: ExtentsScene,
	middle: Box,
	narrow: boolean,
	top: PlacedRail | null,
	bottom: PlacedRail | null
): PlacedLine | null {
	const { line } = scene;
	if (line === null || line.views.every((view) => view === null)) return null;
	const left = middle.x + (narrow ? 0 : 104);
	const width = middle.width - (narrow ? 0 : 104 + 112);
	const place = box(left, middle.y + middle.height / 2 - ROW_HIGH, width, 2 * ROW_HIGH);
	const bytes = Math.max(
		1,
		line.tag.bytes,
		...line.views.map((view) =>
			Math.max(0, ...(view?.pieces ?? []).map((one) => one.at + one.bytes))
		)
	);
	const one = line.views[0] === null || line.views[1] === null;
	const rowBox = (index: 0 | 1): Box =>
		one ? place : box(place.x, place.y + index * ROW_HIGH, place.width, ROW_HIGH);
	const rows: [PlacedRow | null, PlacedRow | null] = [
		placeRow(line.views[0], rowBox(0), bytes),
		placeRow(line.views[1], rowBox(1), bytes)
	];
	return {
		box: place,
		bytes,
		rows,
		bands: [...bandsOf(0, top, rows[0], place), ...bandsOf(1, bottom, rows[1], place)]
	};
}

/** Pieces stand where the sequence puts them; a missing number leaves a gap, and what follows it is not known. */
function placeRow(view: TagView | null, place: Box, bytes: number): PlacedRow | null {
	if (view === null) return null;
	const at = (offset: number): number => place.x + (offset / bytes) * place.width;
	if (view.complete)
		return {
			box: place,
			view,
			gaps: [],
			parts: view.pieces.map((one) => ({
				sequence: one.sequence,
				box: box(at(one.at), place.y, at(one.at + one.bytes) - at(one.at), place.height)
			}))
		};
	const gapWidth = 96;
	const scale = Math.max(0.2, 1 - (view.missing.length * gapWidth) / place.width);
	const order = [
		...view.pieces.map((one) => ({ sequence: one.sequence, bytes: one.bytes })),
		...view.missing.map((sequence) => ({ sequence, bytes: -1 }))
	].toSorted((a, b) => a.sequence - b.sequence);
	const parts: { sequence: number; box: Box }[] = [];
	const gaps: { sequence: number; box: Box }[] = [];
	let x = place.x;
	for (const one of order) {
		const wide = one.bytes < 0 ? gapWidth : (one.bytes / bytes) * place.width * scale;
		(one.bytes < 0 ? gaps : parts).push({
			sequence: one.sequence,
			box: box(x, place.y, Math.min(wide, place.x + place.width - x), place.height)
		});
		x += wide;
	}
	return { box: place, view, parts, gaps };
}

/** From each piece on the rail to its place on the line. Bands exist only once the sequence is whole. */
function bandsOf(host: 0 | 1, rail: PlacedRail | null, row: PlacedRow | null, line: Box): Band[] {
	if (rail === null || row === null || !row.view.complete) return [];
	const railY = host === 0 ? rail.box.y + rail.box.height : rail.box.y;
	const lineY = host === 0 ? line.y : line.y + line.height;
	return row.parts.flatMap(({ sequence, box: to }) => {
		const part = row.view.pieces.find((one) => one.sequence === sequence);
		const from = rail.pieces.find(({ piece }) => piece.dpa === part?.dpa)?.box;
		if (!from) return [];
		return [
			{
				host,
				sequence,
				d: bandPath(from.x, from.x + from.width, railY, to.x, to.x + to.width, lineY)
			}
		];
	});
}

const round = (value: number): number => Math.round(value * 10) / 10;

export function bandPath(
	a0: number,
	a1: number,
	y0: number,
	b0: number,
	b1: number,
	y1: number
): string {
	const m0 = round(y0 + (y1 - y0) * 0.62);
	const m1 = round(y0 + (y1 - y0) * 0.38);
	return `M${round(a0)} ${y0}C${round(a0)} ${m0} ${round(b0)} ${m1} ${round(b0)} ${y1}H${round(b1)}C${round(b1)} ${m1} ${round(a1)} ${m0} ${round(a1)} ${y0}Z`;
}

/** The followed byte: from a place on a rail to its place on the line. */
export function threadPath(x0: number, y0: number, x1: number, y1: number): string {
	const m0 = round(y0 + (y1 - y0) * 0.62);
	const m1 = round(y0 + (y1 - y0) * 0.38);
	return `M${round(x0)} ${y0}C${round(x0)} ${m0} ${round(x1)} ${m1} ${round(x1)} ${y1}`;
}
