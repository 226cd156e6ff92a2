import {
	COLUMN_NAMES,
	HEADER,
	HEADER_BYTES,
	LAYOUT_HASH,
	LAYOUT_MAGIC,
	LAYOUT_VERSION,
	place,
	REGION_NAMES,
	type Capacities,
	type Placement
} from '../contract/layout.ts';
import type { CostTable } from '../contract/costs.ts';
import type { JournalEntry } from '../contract/commands.ts';
import type { TraceRecord } from '../contract/records.ts';
import type { Scenario } from '../contract/scenario/schema.ts';
import { makeColumns, PIECE_BYTES, rebindColumns, type ColumnSet } from './columns.ts';
import type { Records } from './records.ts';

/** Samples of one VM for the course of a run: derived like the trace, made again by a replay. */
export interface SeriesRow {
	readonly atNs: number;
	readonly speedPpm: readonly number[];
	readonly host: readonly number[];
	readonly leftBytes: readonly number[];
	readonly bandwidth: readonly number[];
	readonly poolPages: readonly number[];
}

/**
 * One simulated world: buffer and record tree are the state; scenario, costs and journal define it; trace and series are
 * derived. Nothing else matters.
 */
export interface World {
	buffer: ArrayBufferLike;
	header: Uint32Array;
	readonly placement: Placement;
	readonly capacities: Capacities;
	readonly marks: Uint8Array;
	readonly c: ColumnSet;
	r: Records;
	readonly scenario: Scenario;
	/** Costs by name, resolved once when the world is built: part of its definition, not of its state. */
	readonly costs: CostTable;
	journal: JournalEntry[];
	/** Every block keeps full detail: a test of decision D2, never set otherwise. */
	readonly forceDetail: boolean;
	trace: TraceRecord[];
	series: SeriesRow[];
	/** What a page allocation calls when memory is short (decision D11: wired where the world is built). */
	readonly relief: Relief;
	/** What DMA devices of a VM have done since they were looked at last; called before a VM catches up (wired likewise). */
	readonly devices: Devices;
}

/** Devices that write into the memory of a VM by themselves. */
export interface Devices {
	readonly catchUp: (world: World, vm: number) => void;
}

/** Reclaim and the OOM killer of Linux machines, as the allocator sees them. */
export interface Relief {
	/** Frees up to so many pages of a node in zones up to a rank (mm/os/os.ts, ZONE_ORDER); returns how many. */
	readonly reclaim: (world: World, os: number, node: number, highestRank: number, pages: number, by: 'kswapd' | 'direct') => number;
	/** Kills the process whose death frees most; its id, or null when nobody can be killed. */
	readonly kill: (world: World, os: number, nodemask: readonly number[] | null) => string | null;
}

export interface NewWorld {
	readonly scenario: Scenario;
	readonly costs: CostTable;
	readonly journal: readonly JournalEntry[];
	readonly capacities: Capacities;
	readonly records: Records;
	readonly shared: boolean;
	readonly forceDetail: boolean;
	readonly relief: Relief;
	readonly devices: Devices;
}

/** Allocates the one buffer, zeroed, writes its header and attaches columns. */
export function newWorld(request: NewWorld): World {
	const placement = place(request.capacities);
	const buffer = request.shared ? new SharedArrayBuffer(placement.byteLength) : new ArrayBuffer(placement.byteLength);
	const header = new Uint32Array(buffer, 0, HEADER_BYTES / 4);
	header[HEADER.magic] = LAYOUT_MAGIC;
	header[HEADER.version] = LAYOUT_VERSION;
	header[HEADER.layoutHash] = LAYOUT_HASH;
	header[HEADER.sizeIn64] = placement.byteLength / 64;
	REGION_NAMES.forEach((name, index) => {
		header[HEADER.firstCapacity + index] = request.capacities[name];
	});
	COLUMN_NAMES.forEach((name, index) => {
		header[HEADER.firstOffset + index] = placement.offsets[name] / 64;
	});
	const marks = new Uint8Array(placement.byteLength / PIECE_BYTES);
	return {
		buffer,
		header,
		placement,
		capacities: request.capacities,
		marks,
		c: makeColumns(buffer, placement, marks),
		r: request.records,
		scenario: request.scenario,
		costs: request.costs,
		journal: [...request.journal],
		forceDetail: request.forceDetail,
		trace: [],
		series: [],
		relief: request.relief,
		devices: request.devices
	};
}

/** After the buffer of a transferred world came back from the page. */
export function rebindWorld(world: World, buffer: ArrayBufferLike): void {
	world.buffer = buffer;
	world.header = new Uint32Array(buffer, 0, HEADER_BYTES / 4);
	rebindColumns(world.c, buffer, world.placement);
}

/** Odd while the engine writes. */
export function beginWriting(world: World): void {
	world.header[HEADER.epoch] = ((world.header[HEADER.epoch] as number) | 1) >>> 0;
}
export function endWriting(world: World): void {
	world.header[HEADER.epoch] = ((world.header[HEADER.epoch] as number) + 1) >>> 0;
}
