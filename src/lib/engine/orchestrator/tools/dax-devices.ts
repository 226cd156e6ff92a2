import { nameMatches } from '../../cxl/tools/list.ts';
import { flag, has, readOptions, valued, type Options } from '../../cxl/tools/options.ts';
import { errorText, exitOf, plural, type ToolResult } from '../../cxl/tools/result.ts';
import type { DaxRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { isAlive } from '../apps.ts';
import { onlineAsRam } from '../dax.ts';
import { empty, isSystemRam } from '../system-ram.ts';
import { daxObject } from './list.ts';
import { regionOfDax, seenDaxes } from './names.ts';
import { loseUsers } from './take-away.ts';

/**
 * Verbs of daxctl on a host of the fabric (ndctl 85 daxctl/device.c; create-device --uuid: DCD series v7). A device of dynamic
 * capacity has the size of its allocation: another one is refused (EOPNOTSUPP). A host takes each allocation as a device by
 * itself (our simplification); one that was destroyed waits until it is created again.
 */
const COMMON = [valued('r', 'region'), flag('u', 'human'), flag('v', 'verbose')];
const OPTIONS: Readonly<Record<string, Parameters<typeof readOptions>[1]>> = {
	'create-device': [...COMMON, valued('s', 'size'), valued('a', 'align'), valued('', 'input'), valued('U', 'uuid')],
	'destroy-device': [...COMMON, flag('f', 'force')],
	'reconfigure-device': [
		...COMMON,
		valued('m', 'mode'),
		flag('N', 'no-online'),
		flag('f', 'force'),
		flag('C', 'check-config'),
		valued('s', 'size'),
		valued('a', 'align'),
		flag('', 'no-movable')
	],
	'online-memory': [...COMMON, flag('', 'no-movable')],
	'offline-memory': COMMON,
	'enable-device': COMMON,
	'disable-device': COMMON
};
const WORDS: Readonly<Record<string, readonly [ask: string, doing: string, did: string]>> = {
	'reconfigure-device': ['reconfigure', 'reconfiguring devices', 'reconfigured'],
	'online-memory': ['online memory for', 'onlining memory', 'onlined memory for'],
	'offline-memory': ['offline memory for', 'offlining memory', 'offlined memory for'],
	'enable-device': ['enable', 'enabling device', 'enabled'],
	'disable-device': ['disable', 'disabling device', 'disabled'],
	'destroy-device': ['destroy', 'destroying devices', 'destroyed']
};
export const DAX_VERBS: readonly string[] = Object.keys(OPTIONS);

export function daxCommand(world: World, peer: PeerRecord, verb: string, words: readonly string[], cause: number): ToolResult {
	const options = readOptions(words, OPTIONS[verb] ?? COMMON);
	if (typeof options === 'string') return { rc: 129, messages: [options] };
	if (verb === 'create-device') return create(world, peer, options);
	const [ask, doing, did] = WORDS[verb] as (typeof WORDS)[string];
	const [device, ...more] = options.rest;
	if (device === undefined) return { rc: 129, messages: [`specify a device to ${ask}, or "all"`] };
	if (more.length > 0) return { rc: 129, messages: more.map((word) => `unknown extra parameter "${word}"`) };
	const bad = verb === 'reconfigure-device' ? badReconfigure(options) : null;
	if (bad !== null) return { rc: 129, messages: [bad] };
	const step: Step = { world, peer, options, cause, messages: [], objects: [] };
	let done = 0;
	let saved: string | null = 'ENXIO';
	let any = false;
	for (const dax of seenDaxes(peer)) {
		if (!nameMatches(device.replace(/^.*\//, ''), dax.id)) continue;
		if (!nameMatches(options.values['region'], String(regionOfDax(world, peer, dax)))) continue;
		const errno = act(step, verb, dax);
		if (errno === null) done += 1;
		saved = errno ?? (any ? saved : null);
		any = true;
	}
	// A device that is not there leaves its error unsaid, as the tool does.
	const errno = any ? saved : null;
	if (errno !== null) step.messages.push(`error ${doing}: ${errorText(errno)}`);
	step.messages.push(`${did} ${plural(done, 'device')}`);
	const result = { rc: errno === null ? 0 : exitOf(errno), messages: step.messages };
	return step.objects.length === 0 ? result : { ...result, json: step.objects };
}

interface Step {
	readonly world: World;
	readonly peer: PeerRecord;
	readonly options: Options;
	readonly cause: number;
	readonly messages: string[];
	readonly objects: JsonValue[];
}

function badReconfigure({ values, flags }: Options): string | null {
	if (values['mode'] === undefined && values['size'] === undefined && values['align'] === undefined)
		return "error: a 'align', 'mode' or 'size' option is required";
	if (values['mode'] === 'devdax' && flags['no-online'] !== undefined) return '--no-online is incompatible with --mode=devdax';
	return null;
}

/** Errno, or null when it went well. */
function act(step: Step, verb: string, dax: DaxRecord): string | null {
	const { world, peer, options, messages, cause } = step;
	switch (verb) {
		case 'destroy-device':
			return destroy(step, dax);
		case 'enable-device':
		case 'disable-device':
			if (isSystemRam(dax)) {
				messages.push(`${dax.id}: status operations are only applicable in devdax mode`);
				return 'ENXIO';
			}
			if (verb === 'disable-device' && !dax.disabled) loseUsers(world, peer, dax, `${dax.id} was disabled under it`);
			dax.disabled = verb === 'disable-device';
			return null;
		case 'online-memory':
		case 'offline-memory':
			if (!isSystemRam(dax)) {
				messages.push(`${dax.id}: memory operations are not applicable in devdax mode`);
				return 'ENXIO';
			}
			if (verb === 'online-memory') {
				messages.push(`${dax.id}: all memory sections (${Math.floor(dax.bytes / 2 ** 27)}) already online`);
				return null;
			}
			return offline(step, dax);
		default:
			if (options.values['size'] !== undefined) return 'EOPNOTSUPP';
			return reconfigure(step, dax, options.values['mode'] ?? '', cause);
	}
}

function offline({ world, peer, messages, cause }: Step, dax: DaxRecord): string | null {
	const begun = empty(world, peer, dax, cause);
	if (!begun.ok) {
		messages.push(`${dax.id}: failed to offline memory: ${errorText('EBUSY')} (${begun.says})`);
		return 'EBUSY';
	}
	messages.push(`(${dax.id}: block by block until ${Math.ceil(begun.untilNs / 1e6)} ms; then it is in devdax mode)`);
	return null;
}

function destroy({ world, peer, options, messages }: Step, dax: DaxRecord): string | null {
	if (!dax.disabled && !has(options, 'force')) {
		messages.push(`${dax.id} is active, specify --force for deletion`);
		return 'ENXIO';
	}
	if (isSystemRam(dax)) {
		messages.push(`${dax.id}: disable failed: ${errorText('EBUSY')}`);
		return 'EBUSY';
	}
	loseUsers(world, peer, dax, `${dax.id} was destroyed under it`);
	dax.destroyed = true;
	dax.disabled = false;
	dax.use = 'devdax';
	return null;
}

function reconfigure(step: Step, dax: DaxRecord, mode: string, cause: number): string | null {
	const { world, peer, options, messages, objects } = step;
	const human = has(options, 'human');
	const used = world.r.fabric.apps.some((app) => app.host === peer.id && app.dax === dax.id && isAlive(app));
	switch (mode) {
		case 'system-ram':
			if (has(options, 'no-online')) {
				messages.push(`${dax.id}: a host of the fabric onlines what it takes: --no-online has nothing to do here`);
				return 'EOPNOTSUPP';
			}
			if (!isSystemRam(dax)) {
				if (used) loseUsers(world, peer, dax, `${dax.id} became system RAM under it`);
				dax.disabled = false;
				onlineAsRam(world, peer, dax, has(options, 'no-movable') ? 'system-ram-normal' : 'system-ram', cause);
			}
			break;
		case 'devdax':
			if (isSystemRam(dax)) {
				if (!has(options, 'force')) return 'EBUSY';
				const errno = offline(step, dax);
				return errno;
			}
			dax.use = 'devdax';
			dax.disabled = false;
			break;
		case 'famfs':
			if (isSystemRam(dax)) {
				messages.push(`${dax.id} is in system-ram mode; must be in devdax mode to convert to famfs`);
				return 'EINVAL';
			}
			dax.use = 'famfs';
			dax.disabled = false;
			break;
		default:
			messages.push(`${dax.id}: unknown mode requested: 0`);
			return 'EINVAL';
	}
	objects.push(daxObject(world, peer, dax, human, false));
	return null;
}

/** Takes again what was destroyed: of a uuid, of capacity without one ("0"), or whatever a region still has. */
function create(world: World, peer: PeerRecord, options: Options): ToolResult {
	const { uuid, size, region } = options.values;
	const failed = (errno: string, said: readonly string[] = []): ToolResult => ({
		rc: exitOf(errno),
		messages: [...said, `error creating devices: ${errorText(errno)}`, `created ${plural(0, 'device')}`]
	});
	if (uuid !== undefined && size !== undefined) return failed('EINVAL', ['--uuid and --size are mutually exclusive']);
	const gone = peer.dax.filter((dax) => dax.destroyed && nameMatches(region, String(regionOfDax(world, peer, dax))));
	const wanted =
		uuid === undefined
			? gone.slice(0, 1)
			: uuid === '0'
				? gone.filter((dax) => dax.tag === '').slice(0, 1)
				: gone.filter((dax) => dax.tag === uuid);
	const [dax] = wanted;
	if (!dax) {
		if (uuid === undefined) return failed('ENOSPC');
		const name = `dax${region ?? '0'}.${peer.nextDax}`;
		return failed('ENOENT', [`${name}: failed to claim uuid '${uuid}': ${errorText('ENOENT')}`]);
	}
	if (size !== undefined) return failed('EOPNOTSUPP');
	dax.destroyed = false;
	return { rc: 0, messages: [`created ${plural(1, 'device')}`], json: [daxObject(world, peer, dax, has(options, 'human'), false)] };
}
