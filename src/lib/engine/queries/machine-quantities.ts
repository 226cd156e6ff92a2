import { PAGE_BYTES } from '../../base/units.ts';
import { ERRNO } from '../contract/errno.ts';
import type { MachineQuantityName } from '../contract/machine-quantities.ts';
import type { MachineStatus, VirtioMemStatus } from '../contract/machine-status.ts';
import { ORDERS } from '../contract/words.ts';
import { costNs } from '../costs/cost-model.ts';
import { machineOf } from '../machine/machine-of.ts';
import { mapOf } from '../machine/map.ts';
import { outlivesHost } from '../mm/alloc/typed-nodes.ts';
import { exploreMovers } from '../movers/explore.ts';
import { readMoverPlan } from '../movers/plan.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { memslotsOf } from '../virtio-mem/memslots.ts';
import { machineStatuses } from './machines.ts';

/** Quantities of machines for checks, bets and figures. null when `of` names nothing. */

type Area = MachineStatus['processes'][number]['areas'][number];
interface Subject {
	readonly world: World;
	readonly machine: MachineStatus;
	readonly words: readonly string[];
}
type Read = (subject: Subject) => number | null;

const device = ({ machine, words }: Subject): VirtioMemStatus | undefined => machine.virtioMems.find((each) => each.id === words[0]);
const ofDevice =
	(pick: (found: VirtioMemStatus) => number): Read =>
	(subject) => {
		const found = device(subject);
		return found ? pick(found) : null;
	};

function area({ machine, words }: Subject): { area: Area; process: MachineStatus['processes'][number] } | null {
	const process = machine.processes.find((each) => each.id === words[0]);
	const found = process?.areas.find((each) => each.name === words[1]);
	return process && found ? { area: found, process } : null;
}
const ofArea =
	(pick: (found: Area, subject: Subject, cpu: number) => number): Read =>
	(subject) => {
		const found = area(subject);
		return found ? pick(found.area, subject, found.process.cpu) : null;
	};

const localNode = (machine: MachineStatus, cpu: number): number => machine.nodes.find((node) => node.cpus.includes(cpu))?.id ?? 0;
const pagesAt = (found: Area, node: number): number => found.pagesByNode[String(node)] ?? 0;

/** DRAM without HMAT costs the cost model's local read; another node without HMAT is scaled by its distance. */
function latencyNs({ world, machine }: Subject, cpu: number, at: number): number {
	// Wrong belief "memory is memory": every page is as near as the CPU's own.
	const node = world.r.belief === 'memory-is-memory' ? localNode(machine, cpu) : at;
	const target = machine.nodes.find((each) => each.id === node);
	if (target?.readLatencyNs) return target.readLatencyNs;
	const distance =
		machine.nodes.find((each) => each.id === localNode(machine, cpu))?.distances[machine.nodes.findIndex((each) => each.id === node)] ?? 10;
	return (costNs(world.costs, 'localDramReadLatencyNs') * distance) / 10;
}

function lastCall({ world, machine, words }: Subject): CallRecord | undefined {
	const begin = words.join(' ');
	return world.r.calls.filter((call) => call.os === machine.index && call.text.startsWith(begin)).at(-1);
}

const zonesOf = ({ machine, words }: Subject) => machine.nodes.find((node) => String(node.id) === words[0])?.zones ?? [];
const counter =
	(name: string): Read =>
	({ world, machine }) =>
		world.r.oses[machine.index]?.counters[name] ?? 0;

const callsThat =
	(is: (call: CallRecord) => boolean): Read =>
	({ world, machine }) =>
		world.r.calls.filter((call) => call.os === machine.index && is(call)).length;

/** Largest order that holds a free chunk in any zone of the node, in bytes. */
function largestFree(subject: Subject): number {
	let largest = 0;
	for (const zone of zonesOf(subject))
		for (let order = 0; order < ORDERS; order += 1)
			if (zone.freeChunks.some((list, type) => type !== 3 && (list[order] ?? 0) > 0))
				largest = Math.max(largest, PAGE_BYTES * (1 << order));
	return largest;
}

type OfMachine = Exclude<MachineQuantityName, 'moversWin' | 'moversStates'>;

/** The explorer needs no machine: its worlds are tiny ones of its own. */
function moverQuantity(name: 'moversWin' | 'moversStates', words: string): number | null {
	const plan = readMoverPlan(words);
	if (!plan.ok) return null;
	const verdict = exploreMovers(plan.value);
	return name === 'moversWin' ? Number(verdict.wins) : verdict.states;
}

function memslotsNow({ world, machine, words }: Subject): number | null {
	const os = machine.index;
	const found = world.r.virtioMems.find((each) => each.os === os && each.id === words[0] && each.state === 'plugged');
	return found ? memslotsOf(world, found, mapOf(machineOf(world, os)).deviceBytes).mapped.length : null;
}

const READ: Readonly<Record<OfMachine, Read>> = {
	pluggedBytes: ofDevice((found) => found.pluggedBytes),
	requestedBytes: ofDevice((found) => found.requestedBytes),
	usableBytes: ofDevice((found) => found.usableBytes),
	memslots: memslotsNow,
	retries: ({ world, words }) => world.r.virtioMems.find((each) => each.id === words[0])?.retries ?? null,
	stuckSubBlocks: ofDevice((found) => Math.max(0, Math.ceil((found.pluggedBytes - found.requestedBytes) / found.subBlockBytes))),
	blockState: ({ machine, words }) => {
		const state = machine.memoryBlocks.find((block) => String(block.id) === words[0])?.state;
		return state === undefined ? 0 : state === 'offline' ? 1 : state === 'online' ? 2 : 3;
	},
	blocksOffline: ({ machine }) => machine.memoryBlocks.filter((block) => block.state === 'offline').length,
	blocksOnline: ({ machine }) => machine.memoryBlocks.filter((block) => block.state === 'online').length,
	zonePages: (subject) => zonesOf(subject).find((zone) => zone.name === subject.words[1])?.presentPages ?? 0,
	freeBytes: (subject) => zonesOf(subject).reduce((sum, zone) => sum + zone.freePages, 0) * PAGE_BYTES,
	residentBytes: ofArea((found) => found.residentPages * PAGE_BYTES),
	bytesOnNode: ofArea((found, { words }) => pagesAt(found, Number(words[2])) * PAGE_BYTES),
	heldBytes: ofArea((found) => found.heldPages * PAGE_BYTES),
	outlivingBytes: ofArea((found, { world, machine }) =>
		Object.entries(found.pagesByNode).reduce(
			(sum, [node, pages]) => sum + (outlivesHost(world, machine.index, Number(node)) ? pages * PAGE_BYTES : 0),
			0
		)
	),
	nodeDistance: ({ machine, words }) => {
		const at = machine.nodes.findIndex((node) => String(node.id) === words[1]);
		return machine.nodes.find((node) => String(node.id) === words[0])?.distances[at] ?? null;
	},
	nodeTyped: ({ machine, words }) => (machine.nodes.find((node) => String(node.id) === words[0])?.typed == null ? 0 : 1),
	localSharePpm: ofArea((found, { machine }, cpu) =>
		found.residentPages === 0 ? 0 : Math.floor((pagesAt(found, localNode(machine, cpu)) * 1e6) / found.residentPages)
	),
	meanLatencyNs: ofArea((found, subject, cpu) => {
		if (found.residentPages === 0) return 0;
		const sum = Object.entries(found.pagesByNode).reduce(
			(total, [node, pages]) => total + pages * latencyNs(subject, cpu, Number(node)),
			0
		);
		return sum / found.residentPages;
	}),
	changedPages: counter('changed_pages'),
	balancedPages: counter('numa_pages_migrated'),
	swappedPages: counter('pswpout'),
	moves: callsThat((call) => /^(move|migrate|migratepages) /.test(call.text)),
	allocFailures: callsThat((call) => call.errno === 'ENOMEM' || call.errno === 'SIGKILL' || call.errno === 'SIGBUS'),
	kernelAllocFailures: callsThat((call) => call.errno === 'ENOMEM' && /^pipefill /.test(call.text)),
	oomKills: counter('oom_kill'),
	callsFailed: ({ world, machine }) => world.r.calls.filter((call) => call.os === machine.index && call.errno !== null).length,
	lastErrno: (subject) => {
		const call = lastCall(subject);
		if (!call) return -2;
		return call.state === 'running' ? -1 : call.errno === null ? 0 : (ERRNO[call.errno] ?? 1);
	},
	movedPages: (subject) => lastCall(subject)?.movedPages ?? 0,
	hugePageFits: ({ world, machine, words }) =>
		world.r.oses[machine.index] && words[0] !== undefined ? gigantic(world, machine, Number(words[0])) : null,
	largestFreeBytes: largestFree
};

const BLOCKS_PER_GIB = 512;

/** Is there an aligned GiB of the node that is free from end to end? (mm/page_alloc.c, pfn_range_valid_contig asks the same) */
function gigantic(world: World, machine: MachineStatus, node: number): number {
	const blocksPer = machine.memoryBlockBytes / 2 ** 21;
	const free = new Map<number, number>();
	for (const block of machine.memoryBlocks) {
		if (block.node !== node || block.state !== 'online') continue;
		const range = Math.floor((block.id * blocksPer) / BLOCKS_PER_GIB);
		free.set(range, (free.get(range) ?? 0) + block.freePages);
	}
	return [...free.values()].some((pages) => pages >= BLOCKS_PER_GIB * 512) ? 1 : 0;
}

export function machineQuantity(world: World, name: string, of: string): number | null {
	if (typeof of !== 'string') return null;
	if (name === 'moversWin' || name === 'moversStates') return moverQuantity(name, of);
	if (!Object.hasOwn(READ, name)) return null;
	const [id, ...words] = of.split(' ');
	const machine = machineStatuses(world).find((each) => each.id === id);
	return machine ? READ[name as OfMachine]({ world, machine, words }) : null;
}
