import type { QmpArguments } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { DeviceRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES, loseStores, storesIn } from '../content.ts';
import { addCapacity } from '../dcd/offer.ts';
import { GFD_SPACE, readExtent } from '../dcd/rows.ts';
import { resetDevice, resetLogicalDevice } from '../dcd/resets.ts';
import { findExtent, overlapping } from '../dcd/tree.ts';
import { send } from '../messages.ts';
import { codeWords, RETURN_CODES, type FabricOutcome, type FabricWord } from '../outcome.ts';

/** Resets, poison and media errors of a device, a burst of offers, and the fabric manager's own crash. */
const says = (text: string): FabricOutcome => ({ ok: true, says: text, output: text });
const no = (text: string, code?: number): FabricOutcome => ({ ok: false, says: text, ...(code === undefined ? {} : { code }) });

const onDevice =
	(act: (world: World, record: DeviceRecord, device: number, parameters: QmpArguments, cause: number) => FabricOutcome): FabricWord =>
	(world, at, parameters, cause) => {
		const device = world.r.fabric.devices.findIndex((each) => each.id === at);
		const record = world.r.fabric.devices[device];
		if (!record) return no(`there is no device "${at}"`);
		return record.present ? act(world, record, device, parameters, cause) : no(`${at} has been pulled out`);
	};
const wholeNumber = (value: unknown, least: number): number | null =>
	typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : null;

/** CXL reset and conventional reset have the same effect on dynamic capacity (CXL 4.0 9.13.3); `ld` resets one of them. */
function reset(world: World, record: DeviceRecord, device: number, parameters: QmpArguments, cause: number): FabricOutcome {
	const { ld } = parameters;
	if (ld === undefined) {
		resetDevice(world, device, cause);
		return says(`${record.id} is reset`);
	}
	const place = wholeNumber(ld, 0);
	if (place === null || !record.lds[place]) return no(`${record.id} has no logical device ${String(ld)}`);
	resetLogicalDevice(world, device, place, cause);
	return says(`logical device ${place} of ${record.id} is reset`);
}

/** Poison at `dpa` for `units` lines of 64 bytes; the list has a limit (code 10h beyond it). */
function poison(source: 'injected' | 'internal') {
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

function clearPoison(world: World, record: DeviceRecord, _device: number, parameters: QmpArguments, cause: number): FabricOutcome {
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

/** Many small offers to one logical device, faster than its host can read: what the log does then. */
function burst(world: World, record: DeviceRecord, device: number, parameters: QmpArguments, cause: number): FabricOutcome {
	const ld = wholeNumber(parameters['ld'] ?? 0, 0);
	const region = wholeNumber(parameters['region'] ?? 0, 0);
	const count = wholeNumber(parameters['count'] ?? 16, 1);
	if (ld === null || region === null || count === null || count > 4096) return no('ld, region, count: whole numbers, count at most 4096');
	const place = record.lds[ld]?.regions[region];
	if (!place) return no(`${record.id} has no such logical device or region`);
	const codes = new Map<number, number>();
	let dpa = place.baseDpa;
	for (let index = 0; index < count; index += 1) {
		while (dpa < place.baseDpa + place.bytes && overlapping(world, device, ld, dpa, place.blockBytes).length > 0) dpa += place.blockBytes;
		const { code } = addCapacity(
			world,
			device,
			ld,
			{
				policy: 'prescriptive',
				region,
				bytes: place.blockBytes,
				tag: place.sharable ? `burst-${world.r.fabric.nextTagId}` : '',
				extents: [{ dpa, bytes: place.blockBytes, sequence: 0 }]
			},
			cause
		);
		codes.set(code, (codes.get(code) ?? 0) + 1);
	}
	const words = [...codes].map(([code, times]) => `${times} × ${codeWords(code)}`).join(', ');
	return { ok: true, says: words, output: Object.fromEntries([...codes].map(([code, times]) => [codeWords(code), times])) };
}

export const DEVICE_FAULTS: Readonly<Record<string, FabricWord>> = {
	'reset-device': onDevice(reset),
	'inject-poison': onDevice(poison('injected')),
	'media-error': onDevice(poison('internal')),
	'clear-poison': onDevice(clearPoison),
	burst: onDevice(burst),
	'crash-manager': (world, _at, _parameters, cause) => {
		if (world.r.fabric.managerDown) return no('the fabric manager is down already');
		world.r.fabric.managerDown = true;
		emit(world, {
			kind: 'fault',
			rule: 'manager-restart',
			cause,
			values: {},
			text: 'the fabric manager is down: nothing is offered or taken back'
		});
		return says('the fabric manager is down');
	},
	'restart-manager': (world, _at, _parameters, cause) => {
		const { fabric } = world.r;
		if (!fabric.managerDown) return no('the fabric manager runs');
		fabric.managerDown = false;
		let extents = 0;
		for (const device of fabric.devices) {
			if (!device.present) continue;
			for (const [opcode, what] of [
				['5603h', 'Get DC Region Extent Lists'],
				['5608h', 'List Tags']
			] as const)
				send(world, { from: 'fm', to: device.id, opcode, what, cause });
			extents += device.lds.reduce((sum, logical) => sum + logical.extentCount, 0);
		}
		const tags = fabric.tags.map((tag) => tag.tag);
		const text = `the fabric manager is back: it finds ${extents} extents and ${tags.length} tags`;
		emit(world, { kind: 'fault', rule: 'manager-restart', cause, values: { extents, tags: tags.length }, text });
		return { ok: true, says: text, output: { extents, tags } };
	}
};
