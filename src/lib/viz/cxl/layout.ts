import { box, type Box, type Point } from '../geometry/box.ts';
import type {
	CxlDaxStatus,
	CxlMemdevStatus,
	CxlPortStatus
} from '../../engine/contract/machine-cxl.ts';
import type { BlockRun, CxlScene } from './scene.ts';

/**
 * From top to bottom: the window, then its chosen part magnified on one scale of host addresses (memory blocks, dax device,
 * region), then the region's stripes, and below them ports and devices. One byte is one upright line down to its stripe.
 */
export interface CxlLayout {
	readonly width: number;
	readonly height: number;
	readonly window: Box;
	readonly inWindow: readonly { readonly name: string; readonly box: Box }[];
	/** Corners of the opening from the window to the rails below. */
	readonly wedge: readonly Point[];
	readonly blocks: Box;
	readonly runs: readonly { readonly run: BlockRun; readonly box: Box }[];
	readonly dax: Box;
	readonly daxes: readonly { readonly dax: CxlDaxStatus; readonly box: Box }[];
	readonly lost: readonly Box[];
	readonly region: Box;
	/** Two rounds of the ways where there is room; whose each is says the engine. */
	readonly stripes: readonly Box[];
	readonly ports: readonly PlacedPort[];
	readonly devices: readonly PlacedDevice[];
	/** Device boxes are too narrow for more than a name. */
	readonly dense: boolean;
}
export interface PlacedPort {
	readonly port: CxlPortStatus;
	readonly box: Box;
}
export interface PlacedDevice {
	readonly memdev: CxlMemdevStatus;
	readonly box: Box;
	/** Device addresses from left to right. */
	readonly media: Box;
	readonly used: readonly { readonly box: Box; readonly region: string | null }[];
}

export const CXL_LOWEST = 400;
const PAD = 16;
/** Names of the rails stand left of them where there is room. */
const NAMES = 96;
const PORT_HIGH = 38;
const DEVICE_HIGH = 76;
/** Below so many levels of ports everything stands closer together. */
const LEVELS_AT_EASE = 1;

/** A place on the rails, by host address. */
export const xOf = (layout: Pick<CxlLayout, 'region'>, scene: CxlScene, hpa: number): number =>
	layout.region.x + ((hpa - scene.range.baseHpa) / scene.range.bytes) * layout.region.width;

export function layoutCxl(width: number, height: number, scene: CxlScene): CxlLayout {
	const names = width >= 640 ? NAMES : 0;
	const left = PAD + names;
	const wide = width - left - PAD;
	const levels = Math.max(1, ...scene.ports.map(({ level }) => level + 1));
	// On a phone the rails' names stand above them.
	const tight = levels > LEVELS_AT_EASE && names > 0;
	const between = tight ? 12 : 22;
	const fixed = (names === 0 ? 400 : tight ? 300 : 330) + levels * (PORT_HIGH + between);
	const high = Math.max(CXL_LOWEST, height, fixed);
	/** Rows share what is left over. */
	const slack = Math.min(26, (high - fixed) / (levels + 5));
	let y = names === 0 ? 40 : 24;
	const row = (tall: number, gap: number): Box => {
		const place = box(left, y, wide, tall);
		y += tall + gap + slack;
		return place;
	};
	const above = names === 0 ? 20 : 0;
	const window = row(20, (tight ? 18 : 26) + above);
	const blocks = row(tight ? 26 : 30, (tight ? 7 : 10) + above);
	const dax = row(24, (tight ? 7 : 10) + above);
	const region = row(24, tight ? 11 : 16);
	const stripeRow = row(24, tight ? 18 : 26);
	const at = (hpa: number): number =>
		region.x + ((hpa - scene.range.baseHpa) / scene.range.bytes) * region.width;
	const clipped = (baseHpa: number, bytes: number, rail: Box): Box => {
		const from = Math.max(rail.x, at(baseHpa));
		const to = Math.min(rail.x + rail.width, at(baseHpa + bytes));
		return box(from, rail.y, Math.max(1, to - from), rail.height);
	};
	const inWindow = scene.regions.flatMap((one) => {
		if (one.bytes === 0) return [];
		const x = window.x + ((one.baseHpa - scene.window.baseHpa) / scene.window.bytes) * window.width;
		const each = Math.max(4, (one.bytes / scene.window.bytes) * window.width);
		return [{ name: one.name, box: box(x, window.y, each, window.height) }];
	});
	const seen = inWindow.find((one) => one.name === scene.region?.name)?.box ?? window;
	const devices = placeDevices(
		scene,
		box(PAD, high - DEVICE_HIGH - 10, width - 2 * PAD, DEVICE_HIGH)
	);
	const step = (high - DEVICE_HIGH - 10 - (stripeRow.y + stripeRow.height)) / (levels + 0.15);
	const ports = placePorts(scene, devices, stripeRow.y + stripeRow.height + step * 0.52, step);
	return {
		width,
		height: high,
		window,
		inWindow,
		wedge: [
			{ x: seen.x, y: window.y + window.height },
			{ x: seen.x + seen.width, y: window.y + window.height },
			{ x: blocks.x + blocks.width, y: blocks.y - 4 },
			{ x: blocks.x, y: blocks.y - 4 }
		],
		blocks,
		runs: scene.blocks.map((run) => ({
			run,
			box: clipped(run.first.id * scene.blockBytes, run.count * scene.blockBytes, blocks)
		})),
		dax,
		daxes: scene.daxes.map((one) => ({ dax: one, box: clipped(one.baseHpa, one.bytes, dax) })),
		lost: scene.lost.map((one) => clipped(one.baseHpa, one.bytes, dax)),
		region,
		stripes: stripesOf(scene.ways, stripeRow),
		ports,
		devices,
		dense: (devices[0]?.box.width ?? 200) < 92
	};
}

function stripesOf(ways: number, row: Box): CxlLayout['stripes'] {
	if (ways === 0) return [];
	const rounds = ways === 1 ? 3 : ways * 2 * 20 <= row.width ? 2 : 1;
	const count = ways * rounds;
	const cell = Math.min(34, row.width / count);
	const x0 = row.x + (row.width - cell * count) / 2;
	return Array.from({ length: count }, (_, at) => box(x0 + at * cell, row.y, cell, row.height));
}

function placeDevices(scene: CxlScene, row: Box): PlacedDevice[] {
	const count = scene.devices.length;
	const each = row.width / Math.max(1, count);
	const wide = Math.min(178, each - 8);
	return scene.devices.map((memdev, at) => {
		const place = box(row.x + each * (at + 0.5) - wide / 2, row.y, wide, row.height);
		const media = box(place.x + 8, place.y + 40, wide - 16, 14);
		const all = memdev.ramBytes + memdev.pmemBytes + memdev.dynamicBytes;
		return {
			memdev,
			box: place,
			media,
			used: memdev.decoders.map((decoder) => ({
				region: decoder.region,
				box: box(
					media.x + (decoder.dpa / all) * media.width,
					media.y,
					Math.max(2, (decoder.dpaBytes / all) * media.width),
					media.height
				)
			}))
		};
	});
}

/** A port stands over what hangs below it. */
function placePorts(
	scene: CxlScene,
	devices: readonly PlacedDevice[],
	top: number,
	step: number
): PlacedPort[] {
	const middleOf = (name: string): number | null => {
		const own = devices
			.filter(({ memdev }) => memdev.parent === name)
			.map(({ box: b }) => b.x + b.width / 2);
		const below = scene.ports
			.filter(({ port }) => port.parent === name)
			.map(({ port }) => middleOf(port.name))
			.filter((x) => x !== null);
		const all = [...own, ...below];
		return all.length === 0 ? null : (Math.min(...all) + Math.max(...all)) / 2;
	};
	const atLevel = (level: number): number =>
		scene.ports.filter((one) => one.level === level).length;
	const right = Math.max(0, ...devices.map(({ box: b }) => b.x + b.width));
	return scene.ports.map(({ port, level }, place) => {
		const room = (right - PAD) / Math.max(1, atLevel(level));
		const wide = Math.min(206, room - 10);
		const x = middleOf(port.name) ?? PAD + room * (place + 0.5);
		return { port, box: box(x - wide / 2, top + level * step - PORT_HIGH / 2, wide, PORT_HIGH) };
	});
}
