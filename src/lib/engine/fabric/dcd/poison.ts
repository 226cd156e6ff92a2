import type { QmpArguments } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { DeviceRecord, PoisonRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES, loseStores, storesIn } from '../content.ts';
import { codeWords, RETURN_CODES, type FabricOutcome } from '../outcome.ts';
import { extentsOf } from './lists.ts';
import { GFD_SPACE, readExtent } from './rows.ts';
import { findExtent } from './tree.ts';

/** Poisoned lines of a device: injected, found by the media, listed, cleared (CXL 4.0 8.2.10.9.4; command set 43h). */
const says = (text: string): FabricOutcome => ({ ok: true, says: text, output: text });
const no = (text: string, code?: number): FabricOutcome => ({ ok: false, says: text, ...(code === undefined ? {} : { code }) });
const wholeNumber = (value: unknown, least: number): number | null =>
	typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : null;

/** The one address space of a G-FAM device, or the logical device that is named; the first one unless said. */
function spaceOf(record: DeviceRecord, parameters: QmpArguments): number | null {
	if (record.gfd) return GFD_SPACE;
	const ld = wholeNumber(parameters['ld'] ?? 0, 0);
	return ld !== null && record.lds[ld] ? ld : null;
}

/** Media behind a device address, whatever state its extent is in; −1: none. */
function mediaAt(world: World, device: number, ld: number, dpa: number): number {
	const record = world.r.fabric.devices[device] as DeviceRecord;
	if (ld !== GFD_SPACE && dpa < record.staticBytes) return ld * record.staticBytes + dpa;
	const row = findExtent(world, device, ld, dpa);
	if (row < 0) return -1;
	const extent = readExtent(world, row);
	return extent.media + dpa - extent.dpa;
}

/** The poisoned line that a host meets at one of its addresses: another host may have met the same media at another one. */
function poisonAt(world: World, device: number, ld: number, dpa: number): { readonly run: PoisonRecord; readonly unit: number } | null {
	const record = world.r.fabric.devices[device] as DeviceRecord;
	if (record.poison.length === 0) return null;
	const line = Math.floor(dpa / LINE_BYTES) * LINE_BYTES;
	let own: number | null = null;
	for (const run of record.poison) {
		if (run.ld === undefined || run.ld === ld) {
			const unit = (line - run.dpa) / LINE_BYTES;
			if (unit >= 0 && unit < run.units) return { run, unit };
			continue;
		}
		own ??= mediaAt(world, device, ld, line);
		if (own < 0) continue;
		for (let unit = 0; unit < run.units; unit += 1)
			if (mediaAt(world, device, run.ld, run.dpa + unit * LINE_BYTES) === own) return { run, unit };
	}
	return null;
}

export const isPoisoned = (world: World, device: number, ld: number, dpa: number): boolean => poisonAt(world, device, ld, dpa) !== null;

/** One line is good again: it was written whole (from memory), or cleared. False: it was not poisoned. */
export function clearLine(world: World, device: number, ld: number, dpa: number): boolean {
	const found = poisonAt(world, device, ld, dpa);
	if (!found) return false;
	const { run, unit } = found;
	const record = world.r.fabric.devices[device] as DeviceRecord;
	const parts: PoisonRecord[] = [];
	if (unit > 0) parts.push({ ...run, units: unit });
	if (unit + 1 < run.units) parts.push({ ...run, dpa: run.dpa + (unit + 1) * LINE_BYTES, units: run.units - unit - 1 });
	record.poison.splice(record.poison.indexOf(run), 1, ...parts);
	return true;
}

/** Poison at `dpa` of logical device `ld` for `units` lines of 64 bytes; the list has a limit (code 10h beyond it). */
export function poison(source: 'injected' | 'internal') {
	return (world: World, record: DeviceRecord, device: number, parameters: QmpArguments, cause: number): FabricOutcome => {
		const dpa = wholeNumber(parameters['dpa'], 0);
		const units = wholeNumber(parameters['units'] ?? 1, 1);
		const ld = spaceOf(record, parameters);
		if (ld === null) return no(`${record.id} has no logical device ${String(parameters['ld'])}`, RETURN_CODES.invalidInput);
		if (dpa === null || dpa % LINE_BYTES !== 0) return no('dpa: an address that is a multiple of 64', RETURN_CODES.invalidInput);
		if (units === null || units > 4096) return no('units: 1 to 4096 lines', RETURN_CODES.invalidInput);
		if (!isMapped(record, ld, dpa, units * LINE_BYTES))
			return no('the range lies outside of the device', RETURN_CODES.invalidPhysicalAddress);
		if (record.poison.length >= record.limits.poison) return no(codeWords(RETURN_CODES.injectPoisonLimit), RETURN_CODES.injectPoisonLimit);
		for (let unit = 0; unit < units; unit += 1) if (isPoisoned(world, device, ld, dpa + unit * LINE_BYTES)) return says('poisoned already');
		record.poison.push({ ...(record.lds.length > 1 ? { ld } : {}), dpa, units, source });
		const seq = emit(world, {
			kind: 'fault',
			rule: 'poisoned-line',
			cause,
			values: { device: record.id, dpa: dpa / LINE_BYTES, units, source },
			text: `${record.id}: ${units} ${units === 1 ? 'line is' : 'lines are'} poisoned${source === 'internal' ? ' after a media error' : ''}`
		});
		for (let unit = 0; unit < units; unit += 1) losePoisoned(world, device, ld, dpa + unit * LINE_BYTES, seq);
		if (source === 'internal') logMediaEvent(world, record, dpa);
		return says(`${units} lines are poisoned`);
	};
}

function isMapped(record: DeviceRecord, ld: number, dpa: number, bytes: number): boolean {
	const regions = record.gfd ? record.gfd.partitions : (record.lds[ld]?.regions ?? []);
	if (dpa + bytes <= record.staticBytes) return true;
	return regions.some((region) => dpa >= region.baseDpa && dpa + bytes <= region.baseDpa + region.bytes);
}

/** What the line held cannot be read any more, unless a cache still has it changed. */
function losePoisoned(world: World, device: number, ld: number, dpa: number, cause: number): void {
	const record = world.r.fabric.devices[device] as DeviceRecord;
	const at = mediaAt(world, device, ld, dpa);
	if (at < 0) return;
	const changed = world.r.fabric.lines.some(
		(line) => line.device === record.id && line.at === at && (line.state === 'dirty' || line.state === 'modified')
	);
	if (!changed) loseStores(world, storesIn(world, record.id, at, LINE_BYTES), 'media', cause);
}

/** 4302h Clear Poison: one line, which then holds what the command brought. */
export function clearPoison(world: World, record: DeviceRecord, device: number, parameters: QmpArguments, cause: number): FabricOutcome {
	const dpa = wholeNumber(parameters['dpa'], 0);
	const ld = spaceOf(record, parameters);
	if (dpa === null || ld === null) return no('dpa: an address of a logical device', RETURN_CODES.invalidInput);
	if (!clearLine(world, device, ld, dpa)) return says('nothing is poisoned there');
	emit(world, {
		kind: 'fault',
		rule: 'poisoned-line',
		cause,
		values: { device: record.id, dpa: Math.floor(dpa / LINE_BYTES) },
		text: `${record.id}: the poison of a line is cleared, its bytes are what the command gave`
	});
	return says('cleared');
}

/** Records that each of the other event logs holds (QEMU 10.2.2 hw/cxl/cxl-events.c; the standard leaves it to the device). */
const RECORDS_PER_LOG = 8;
/** An uncorrectable error of the media is a General Media event in the failure log (CXL 4.0 8.2.10.2.1.1). */
function logMediaEvent(world: World, record: DeviceRecord, dpa: number): void {
	if (record.mediaEvents.filter((event) => event.log === 'failure').length < RECORDS_PER_LOG)
		record.mediaEvents.push({ log: 'failure', what: 'general media', dpa, atNs: world.r.nowNs });
}

const SOURCES = { external: 1, internal: 2, injected: 3 } as const;
const LIST_BYTES = 64;

/** 4300h Get Poison List: runs of lines in a range, by the addresses of this logical device, with the source of each (CXL 4.0 8.2.10.9.4.1). */
export function poisonList(world: World, record: DeviceRecord, device: number, parameters: QmpArguments): FabricOutcome {
	const from = wholeNumber(parameters['dpa'] ?? 0, 0);
	const bytes = wholeNumber(parameters['bytes'] ?? Number.MAX_SAFE_INTEGER, 0);
	const ld = spaceOf(record, parameters);
	if (from === null || bytes === null || ld === null || from % LIST_BYTES !== 0)
		return no('dpa and bytes: a range in units of 64 bytes', RETURN_CODES.invalidInput);
	const found = record.poison
		.flatMap((run) => (run.ld === undefined || run.ld === ld ? [run] : seenFrom(world, device, ld, run)))
		.filter((run) => run.dpa < from + bytes && run.dpa + run.units * LINE_BYTES > from)
		.sort((one, other) => one.dpa - other.dpa);
	return {
		ok: true,
		says: `${found.length} ${found.length === 1 ? 'run' : 'runs'}`,
		output: {
			flags: record.poisonOverflow ? 2 : 0,
			records: found.map((run) => ({ dpa: run.dpa, units: run.units, source: SOURCES[run.source] }))
		}
	};
}

/** Lines that another logical device was poisoned at, where this one has the same media: by its own addresses. */
function seenFrom(world: World, device: number, ld: number, run: PoisonRecord): PoisonRecord[] {
	const seen: PoisonRecord[] = [];
	const extents = extentsOf(world, device, ld);
	for (let unit = 0; unit < run.units; unit += 1) {
		const media = mediaAt(world, device, run.ld as number, run.dpa + unit * LINE_BYTES);
		const extent = media < 0 ? undefined : extents.find((each) => media >= each.media && media < each.media + each.bytes);
		if (!extent) continue;
		const dpa = extent.dpa + media - extent.media;
		const last = seen.at(-1);
		if (last && last.dpa + last.units * LINE_BYTES === dpa) last.units += 1;
		else seen.push({ ...run, ld, dpa, units: 1 });
	}
	return seen;
}
