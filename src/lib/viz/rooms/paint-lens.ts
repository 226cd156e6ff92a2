import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { DrawList, Op, paint, Shape } from '../draw/ops.ts';
import { box, type Box } from '../geometry/box.ts';
import type { Frames } from './frames.ts';
import { countCells, drawCell } from './paint-cells.ts';
import { isolatedCell, scanPosition } from './paint-rooms.ts';
import type { BlockScene, RoomsScene } from './scene.ts';

/** The block under the lens: its sub-blocks as large cells, or the 512 frames of one of them. Lists from the lens' corner. */
export interface LensGrid {
	readonly across: number;
	readonly down: number;
	readonly pitchX: number;
	readonly pitchY: number;
	readonly gap: number;
}

/** 128 MiB: 8 × 8 cells of 2 MiB; 2 GiB: 32 × 32. */
export function blockGrid(subBlocks: number, side: number): LensGrid {
	const across = Math.ceil(Math.sqrt(subBlocks));
	const pitch = Math.floor(side / across);
	return {
		across,
		down: Math.ceil(subBlocks / across),
		pitchX: pitch,
		pitchY: pitch,
		gap: pitch >= 12 ? 2 : 1
	};
}

/** 16 pages in a row. */
export function framesGrid(side: number): LensGrid {
	return {
		across: 16,
		down: 32,
		pitchX: Math.floor(side / 16),
		pitchY: Math.floor(side / 32),
		gap: 1
	};
}

export const lensCell = (grid: LensGrid, index: number): Box =>
	box(
		(index % grid.across) * grid.pitchX,
		Math.floor(index / grid.across) * grid.pitchY,
		grid.pitchX - grid.gap,
		grid.pitchY - grid.gap
	);

export const lensSize = (grid: LensGrid): { width: number; height: number } => ({
	width: grid.across * grid.pitchX - grid.gap,
	height: grid.down * grid.pitchY - grid.gap
});

export function drawBlockLens(scene: RoomsScene, block: BlockScene, grid: LensGrid): DrawList {
	const list = new DrawList();
	const { state } = block.status;
	for (let at = 0; at < block.count; at += 1) {
		const b = lensCell(grid, at);
		const counts = countCells(scene.cells, block.first + at, 1);
		if (counts.hole === PAGES_PER_BLOCK && state !== 'offline') continue;
		if (state === 'offline') list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
		else if (state === 'going-offline' && counts.free === PAGES_PER_BLOCK) isolatedCell(list, b);
		else {
			drawCell(list, counts, b, Shape.square);
		}
		if (b.width >= 5)
			list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hairline'), 1, Shape.square, 0, 1);
	}
	const scan = scanPosition(block);
	if (scan >= 0) {
		const b = lensCell(grid, scan);
		list.add(Op.rect, b.x - 2.5, b.y - 1, 3, b.height + 2, paint('ink'), 1);
	}
	if (block.zoneBorder > 0) {
		const y = Math.floor(block.zoneBorder / grid.across) * grid.pitchY - grid.gap;
		list.add(Op.rect, 0, y, lensSize(grid).width, 2, paint('ink'), 1);
	}
	return list;
}

export function drawFramesLens(frames: Frames, grid: LensGrid): DrawList {
	const list = new DrawList();
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		const b = lensCell(grid, row);
		switch (frames.kind[row]) {
			case 'hole':
				continue;
			case 'user':
				list.add(Op.rect, b.x, b.y, b.width, b.height, paint('host-a'), 1);
				continue;
			case 'incoming':
				list.add(Op.rect, b.x, b.y, b.width, b.height, paint('host-a'), 0.14);
				list.add(Op.outline, b.x, b.y, b.width, b.height, paint('host-a'), 1, Shape.square, 0, 1);
				continue;
			case 'offline':
				list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
				continue;
			case 'free':
				list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hairline'), 1, Shape.square, 0, 1);
				continue;
			default:
				list.add(Op.rect, b.x, b.y, b.width, b.height, paint('kernel'), 1);
				list.add(Op.rect, b.x + b.width / 2 - 1, b.y + b.height / 2 - 1, 2, 2, paint('paper'), 1);
		}
	}
	return list;
}
