import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import type { World } from '../../state/world.ts';
import { answerNote, note } from '../messages.ts';
import { RETURN_CODES, type FabricOutcome, type FabricWord } from '../outcome.ts';
import { addResponse } from './answer.ts';
import { flagOf, numberOf, outcomeOf, rangesOf, textOf } from './arguments.ts';
import { giveBack } from './give-back.ts';
import { extentPage } from './lists.ts';
import { clearEvents, eventOpcode, readEvents } from './log.ts';
import { clearPoison, poison, poisonList } from './poison.ts';
import { failed, type DcdAnswer } from './profile.ts';
import { dcConfiguration } from './regions.ts';
import { deviceAt } from './rows.ts';
import { extentsOfTag, tagOf } from './tags.ts';

/**
 * Mailbox commands of a host, sets 43h, 48h and 01h, by hand. `at`: a host of the fabric, or a QEMU machine, whose devices keep
 * their own names. The device answers at once.
 */
type Mailbox = (world: World, device: number, ld: number, parameters: QmpArguments, cause: number) => FabricOutcome;

interface Place {
	readonly device: number;
	readonly ld: number;
}

/** Logical devices of a host or machine. */
export function placesOf(world: World, at: string): Place[] {
	return world.r.fabric.devices.flatMap(({ lds }, device) => lds.flatMap((logical, ld) => (logical.host === at ? [{ device, ld }] : [])));
}

function placeOf(world: World, at: string, parameters: QmpArguments): Place | string {
	const places = placesOf(world, at);
	const name = textOf(parameters['device']);
	const found =
		name === ''
			? places
			: places.filter(({ device }) => deviceAt(world, device).id === name || deviceAt(world, device).id === `${at}.${name}`);
	if (found.length === 1) return found[0] as Place;
	if (found.length === 0) return name === '' ? `${at} has no device with dynamic capacity` : `${at} has no device "${name}"`;
	const ld = numberOf(parameters['ld'], -1);
	return found.find((place) => place.ld === ld) ?? `${at} has more than one: name the device`;
}

const word =
	(opcode: string, what: string, run: Mailbox): FabricWord =>
	(world, at, parameters, cause) => {
		const place = placeOf(world, at, parameters);
		if (typeof place === 'string') return { ok: false, says: place };
		const record = deviceAt(world, place.device);
		if (!record.present) return { ok: false, says: `${record.id} is not there` };
		const message =
			record.machine < 0 ? note(world, { from: at, to: record.id, opcode, what, tag: textOf(parameters['tag']), cause }) : null;
		const outcome = run(world, place.device, place.ld, parameters, cause);
		if (message) answerNote(world, message, outcome.ok ? RETURN_CODES.success : (outcome.code ?? -1));
		return outcome;
	};

/** Ranges that the command names, or all of a tag. */
function entriesOf(world: World, device: number, ld: number, parameters: QmpArguments): { dpa: number; bytes: number }[] | string {
	const tag = tagOf(world, device, textOf(parameters['tag']));
	if (tag) return extentsOfTag(world, device, ld, tag.id).map(({ dpa, bytes }) => ({ dpa, bytes }));
	if (parameters['tag'] !== undefined && parameters['extents'] === undefined) return `there is no tag "${textOf(parameters['tag'])}"`;
	return rangesOf(parameters['extents'], 0) ?? 'extents is a list of {dpa, bytes}';
}

const acted = (answer: DcdAnswer): FabricOutcome => outcomeOf(answer, { code: answer.code });

export const HOST_WORDS: Readonly<Record<string, FabricWord>> = {
	'get-dynamic-capacity-configuration': word('4800h', 'Get Dynamic Capacity Configuration', (world, device, ld, parameters) => {
		const answer = dcConfiguration(world, device, ld, numberOf(parameters['start'], 0), numberOf(parameters['count'], 8));
		return outcomeOf(answer, (answer.configuration ?? null) as QmpValue);
	}),
	'get-dynamic-capacity-extent-list': word('4801h', 'Get Dynamic Capacity Extent List', (world, device, ld, parameters) => {
		const answer = extentPage(world, device, ld, numberOf(parameters['start'], 0), numberOf(parameters['count'], 64));
		return outcomeOf(answer, (answer.page ?? null) as QmpValue);
	}),
	'add-dynamic-capacity-response': word('4802h', 'Add Dynamic Capacity Response', (world, device, ld, parameters, cause) => {
		const entries = rangesOf(parameters['extents'], 0);
		if (entries === null) return { ok: false, says: 'extents is a list of {dpa, bytes}' };
		const more = flagOf(parameters['more']) || numberOf(parameters['flags'], 0) % 2 === 1;
		const answer = addResponse(world, device, ld, { entries, more }, cause);
		return answer.crash ? { ok: false, says: `${answer.says} (QEMU itself crashes here)`, code: answer.code } : acted(answer);
	}),
	'release-dynamic-capacity': word('4803h', 'Release Dynamic Capacity', (world, device, ld, parameters, cause) => {
		const entries = entriesOf(world, device, ld, parameters);
		return typeof entries === 'string' ? { ok: false, says: entries } : acted(giveBack(world, device, ld, entries, cause));
	}),
	'get-event-records': word('0100h', 'Get Event Records', (world, device, ld, parameters) => {
		const log = parameters['log'];
		if (typeof log === 'string' && log !== 'dynamic-capacity') return otherLog(world, device, log);
		const { records, more, overflow } = readEvents(world, device, ld);
		return {
			ok: true,
			says: `${records.length} records`,
			output: { more, overflow, records: records.map((record) => ({ ...record, event: eventOpcode(record.type) })) }
		};
	}),
	'clear-event-records': word('0101h', 'Clear Event Records', (world, device, ld, parameters) => {
		const { handles } = parameters;
		if (handles === 'all') return acted(clearEvents(world, device, ld, 'all'));
		if (!Array.isArray(handles)) return { ok: false, says: 'handles is a list of numbers, or "all"' };
		return acted(clearEvents(world, device, ld, handles.map(Number)));
	}),
	'get-poison-list': word('4300h', 'Get Poison List', (world, device, ld, parameters) =>
		poisonList(world, deviceAt(world, device), device, { ...parameters, ld })
	),
	'inject-poison': word('4301h', 'Inject Poison', (world, device, ld, parameters, cause) =>
		poison('injected')(world, deviceAt(world, device), device, { ...parameters, ld }, cause)
	),
	'clear-poison': word('4302h', 'Clear Poison', (world, device, ld, parameters, cause) =>
		clearPoison(world, deviceAt(world, device), device, { ...parameters, ld }, cause)
	)
};

const LOGS: readonly string[] = ['informational', 'warning', 'failure', 'fatal'];
/** Logs 00h to 03h: what media and links tell. */
function otherLog(world: World, device: number, log: string): FabricOutcome {
	if (!LOGS.includes(log)) return outcomeOf(failed('invalidInput', `a log is one of ${[...LOGS, 'dynamic-capacity'].join(', ')}`));
	const records = deviceAt(world, device).mediaEvents.filter((event) => event.log === log);
	return {
		ok: true,
		says: `${records.length} records`,
		output: { more: false, overflow: 0, records: records.map(({ what, dpa, atNs }) => ({ what, dpa, atNs })) }
	};
}
