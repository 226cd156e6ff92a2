import { DrawList, Glyph, Notch, Op, paint, Shape } from '../draw/ops.ts';
import type { Box } from '../geometry/box.ts';
import { bigUnits, cellBox, unitBox, type VirtioLayout } from './layout.ts';
import { Sub, type Unit, type VirtioMemScene } from './units.ts';

/** The map and the magnified units as one list of numbers: the same settled state gives the same list, moved or not. */
export function paintVirtioMem(scene: VirtioMemScene, layout: VirtioLayout): DrawList {
	const list = new DrawList();
	for (const unit of scene.units) {
		const place = unitBox(layout, scene, unit.id);
		if (place.width <= 0) break;
		paintOnMap(list, scene, unit, place);
	}
	for (const { unit: id, box } of layout.squares) {
		const unit = scene.units.find((one) => one.id === id);
		if (unit) paintSquare(list, unit, box);
	}
	for (const { unit, box } of bigUnits(scene, layout)) paintSquare(list, unit, box);
	return list;
}

/** Runs of equal sub-blocks; what is kept is drawn last and never thinner than 3 px. */
function paintOnMap(list: DrawList, scene: VirtioMemScene, unit: Unit, place: Box): void {
	if (!unit.usable && unit.counts.plugged === 0) return;
	list.add(Op.hatch, place.x, place.y, place.width, place.height, paint('hatch'));
	if (unit.counts.plugged === 0) return;
	const per = place.width / scene.subsPerUnit;
	const runs = runsOf(unit.subs);
	for (const { from, count, kind } of runs)
		if (kind !== Sub.unplugged)
			bar(list, place, place.x + from * per, Math.max(1, count * per), 'host-a');
	for (const { from, count, kind } of runs)
		if (kind === Sub.kernel)
			bar(list, place, place.x + from * per, Math.max(3, count * per), 'kernel');
	for (const { from, count, kind } of runs)
		if (kind > Sub.kernel)
			bar(list, place, place.x + from * per, Math.max(3, count * per), 'host-a');
	if (per * scene.subsPerUnit < 6) return;
	for (const { from, count, kind } of runs)
		if (kind > Sub.kernel)
			list.add(
				Op.rect,
				place.x + (from + count / 2) * per - 1,
				place.y + place.height - 7,
				2,
				7,
				paint('ink'),
				1
			);
}

const bar = (
	list: DrawList,
	place: Box,
	x: number,
	width: number,
	colour: 'host-a' | 'kernel'
): void => {
	list.add(
		Op.rect,
		x,
		place.y,
		Math.min(width, place.x + place.width - x),
		place.height,
		paint('ground'),
		1
	);
	list.add(
		Op.rect,
		x,
		place.y,
		Math.min(width, place.x + place.width - x),
		place.height,
		paint(colour),
		1
	);
};

interface Run {
	readonly from: number;
	count: number;
	readonly kind: number;
}

export function runsOf(subs: Uint8Array): Run[] {
	const runs: Run[] = [];
	for (let at = 0; at < subs.length; at += 1) {
		const kind = subs[at] as number;
		const last = runs.at(-1);
		if (last?.kind === kind) last.count += 1;
		else runs.push({ from: at, count: 1, kind });
	}
	return runs;
}

/** Smaller cells have a dot or a stroke in place of the glyph. */
const GLYPH_CELL = 13;

function paintSquare(list: DrawList, unit: Unit, square: Box): void {
	list.add(Op.rect, square.x, square.y, square.width, square.height, paint('panel'), 1);
	for (let at = 0; at < unit.subs.length; at += 1) {
		const cell = cellBox(square, unit.subs.length, at);
		const gap = cell.width >= 6 ? 1 : 0;
		const x = cell.x + gap;
		const y = cell.y + gap;
		const width = Math.max(1, cell.width - gap);
		const height = Math.max(1, cell.height - gap);
		const kind = unit.subs[at] as number;
		if (kind === Sub.unplugged) {
			if (unit.usable && width >= 4) list.add(Op.hatch, x, y, width, height, paint('hatch'));
			continue;
		}
		list.add(
			Op.area,
			x,
			y,
			width,
			height,
			paint(kind === Sub.kernel ? 'kernel' : 'host-a'),
			1,
			Shape.square,
			Notch.none
		);
		// Padlock and shield are drawn over the canvas.
		if (kind === Sub.plugged || ((kind === Sub.held || kind === Sub.secure) && width >= 10))
			continue;
		const size = Math.min(width, height);
		const big = size >= GLYPH_CELL - 1;
		if (kind === Sub.kernel)
			list.add(
				Op.glyph,
				x + width / 2,
				y + height / 2,
				big ? Math.min(18, size * 0.78) : Math.min(9, size),
				big ? Glyph.anchor : Glyph.dot,
				paint('on-kernel')
			);
		else if (big)
			list.add(
				Op.glyph,
				x + width / 2,
				y + height / 2,
				Math.min(16, size * 0.64),
				Glyph.nail,
				paint('ink')
			);
		else list.add(Op.rect, x + width / 2 - 1, y, 2, height, paint('ink'), 1);
	}
	list.add(
		Op.outline,
		square.x,
		square.y,
		square.width + 1,
		square.height + 1,
		paint('ink'),
		1,
		Shape.square,
		0,
		1.5
	);
}
