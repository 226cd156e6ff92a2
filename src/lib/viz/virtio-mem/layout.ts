import type { VirtioMemStatus } from '../../engine/contract/machine-status.ts';
import { box, type Box } from '../geometry/box.ts';
import { gridOf, type Unit, type VirtioMemScene } from './units.ts';

/** Where everything of the figure lies. Pure: the same size and state give the same places. */
export interface VirtioLayout {
	readonly width: number;
	readonly height: number;
	readonly narrow: boolean;
	/** The ruler: amounts above, addresses below, one scale. */
	readonly plot: Box;
	readonly scale: Scale;
	readonly rows: {
		readonly region: number;
		readonly usable: number;
		readonly size: number;
		readonly requested: number;
	};
	readonly axisY: number;
	readonly map: Box;
	readonly squares: readonly Square[];
	/** Room for big blocks, where there are no sub-blocks. */
	readonly bigs: Box;
	readonly side: Box;
	readonly strip: Box;
}

/** A magnified unit. */
export interface Square {
	readonly unit: number;
	readonly box: Box;
}

export interface Scale {
	readonly x0: number;
	readonly width: number;
	/** Bytes that the width stands for. */
	readonly shownBytes: number;
	/** The region goes on beyond the edge. */
	readonly isCut: boolean;
}

export const xOf = (scale: Scale, bytes: number): number =>
	scale.x0 + Math.min(1.012, bytes / scale.shownBytes) * scale.width;
export const bytesAt = (scale: Scale, x: number): number =>
	((x - scale.x0) / scale.width) * scale.shownBytes;

/**
 * How much of the region is shown: all of it, unless what is in use is a small part; then a power of two of blocks that
 * leaves room to ask for more.
 */
export function shownBytes(device: VirtioMemStatus, memoryBlockBytes: number): number {
	const unit = device.unitBytes || memoryBlockBytes;
	const used = Math.max(device.usableBytes, device.requestedBytes, device.pluggedBytes);
	let shown = unit * 8;
	while (shown < used * 1.05) shown *= 2;
	return shown * 1.5 >= device.regionBytes ? device.regionBytes : shown;
}

const LABELS = 104;
const SIDE = 268;
const STRIP = 84;
const GAP = 18;
const NARROW = 700;
/** Side of a big block's cell, gap included. */
const BIG = 48;
const TOP = 186;

export function layoutVirtioMem(
	width: number,
	height: number,
	scene: VirtioMemScene,
	chosen: number | null,
	asked: ReadonlyMap<number, number> = new Map()
): VirtioLayout {
	const { device } = scene;
	const narrow = width < NARROW;
	const left = narrow ? 14 : LABELS + 14;
	const shown = shownBytes(device, scene.machine.memoryBlockBytes);
	const plotWidth = width - left - 22;
	const scale: Scale = {
		x0: left,
		width: plotWidth,
		shownBytes: shown,
		isCut: shown < device.regionBytes
	};
	const shift = narrow ? 20 : 0;
	const rows = { region: 16 + shift, usable: 42 + shift, size: 64 + shift, requested: 92 + shift };
	/** Narrow, the wish’s own words stand below it. */
	const lower = narrow ? 48 : 0;
	const axisY = 122 + lower;
	const map = box(left, axisY + 22, plotWidth, 18);
	const top = TOP + lower;
	const { columns, rows: gridRows } = gridOf(scene.subsPerUnit);
	const shape = gridRows / columns;
	const room = narrow ? width - 28 : width - left - SIDE - 22;
	const high = narrow ? 150 : Math.min(200, Math.max(84, height - top - 26 - STRIP - 20));
	const tall = Math.floor(Math.min(high, 200));
	const wide = Math.floor(tall / Math.max(0.5, shape));
	const fits = Math.max(1, Math.min(6, Math.floor((room + GAP) / (wide + GAP))));
	const units = scene.subsPerUnit === 1 ? [] : inPlay(scene, fits, chosen, asked);
	const pitch = units.length > 1 ? Math.min(wide + 44, (room - wide) / (units.length - 1)) : 0;
	const squares = units.map((unit, index) => ({
		unit,
		box: box(left + Math.floor(index * pitch), top, wide, tall)
	}));
	const below = top + (squares.length > 0 || !narrow ? tall + 30 : 0);
	const side = narrow
		? box(14, below, width - 28, 176)
		: box(width - SIDE - 6, top - 16, SIDE, tall + 40);
	const stripY = narrow ? below + 186 : Math.max(below + 6, height - STRIP - 8);
	const strip = box(10, stripY, width - 20, STRIP);
	return {
		width,
		// Narrow, it is as high as what stands in it: what is below it must not make it grow.
		height: narrow ? stripY + STRIP + 8 : height,
		narrow,
		plot: box(left, 0, plotWidth, map.y + map.height),
		scale,
		rows,
		axisY,
		map,
		squares,
		bigs: box(left, top, Math.max(BIG, Math.floor(room / BIG) * BIG), tall),
		side,
		strip
	};
}

/** Least height that shows everything of the wide figure. */
export const LOWEST = TOP + 84 + 30 + 6 + STRIP + 8;

/**
 * Units worth a magnifying glass: the chosen one, those with sub-blocks that did not go, partly plugged ones, then the highest
 * plugged ones, then those that were emptied since the last wish; in address order.
 */
export function inPlay(
	scene: VirtioMemScene,
	most: number,
	chosen: number | null,
	asked: ReadonlyMap<number, number> = new Map()
): number[] {
	const { device, units, subsPerUnit } = scene;
	const span = subsPerUnit * scene.subBytes;
	const blocked = new Set(device.blocking.map(({ addr }) => Math.floor(addr / span)));
	const worth = (id: number, plugged: number): number => {
		if (id === chosen) return 4;
		if (plugged === 0) return asked.has(id) ? 0.5 : 0;
		if (blocked.has(id)) return 3;
		return plugged < subsPerUnit ? 2 : 1;
	};
	const ranked = units
		.map((unit) => ({ id: unit.id, worth: worth(unit.id, unit.counts.plugged) }))
		.filter((unit) => unit.worth > 0)
		.sort((a, b) => b.worth - a.worth || b.id - a.id);
	// Nothing is plugged: the first block that could be is shown empty.
	if (ranked.length === 0) return units.slice(0, 1).map((unit) => unit.id);
	return ranked
		.slice(0, most)
		.map((unit) => unit.id)
		.sort((a, b) => a - b);
}

/** Place of a sub-block inside its square. */
export function cellBox(square: Box, subs: number, at: number): Box {
	const { columns, rows } = gridOf(subs);
	const x0 = square.x + Math.round(((at % columns) * square.width) / columns);
	const x1 = square.x + Math.round((((at % columns) + 1) * square.width) / columns);
	const row = Math.floor(at / columns);
	const y0 = square.y + Math.round((row * square.height) / rows);
	const y1 = square.y + Math.round(((row + 1) * square.height) / rows);
	return box(x0, y0, x1 - x0, y1 - y0);
}

/** Place of a unit on the address map; its right edge may lie beyond what is shown. */
export function unitBox(layout: VirtioLayout, scene: VirtioMemScene, id: number): Box {
	const span = scene.subsPerUnit * scene.subBytes;
	const x0 = xOf(layout.scale, id * span - scene.device.addr);
	const x1 = Math.min(
		layout.scale.x0 + layout.scale.width,
		xOf(layout.scale, (id + 1) * span - scene.device.addr)
	);
	return box(x0, layout.map.y, Math.max(0, x1 - x0), layout.map.height);
}

/** Big blocks that are worth a cell of their own: up to the highest that is plugged or usable, as many as there is room for. */
export function bigUnits(
	scene: VirtioMemScene,
	layout: VirtioLayout
): { readonly unit: Unit; readonly box: Box; readonly columns: number }[] {
	if (scene.subsPerUnit !== 1) return [];
	const columns = Math.max(1, Math.floor(layout.bigs.width / BIG));
	const rows = Math.max(1, Math.floor(layout.bigs.height / (BIG + 14)));
	const last = scene.units.findLastIndex((unit) => unit.usable || unit.counts.plugged > 0);
	return scene.units
		.slice(0, Math.min(columns * rows, Math.max(1, last + 1)))
		.map((unit, index) => ({
			unit,
			columns,
			box: box(
				layout.bigs.x + (index % columns) * BIG,
				layout.bigs.y + Math.floor(index / columns) * (BIG + 14),
				BIG - 6,
				BIG - 6
			)
		}));
}
