import type { CxlRecord } from '../../state/cxl-records.ts';
import type { World } from '../../state/world.ts';
import { regionName } from '../find.ts';
import { daxName } from '../dax.ts';
import { createCommand } from './create.ts';
import { allDaxes, createDevice, daxList, daxStep, type DaxVerb } from './daxctl.ts';
import { ALREADY, type Answer, type JobOptions, type Output, type Verb } from './jobs.ts';
import { listCommand, nameMatches } from './list.ts';
import { flag, has, parseSize, readOptions, valued, type Options } from './options.ts';
import { errorText, exitOf, plural, type ToolResult } from './result.ts';

/** A line of the shell for cxl or daxctl: what it answers at once, or the job that it begins. */
export interface Job {
	readonly verb: Verb;
	readonly items: readonly string[];
	readonly options: JobOptions;
}
export type Begun = { readonly result: ToolResult } | { readonly job: Job };

/** Words of a line; quotes hold words together. */
export function wordsOf(line: string): string[] {
	return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

export const isToolLine = (line: string): boolean => /^\s*(cxl|daxctl)(\s|$)/.test(line);

export function beginTool(world: World, cxl: CxlRecord | null, line: string): Begun {
	const [tool = '', verb = '', ...words] = wordsOf(line);
	return tool === 'cxl' ? beginCxl(world, cxl, verb, words) : beginDaxctl(world, cxl, verb, words);
}

const unknown = (tool: string, verb: string): Begun => ({
	result: { rc: 1, messages: [verb === '' ? `usage: ${tool} [--version] [--help] COMMAND [ARGS]` : `Unknown command: '${verb}'`] }
});

const REGION_OPTIONS = [valued('b', 'bus'), valued('d', 'decoder'), flag('f', 'force'), flag('', 'debug')];

function beginCxl(world: World, cxl: CxlRecord | null, verb: string, words: readonly string[]): Begun {
	if (verb === 'list') return { result: listCommand(world, cxl, words) };
	if (verb === 'create-region') return { result: createCommand(world, cxl, words) };
	if (verb !== 'enable-region' && verb !== 'disable-region' && verb !== 'destroy-region') return unknown('cxl', verb);
	const specs = verb === 'enable-region' ? REGION_OPTIONS.filter((each) => each.long !== 'force') : REGION_OPTIONS;
	const options = readOptions(words, specs);
	if (typeof options === 'string') return { result: { rc: 129, messages: [options] } };
	const root = options.values['decoder'];
	const named = (cxl?.regions ?? [])
		.filter((region) => options.rest.some((word) => nameMatches(word, regionName(region), String(region.id))))
		.filter((region) => root === undefined || nameMatches(root, `decoder0.${rootId(cxl, region.root)}`, 'root'))
		.sort((a, b) => rootId(cxl, a.root) - rootId(cxl, b.root) || a.start - b.start);
	return { job: { verb, items: named.map(regionName), options: { force: has(options, 'force'), human: false } } };
}

const rootId = (cxl: CxlRecord | null, index: number): number => cxl?.decoders[index]?.id ?? -1;

const DEVICE_OPTIONS = [valued('r', 'region'), flag('u', 'human'), flag('v', 'verbose')];
const DAX_OPTIONS: Readonly<Record<string, Parameters<typeof readOptions>[1]>> = {
	list: [
		valued('r', 'region'),
		valued('d', 'dev'),
		flag('D', 'devices'),
		flag('R', 'regions'),
		flag('M', 'mappings'),
		flag('i', 'idle'),
		flag('u', 'human')
	],
	'create-device': [...DEVICE_OPTIONS, valued('s', 'size'), valued('a', 'align'), valued('', 'input')],
	'reconfigure-device': [
		...DEVICE_OPTIONS,
		valued('m', 'mode'),
		flag('N', 'no-online'),
		flag('f', 'force'),
		flag('C', 'check-config'),
		valued('s', 'size'),
		valued('a', 'align'),
		flag('', 'no-movable')
	],
	'online-memory': [...DEVICE_OPTIONS, flag('', 'no-movable')],
	'offline-memory': DEVICE_OPTIONS,
	'enable-device': DEVICE_OPTIONS,
	'disable-device': DEVICE_OPTIONS,
	'destroy-device': [...DEVICE_OPTIONS, flag('f', 'force')]
};
const ASKS: Readonly<Record<string, string>> = {
	'reconfigure-device': 'reconfigure',
	'online-memory': 'online memory for',
	'offline-memory': 'offline memory for',
	'enable-device': 'enable',
	'disable-device': 'disable',
	'destroy-device': 'destroy'
};

function beginDaxctl(world: World, cxl: CxlRecord | null, verb: string, words: readonly string[]): Begun {
	const specs = DAX_OPTIONS[verb];
	if (specs === undefined) return unknown('daxctl', verb);
	const options = readOptions(words, specs);
	if (typeof options === 'string') return { result: { rc: 129, messages: [options] } };
	if (verb === 'list') return { result: daxList(world, cxl, options) };
	if (verb === 'create-device') return { result: createDevice(world, cxl, options) };
	const [device] = options.rest;
	if (device === undefined || options.rest.length > 1) {
		const said =
			device === undefined
				? [`specify a device to ${ASKS[verb] as string}, or "all"`]
				: options.rest.slice(1).map((word) => `unknown extra parameter "${word}"`);
		return { result: { rc: 129, messages: said } };
	}
	const items = (cxl === null ? [] : allDaxes(cxl))
		.filter((dax) => nameMatches(device.replace(/^.*\//, ''), daxName(dax)) && nameMatches(options.values['region'], String(dax.region)))
		.map(daxName);
	const job = (name: Verb): Begun => ({
		job: { verb: name, items, options: { force: has(options, 'force'), human: has(options, 'human') } }
	});
	if (verb === 'offline-memory') return job(verb);
	if (verb !== 'reconfigure-device') return { result: steps(world, cxl, verb as DaxVerb, verb, items, options) };
	const mode = options.values['mode'];
	if (options.values['size'] !== undefined) {
		if (parseSize(options.values['size']) === null) return { result: { rc: 129, messages: ['failed to parse size option'] } };
		return { result: steps(world, cxl, 'resize', verb, items, options) };
	}
	if (mode === undefined) return { result: { rc: 129, messages: ["error: a 'align', 'mode' or 'size' option is required"] } };
	if (mode === 'devdax' && has(options, 'no-online'))
		return { result: { rc: 129, messages: ['--no-online is incompatible with --mode=devdax'] } };
	if (mode === 'devdax') return job('to-devdax');
	if (mode === 'system-ram') return { result: steps(world, cxl, 'to-system-ram', verb, items, options) };
	const messages = items.map((item) => `${item}: unknown mode requested: 0`);
	return { result: { rc: exitOf('EINVAL'), messages: [...messages, `error reconfiguring devices: ${errorText('EINVAL')}`] } };
}

/** do_xaction_device. */
function steps(
	world: World,
	cxl: CxlRecord | null,
	verb: DaxVerb,
	command: string,
	items: readonly string[],
	options: Options
): ToolResult {
	const out: Output = { messages: [], objects: [] };
	let done = 0;
	let saved: Answer = items.length === 0 ? 'ENXIO' : null;
	if (cxl !== null)
		for (const dax of allDaxes(cxl).filter((each) => items.includes(daxName(each)))) {
			const answer = daxStep(world, cxl, verb, dax, options, out);
			if (answer === null) done += 1;
			else saved = answer;
		}
	return daxResult(command, saved, done, out);
}

const DONE: Readonly<Record<string, readonly [doing: string, done: string, noun: string]>> = {
	'reconfigure-device': ['reconfiguring devices', 'reconfigured', 'device'],
	'online-memory': ['onlining memory', 'onlined memory for', 'device'],
	'offline-memory': ['offlining memory', 'offlined memory for', 'device'],
	'enable-device': ['enabling device', 'enabled', 'device'],
	'disable-device': ['disabling device', 'disabled', 'device'],
	'destroy-device': ['destroying devices', 'destroyed', 'device']
};

/** The last lines of a daxctl command: what failed last, how many went well. A device that is not there leaves 0 behind it. */
function daxResult(command: string, saved: Answer, done: number, out: Output): ToolResult {
	const [doing, did, noun] = DONE[command] ?? ['', '', 'device'];
	const missing = saved === 'ENXIO' && done === 0 && out.messages.length === 0;
	const errno = saved === ALREADY || missing ? null : saved;
	if (errno !== null) out.messages.push(`error ${doing}: ${errorText(errno)}`);
	out.messages.push(`${did} ${plural(done, noun)}`);
	const rc = errno !== null ? exitOf(errno) : saved === ALREADY ? 1 : 0;
	return out.objects.length === 0 ? { rc, messages: out.messages } : { rc, messages: out.messages, json: out.objects };
}

/** What a job's command says when all its items are through. */
export function jobResult(verb: Verb, done: number, last: Answer, out: Output): ToolResult {
	if (verb === 'offline-memory') return daxResult('offline-memory', last, done, out);
	if (verb === 'to-devdax') return daxResult('reconfigure-device', last, done, out);
	const word = verb === 'enable-region' ? 'enable' : verb === 'disable-region' ? 'disable' : 'destroy';
	if (last !== null) out.messages.push(`cxl region: region_action: one or more failures, last failure: ${errorText(last)}`);
	out.messages.push(`cxl region: cmd_${word}_region: ${word}${word === 'destroy' ? 'ed' : 'd'} ${plural(done, 'region')}`);
	return { rc: last === null ? 0 : 1, messages: out.messages };
}

/** Said after an item that failed. */
export function tellFailure(verb: Verb, item: string, errno: string, out: Output): void {
	if (verb === 'offline-memory' || verb === 'to-devdax') return;
	out.messages.push(`cxl region: decoder_region_action: ${item}: failed: ${errorText(errno)}`);
}
