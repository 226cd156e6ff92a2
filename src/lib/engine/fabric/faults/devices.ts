import type { QmpArguments } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { DeviceRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { addCapacity } from '../dcd/offer.ts';
import { resetDevice, resetLogicalDevice } from '../dcd/resets.ts';
import { clearPoison, poison } from '../dcd/poison.ts';
import { overlapping } from '../dcd/tree.ts';
import { send } from '../messages.ts';
import { codeWords, type FabricOutcome, type FabricWord } from '../outcome.ts';

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
