import type { ColourName, Theme } from '../tokens/colour.ts';
import { withAlpha } from '../tokens/colour.ts';
import { ANCHOR, ANCHOR_RING, NAIL } from './glyphs.ts';
import { ARITY, Glyph, Notch, Op, paintName, Shape, type DrawList } from './ops.ts';

/** Corner radius of MOVABLE, cut of EXMEM, and the owner's notch, for a tile of 32 px. */
const ROUND = 4.6;
const NOTCH = 7.6;

export interface PaintContext {
	readonly theme: Theme;
	/** What lies under the cells: `panel` on a card. */
	readonly under: ColourName;
}

type Canvas = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Corner sizes shrink with the tile, so that a cell of 9 px keeps its form. */
const scaled = (full: number, width: number): number => Math.min(full, (full * width) / 24);

function trace(
	c: Canvas,
	x: number,
	y: number,
	w: number,
	h: number,
	shape: number,
	notch: number
): void {
	const r = shape === Shape.square ? 0 : scaled(ROUND, Math.min(w, h));
	const cut = scaled(NOTCH, Math.min(w, h));
	c.beginPath();
	if (notch === Notch.topLeft) {
		c.moveTo(x, y + cut);
		c.lineTo(x + cut, y);
	} else if (shape === Shape.chamfer) {
		c.moveTo(x, y + r);
		c.lineTo(x + r, y);
	} else if (r > 0) {
		c.moveTo(x, y + r);
		c.arcTo(x, y, x + r, y, r);
	} else c.moveTo(x, y);
	corner(c, x + w - r, y, x + w, y, x + w, y + r, shape, r);
	if (notch === Notch.bottomRight) {
		c.lineTo(x + w, y + h - cut);
		c.lineTo(x + w - cut, y + h);
	} else corner(c, x + w, y + h - r, x + w, y + h, x + w - r, y + h, shape, r);
	corner(c, x + r, y + h, x, y + h, x, y + h - r, shape, r);
	c.closePath();
}

function corner(
	c: Canvas,
	x0: number,
	y0: number,
	x1: number,
	y1: number,
	x2: number,
	y2: number,
	shape: number,
	r: number
): void {
	c.lineTo(x0, y0);
	if (r === 0) return;
	if (shape === Shape.chamfer) c.lineTo(x2, y2);
	else c.arcTo(x1, y1, x2, y2, r);
}

let nailPath: Path2D | null = null;
let anchorPath: Path2D | null = null;

function glyph(
	c: Canvas,
	x: number,
	y: number,
	size: number,
	which: number,
	colour: string,
	halo: string
): void {
	c.save();
	c.translate(x, y);
	c.setLineDash([]);
	if (which === Glyph.dot) {
		c.fillStyle = colour;
		c.beginPath();
		c.arc(0, 0, Math.max(0.8, size / 4), 0, Math.PI * 2);
		c.fill();
	} else if (which === Glyph.stroke) {
		c.fillStyle = colour;
		c.fillRect(-1, -size / 2, 2, size);
	} else {
		c.scale(size / 16, size / 16);
		c.lineJoin = 'round';
		c.lineCap = 'round';
		if (which === Glyph.nail) {
			nailPath ??= new Path2D(NAIL);
			c.strokeStyle = halo;
			c.lineWidth = 5;
			c.stroke(nailPath);
			c.fillStyle = colour;
			c.fill(nailPath);
		} else {
			anchorPath ??= new Path2D(ANCHOR);
			c.strokeStyle = colour;
			c.lineWidth = 1.9;
			c.stroke(anchorPath);
			c.beginPath();
			c.arc(ANCHOR_RING.cx, ANCHOR_RING.cy, ANCHOR_RING.r, 0, Math.PI * 2);
			c.stroke();
		}
	}
	c.restore();
}

/** Puts a draw list on a canvas whose transform already maps figure pixels to device pixels. Keeps no state. */
export function replay(c: Canvas, list: DrawList, context: PaintContext): void {
	const { theme } = context;
	const rows = list.rows;
	const halo = theme[context.under];
	let clipped = false;
	const fill = (colour: number, alpha: number): string => {
		const name = paintName(colour);
		return alpha >= 1 ? theme[name] : withAlpha(theme[name], alpha);
	};
	for (let at = 0; at < rows.length;) {
		const code = rows[at] as number;
		const v = (index: number): number => rows[at + 1 + index] as number;
		switch (code) {
			case Op.area:
				trace(c, v(0), v(1), v(2), v(3), v(6), v(7));
				c.fillStyle = fill(v(4), v(5));
				c.fill();
				break;
			case Op.outline: {
				const width = v(8);
				trace(c, v(0) + width / 2, v(1) + width / 2, v(2) - width, v(3) - width, v(6), Notch.none);
				c.strokeStyle = fill(v(4), v(5));
				c.lineWidth = width;
				c.setLineDash(v(7) === 1 ? [3.4, 2.4] : []);
				c.stroke();
				break;
			}
			case Op.rect:
				c.fillStyle = fill(v(4), v(5));
				c.fillRect(v(0), v(1), v(2), v(3));
				break;
			case Op.grid: {
				const cell = v(2);
				c.fillStyle = withAlpha(theme.panel, 0.26);
				for (let line = 1; line <= 8; line += 1) {
					const edge = line * cell - 1;
					if (line < 8) c.fillRect(v(0) + edge, v(1), 1, cell * 8);
					if (line < 8) c.fillRect(v(0), v(1) + edge, cell * 8, 1);
				}
				break;
			}
			case Op.dots:
				c.fillStyle = fill(v(7), v(8));
				c.beginPath();
				for (let row = 0; row < v(3); row += 1)
					for (let column = 0; column < v(2); column += 1) {
						const x = v(0) + column * v(4);
						const y = v(1) + row * v(5);
						c.moveTo(x + v(6), y);
						c.arc(x, y, v(6), 0, Math.PI * 2);
					}
				c.fill();
				break;
			case Op.hatch: {
				c.save();
				c.beginPath();
				c.rect(v(0), v(1), v(2), v(3));
				c.clip();
				c.strokeStyle = fill(v(4), 1);
				c.lineWidth = 1;
				c.setLineDash([]);
				c.beginPath();
				for (let offset = -v(3); offset < v(2); offset += 5) {
					c.moveTo(v(0) + offset, v(1) + v(3));
					c.lineTo(v(0) + offset + v(3), v(1));
				}
				c.stroke();
				c.restore();
				break;
			}
			case Op.glyph:
				glyph(c, v(0), v(1), v(2), v(3), theme[paintName(v(4))], halo);
				break;
			case Op.letter:
				c.fillStyle = theme[paintName(v(4))];
				c.font = `700 ${v(2)}px 'Inter Variable', system-ui, sans-serif`;
				c.textAlign = 'center';
				c.textBaseline = 'middle';
				c.fillText(String.fromCharCode(v(3)), v(0), v(1) + 0.5);
				break;
			case Op.clip:
				if (clipped) c.restore();
				c.save();
				trace(c, v(0), v(1), v(2), v(3), v(4), Notch.none);
				c.clip();
				clipped = true;
				break;
			case Op.unclip:
				if (clipped) c.restore();
				clipped = false;
				break;
			case Op.corner:
				c.fillStyle = theme[paintName(v(3))];
				c.beginPath();
				c.moveTo(v(0), v(1));
				c.lineTo(v(0) + v(2), v(1));
				c.lineTo(v(0), v(1) + v(2));
				c.fill();
				break;
			case Op.dirty:
				c.beginPath();
				c.moveTo(v(0), v(1));
				c.lineTo(v(0) - v(2), v(1));
				c.lineTo(v(0), v(1) + v(2));
				c.closePath();
				c.fillStyle = theme.amber;
				c.fill();
				c.strokeStyle = theme['amber-edge'];
				c.lineWidth = 1;
				c.setLineDash([]);
				c.stroke();
				break;
		}
		at += 1 + (ARITY[code] as number);
	}
	if (clipped) c.restore();
}
