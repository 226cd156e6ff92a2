import { Fingerprint } from '../../base/hash.ts';
import type { Alike } from '../contract/explore/words.ts';
import { SUPERPAGE_SPECS, wordIndex, type SuperpageWordName } from '../contract/superpage.ts';
import { unpackOwner } from '../contract/words.ts';
import type { NicRecord } from '../state/vdpa-records.ts';
import type { OperationRecord, Records } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { addContent } from '../whole/fingerprint.ts';
import { rackKey } from './rack.ts';

/**
 * What makes two states one. The protocol: who is up, who owns and runs what, how far a move is, maps, words that hosts share;
 * counters of work done, times and the place of single pages are left out, as in vdpa/explore. Everything: that, every page, and
 * the moment. `order` renames hosts, so that interchangeable ones are told apart by their part only.
 */
export function keyOf(world: World, alike: Alike, orders: readonly (readonly number[])[], used: number): string {
	let least: string | null = null;
	for (const order of orders) {
		const text = protocolText(world, order);
		if (least === null || text < least) least = text;
	}
	const print = new Fingerprint();
	print.addText(least ?? '');
	print.add(used);
	if (alike === 'everything') {
		print.add(world.r.nowNs);
		addContent(world, print);
	}
	return print.text();
}

type Renamed = (host: number) => number;

function protocolText(world: World, order: readonly number[]): string {
	const { r } = world;
	const host: Renamed = (index) => (index < 0 ? index : (order[index] ?? index));
	const sorted = r.hosts.map((record, index) => ({ record, at: host(index) })).sort((a, b) => a.at - b.at);
	return JSON.stringify([
		sorted.map(({ record, at }) => [at, record.power, record.incarnation]),
		r.vms.map((vm, index) => [
			vm.instances.map(host),
			vm.running,
			vm.split?.map(host) ?? null,
			vm.vcpuState,
			host(vm.ownerHost),
			vm.workload,
			vm.logging,
			vm.throttlePercent > 0,
			vm.status,
			r.pins.filter((pin) => pin.vm === index).map((pin) => [pin.gfn, pin.term]),
			vm.pagesByMemory.map((pages, memory) => [host(r.memories[memory]?.host ?? -1), fill(pages, vm.populatedPages)]).sort(byFirst),
			movesOf(r, index, host)
		]),
		r.hosts.length > 0
			? sharedWords(
					world,
					host,
					sorted.map(({ record }) => r.hosts.indexOf(record))
				)
			: null,
		r.extents.map((extent) => [extent.vm, extent.state, host(extent.onlineOn), extent.acceptedBy.map(host)]),
		r.faults,
		[...new Set(r.marks)],
		r.vdpa.nics.map((nic) => nicPart(nic, host)),
		r.vdpa.guests.map((guest) => [
			guest.freeSlots,
			guest.sections.map((section) => [section.gpa, section.bytes]),
			guest.jobs,
			guest.corruptedGfns.length > 0
		]),
		rackKey(world, host),
		otherParts(r)
	]);
}

const fill = (pages: number, all: number): number => (pages === 0 ? 0 : pages === all ? 2 : 1);
const byFirst = (a: readonly number[], b: readonly number[]): number => (a[0] as number) - (b[0] as number);

/** A move under way in full, and of those that ended the last one's outcome. */
function movesOf(r: Records, vm: number, host: Renamed): unknown {
	const last = r.operations.filter((operation) => operation.vm === vm).at(-1);
	if (!last) return null;
	return last.state === 'running'
		? moveUnderWay(r, last, host)
		: [last.strategy, last.state, last.reason, host(last.source), host(last.target)];
}

function moveUnderWay(r: Records, operation: OperationRecord, host: Renamed): unknown {
	return [
		operation.strategy,
		host(operation.source),
		host(operation.target),
		operation.parameters,
		operation.phase,
		operation.ending,
		operation.step,
		operation.round,
		operation.actors,
		operation.extents.map((index) => r.extents[index]?.state)
	];
}

/** Words of the super-page by what they are about; beats are time, and a token counts only while an actor remembers one. */
const OF_HOST: readonly SuperpageWordName[] = ['incarnation', 'peerState', 'fence'];
const OF_VM: readonly SuperpageWordName[] = ['phase', 'vcpuState', 'mapped', 'abortReason', 'vcpuMap'];
const OF_ALL: readonly SuperpageWordName[] = ['init', 'recovery'];

function sharedWords(world: World, host: Renamed, hosts: readonly number[]): unknown {
	const read = (name: SuperpageWordName, item = 0): bigint => world.c.superpageWord.get(wordIndex(name, item));
	return [
		hosts.map((index) => OF_HOST.map((name) => String(read(name, index)))),
		world.r.vms.map((_, vm) => {
			const owner = unpackOwner(read('owner', vm));
			const remembered = world.r.operations.some((operation) => operation.vm === vm && operation.state === 'running' && operation.actors);
			const words = remembered ? OF_VM.map((name) => String(read(name, vm))) : String(read('phase', vm));
			return [host(owner.owner), owner.state, owner.incarnation, remembered ? owner.token : 0, words];
		}),
		OF_ALL.map((name) => (name in SUPERPAGE_SPECS ? String(read(name)) : ''))
	];
}

function nicPart(nic: NicRecord, host: Renamed): unknown {
	return [
		nic.broken,
		nic.strategy,
		nic.choice,
		nic.change && [nic.change.status.kind, nic.change.status.at, nic.change.instance],
		nic.wrongCount > 0,
		nic.faultCount > 0,
		nic.queues.map((queue) => [queue.served, queue.servedBy, queue.halted]),
		nic.ends.map(
			(end) =>
				end && [
					host(end.host),
					end.svq,
					end.listener,
					end.kernel.open,
					end.mapped.map((mapped) => [mapped.section, mapped.iova]),
					end.rings.map((ring) => [ring.queue, ring.area, ring.iova, ring.asid]),
					end.kernel.spaces.map((space) => [space.asid, space.entries.map((entry) => [entry.iova, entry.bytes, entry.uaddr])])
				]
		)
	];
}

/** Parts told above, or derived, or nothing but counters and times. */
const TOLD: readonly string[] = [
	...['nowNs', 'eventCount', 'eventSequence', 'eventPending', 'traceCount', 'traceHash', 'sampleCount', 'journalNext', 'pools', 'streams'],
	...['memories', 'hosts', 'zones', 'vms', 'operations', 'flows', 'links', 'extents', 'pins', 'vdpa', 'nextPinId', 'descriptorCount'],
	...['belief', 'faults', 'marks', 'rack']
];

/** Everything else of the tree (machines, fabrics, racks), without times, causes and remainders. */
function otherParts(r: Records): string {
	const rest = Object.fromEntries(Object.entries(r).filter(([name]) => !TOLD.includes(name)));
	return JSON.stringify(rest, (name, value: unknown) => (/(?:Ns|Seq|Rest|generation)$/.test(name) ? undefined : value));
}
