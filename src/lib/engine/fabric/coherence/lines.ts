import type { LineRecord, LossRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { lastStored, LINE_BYTES, mediaHeld, noteStore, storeCopy, storeThrough, survives, writeMedia, type Held } from '../content.ts';
import { count } from '../counts.ts';
import { countLine } from '../traffic/lines.ts';
import {
	evictLine,
	flushLine,
	invalidateLine,
	loadLine,
	prefetchLine,
	settleLine,
	storeLine,
	type CachedLine,
	type LineAfter
} from './line.ts';
import { deviceIndexOf } from './place.ts';

/**
 * Lines of software-managed shared areas in the caches of hosts: the rules of `line.ts` on records. A line is named by where
 * it lies in the media, so two hosts that reach it by different addresses still mean the same one.
 */
type HeldLine = CachedLine<Held> | null;

export function lineOf(world: World, host: string, device: string, at: number): LineRecord | null {
	return world.r.fabric.lines.find((line) => line.host === host && line.device === device && line.at === at) ?? null;
}

function cached(record: LineRecord | null): HeldLine {
	if (record === null) return null;
	return {
		state: record.state === 'dirty' || record.state === 'modified' ? 'dirty' : 'clean',
		value: { version: record.value, writer: record.writer },
		leaving: record.leaving
	};
}

/** Puts a line's record as the rule left it; null takes it away. */
export function putLine(world: World, host: string, device: string, at: number, line: HeldLine): void {
	const { fabric } = world.r;
	const index = fabric.lines.findIndex((each) => each.host === host && each.device === device && each.at === at);
	if (line === null) {
		if (index >= 0) fabric.lines.splice(index, 1);
		return;
	}
	const record: LineRecord = {
		host,
		device,
		at,
		state: line.state,
		value: line.value.version,
		writer: line.value.writer,
		leaving: line.leaving
	};
	if (index >= 0) fabric.lines[index] = record;
	else fabric.lines.push(record);
}

/** Applies one rule of the cache; what it loses is noted, and what goes over the links is counted. */
function apply(
	world: World,
	host: string,
	device: string,
	at: number,
	cause: number | null,
	rule: (line: HeldLine, media: Held) => LineAfter<Held>,
	writesClean = false
): LineAfter<Held> {
	const held = mediaHeld(world, device, at);
	const media: Held = { version: held.version, writer: held.writer };
	const before = cached(lineOf(world, host, device, at));
	const after = rule(before, media);
	putLine(world, host, device, at, after.line);
	if (before === null && after.line !== null) countLine(world, host, deviceIndexOf(world, device), 'read');
	if (after.media.version !== media.version || (writesClean && before !== null))
		countLine(world, host, deviceIndexOf(world, device), 'write');
	if (after.media.version !== media.version) writeMedia(world, device, at, LINE_BYTES, after.media);
	if (after.media.version !== media.version || after.lost !== null)
		survives(world, device, at, LINE_BYTES, after.lost === null ? 'overwritten' : 'dropped', cause);
	return after;
}

export interface Loaded extends Held {
	readonly from: 'cache' | 'device';
	/** Somebody has stored something newer. */
	readonly stale: boolean;
}

/** A load of software-managed memory: a line that is present answers, whatever the device holds. */
export function load(world: World, host: string, device: string, at: number, cause: number | null): Loaded {
	const present = lineOf(world, host, device, at) !== null;
	const newest = lastStored(world, device, at);
	// Wrong belief "shared memory is always fresh": every load sees what was stored last, wherever it lies.
	const fresh = world.r.belief === 'shared-is-fresh';
	let got: Held = newest;
	apply(world, host, device, at, cause, (line, media) => {
		const after = loadLine(line, media);
		if (!fresh || newest.version === 0) {
			got = after.got;
			return after;
		}
		return after.line === null || after.line.state === 'dirty' ? after : { ...after, line: { ...after.line, value: newest } };
	});
	const stale = got.version < newest.version;
	if (stale) count(world, 'staleReads');
	return { version: got.version, writer: got.writer, from: present ? 'cache' : 'device', stale };
}

/** A store stays in the cache of its host, dirty. */
export function store(world: World, host: string, device: string, at: number, writer: string, cause: number | null): Held {
	const held = noteStore(world, device, at, LINE_BYTES, writer);
	apply(world, host, device, at, cause, (line, media) => storeLine(line, media, () => held));
	return held;
}

export function flush(world: World, host: string, device: string, at: number, ordered: boolean, cause: number | null): boolean {
	const dirty = lineOf(world, host, device, at)?.state === 'dirty';
	apply(world, host, device, at, cause, (line, media) => flushLine(line, media, ordered));
	return dirty;
}
export function invalidate(world: World, host: string, device: string, at: number, ordered: boolean, cause: number | null): void {
	apply(world, host, device, at, cause, (line, media) => invalidateLine(line, media, ordered));
}
export function settle(world: World, host: string, device: string, at: number, cause: number | null): void {
	apply(world, host, device, at, cause, settleLine);
}
export function evict(world: World, host: string, device: string, at: number, cause: number | null): void {
	apply(world, host, device, at, cause, (line, media) => evictLine(line, media, false));
}
export function prefetch(world: World, host: string, device: string, at: number, cause: number | null): void {
	apply(world, host, device, at, cause, prefetchLine);
}
/** Only CPUs without the guarantee "No Clean Writebacks" do this (CXL 3.2 2.4.4). */
export function writeBackClean(world: World, peer: PeerRecord, device: string, at: number, cause: number | null): boolean {
	if (peer.noCleanWritebacks) return false;
	apply(world, peer.id, device, at, cause, (line, media) => evictLine(line, media, true), true);
	return true;
}

/** What a fence waits for has arrived: everything of this host. */
export function fence(world: World, host: string, cause: number | null): number {
	const leaving = world.r.fabric.lines.filter((line) => line.host === host && line.leaving !== 'no');
	for (const line of leaving) settle(world, host, line.device, line.at, cause);
	return leaving.length;
}

/** Lines that leave without being written back: their host crashed, or lost what they belong to. */
export function dropLines(world: World, gone: (line: LineRecord) => boolean, why: LossRecord['why'], cause: number | null): void {
	const { fabric } = world.r;
	const dropped = fabric.lines.filter(gone);
	if (dropped.length === 0) return;
	fabric.lines = fabric.lines.filter((line) => !dropped.includes(line));
	for (const line of dropped) survives(world, line.device, line.at, LINE_BYTES, why, cause);
}

/** Writes back what a host changed in a range, and lets go of its lines there: a program that closes. */
export function writeBackRange(world: World, host: string, device: string, at: number, bytes: number, cause: number | null): void {
	const inside = (line: LineRecord): boolean => line.host === host && line.device === device && line.at >= at && line.at < at + bytes;
	for (const line of world.r.fabric.lines.filter(inside)) evict(world, host, device, line.at, cause);
}

/**
 * A program fills a range and flushes it (our simplification: at once). What its own host had cached of it is superseded; a
 * coherent device takes the lines away from everybody else, an incoherent one leaves them, and they are old from now on.
 */
export function fillRange(world: World, host: string, device: string, at: number, bytes: number, writer: string, coherent: boolean): Held {
	const held = storeThrough(world, device, at, bytes, writer);
	supersede(world, host, device, at, bytes, coherent);
	return held;
}

/** The same with contents that were elsewhere before. */
export function copyRange(world: World, host: string, device: string, at: number, bytes: number, held: Held, coherent: boolean): void {
	storeCopy(world, device, at, bytes, held);
	supersede(world, host, device, at, bytes, coherent);
}

function supersede(world: World, host: string, device: string, at: number, bytes: number, coherent: boolean): void {
	const inside = (line: LineRecord): boolean => line.device === device && line.at >= at && line.at < at + bytes;
	world.r.fabric.lines = world.r.fabric.lines.filter((line) => !inside(line) || (line.host !== host && !coherent));
}
