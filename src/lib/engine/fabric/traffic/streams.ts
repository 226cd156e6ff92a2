import type { StreamRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES } from '../content.ts';
import { fairRates } from './fair.ts';
import { countBytes } from './lines.ts';
import { capacityOf, linksOf, routeOf, type Direction } from './links.ts';

/**
 * Copies that last. A stream has a time that it takes alone; on links that others use too it goes on at its share of that
 * speed. Whenever one begins or ends the shares are worked out anew, so that no link carries more than it can. Where it
 * stands follows from its record and the clock: a slice more or less makes no difference.
 */
export interface NewStream {
	readonly of: StreamRecord['of'];
	readonly id: string;
	readonly host: string;
	readonly device: number;
	readonly direction: Direction;
	readonly bytes: number;
	/** Time that it takes when nobody else uses its links, whatever else it has to do in between. */
	readonly soloNs: number;
}

/** Streams whose end has moved: whoever began them sets their timers by `endOf`. */
export type Moved = readonly StreamRecord[];

export function beginStream(world: World, wanted: NewStream): Moved {
	const before = stopStream(world, wanted.of, wanted.id);
	const { fabric, nowNs } = world.r;
	const record: StreamRecord = {
		of: wanted.of,
		id: wanted.id,
		host: wanted.host,
		device: fabric.devices[wanted.device]?.id ?? '',
		direction: wanted.direction,
		links: routeOf(world, wanted.host, wanted.device),
		bytes: wanted.bytes,
		countedBytes: 0,
		soloNs: wanted.soloNs,
		doneNs: 0,
		share: 1,
		startNs: nowNs,
		sinceNs: nowNs
	};
	fabric.streams.push(record);
	return [...new Set([record, ...before, ...share(world)])];
}

/** It is over (`whole`: all of it), or was broken off: what it moved until now stays counted. */
export function stopStream(world: World, of: StreamRecord['of'], id: string, whole = false): Moved {
	const { streams } = world.r.fabric;
	const at = streams.findIndex((stream) => stream.of === of && stream.id === id);
	const stream = streams[at];
	if (!stream) return [];
	settle(world, stream);
	if (whole) count(world, stream, stream.bytes);
	streams.splice(at, 1);
	return share(world);
}

export const streamOf = (world: World, of: StreamRecord['of'], id: string): StreamRecord | null =>
	world.r.fabric.streams.find((stream) => stream.of === of && stream.id === id) ?? null;

/** Part of its own time that is over at a moment. */
const doneAt = (stream: StreamRecord, nowNs: number): number =>
	Math.min(stream.soloNs, stream.doneNs + (nowNs - stream.sinceNs) * stream.share);

export const endOf = (stream: StreamRecord): number => stream.sinceNs + Math.ceil((stream.soloNs - stream.doneNs) / stream.share);

/** Whole lines that it has moved at a moment; all of its bytes at its end. */
export function movedBytes(stream: StreamRecord, nowNs: number): number {
	const done = doneAt(stream, nowNs);
	if (done >= stream.soloNs) return stream.bytes;
	return Math.floor((stream.bytes * (done / stream.soloNs)) / LINE_BYTES) * LINE_BYTES;
}

/** Bytes per second with nobody else on its links. */
export const aloneRate = (stream: StreamRecord): number => (stream.bytes * 1e9) / stream.soloNs;
export const rateOf = (stream: StreamRecord): number => aloneRate(stream) * stream.share;

/** What it moved is counted, and it goes on from here. */
function settle(world: World, stream: StreamRecord): void {
	const { nowNs } = world.r;
	count(world, stream, movedBytes(stream, nowNs));
	stream.doneNs = doneAt(stream, nowNs);
	stream.sinceNs = nowNs;
}

function count(world: World, stream: StreamRecord, moved: number): void {
	const more = moved - stream.countedBytes;
	if (more > 0) countBytes(world, stream.links, stream.direction, more, Math.ceil(more / LINE_BYTES));
	stream.countedBytes = moved;
}

/** Max-min shares of every link in each direction; those whose share changed. */
function share(world: World): StreamRecord[] {
	const { streams } = world.r.fabric;
	if (streams.length === 0) return [];
	const places = new Map<string, number>();
	const capacities: number[] = [];
	for (const link of linksOf(world))
		for (const direction of ['read', 'write'] as const) {
			places.set(`${link.id} ${direction}`, capacities.length);
			capacities.push(capacityOf(world, link.ends, direction).bytesPerSecond);
		}
	const wishes = streams.map((stream) => ({
		demand: aloneRate(stream),
		links: stream.links.flatMap((link) => places.get(`${link} ${stream.direction}`) ?? [])
	}));
	const rates = fairRates(wishes, capacities);
	return streams.filter((stream, at) => {
		const wish = (wishes[at] as { demand: number }).demand;
		// What is left of a wish by less than a byte a second is rounding.
		const next = wish - (rates[at] as number) < 1 ? 1 : (rates[at] as number) / wish;
		if (next === stream.share) return false;
		settle(world, stream);
		stream.share = next;
		return true;
	});
}
