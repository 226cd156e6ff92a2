import type { QmpArguments, QmpValue } from '../../src/lib/engine/contract/machine-commands.ts';
import { cxlOf } from '../../src/lib/engine/cxl/find.ts';
import { extentPage, extentsOf } from '../../src/lib/engine/fabric/dcd/lists.ts';
import { readEvents } from '../../src/lib/engine/fabric/dcd/log.ts';
import { dcConfiguration } from '../../src/lib/engine/fabric/dcd/regions.ts';
import { RETURN_CODES, type ReturnCodeName } from '../../src/lib/engine/fabric/outcome.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareDcdOutcome, compareDcdStep } from './compare-dcd.ts';
import { compareCxlStep } from './compare-cxl.ts';
import { labelsOf, type Labels } from './cxl-labels.ts';
import { MACHINE, openMachine, type Machine } from './machine.ts';
import { playCxlStep } from './play-cxl.ts';
import { attempt, differenceAt, OBSERVING, refusedToStart } from './play-zones.ts';

/** Plays a case of the family dcd-qmp: offers and requests through the monitor, answers through the device's mailbox. */
export function playDcd(recorded: RecordedCase): Answer {
	const machines: Machine[] = [];
	for (let host = 0; host < Number(recorded.config['hosts'] ?? 1); host += 1) {
		const opened = openMachine(recorded);
		if (!opened.ok) return refusedToStart(recorded, opened.text);
		machines.push(opened.machine);
	}
	const labels = machines.map((machine) => labelsOf(recorded, cxlOf(machine.simulation.world, 0)));
	const answer: Answer = { results: [], steps: [], outcome: null, unobserved: [], unanswered: [], difference: null };
	let difference: string | null = null;
	const told: Json[] = [];
	recorded.steps.forEach((step, index) => {
		const host = Number(step['host'] ?? 0);
		const mine = attempt(answer, index, step, () => {
			const machine = machines[host] as Machine;
			return playStep(machine, step) ?? playCxlStep(machine, step, labels[host] as Labels);
		});
		answer.steps.push(mine);
		if ('result' in step) answer.results.push(mine?.['result'] ?? null);
		if (mine === null) {
			if (OBSERVING.has(step.op)) answer.unobserved.push(`${step.op}: ${String(step['what'] ?? '')}`);
			else answer.unanswered.push(step.op);
			return;
		}
		const word = resultWord(mine['result']);
		if (machines.length > 1) told.push([host, step.op, word]);
		else if (CHANGING.has(step.op)) told.push(word);
		difference ??= differenceAt(index, step, (GUEST.has(step.op) ? compareCxlStep : compareDcdStep)(step, mine));
	});
	const outcome = outcomeOf(machines, told);
	difference ??= compareDcdOutcome(recorded.outcome, outcome);
	return { ...answer, outcome, difference };
}

/** Steps in a guest, in the words of the family cxl-topology. */
const GUEST: ReadonlySet<string> = new Set(['cli', 'sysfs-write', 'sysfs-read']);
const CHANGING: ReadonlySet<string> = new Set(['add', 'release-request', 'host-accept', 'host-release']);

function resultWord(result: Json | undefined): Json {
	const { ok, text, rc_name } = (result ?? {}) as { ok?: boolean; text?: string; rc_name?: string };
	return rc_name ?? (ok === false ? (text ?? '') : 'ok');
}

function playStep(machine: Machine, step: RecordedStep): JsonObject | null {
	switch (step.op) {
		case 'start':
			return { op: step.op, result: { ok: true } };
		case 'add':
			return { op: step.op, result: monitor(machine, 'cxl-add-dynamic-capacity', step, 'selection-policy') };
		case 'release-request':
			return { op: step.op, result: monitor(machine, 'cxl-release-dynamic-capacity', step, 'removal-policy') };
		case 'host-accept':
			return { op: step.op, result: mailbox(machine, step, 'add-dynamic-capacity-response') };
		case 'host-release':
			return { op: step.op, result: mailbox(machine, step, 'release-dynamic-capacity') };
		case 'host-get-extent-list':
			return { op: step.op, result: list(machine, step) };
		case 'host-get-dc-events':
			return { op: step.op, result: events(machine, step) };
		case 'host-clear-dc-events':
			return Array.isArray(step['handles'])
				? { op: step.op, result: mailbox(machine, step, 'clear-event-records') }
				: { op: step.op, cleared: clear(machine, step) };
		case 'device-get-dc-config':
			return { op: step.op, result: configuration(machine, step) };
		case 'system-reset':
			return { op: step.op, result: qmpResult(machine.qmp('system_reset', {})) };
		default:
			return null;
	}
}

/** Words of a step to arguments of the monitor; what is null was not given. */
function monitor(machine: Machine, execute: string, step: RecordedStep, policy: string): JsonObject {
	const given: Record<string, Json | undefined> = {
		path: step['path'] === undefined ? deviceId(machine, step) : step['path'],
		'host-id': step['host_id'],
		[policy]: step['policy'],
		'forced-removal': step['forced'],
		'sanitize-on-release': step['sanitize'],
		region: step['region'],
		tag: step['tag'],
		extents: step['extents']
	};
	const args: Record<string, QmpValue> = {};
	for (const [name, value] of Object.entries(given)) if (value !== undefined && value !== null) args[name] = value as QmpValue;
	return qmpResult(machine.qmp(execute, args as QmpArguments));
}

function qmpResult(result: Json): JsonObject {
	const { ok, class: kind, text } = result as { ok: boolean; class?: string; text?: string };
	return ok ? { ok } : { ok, class: kind ?? '', text: text ?? '' };
}

/** The device that a step means: by its path, else the first one with dynamic capacity. */
function deviceId(machine: Machine, step: RecordedStep): string {
	const path = step['device'] ?? step['path'];
	if (typeof path === 'string') return path.split('/').at(-1) ?? path;
	const { devices } = machine.simulation.world.r.fabric;
	const found = devices.find((device) => (device.lds[0]?.regions.length ?? 0) > 0) ?? devices[0];
	return found?.id.slice(MACHINE.length + 1) ?? '';
}

function deviceOf(machine: Machine, step: RecordedStep): { world: World; device: number } {
	const { world } = machine.simulation;
	const id = `${MACHINE}.${deviceId(machine, step)}`;
	const device = world.r.fabric.devices.findIndex((each) => each.id === id);
	if (device < 0) throw new Error(`there is no device ${id}`);
	return { world, device };
}

const CODE_NAMES: Readonly<Partial<Record<ReturnCodeName, string>>> = {
	success: 'SUCCESS',
	invalidInput: 'INVALID_INPUT',
	unsupported: 'UNSUPPORTED',
	internalError: 'INTERNAL_ERROR',
	retryRequired: 'RETRY_REQUIRED',
	busy: 'BUSY',
	invalidHandle: 'INVALID_HANDLE',
	invalidPhysicalAddress: 'INVALID_PA',
	invalidPayloadLength: 'INVALID_PAYLOAD_LENGTH',
	resourcesExhausted: 'RESOURCES_EXHAUSTED',
	invalidExtentList: 'INVALID_EXTENT_LIST'
};
function codeName(code: number): string {
	const name = (Object.keys(RETURN_CODES) as ReturnCodeName[]).find((each) => RETURN_CODES[each] === code);
	return (name && CODE_NAMES[name]) ?? `0x${code.toString(16)}`;
}

/** A mailbox command that changes something: it goes through the command interface, as a host's own would. */
function mailbox(machine: Machine, step: RecordedStep, execute: string): JsonObject {
	const sent = machine.simulation.send({
		name: 'fabric',
		actor: 'host',
		at: MACHINE,
		execute,
		arguments: {
			device: deviceId(machine, step),
			flags: Number(step['flags'] ?? 0),
			extents: (step['extents'] ?? []) as QmpValue,
			handles: (step['handles'] ?? []) as QmpValue
		}
	});
	if (sent.ok) return { ok: true, rc: 0, rc_name: codeName(0) };
	if (sent.detail.includes('QEMU itself crashes')) return { ok: false, class: 'process-exit', text: sent.detail };
	const code = /\(([0-9A-F]+)h\)/.exec(sent.detail)?.[1];
	if (code === undefined) throw new Error(sent.detail);
	const rc = parseInt(code, 16);
	return { ok: false, rc, rc_name: codeName(rc) };
}

/** Tags of 16 bytes as they stand in a payload. */
const NO_TAG = '0'.repeat(32);

function list(machine: Machine, step: RecordedStep): JsonObject {
	const { world, device } = deviceOf(machine, step);
	const { code, page } = extentPage(world, device, 0, Number(step['start'] ?? 0), Number(step['count'] ?? 64));
	return {
		rc: code,
		rc_name: codeName(code),
		returned: page?.returned ?? 0,
		total: page?.total ?? 0,
		generation: page?.generation ?? 0,
		extents: (page?.extents ?? []).map(({ dpa, bytes }) => ({ dpa, len: bytes, tag: NO_TAG }))
	};
}

const EVENT_WORDS = ['add', 'release', 'forced-release', 'region-config-updated', 'add-response', 'released'];

function events(machine: Machine, step: RecordedStep): JsonObject {
	const { world, device } = deviceOf(machine, step);
	const page = readEvents(world, device, 0);
	return {
		rc: 0,
		flags: { overflow: page.overflow > 0, more: page.more },
		overflow_count: page.overflow,
		records: page.records.map((record) => ({
			handle: record.handle,
			type: EVENT_WORDS[record.type] ?? String(record.type),
			host_id: record.hostId,
			more: record.more,
			dpa: record.dpa,
			len: record.bytes,
			tag: NO_TAG,
			shared_seq: record.sequence,
			extents_available: record.extentsAvailable
		}))
	};
}

/** Reads and clears until the log is empty, as a driver does; how many records that were. */
function clear(machine: Machine, step: RecordedStep): number {
	const { world, device } = deviceOf(machine, step);
	let cleared = 0;
	for (;;) {
		const handles = readEvents(world, device, 0).records.map((record) => record.handle);
		if (handles.length === 0) return cleared;
		const sent = machine.simulation.send({
			name: 'fabric',
			actor: 'host',
			at: MACHINE,
			execute: 'clear-event-records',
			arguments: { device: deviceId(machine, step), handles }
		});
		if (!sent.ok) throw new Error(sent.detail);
		cleared += handles.length;
	}
}

function configuration(machine: Machine, step: RecordedStep): JsonObject {
	const { world, device } = deviceOf(machine, step);
	const answer = dcConfiguration(world, device, 0, Number(step['start'] ?? 0), Number(step['count'] ?? 8));
	const config = answer.configuration;
	if (!config) return { rc: answer.code, rc_name: codeName(answer.code) };
	return {
		rc: 0,
		regions: config.regions.map((region) => ({
			base: region.baseDpa,
			decode_len_256M: region.decodeUnits,
			len: region.bytes,
			block: region.blockBytes,
			dsmad_handle: region.dsmadHandle,
			flags: region.flags
		})),
		extents_supported: config.extentsSupported,
		extents_available: config.extentsAvailable,
		tags_supported: config.tagsSupported,
		tags_available: config.tagsAvailable
	};
}

function outcomeOf(machines: readonly Machine[], results: Json[]): JsonObject {
	const final = (machine: Machine): Json => {
		const { world } = machine.simulation;
		const device = world.r.fabric.devices.findIndex((each) => (each.lds[0]?.regions.length ?? 0) > 0);
		return device < 0 ? [] : extentsOf(world, device, 0).map(({ dpa, bytes }) => ({ dpa, len: bytes, tag: NO_TAG }));
	};
	const outcome: Record<string, Json> = { results };
	machines.forEach((machine, index) => {
		outcome[machines.length === 1 ? 'final_accepted' : `final_accepted_host${index}`] = final(machine);
	});
	if (machines.length === 1) {
		const { returned, total, generation } = list(machines[0] as Machine, { op: 'host-get-extent-list', count: 64, start: 0 });
		outcome['final_list_header'] = { returned: returned as number, total: total as number, generation: generation as number };
	}
	return outcome;
}
