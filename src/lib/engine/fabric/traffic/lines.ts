import type { TrafficRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES } from '../content.ts';
import { routeOf, type Direction } from './links.ts';

/** Data that crossed a link, counted when it does. Requests and answers without data are not bytes: snoops are counted apart. */
const WINDOW_NS = 1_000_000;

export function trafficOf(world: World, link: string): TrafficRecord {
	const { traffic } = world.r.fabric;
	const known = traffic.find((one) => one.link === link);
	if (known) return known;
	const record: TrafficRecord = {
		link,
		readBytes: 0,
		writtenBytes: 0,
		reads: 0,
		writes: 0,
		snoops: 0,
		window: -1,
		windowRead: 0,
		windowWritten: 0,
		lastRead: 0,
		lastWritten: 0
	};
	traffic.push(record);
	return record;
}

/** One line of 64 bytes goes over every link of the way. */
export function countLine(world: World, host: string, device: number, direction: Direction): void {
	for (const link of routeOf(world, host, device)) {
		const record = trafficOf(world, link);
		turn(record, world.r.nowNs);
		if (direction === 'read') {
			record.readBytes += LINE_BYTES;
			record.reads += 1;
			record.windowRead += LINE_BYTES;
		} else {
			record.writtenBytes += LINE_BYTES;
			record.writes += 1;
			record.windowWritten += LINE_BYTES;
		}
	}
}

/** Bytes of a stream: counted on its links as they are settled, in whole lines. */
export function countBytes(world: World, links: readonly string[], direction: Direction, bytes: number, lines: number): void {
	for (const link of links) {
		const record = trafficOf(world, link);
		if (direction === 'read') {
			record.readBytes += bytes;
			record.reads += lines;
		} else {
			record.writtenBytes += bytes;
			record.writes += lines;
		}
	}
}

export function countSnoop(world: World, host: string, device: number): void {
	for (const link of routeOf(world, host, device)) trafficOf(world, link).snoops += 1;
}

/** Windows of a millisecond: the one that runs, and the one before it. */
function turn(record: TrafficRecord, nowNs: number): void {
	const window = Math.floor(nowNs / WINDOW_NS);
	if (window === record.window) return;
	const follows = window === record.window + 1;
	record.lastRead = follows ? record.windowRead : 0;
	record.lastWritten = follows ? record.windowWritten : 0;
	record.window = window;
	record.windowRead = 0;
	record.windowWritten = 0;
}

/** Bytes per second of single lines, over the last millisecond that is over. */
export function lineRate(record: TrafficRecord, direction: Direction, nowNs: number): number {
	const window = Math.floor(nowNs / WINDOW_NS);
	const last = direction === 'read' ? record.lastRead : record.lastWritten;
	const current = direction === 'read' ? record.windowRead : record.windowWritten;
	const bytes = window === record.window ? last : window === record.window + 1 ? current : 0;
	return bytes * (1e9 / WINDOW_NS);
}
