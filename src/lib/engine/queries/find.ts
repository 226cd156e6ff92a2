import { formatAddress, parseAddress } from '../../base/address.ts';
import { formatNs } from '../../base/format.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { FindAnswer } from '../contract/queries.ts';
import { BlockKind, payloadGuestBlock, payloadVm, RowKind, wordKind, wordPayload } from '../contract/words.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { rowsOf, wholeWord } from '../mm/frames.ts';
import { findInFabric } from './find-fabric.ts';
import { findOnMachines } from './find-machines.ts';
import type { World } from '../state/world.ts';

type Hit = FindAnswer['hits'][number];
const MOST_HITS = 40;

/** Looks a text up as an address in each space, as a page ("gfn 849", "page 849"), as a name, and in the words of the records. */
export function findAnswer(world: World, text: string): FindAnswer {
	const wanted = text.trim().slice(0, 200);
	if (wanted === '') return { hits: [], message: 'Type an address, a guest page, a name, or words of an event.' };
	const hits: Hit[] = [];
	const page = /^(?:gfn|page)\s+(\d+)$/i.exec(wanted);
	const address = parseAddress(wanted);
	if (page) addPage(world, hits, Number(page[1]));
	else if (address !== null) addAddress(world, hits, address);
	hits.push(...findOnMachines(world, wanted.toLowerCase(), address));
	hits.push(...findInFabric(world, wanted.toLowerCase(), address));
	addNames(world, hits, wanted.toLowerCase());
	addRecords(world, hits, wanted.toLowerCase());
	return {
		hits: hits.slice(0, MOST_HITS),
		message:
			hits.length === 0
				? `Nothing is called or said “${wanted}”.`
				: hits.length > MOST_HITS
					? `${hits.length} places, the first ${MOST_HITS} are shown.`
					: null
	};
}

function addPage(world: World, hits: Hit[], gfn: number, label = `gfn ${gfn}`): void {
	for (const vm of world.r.vms) {
		if (gfn < 0 || gfn >= vm.pageCount) continue;
		const frame = frameOf(world, vm, vm.running, gfn);
		const block = Math.floor(frame / PAGES_PER_BLOCK);
		const memory = world.r.memories.find((record) => block >= record.firstBlock && block < record.firstBlock + record.blockCount);
		hits.push({
			label: `${label} of ${vm.id}`,
			object: { type: 'page', vm: vm.id, gfn },
			memory: memory?.id ?? null,
			block: memory ? block - memory.firstBlock : null,
			atNs: null
		});
	}
}

function addAddress(world: World, hits: Hit[], address: number): void {
	addPage(world, hits, Math.floor(address / PAGE_BYTES), `GPA ${formatAddress(address)}`);
	for (const host of world.r.hosts) {
		const dram = world.r.memories[host.memory];
		if (dram && address < dram.blockCount * PAGES_PER_BLOCK * PAGE_BYTES)
			addFrame(world, hits, host.memory, address, `HPA on host ${host.id}`);
		const offset = address - host.decoder.hpaBase;
		const pool = world.r.memories.findIndex((record) => record.kind === 'pool');
		if (pool >= 0 && offset >= 0 && offset < host.decoder.bytes)
			addFrame(world, hits, pool, offset + host.decoder.dpaBase, `HPA on host ${host.id}, behind its window`);
	}
	const pool = world.r.memories.findIndex((record) => record.kind === 'pool');
	if (pool >= 0 && address < (world.r.memories[pool]?.blockCount ?? 0) * PAGES_PER_BLOCK * PAGE_BYTES)
		addFrame(world, hits, pool, address, 'DPA of the pool');
}

/** A physical place; names the guest page in it if there is one. */
function addFrame(world: World, hits: Hit[], memory: number, address: number, label: string): void {
	const record = world.r.memories[memory];
	if (!record) return;
	const frame = Math.floor(address / PAGE_BYTES);
	const local = Math.floor(frame / PAGES_PER_BLOCK);
	const guest = guestPageIn(world, record.firstBlock + local, frame % PAGES_PER_BLOCK);
	hits.push({
		label: `${label} ${formatAddress(address)}${guest ? `: gfn ${guest.gfn} of ${guest.vm}` : ''}`,
		object: guest ? { type: 'page', vm: guest.vm, gfn: guest.gfn } : { type: 'block', memory: record.id, block: local },
		memory: record.id,
		block: local,
		atNs: null
	});
}

function guestPageIn(world: World, block: number, row: number): { vm: string; gfn: number } | null {
	const word = wholeWord(world, block);
	const kind = wordKind(word);
	if (kind === BlockKind.huge || kind === BlockKind.run) {
		const vm = world.r.vms[payloadVm(wordPayload(word))];
		return vm ? { vm: vm.id, gfn: payloadGuestBlock(wordPayload(word)) * PAGES_PER_BLOCK + row } : null;
	}
	const base = rowsOf(world, block);
	if (base < 0 || world.c.rowKind.get(base + row) !== RowKind.vm) return null;
	const vm = world.r.vms[world.c.rowVm.get(base + row) - 1];
	return vm ? { vm: vm.id, gfn: world.c.rowA.get(base + row) } : null;
}

function addNames(world: World, hits: Hit[], wanted: string): void {
	const add = (name: string, label: string, object: Hit['object']): void => {
		if (name.toLowerCase() === wanted || label.toLowerCase() === wanted)
			hits.push({ label, object, memory: null, block: null, atNs: null });
	};
	for (const vm of world.r.vms) add(vm.id, `VM ${vm.id}`, { type: 'vm', vm: vm.id });
	for (const host of world.r.hosts) add(host.id, `host ${host.id}`, { type: 'host', host: host.id });
	for (const link of world.r.links) add(link.id, `link ${link.id}`, { type: 'link', link: link.id });
	for (const extent of world.r.extents) {
		const tag = extent.tag.toString(16).padStart(4, '0');
		if (wanted === tag || wanted === extent.id)
			hits.push({
				label: `extent ${extent.id}, tag ${tag}`,
				object: { type: 'extent', extent: extent.id },
				memory: world.r.memories[extent.memory]?.id ?? null,
				block: extent.firstBlock,
				atNs: null
			});
	}
}

function addRecords(world: World, hits: Hit[], wanted: string): void {
	if (wanted.length < 3) return;
	for (const record of world.trace) {
		if (hits.length > MOST_HITS) return;
		if (!record.text.toLowerCase().includes(wanted)) continue;
		hits.push({
			label: `${formatNs(record.atNs)}: ${record.text}`,
			object: { type: 'record', seq: record.seq },
			memory: null,
			block: null,
			atNs: record.atNs
		});
	}
}
