import { CREATE_OPTIONS, isRefusal, readRequest, refuse, type Refusal } from '../../cxl/tools/create.ts';
import type { Answer, Output, Verb } from '../../cxl/tools/jobs.ts';
import { nameMatches } from '../../cxl/tools/list.ts';
import { flag, has, readOptions, valued } from '../../cxl/tools/options.ts';
import { errorText, plural, type ToolResult } from '../../cxl/tools/result.ts';
import { jobResult, tellFailure } from '../../cxl/tools/shell.ts';
import { coveredDpa, forgetWindow } from '../../fabric/address/configure.ts';
import { setInterleave } from '../../fabric/address/interleave-set.ts';
import { newRegion, setGranularity, setSize, setWays, type RootView } from '../../fabric/address/region.ts';
import { isGfam } from '../../fabric/address/resolve.ts';
import { findDevice } from '../../fabric/hosts/wake.ts';
import type { PeerRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { asLinux } from './as-linux.ts';
import { regionJson } from './list.ts';
import { memdevsOf, regionOfDax, seenDaxes, windowName, type Memdev } from './names.ts';
import { offlined, takeAway } from './take-away.ts';

/**
 * cxl create-region, enable-region, disable-region, destroy-region on a host of the fabric (ndctl 85 cxl/region.c). A window
 * has at most one region here (our simplification); dynamic ones have one way, as the series for Linux has them, unless the
 * host is a permissive one.
 */
const UNIT = 256 * 2 ** 20;
const REGION_OPTIONS = [valued('b', 'bus'), valued('d', 'decoder'), flag('f', 'force'), flag('', 'debug')];

/** Everything of a host is looked at again: what is accepted becomes DAX devices, or does not any more. */
export function lookAgain(world: World, peer: PeerRecord): void {
	for (const { logical } of memdevsOf(world, peer)) logical.presented = -1;
}

export function createRegion(world: World, peer: PeerRecord, words: readonly string[]): ToolResult {
	const options = readOptions(words, CREATE_OPTIONS);
	if (typeof options === 'string') return { rc: 129, messages: [options] };
	const { type } = options.values;
	const values = { ...options.values };
	// The series adds this type; what the released tool knows is checked by its own rules.
	if (type === 'dynamic_ram_1') values['type'] = 'ram';
	const request = readRequest(asLinux(world, peer), { ...options, values });
	const made = isRefusal(request) ? request : create(world, peer, request, type);
	const counted = (count: number): string => `cxl region: cmd_create_region: created ${plural(count, 'region')}`;
	if (typeof made !== 'number') return { rc: 1, messages: [made.refused, counted(0)] };
	return { rc: 0, messages: [counted(1)], json: regionJson(world, peer, made, has(options, 'human')) };
}

function create(
	world: World,
	peer: PeerRecord,
	request: Exclude<ReturnType<typeof readRequest>, Refusal>,
	type: string | undefined
): number | Refusal {
	const index = Number(/^decoder0\.(\d+)$/.exec(request.decoder)?.[1] ?? -1);
	const window = peer.windows[index];
	if (!window) return refuse('create_region_validate_config', `${request.decoder} not found in CXL topology`);
	if (isGfam(world, window)) return refuse('create_region', `${request.decoder}: Linux has no driver for G-FAM devices`);
	const name = windowName(index);
	const members = request.memdevs.slice(0, request.ways).flatMap((one) => memdevsOf(world, peer).find(({ id }) => id === one.id) ?? []);
	// Without a type a device that has dynamic capacity only gives that.
	const dynamic = type === 'dynamic_ram_1' || (type === undefined && members.every(({ record }) => record.staticBytes === 0));
	const least = Math.min(...members.map((member) => (dynamic ? roomOf(member, window) : member.record.staticBytes)));
	if (request.bytes === 0 && least === 0) return refuse('create_region', 'unable to determine region size');
	if (!dynamic)
		return refuse('create_region', `${name}: static capacity lies behind the same decoder as dynamic capacity here: use -t dynamic_ram_1`);
	const free = window.region === 'destroyed' || window.problem !== null ? window.bytes : 0;
	const wanted = request.bytes > 0 ? request.bytes : Math.min(least * request.ways, free);
	if (request.bytes > free)
		return refuse(
			'create_region',
			`${request.decoder}: region size 0x${request.bytes.toString(16)} exceeds max available space (0x${free.toString(16)})`
		);
	const bytes = Math.floor(wanted / (UNIT * request.ways)) * UNIT * request.ways;
	const root: RootView = {
		baseHpa: window.baseHpa,
		bytes: window.bytes,
		granularity: window.granularity,
		bridges: bridgesOf(world, peer, window)
	};
	if (request.granularity > 0 && root.bridges.length > 1 && request.granularity !== root.granularity)
		return refuse(
			'cxl_region_determine_granularity',
			`${name}: For an x${root.bridges.length} root, only root decoder granularity (${root.granularity}) permitted`
		);
	const region = newRegion('dynamic');
	const granularity = request.granularity || window.granularity;
	const steps = [
		['set_interleave_granularity', setGranularity(region, root, granularity)],
		['set_interleave_ways', setWays(region, root, request.ways)],
		['set_size', setSize(region, root, request.bytes > 0 ? request.bytes : bytes)]
	] as const;
	for (const [what, step] of steps) if (!step.ok) return refuse('create_region', `${name}: ${what} failed: ${errorText(step.reason)}`);
	if (request.ways > 1 && peer.profile === 'linuxDcd')
		return refuse('create_region', `${name}: set_interleave_ways failed: ${errorText('EINVAL')}`);
	const refused = setInterleave(world, peer, index, {
		targets: members.map(({ record }) => record.id),
		granularity,
		regionBytes: request.bytes
	});
	if (refused !== null) {
		const last = members.length - 1;
		return refuse('create_region', `${name}: failed to set target${last} to mem${members[last]?.id ?? 0} (${refused})`);
	}
	lookAgain(world, peer);
	for (const { record } of members) findDevice(world, peer, record.id);
	return index;
}

/** Device memory that the window's region may take of a member, in whole units: what it has now comes back first. */
function roomOf({ record, logical }: Memdev, window: WindowRecord): number {
	const others = {
		...logical,
		decoders: logical.decoders.filter((one) => one.baseHpa < window.baseHpa || one.baseHpa >= window.baseHpa + window.bytes)
	};
	const { first, end } = coveredDpa(record, others);
	return Math.max(0, Math.floor((end - first) / UNIT) * UNIT);
}

/** Host bridges that the window leads to. */
function bridgesOf(world: World, peer: PeerRecord, window: WindowRecord): readonly string[] {
	if (window.bridges.length > 0) return window.bridges;
	const found = asLinux(world, peer).ports.filter((port) => port.kind === 'bridge');
	return found.slice(0, 1).map((port) => port.host);
}

export function changeRegions(world: World, peer: PeerRecord, verb: Verb, words: readonly string[], cause: number): ToolResult {
	const options = readOptions(words, verb === 'enable-region' ? REGION_OPTIONS.filter((each) => each.long !== 'force') : REGION_OPTIONS);
	if (typeof options === 'string') return { rc: 129, messages: [options] };
	const root = options.values['decoder'];
	const out: Output = { messages: [], objects: [] };
	let done = 0;
	let last: Answer = null;
	peer.windows.forEach((window, index) => {
		const name = windowName(index);
		const exists = window.region !== 'destroyed' && window.problem === null && !isGfam(world, window);
		if (!exists || !options.rest.some((word) => nameMatches(word, name, String(index)))) return;
		if (root !== undefined && !nameMatches(root, `decoder0.${index}`, 'root')) return;
		const answer = change(world, peer, verb, index, has(options, 'force'), out, cause);
		if (answer === null) done += 1;
		else {
			last = answer;
			tellFailure(verb, name, answer, out);
		}
	});
	lookAgain(world, peer);
	return jobResult(verb, done, last, out);
}

function change(world: World, peer: PeerRecord, verb: Verb, index: number, force: boolean, out: Output, cause: number): Answer {
	const window = peer.windows[index] as WindowRecord;
	const name = windowName(index);
	if (verb === 'enable-region') {
		window.region = 'made';
		return null;
	}
	if (verb === 'destroy-region' && window.region === 'made' && !force) {
		out.messages.push(`cxl region: destroy_region: ${name} active. Disable it or use --force`);
		return 'EBUSY';
	}
	const daxes = seenDaxes(peer).filter((dax) => regionOfDax(world, peer, dax) === index);
	if (window.region === 'made') {
		for (const dax of daxes) {
			const stays = offlined(world, peer, dax, cause);
			if (stays === null) continue;
			out.messages.push(`cxl region: disable_region: ${name}: unable to offline ${dax.id}: ${errorText('EBUSY')} (${stays})`);
			return 'EBUSY';
		}
		takeAway(world, peer, daxes, `${name} was disabled under it`, cause);
		window.region = 'disabled';
	}
	if (verb === 'disable-region') return null;
	forgetWindow(world, peer, window);
	window.region = 'destroyed';
	window.problem = 'ENXIO: its region was destroyed';
	return null;
}
