import { ADD_POLICIES, type AddPolicy } from '../../contract/fabric-profiles.ts';
import type { QmpValue } from '../../contract/machine-commands.ts';
import type { GfdRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { RETURN_CODES, type FabricOutcome, type FabricWord } from '../outcome.ts';
import { bytesOf, flagOf, numberOf, outcomeOf, rangesOf, textOf } from './arguments.ts';
import { managerWord, tags, type ManagerCommand } from './fm-words.ts';
import { addToGroup, gfdOf, takeFromGroup } from './gfd.ts';
import { extentPage } from './lists.ts';
import { failed } from './profile.ts';
import { addReference, removeReference } from './references.ts';
import { dcConfiguration, reconfigureRegion } from './regions.ts';
import { deviceAt, GFD_SPACE } from './rows.ts';

/** Command set 49h of a G-FAM device as far as it is capacity: 4900h to 490Bh (CXL 4.0 8.2.10.9.10). Access is ../gfd's. */

const onGfd =
	(
		run: (world: World, device: number, gfd: GfdRecord, ...rest: [Parameters<ManagerCommand>[2], number]) => FabricOutcome
	): ManagerCommand =>
	(world, device, parameters, cause) => {
		const gfd = gfdOf(world, device);
		return gfd
			? run(world, device, gfd, parameters, cause)
			: outcomeOf(failed('unsupported', `${deviceAt(world, device).id} is no G-FAM device`));
	};

const said = (output: QmpValue): FabricOutcome => ({ ok: true, says: 'answered', output });

export const GFD_WORDS: Readonly<Record<string, FabricWord>> = {
	'identify-gfd': managerWord(
		'4900h',
		'Identify GFD',
		onGfd((world, device, gfd) =>
			said({
				pid: gfd.pid,
				mediaBytes: deviceAt(world, device).mediaBytes,
				partitions: gfd.partitions.length,
				groups: gfd.groupLimit,
				decodersPerRequester: 8,
				extentsSupported: deviceAt(world, device).limits.extents,
				tagsSupported: deviceAt(world, device).limits.tags
			})
		)
	),
	'get-gfd-status': managerWord(
		'4901h',
		'Get GFD Status',
		onGfd((_world, _device, gfd) => said({ extents: gfd.list.extentCount, generation: gfd.list.generation, requesters: gfd.access.length }))
	),
	'get-gfd-dc-region-configuration': managerWord(
		'4902h',
		'Get GFD DC Region Configuration',
		onGfd((world, device, _gfd, parameters) => {
			const answer = dcConfiguration(world, device, GFD_SPACE, numberOf(parameters['start'], 0), numberOf(parameters['count'], 8));
			return outcomeOf(answer, (answer.configuration ?? null) as QmpValue);
		})
	),
	'set-gfd-dc-region-configuration': managerWord('4903h', 'Set GFD DC Region Configuration', onGfd(configure)),
	'get-gfd-dc-region-extent-lists': managerWord(
		'4904h',
		'Get GFD DC Region Extent Lists',
		onGfd((world, device, _gfd, parameters) => {
			const answer = extentPage(world, device, GFD_SPACE, numberOf(parameters['start'], 0), numberOf(parameters['count'], 64), true);
			return outcomeOf(answer, (answer.page ?? null) as QmpValue);
		})
	),
	'get-gfd-dmp-configuration': managerWord(
		'4905h',
		'Get GFD DMP Configuration',
		onGfd((_world, _device, gfd) =>
			said({ partitions: gfd.partitions.map(({ baseDpa, bytes, blockBytes }) => ({ baseDpa, bytes, blockBytes })) })
		)
	),
	'set-gfd-dmp-configuration': managerWord('4906h', 'Set GFD DMP Configuration', onGfd(configure)),
	'gfd-dynamic-capacity-add': managerWord(
		'4907h',
		'GFD Dynamic Capacity Add',
		onGfd((world, device, gfd, parameters, cause) => {
			const partition = numberOf(parameters['partition'] ?? parameters['region'], 0);
			const ranges = rangesOf(parameters['extents'], gfd.partitions[partition]?.baseDpa ?? 0);
			if (ranges === null) return { ok: false, says: 'extents is a list of {dpa or offset, bytes}' };
			const policy = textOf(parameters['policy'] ?? (ranges.length > 0 ? 'prescriptive' : 'free')) as AddPolicy;
			if (!ADD_POLICIES.includes(policy) || policy === 'enable-shared-access')
				return outcomeOf(failed('invalidInput', `a G-FAM device has no selection policy "${policy}"`));
			return outcomeOf(
				addToGroup(
					world,
					device,
					{
						group: numberOf(parameters['group'], -1),
						partition,
						policy,
						bytes: bytesOf(parameters['bytes'] ?? parameters['length']) ?? 0,
						tag: textOf(parameters['tag']),
						extents: ranges.map((one, index) => ({ ...one, sequence: one.sequence ?? index }))
					},
					cause
				),
				{ code: RETURN_CODES.success }
			);
		})
	),
	'gfd-dynamic-capacity-release': managerWord(
		'4908h',
		'GFD Dynamic Capacity Release',
		onGfd((world, device, _gfd, parameters, cause) => {
			const extents = rangesOf(parameters['extents'], 0);
			if (extents === null) return { ok: false, says: 'extents is a list of {dpa, bytes}' };
			return outcomeOf(takeFromGroup(world, device, { tag: textOf(parameters['tag']), extents }, cause));
		})
	),
	'gfd-dynamic-capacity-add-reference': managerWord(
		'4909h',
		'GFD Dynamic Capacity Add Reference',
		onGfd((world, device, _gfd, parameters, cause) => outcomeOf(addReference(world, device, textOf(parameters['tag']), cause)))
	),
	'gfd-dynamic-capacity-remove-reference': managerWord(
		'490Ah',
		'GFD Dynamic Capacity Remove Reference',
		onGfd((world, device, _gfd, parameters, cause) => outcomeOf(removeReference(world, device, textOf(parameters['tag']), cause)))
	),
	'gfd-dynamic-capacity-list-tags': managerWord(
		'490Bh',
		'GFD Dynamic Capacity List Tags',
		onGfd((world, device, _gfd, parameters) => tags(world, device, parameters))
	)
};

function configure(world: World, device: number, gfd: GfdRecord, parameters: Parameters<ManagerCommand>[2], cause: number): FabricOutcome {
	const index = numberOf(parameters['partition'] ?? parameters['region'], -1);
	const partition = gfd.partitions[index];
	const blockBytes = numberOf(parameters['blockBytes'], partition?.blockBytes ?? 0);
	// A G-FAM device has blocks of at least 64 MB (CXL 4.0 8.2.10.9.10.6).
	if (blockBytes < 64_000_000) return outcomeOf(failed('invalidInput', 'a block of a G-FAM device has at least 64 MB'));
	const sanitize = parameters['sanitize'] === undefined ? (partition?.sanitize ?? false) : flagOf(parameters['sanitize']);
	return outcomeOf(reconfigureRegion(world, device, index, blockBytes, sanitize, cause));
}
