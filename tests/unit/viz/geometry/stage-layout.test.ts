import { describe, expect, it } from 'vitest';
import { bottom, right, type Box } from '../../../../src/lib/viz/geometry/box.ts';
import { layoutMini } from '../../../../src/lib/viz/geometry/mini-layout.ts';
import { bandWidth, layoutStage, type StageInput, type StageMode } from '../../../../src/lib/viz/geometry/stage-layout.ts';

/** Goal: three equal squares in one row, nothing over anything else. Method: the layouts of the pages, measured. */
const input = (mode: StageMode, width: number, height: number, more: Partial<StageInput> = {}): StageInput => ({
	width,
	height,
	mode,
	hostCount: 2,
	hasPool: true,
	largestBlocks: 4096,
	cpus: 8,
	caption: true,
	...more
});
const overlap = (a: Box, b: Box): boolean => a.x < right(b) && b.x < right(a) && a.y < bottom(b) && b.y < bottom(a);

describe.each([
	['full', 1010, 528],
	['short', 1010, 438],
	['half', 1010, 260]
] as const)('%s at %i × %i', (mode, width, height) => {
	const layout = layoutStage(input(mode, width, height));

	it('fits into its room', () => {
		expect(layout.height).toBeLessThanOrEqual(height);
		expect(layout.width).toBe(width);
		for (const host of layout.hosts) expect(right(host.card)).toBeLessThanOrEqual(width);
	});

	it('gives both hosts and the pool one square at one height', () => {
		const grids = [layout.hosts[0]?.grid, layout.pool?.grid, layout.hosts[1]?.grid];
		expect(new Set(grids.map((grid) => grid?.y)).size).toBe(1);
		expect(new Set(grids.map((grid) => grid?.width)).size).toBe(1);
		expect(new Set(grids.map((grid) => grid?.height)).size).toBe(1);
	});

	it('lets no card lie over another', () => {
		const cards = [...layout.hosts.map((host) => host.card), layout.pool?.card as Box, layout.switch?.card as Box];
		cards.forEach((a, index) => cards.slice(index + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
	});

	it('keeps everything of a card inside it', () => {
		for (const card of [...layout.hosts, ...(layout.pool === null ? [] : [layout.pool])]) {
			expect(bottom(card.grid)).toBeLessThan(bottom(card.card));
			expect(card.strip === null ? 0 : bottom(card.strip)).toBeLessThanOrEqual(bottom(card.card));
			expect(right(card.grid)).toBeLessThanOrEqual(right(card.card));
		}
		for (const host of layout.hosts) for (const slot of host.slots) expect(right(slot)).toBeLessThanOrEqual(host.right + 0.5);
	});
});

it('is where the mock-up has it at 1010 × 528', () => {
	const layout = layoutStage(input('full', 1010, 528));
	expect(layout.hosts[0]?.card).toMatchObject({ x: 12, y: 49, width: 300 });
	expect(layout.pool?.card.x).toBe(355);
	expect(layout.hosts[1]?.card.x).toBe(698);
	expect(layout.pool?.grid).toEqual({ x: 375, y: 168, width: 270, height: 270 });
});

it('widens the gutters before the cells, and the cells when both ways allow it', () => {
	expect(layoutStage(input('full', 1200, 528)).measure.cell).toBe(4);
	expect(layoutStage(input('full', 1300, 640)).measure.cell).toBe(5);
	expect(layoutStage(input('full', 1300, 528)).measure.cell).toBe(4);
});

it('puts more than two hosts into rows below', () => {
	const layout = layoutStage(input('full', 1010, 528, { hostCount: 4 }));
	expect(layout.hosts).toHaveLength(4);
	layout.hosts.forEach((a, index) => layout.hosts.slice(index + 1).forEach((b) => expect(overlap(a.card, b.card)).toBe(false)));
	expect(layout.height).toBeGreaterThan(900);
});

describe.each([
	[3, 416],
	[4, 416],
	[4, 528],
	[6, 700]
])('%i hosts in rows at 1010 × %i', (hostCount, height) => {
	const layout = layoutStage(input('half', 1010, height, { hostCount, largestBlocks: 2048 }));
	const cards = [...layout.hosts.map((host) => host.card), layout.pool!.card, layout.switch!.card];

	it('stand left and right of switch and pool, all in sight, none over another', () => {
		expect(layout.height).toBeLessThanOrEqual(height);
		cards.forEach((a, index) => cards.slice(index + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
		layout.hosts.forEach((host, index) => expect(host.side).toBe(index % 2 === 0 ? 1 : -1));
		const top = layout.hosts[0]!.card.y;
		const end = Math.max(...layout.hosts.map((host) => bottom(host.card)));
		expect((layout.switch!.card.y + bottom(layout.pool!.card)) / 2).toBeCloseTo((top + end) / 2, -1.5);
	});

	it('a link leaves its card, and goes straight where the switch is at its height', () => {
		for (const { card, linkFrom, side } of layout.hosts) {
			expect(linkFrom.x).toBe(side === 1 ? right(card) : card.x);
			expect(linkFrom.y).toBeGreaterThan(card.y);
			expect(linkFrom.y).toBeLessThan(bottom(card));
			const atItsHeight = layout.switch!.linkY > card.y + 24 && layout.switch!.linkY < bottom(card) - 24;
			if (atItsHeight) expect(linkFrom.y).toBe(layout.switch!.linkY);
		}
	});

	it('the network goes round them, in the margins, down to the last host of each side', () => {
		const around = layout.wire!.around!;
		expect(around.leftX).toBeLessThan(Math.min(...layout.hosts.map((host) => host.card.x)));
		expect(around.rightX).toBeGreaterThan(Math.max(...layout.hosts.map((host) => right(host.card))));
		expect(around.leftY).toBe(Math.max(...layout.hosts.filter((host) => host.side === 1).map((host) => host.wireAt.y)));
		expect(around.rightY).toBe(Math.max(...layout.hosts.filter((host) => host.side === -1).map((host) => host.wireAt.y)));
	});
});

it.each([2, 3, 4, 5])('%i hosts on a phone: beside each other, in rows, inside the picture', (hostCount) => {
	const layout = layoutMini('still', true, 2048, 8, 358, hostCount);
	expect(layout.cards).toHaveLength(hostCount);
	const cards = [...layout.cards.map(({ card }) => card), layout.pool!.card, layout.hub];
	cards.forEach((a, index) => cards.slice(index + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
	for (const { card, discs, grid } of layout.cards) {
		expect(bottom(card)).toBeLessThanOrEqual(layout.height);
		expect(bottom(grid)).toBeLessThanOrEqual(bottom(card));
		// The last of eight vCPUs is still inside its card.
		expect(discs.x + 7 * discs.pitch + discs.r).toBeLessThanOrEqual(right(card));
		expect(discs.y + discs.r).toBeLessThanOrEqual(grid.y);
	}
	layout.links.forEach((way, index) => {
		expect(way[0]!.x).toBe(index % 2 === 0 ? right(layout.cards[index]!.card) : layout.cards[index]!.card.x);
		expect(way.at(-1)!.y).toBe(layout.hub.y + layout.hub.height / 2);
	});
});

it.each([1, 8, 12, 16, 64, 256])('finds a slot for each of %i CPUs', (cpus) => {
	const host = layoutStage(input('full', 1010, 528, { cpus })).hosts[0];
	expect(host?.slots).toHaveLength(cpus);
	for (const slot of host?.slots ?? []) {
		expect(right(slot)).toBeLessThanOrEqual((host?.right ?? 0) + 0.5);
		expect(slot.width).toBeGreaterThan(0);
	}
});

it('draws every link on one scale: 0.42 px per GB/s', () => {
	expect(bandWidth(33e9)).toBeCloseTo(13.86);
	expect(bandWidth(22.5e9)).toBeCloseTo(9.45);
});

it('names the switch beside the port of the pool, off the line of the network, where the card is low', () => {
	for (const mode of ['half', 'short'] as const) {
		const { switch: s, wire } = layoutStage(input(mode, 1010, mode === 'half' ? 260 : 438));
		expect(s!.nameY - 8).toBeGreaterThan(wire!.y);
		expect(s!.nameY).toBeGreaterThan(s!.linkY + 6);
		expect(s!.nameY).toBeLessThan(s!.poolTopY + 2);
		expect(wire!.labelX).toBe(s!.poolPort.x);
	}
});
