import type { QmpArguments } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { DeviceRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES, loseStores, storesIn } from '../content.ts';
import { codeWords, RETURN_CODES, type FabricOutcome } from '../outcome.ts';
import { GFD_SPACE, readExtent } from './rows.ts';
import { findExtent } from './tree.ts';

/** Poisoned lines of a device: injected, found by the media, listed, cleared (CXL 4.0 8.2.10.9.4; command set 43h). */
const says = (text: string): FabricOutcome => ({ ok: true, says: text, output: text });
const no = (text: string, code?: number): FabricOutcome => ({ ok: false, says: text, ...(code === undefined ? {} : { code }) });
const wholeNumber = (value: unknown, least: number): number | null =>
	typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : null;

/** Poison at `dpa` for `units` lines of 64 bytes; the list has a limit (code 10h beyond it). */
export function poison(source: 'injected' | 'internal') {
	return (world: World, record: DeviceRecord, device: number, parameters: QmpArguments, cause: number): FabricOutcome => {
		const dpa = wholeNumber(parameters['dpa'], 0);
		const units = wholeNumber(parameters['units'] ?? 1, 1);
		if (dpa === null || dpa % LINE_BYTES !== 0) return no('dpa: an address that is a multiple of 64', RETURN_CODES.invalidInput);
		if (units === null || units > 4096) return no('units: 1 to 4096 lines', RETURN_CODES.invalidInput);
		if (!isMapped(record, dpa, units * LINE_BYTES)) return no('the range lies outside of the device', RETURN_CODES.invalidPhysicalAddress);
		if (record.poison.length >= record.limits.poison) return no(codeWords(RETURN_CODES.injectPoisonLimit), RETURN_CODES.injectPoisonLimit);
		if (record.poison.some((each) => dpa < each.dpa + each.units * LINE_BYTES && each.dpa < dpa + units * LINE_BYTES))
			return says('poisoned already');
		record.poison.push({ dpa, units, source });
		const seq = emit(world, {
			kind: 'fault',
			rule: 'poisoned-line',
			cause,
			values: { device: record.id, dpa: dpa / LINE_BYTES, units, source },
			text: `${record.id}: ${units} ${units === 1 ? 'line is' : 'lines are'} poisoned${source === 'internal' ? ' after a media error' : ''}`
		});
		for (let unit = 0; unit < units; unit += 1) losePoisoned(world, device, dpa + unit * LINE_BYTES, seq);
		if (source === 'internal') logMediaEvent(world, record, dpa);
		return says(`${units} lines are poisoned`);
	};
}

function isMapped(record: DeviceRecord, dpa: number, bytes: number): boolean {
	const regions = [...record.lds.flatMap((logical) => logical.regions), ...(record.gfd?.partitions ?? [])];
	if (dpa + bytes <= record.staticBytes) return true;
	return regions.some((region) => dpa >= region.baseDpa && dpa + bytes <= region.baseDpa + region.bytes);
}

/** What the line held cannot be read any more, unless a cache still has it changed. */
function losePoisoned(world: World, device: number, dpa: number, cause: number): void {
	const record = world.r.fabric.devices[device] as DeviceRecord;
	const places = record.gfd ? [GFD_SPACE] : [...record.lds.keys()];
	for (const ld of places) {
		const row = findExtent(world, device, ld, dpa);
		if (row < 0) continue;
		const extent = readExtent(world, row);
		const at = extent.media + dpa - extent.dpa;
		const changed = world.r.fabric.lines.some(
			(line) => line.device === record.id && line.at === at && (line.state === 'dirty' || line.state === 'modified')
		);
		if (!changed) loseStores(world, storesIn(world, record.id, at, LINE_BYTES), 'media', cause);
	}
}

export function clearPoison(world: World, record: DeviceRecord, _device: number, parameters: QmpArguments, cause: number): FabricOutcome {
	const dpa = wholeNumber(parameters['dpa'], 0);
	if (dpa === null) return no('dpa: an address', RETURN_CODES.invalidInput);
	const found = record.poison.find((each) => dpa >= each.dpa && dpa < each.dpa + each.units * LINE_BYTES);
	if (!found) return says('nothing is poisoned there');
	record.poison.splice(record.poison.indexOf(found), 1);
	emit(world, {
		kind: 'fault',
		rule: 'poisoned-line',
		cause,
		values: { device: record.id, dpa: found.dpa / LINE_BYTES, units: found.units },
		text: `${record.id}: the poison of ${found.units} ${found.units === 1 ? 'line' : 'lines'} is cleared, the bytes are what the command gave`
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

/** 4300h Get Poison List: runs of lines in a range, by address, with the source of each (CXL 4.0 8.2.10.9.4.1). */
export function poisonList(_world: World, record: DeviceRecord, _device: number, parameters: QmpArguments): FabricOutcome {
	const from = wholeNumber(parameters['dpa'] ?? 0, 0);
	const bytes = wholeNumber(parameters['bytes'] ?? Number.MAX_SAFE_INTEGER, 0);
	if (from === null || bytes === null || from % LIST_BYTES !== 0)
		return no('dpa and bytes: a range in units of 64 bytes', RETURN_CODES.invalidInput);
	const found = record.poison
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
