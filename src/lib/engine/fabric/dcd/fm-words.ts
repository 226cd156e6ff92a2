import { ADD_POLICIES, REMOVAL_POLICIES, type AddPolicy, type RemovalPolicy } from '../../contract/fabric-profiles.ts';
import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import type { World } from '../../state/world.ts';
import { answerNote, note } from '../messages.ts';
import { RETURN_CODES, type FabricOutcome, type FabricWord } from '../outcome.ts';
import { bytesOf, deviceIndex, flagOf, ldOf, numberOf, outcomeOf, rangesOf, textOf } from './arguments.ts';
import { extentPage } from './lists.ts';
import { addCapacity } from './offer.ts';
import { failed } from './profile.ts';
import { recallCapacity } from './recall.ts';
import { addReference, listTags, removeReference } from './references.ts';
import { dcConfiguration, dcdInformation, reconfigureRegion } from './regions.ts';
import { deviceAt, regionsAt } from './rows.ts';

/** FM API command set 56h, dynamic capacity of LD-FAM devices (CXL 4.0 7.6.7.6). `at`: the device. */
export type ManagerCommand = (world: World, device: number, parameters: QmpArguments, cause: number) => FabricOutcome;

/** A command of the fabric manager: answered at once, and noted among the messages with its code. */
export const managerWord =
	(opcode: string, what: string, run: ManagerCommand): FabricWord =>
	(world, at, parameters, cause) => {
		const device = deviceIndex(world, at);
		if (device < 0) return { ok: false, says: `there is no device "${at}"` };
		const record = deviceAt(world, device);
		if (world.r.fabric.managerDown) return { ok: false, says: 'the fabric manager is down' };
		if (!record.present) return { ok: false, says: `${at} is not there` };
		const message = note(world, { from: 'fm', to: at, opcode, what, tag: textOf(parameters['tag']), cause });
		const outcome = run(world, device, parameters, cause);
		answerNote(world, message, outcome.ok ? RETURN_CODES.success : (outcome.code ?? -1));
		return outcome;
	};

/** Commands that go to one logical device: `host` is its host, or its number. */
const atHost =
	(run: (world: World, device: number, ld: number, parameters: QmpArguments, cause: number) => FabricOutcome): ManagerCommand =>
	(world, device, parameters, cause) => {
		if (deviceAt(world, device).gfd) return outcomeOf(failed('unsupported', 'a G-FAM device has command set 49h'));
		const ld = ldOf(world, device, parameters['host']);
		return ld < 0
			? outcomeOf(failed('invalidInput', `${deviceAt(world, device).id} has no logical device for host "${textOf(parameters['host'])}"`))
			: run(world, device, ld, parameters, cause);
	};

/** By number or by name; unknown ones are the device's to refuse. */
function policyOf<Name extends string>(value: QmpValue | undefined, names: readonly Name[], otherwise: Name): Name {
	if (value === undefined) return otherwise;
	return typeof value === 'number' ? (names[value] ?? (`${value}` as Name)) : (textOf(value) as Name);
}

export const FM_WORDS: Readonly<Record<string, FabricWord>> = {
	'get-dcd-info': managerWord('5600h', 'Get DCD Info', (world, device) =>
		deviceAt(world, device).gfd
			? outcomeOf(failed('unsupported', 'a G-FAM device has command set 49h'))
			: { ok: true, says: 'information', output: { ...dcdInformation(world, device) } }
	),
	'get-host-dc-region-configuration': managerWord(
		'5601h',
		'Get Host DC Region Configuration',
		atHost((world, device, ld, parameters) => {
			const answer = dcConfiguration(world, device, ld, numberOf(parameters['start'], 0), numberOf(parameters['count'], 8));
			return outcomeOf(answer, (answer.configuration ?? null) as QmpValue);
		})
	),
	'set-dc-region-configuration': managerWord('5602h', 'Set DC Region Configuration', (world, device, parameters, cause) => {
		const index = numberOf(parameters['region'], -1);
		const region = regionsAt(world, device, 0)[index];
		return outcomeOf(
			reconfigureRegion(
				world,
				device,
				index,
				numberOf(parameters['blockBytes'], region?.blockBytes ?? 0),
				parameters['sanitize'] === undefined ? (region?.sanitize ?? false) : flagOf(parameters['sanitize']),
				cause
			)
		);
	}),
	'get-dc-region-extent-lists': managerWord(
		'5603h',
		'Get DC Region Extent Lists',
		atHost((world, device, ld, parameters) => {
			const answer = extentPage(world, device, ld, numberOf(parameters['start'], 0), numberOf(parameters['count'], 64), true);
			return outcomeOf(answer, (answer.page ?? null) as QmpValue);
		})
	),
	'initiate-dynamic-capacity-add': managerWord(
		'5604h',
		'Initiate Dynamic Capacity Add',
		atHost((world, device, ld, parameters, cause) => {
			const region = numberOf(parameters['region'], 0);
			const extents = rangesOf(parameters['extents'], regionsAt(world, device, ld)[region]?.baseDpa ?? 0);
			if (extents === null) return { ok: false, says: 'extents is a list of {dpa or offset, bytes, sequence}' };
			const policy = policyOf<AddPolicy>(parameters['policy'], ADD_POLICIES, extents.length > 0 ? 'prescriptive' : 'free');
			const bytes = bytesOf(parameters['bytes'] ?? parameters['length']) ?? 0;
			const answer = addCapacity(world, device, ld, { policy, region, bytes, tag: textOf(parameters['tag']), extents }, cause);
			return outcomeOf(answer, answer.group === undefined ? { code: answer.code } : { code: answer.code, group: answer.group });
		})
	),
	'initiate-dynamic-capacity-release': managerWord(
		'5605h',
		'Initiate Dynamic Capacity Release',
		atHost((world, device, ld, parameters, cause) => {
			const base = regionsAt(world, device, ld)[numberOf(parameters['region'], 0)]?.baseDpa ?? 0;
			const extents = rangesOf(parameters['extents'], base);
			if (extents === null) return { ok: false, says: 'extents is a list of {dpa or offset, bytes}' };
			const policy = policyOf<RemovalPolicy>(parameters['policy'], REMOVAL_POLICIES, extents.length > 0 ? 'prescriptive' : 'tag-based');
			const answer = recallCapacity(
				world,
				device,
				ld,
				{
					policy,
					forced: flagOf(parameters['forced']),
					sanitize: flagOf(parameters['sanitize']),
					bytes: bytesOf(parameters['bytes'] ?? parameters['length']) ?? 0,
					tag: textOf(parameters['tag']),
					extents
				},
				cause
			);
			return outcomeOf(answer, { code: answer.code });
		})
	),
	'dynamic-capacity-add-reference': managerWord('5606h', 'Dynamic Capacity Add Reference', (world, device, parameters, cause) =>
		outcomeOf(addReference(world, device, textOf(parameters['tag']), cause))
	),
	'dynamic-capacity-remove-reference': managerWord('5607h', 'Dynamic Capacity Remove Reference', (world, device, parameters, cause) =>
		outcomeOf(removeReference(world, device, textOf(parameters['tag']), cause))
	),
	'dynamic-capacity-list-tags': managerWord('5608h', 'Dynamic Capacity List Tags', tags)
};

export function tags(world: World, device: number, parameters: QmpArguments): FabricOutcome {
	const answer = listTags(world, device, numberOf(parameters['start'], 0), numberOf(parameters['count'] ?? parameters['max'], 64));
	return outcomeOf(answer, { total: answer.total ?? 0, tags: (answer.tags ?? []).map((tag): QmpValue => ({ ...tag })) });
}
