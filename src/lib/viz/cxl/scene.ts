import type {
	CxlDaxStatus,
	CxlMemdevStatus,
	CxlPortStatus,
	CxlRegionStatus,
	CxlWindowStatus,
	MachineCxlStatus
} from '../../engine/contract/machine-cxl.ts';
import type { MachineStatus, MemoryBlockStatus } from '../../engine/contract/machine-status.ts';

/** One window of a machine with what lies in it and below it. */
export interface CxlScene {
	readonly machine: string;
	/** Place of the machine among the machines: its hue. */
	readonly index: number;
	readonly window: CxlWindowStatus;
	readonly regions: readonly CxlRegionStatus[];
	/** The region that is looked at. */
	readonly region: CxlRegionStatus | null;
	/** What the rails below the window show: the region, or the whole window while it has no address space. */
	readonly range: { readonly baseHpa: number; readonly bytes: number };
	readonly blockBytes: number;
	/** Neighbouring memory blocks in one state; more than a few when each has room of its own. */
	readonly blocks: readonly BlockRun[];
	readonly daxes: readonly CxlDaxStatus[];
	readonly lost: MachineCxlStatus['lost'];
	/** Bridges of the window in its order, each followed by the switches below it. */
	readonly ports: readonly { readonly port: CxlPortStatus; readonly level: number }[];
	/** In the order of bridges, ports and places. */
	readonly devices: readonly CxlMemdevStatus[];
	/** Memory devices that no CXL path leads to. */
	readonly strays: readonly CxlMemdevStatus[];
	/** How many ways the range has now, and by how much: the region's, else the window's. */
	readonly ways: number;
	readonly granularity: number;
	/** Per way: the device that answers, or null. */
	readonly answering: readonly (string | null)[];
}
export interface BlockRun {
	readonly first: MemoryBlockStatus;
	readonly count: number;
}

/** Above so many memory blocks those that are alike are drawn as one. */
const MOST_BLOCKS = 72;

export function buildCxl(
	machine: MachineStatus,
	wanted: { readonly window?: string | undefined; readonly region?: string | undefined } = {}
): CxlScene | null {
	const { cxl } = machine;
	if (cxl === null || cxl.windows.length === 0) return null;
	const named = cxl.regions.find((one) => one.name === wanted.region);
	const window =
		cxl.windows.find((one) => one.name === (wanted.window ?? named?.window)) ??
		cxl.windows.find((one) => cxl.regions.some((region) => region.window === one.name)) ??
		(cxl.windows[0] as CxlWindowStatus);
	const regions = cxl.regions.filter((one) => one.window === window.name);
	const region = regions.find((one) => one.name === wanted.region) ?? regions[0] ?? null;
	const range =
		region !== null && region.bytes > 0
			? { baseHpa: region.baseHpa, bytes: region.bytes }
			: { baseHpa: window.baseHpa, bytes: window.bytes };
	const inRange = (hpa: number, bytes: number): boolean =>
		hpa < range.baseHpa + range.bytes && range.baseHpa < hpa + bytes;
	const blockBytes = machine.memoryBlockBytes;
	const ports = portsBelow(cxl, window);
	const reached = new Set(ports.map(({ port }) => port.name));
	const order = (memdev: CxlMemdevStatus): number =>
		ports.findIndex(({ port }) => port.name === memdev.parent) * 1000 + memdev.dport;
	const hasRegion = region !== null && region.ways > 0;
	return {
		machine: machine.id,
		index: machine.index,
		window,
		regions,
		region,
		range,
		blockBytes,
		blocks: runsOf(
			machine.memoryBlocks.filter((block) => inRange(block.id * blockBytes, blockBytes))
		),
		daxes: cxl.daxes.filter((dax) => inRange(dax.baseHpa, dax.bytes)),
		lost: cxl.lost.filter((one) => inRange(one.baseHpa, one.bytes)),
		ports,
		devices: cxl.memdevs
			.filter((one) => one.parent !== null && reached.has(one.parent))
			.toSorted((a, b) => order(a) - order(b)),
		strays: cxl.memdevs.filter((one) => one.endpoint === null),
		ways: hasRegion ? region.ways : window.targets.length,
		granularity: hasRegion ? region.granularity : window.granularity,
		answering: hasRegion ? region.targets.map((one) => one?.memdev ?? null) : []
	};
}

function runsOf(blocks: readonly MemoryBlockStatus[]): BlockRun[] {
	if (blocks.length <= MOST_BLOCKS) return blocks.map((first) => ({ first, count: 1 }));
	const runs: { first: MemoryBlockStatus; count: number }[] = [];
	for (const block of blocks) {
		const last = runs.at(-1);
		const isNext =
			last !== undefined &&
			last.first.id + last.count === block.id &&
			last.first.state === block.state &&
			last.first.zone === block.zone &&
			last.first.node === block.node;
		if (isNext) last.count += 1;
		else runs.push({ first: block, count: 1 });
	}
	return runs;
}

function portsBelow(
	cxl: MachineCxlStatus,
	window: CxlWindowStatus
): { port: CxlPortStatus; level: number }[] {
	const found: { port: CxlPortStatus; level: number }[] = [];
	const add = (port: CxlPortStatus, level: number): void => {
		found.push({ port, level });
		for (const below of cxl.ports) if (below.parent === port.name) add(below, level + 1);
	};
	for (const name of new Set(window.targets)) {
		const bridge = cxl.ports.find((port) => port.name === name);
		if (bridge) add(bridge, 0);
	}
	return found;
}

/** A byte somewhere inside what is shown, the same one each time. */
export const someByte = ({ range }: CxlScene): number =>
	range.baseHpa + (0x1234_5678 % range.bytes);

/** Ports on the way down to a device, the bridge first. */
export function wayTo(scene: CxlScene, memdev: string): string[] {
	const way: string[] = [];
	let at = scene.devices.find((one) => one.name === memdev)?.parent ?? null;
	while (at !== null) {
		const name: string = at;
		way.unshift(name);
		at = scene.ports.find(({ port }) => port.name === name)?.port.parent ?? null;
	}
	return way;
}

/** Of the region's devices: who would be met at each position, one round after the other over the window's bridges. */
export function fittingOrder(scene: CxlScene, ways: number): string[] | null {
	const free = scene.devices.filter((one) => one.decoders.length === 0);
	const bridgeOf = (memdev: CxlMemdevStatus): string | undefined => wayTo(scene, memdev.name)[0];
	const left = scene.window.targets.map((bridge) =>
		free.filter((memdev) => bridgeOf(memdev) === bridge)
	);
	const order: string[] = [];
	for (let at = 0; at < ways; at += 1) {
		const next = left[at % left.length]?.shift();
		if (next === undefined) return null;
		order.push(next.name);
	}
	return order;
}
