import { Shape } from '../draw/ops.ts';
import type { Box } from '../geometry/box.ts';

/** Outline of a room: NORMAL square, MOVABLE round (16 px), EXMEM chamfered. */
export function roomPath(b: Box, shape: number, corner = 16): string {
	const { x, y } = b;
	const right = x + b.width;
	const bottom = y + b.height;
	if (shape === Shape.square) return `M${x} ${y}H${right}V${bottom}H${x}Z`;
	const r = Math.min(corner, b.width / 2, b.height / 2);
	const turn = (toX: number, toY: number): string =>
		shape === Shape.round ? `A${r} ${r} 0 0 1 ${toX} ${toY}` : `L${toX} ${toY}`;
	return `M${x + r} ${y}H${right - r}${turn(right, y + r)}V${bottom - r}${turn(right - r, bottom)}H${x + r}${turn(x, bottom - r)}V${y + r}${turn(x + r, y)}Z`;
}
