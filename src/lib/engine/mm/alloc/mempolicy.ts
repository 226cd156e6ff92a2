import type { AreaRecord, OsRecord, PolicyRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { nodeOfCpu, osRecord } from '../os/os.ts';
import { rangeText } from './tiers.ts';
import { memoryNodes, nodeIndex } from './zonelist.ts';

/**
 * Memory policies (Linux 7.2.13 mm/mempolicy.c): which node an allocation tries first and which nodes it may use at all. A
 * policy rules allocations; pages that are there stay where they are.
 */

export type BindFlag = 'strict' | 'move' | 'move_all';
export interface PolicyWords {
	readonly policy: PolicyRecord;
	readonly flags: readonly BindFlag[];
}

const MODES: Readonly<Record<string, PolicyRecord['mode']>> = {
	default: 'default',
	prefer: 'preferred',
	preferred: 'preferred',
	bind: 'bind',
	interleave: 'interleave',
	local: 'local',
	'prefer-many': 'preferred-many',
	'preferred-many': 'preferred-many',
	preferred_many: 'preferred-many',
	weighted: 'weighted-interleave',
	'weighted-interleave': 'weighted-interleave',
	weighted_interleave: 'weighted-interleave'
};
const FLAGS: Readonly<Record<string, BindFlag>> = {
	strict: 'strict',
	move: 'move',
	'move-all': 'move_all',
	move_all: 'move_all',
	moveall: 'move_all'
};

/** "0-1,3" → node numbers ascending; null when it is no list. */
export function parseNodes(text: string): number[] | null {
	const nodes = new Set<number>();
	for (const part of text.split(',')) {
		const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
		if (!match) return null;
		const from = Number(match[1]);
		const to = Number(match[2] ?? match[1]);
		if (to < from || to >= 1024) return null;
		for (let node = from; node <= to; node += 1) nodes.add(node);
	}
	return [...nodes].sort((a, b) => a - b);
}

/**
 * Words after the area's name: mode, nodes, flags, e.g. ["bind", "1", "strict,move"], ["interleave=static", "0-1"]. Null when a
 * word is not known; what the kernel refuses is for `settle`.
 */
export function parsePolicy(words: readonly string[]): PolicyWords | null {
	const [first = '', ...rest] = words;
	const [name = '', ...modeFlags] = first.split('=');
	const mode = MODES[name];
	if (mode === undefined) return null;
	let nodes: number[] = [];
	const flags: BindFlag[] = [];
	let balancing = modeFlags.includes('balancing');
	let fixed = modeFlags.includes('static');
	if (modeFlags.some((flag) => flag !== 'balancing' && flag !== 'static')) return null;
	for (const word of rest) {
		const list = parseNodes(word);
		if (list) {
			nodes = list;
			continue;
		}
		for (const flag of word.split(',')) {
			if (flag === 'balancing') balancing = true;
			else if (flag === 'static') fixed = true;
			else if (FLAGS[flag] !== undefined) flags.push(FLAGS[flag]);
			else return null;
		}
	}
	return { policy: { mode, nodes, balancing, static: fixed }, flags };
}

/**
 * What mbind and set_mempolicy make of a policy (mpol_new, mpol_set_nodemask): nodes without memory fall out; nothing left is
 * EINVAL. PREFERRED without nodes is LOCAL.
 */
export function settlePolicy(world: World, os: number, wanted: PolicyRecord): PolicyRecord | 'EINVAL' {
	const { mode, nodes, balancing } = wanted;
	if (balancing && mode !== 'bind' && mode !== 'preferred-many') return 'EINVAL';
	if (mode === 'default' || mode === 'local') return nodes.length > 0 || wanted.static ? 'EINVAL' : { ...wanted, nodes: [] };
	if (nodes.length === 0) return mode === 'preferred' && !wanted.static ? { ...wanted, mode: 'local' } : 'EINVAL';
	const usable = memoryNodes(world, os).filter((node) => nodes.includes(node));
	if (usable.length === 0) return 'EINVAL';
	return { ...wanted, nodes: mode === 'preferred' ? usable.slice(0, 1) : usable };
}

const TEXT: Readonly<Record<PolicyRecord['mode'], string>> = {
	default: 'default',
	preferred: 'prefer',
	bind: 'bind',
	interleave: 'interleave',
	local: 'local',
	'preferred-many': 'prefer (many)',
	'weighted-interleave': 'weighted interleave'
};

/** As numa_maps shows it (mpol_to_str): "bind=static:1". */
export function policyText(policy: PolicyRecord): string {
	const flags = [...(policy.static ? ['static'] : []), ...(policy.balancing ? ['balancing'] : [])];
	const text = TEXT[policy.mode] + (flags.length > 0 ? `=${flags.join('|')}` : '');
	return policy.nodes.length > 0 ? `${text}:${rangeText(policy.nodes)}` : text;
}

/** Policy in force for a page of an area: the area's own, else the task's. */
export function policyOf(process: ProcessRecord, area: AreaRecord | null): PolicyRecord {
	return area?.policy ?? process.policy;
}

export interface Placement {
	readonly node: number;
	readonly nodemask: readonly number[] | null;
	/** PREFERRED_MANY: when the mask has nothing without reclaim, the whole list follows. */
	readonly thenAll: boolean;
	readonly interleaved: boolean;
	/** So many pages from `index` on have the same placement. */
	readonly pages: number;
}

const anywhere = (node: number): Placement => ({ node, nodemask: null, thenAll: false, interleaved: false, pages: Infinity });

/**
 * Where page `index` of an area goes (policy_nodemask, interleave_nid). `movable`: the allocation may take ZONE_MOVABLE; a
 * mask of nodes that have no kernel zone binds no others (apply_policy_zone).
 */
export function placement(
	world: World,
	os: number,
	process: ProcessRecord,
	area: AreaRecord | null,
	index: number,
	movable = true
): Placement {
	const policy = policyOf(process, area);
	const local = nodeOfCpu(world, os, process.cpu);
	const { nodes } = policy;
	switch (policy.mode) {
		case 'default':
		case 'local':
			return anywhere(local);
		case 'preferred':
			return anywhere(nodes[0] ?? local);
		case 'bind':
			if (!movable && !nodes.some((node) => hasKernelZone(world, os, node))) return anywhere(local);
			return { ...anywhere(local), nodemask: nodes };
		case 'preferred-many':
			return { ...anywhere(local), nodemask: nodes, thenAll: true };
		case 'interleave':
			return { ...anywhere(nodes[index % nodes.length] ?? local), interleaved: true, pages: 1 };
		case 'weighted-interleave':
			return weighted(osRecord(world, os), nodes, index, local);
	}
}

function hasKernelZone(world: World, os: number, node: number): boolean {
	return osRecord(world, os).zones.some((index) => {
		const zone = world.r.zones[index];
		return (
			zone?.node === node &&
			zone.name !== 'MOVABLE' &&
			zone.name !== 'EXMEM' &&
			zone.name !== 'DEVICE' &&
			world.c.zoneManagedPages.get(index) > 0
		);
	});
}

/** weighted_interleave_nid: the index walks over the weights of the policy's nodes. */
function weighted(record: OsRecord, nodes: readonly number[], index: number, local: number): Placement {
	const weights = nodes.map((node) => weightOf(record, node));
	let left = index % weights.reduce((sum, weight) => sum + weight, 0);
	for (const [at, weight] of weights.entries()) {
		if (left < weight) return { ...anywhere(nodes[at] as number), interleaved: true, pages: weight - left };
		left -= weight;
	}
	return anywhere(local);
}

/** What /sys/kernel/mm/mempolicy/weighted_interleave/nodeN holds: the written weight, else the automatic one. */
export function weightOf(record: OsRecord, node: number): number {
	return record.settings.weights[nodeIndex(record, node)] ?? autoWeights(record)[nodeIndex(record, node)] ?? 1;
}

/** Sum of all weights before they are made small: WEIGHTINESS. */
const WEIGHTINESS = 32;

/** reduce_interleave_weights: max(1, ⌊32 × bandwidth / sum⌋), divided by what they have in common; 1 without HMAT. */
export function autoWeights(record: OsRecord): number[] {
	const bandwidths = record.nodes.map((node) => Math.min(node.readBandwidthMiBps ?? 0, node.writeBandwidthMiBps ?? 0));
	const sum = bandwidths.reduce((total, bandwidth) => total + bandwidth, 0);
	if (sum === 0) return record.nodes.map(() => 1);
	const weights = bandwidths.map((bandwidth) => Math.max(1, Math.floor((WEIGHTINESS * bandwidth) / sum)));
	const common = weights.reduce(divisor);
	return weights.map((weight) => weight / common);
}

function divisor(a: number, b: number): number {
	return b === 0 ? a : divisor(b, a % b);
}
