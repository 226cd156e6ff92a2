import { formatAddress, type Dpa } from '../../base/address.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { testBit } from '../../base/bitmap.ts';
import { formatNumber } from '../../base/format.ts';
import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { PageAnswer, Rung } from '../contract/queries.ts';
import { BLOCK_ORDER } from '../contract/words.ts';
import { frameToDpa, toHpa } from '../fabric/gfam.ts';
import { firstWord } from '../hypervisor/dirty-log.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { devicePinsOn } from '../hypervisor/device-pins.ts';
import { folioOrder, pinsOnFolio } from '../hypervisor/pins.ts';
import { isMissing } from '../hypervisor/missing.ts';
import { writtenOf } from '../mm/space/written.ts';
import { loadedPoolLatencyNs } from '../fabric/links.ts';
import { readStamp, stampOf } from '../mm/frames.ts';
import { hostName } from '../migration/operation.ts';
import type { HostRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** Where a Linux guest maps all of its memory for the kernel (Documentation/arch/x86/x86_64/mm.rst). */
const DIRECT_MAP = 0xffff_8880_0000_0000n;
/** Where QEMU's RAM lies in its process: a label per process, our simplification. */
const HVA_BASE = [0x7f1c_2000_0000, 0x7f83_6000_0000] as const;

/** One guest page through every address space, on every host that knows it. */
export function pageAnswer(world: World, vmId: string, gfn: number): Outcome<PageAnswer, 'unknown-vm' | 'not-backed'> {
	const index = world.r.vms.findIndex((vm) => vm.id === vmId);
	const vm = world.r.vms[index];
	if (!vm) return refused('unknown-vm', `no VM is called "${vmId}"`);
	if (!Number.isInteger(gfn) || gfn < 0 || gfn >= vm.pageCount)
		return refused('not-backed', `${vmId} has guest pages 0 to ${vm.pageCount - 1}`);
	// Behind the switch of post-copy the newest copy of a missing page is where the guest came from.
	const missing = vm.fetch !== undefined && isMissing(world, vm, gfn);
	const holder = missing ? 1 - vm.running : vm.running;
	const frame = frameOf(world, vm, holder, gfn);
	const order = Math.max(0, folioOrder(world, vm, holder, gfn));
	const memory = memoryAt(world, frame);
	const written = writtenOf(world, vm, gfn);
	const held = heldCount(world, index, gfn, frame, written);
	const pins = pinsOnFolio(world, index, gfn, order).map((pin) => ({ term: pin.term, untilNs: pin.untilNs < 0 ? null : pin.untilNs }));
	if (devicePinsOn(world, index, gfn - (gfn % (1 << order)), 1 << order)) pins.push({ term: 'long', untilNs: null });
	const bit = firstWord(vm) * 32 + gfn;
	const dirty = vm.logging && (testBit(world.c.qemuBitmap.data, bit) || testBit(world.c.kvmLog.data, bit));
	const hosts = world.r.hosts.map((host, at) => ({
		host: host.id,
		running: vm.vcpuState === 'running' && vm.instances[vm.running] === at,
		rungs: rungsOf(world, vm, host, at, gfn)
	}));
	const devices = hosts.map((entry) => entry.rungs.find((rung) => rung.space === 'dpa')?.address ?? null);
	const pool = memory >= 0 && world.r.memories[memory]?.kind === 'pool';
	return ok({
		vm: vmId,
		gfn,
		folioFirstGfn: order === BLOCK_ORDER ? gfn - (gfn % PAGES_PER_BLOCK) : gfn,
		folioPages: order === BLOCK_ORDER ? PAGES_PER_BLOCK : 1,
		memory: memory < 0 ? null : (world.r.memories[memory]?.id ?? null),
		frame: frame < 0 ? null : frame - (world.r.memories[memory]?.firstBlock ?? 0) * PAGES_PER_BLOCK,
		written,
		held,
		proof: frame < 0 ? (written === 0 ? 'equal' : 'not backed') : held === written ? 'equal' : 'differs',
		dirty,
		pins,
		readLatencyNs:
			memory < 0 || missing ? null : pool ? Math.floor(loadedPoolLatencyNs(world)) : (world.r.memories[memory]?.readLatencyNs ?? null),
		missing,
		sentence: missing ? missingSentence(world, vm, memory, gfn) : sentence(world, vm, memory, order),
		hosts,
		sameDeviceAddress: devices.length > 1 && devices[0] !== null && devices.every((address) => address === devices[0])
	});
}

function memoryAt(world: World, frame: number): number {
	if (frame < 0) return -1;
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	return world.r.memories.findIndex((memory) => block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount);
}

/** The write count that the frame's stamp stands for: the last one or one of the 64 before it; null for none of them. */
function heldCount(world: World, vm: number, gfn: number, frame: number, written: number): number | null {
	if (frame < 0) return null;
	const stamp = readStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK);
	for (let count = written; count >= Math.max(0, written - 64); count -= 1) if (stamp === stampOf(vm, gfn, count)) return count;
	return null;
}

function sentence(world: World, vm: VmRecord, memory: number, order: number): string {
	const what = order === BLOCK_ORDER ? 'Its 2 MiB folio' : 'This 4 KiB page';
	if (memory < 0) return `${what} has no frame: the guest never touched it.`;
	const record = world.r.memories[memory];
	const owner = hostName(world, vm.ownerHost);
	if (record?.kind === 'pool') return `${what} lies in the pool. Host ${owner} owns it and reaches it through its window.`;
	return `${what} lies in the DRAM of host ${hostName(world, record?.host ?? -1)}.`;
}

/** Post-copy: who has the page, and whether it is on its way. */
function missingSentence(world: World, vm: VmRecord, memory: number, gfn: number): string {
	const { fetch } = vm;
	const [here, there] = [vm.instances[vm.running], vm.instances[1 - vm.running]].map((host) => hostName(world, host ?? -1));
	if (!fetch || fetch.gone) return `This page had not come when its source died: nobody has it.`;
	const what =
		memory < 0
			? `Nobody has written this page; ${there} says so when it is asked`
			: `Its newest copy is at the source, in the DRAM of host ${there}`;
	const asked = fetch.waiting.some((wait) => Math.floor(wait.gfn / fetch.unitPages) === Math.floor(gfn / fetch.unitPages));
	const next = fetch.broken
		? 'it cannot be fetched while the migration is paused'
		: asked
			? 'a vCPU waits for it'
			: 'it comes when it is touched, or behind the others';
	return `${what}. ${here} runs the guest and does not have it yet: ${next}.`;
}

/** GVA, GPA, HVA, HPA and DPA of the page on one host. */
function rungsOf(world: World, vm: VmRecord, host: HostRecord, hostIndex: number, gfn: number): Rung[] {
	const gpa = gfn * PAGE_BYTES;
	const instance = vm.instances.indexOf(hostIndex);
	const rungs: Rung[] = [
		{ space: 'gva', address: formatAddress(DIRECT_MAP + BigInt(gpa)), by: 'the guest’s own direct map', note: 'virtual, in the guest' },
		{ space: 'gpa', address: formatAddress(gpa), by: 'guest page table', note: 'physical, in the guest' },
		{
			space: 'hva',
			address: instance < 0 ? null : formatAddress((HVA_BASE[instance] as number) + gpa),
			by: 'memslot',
			note: instance < 0 ? `no QEMU process on host ${host.id}` : `QEMU on host ${host.id}`
		}
	];
	const frame = instance < 0 ? -1 : frameOf(world, vm, instance, gfn);
	const running = frameOf(world, vm, vm.running, gfn);
	const place = frame >= 0 ? frame : onPool(world, running) ? running : -1;
	rungs.push(...physicalRungs(world, host, hostIndex, place, frame >= 0));
	return rungs;
}

function onPool(world: World, frame: number): boolean {
	return world.r.memories[memoryAt(world, frame)]?.kind === 'pool';
}

/** HPA and, behind a window, DPA. A page of the pool has a device address for every host whose decoder covers it. */
function physicalRungs(world: World, host: HostRecord, hostIndex: number, frame: number, mapped: boolean): Rung[] {
	const memory = memoryAt(world, frame);
	const record = world.r.memories[memory];
	if (!record)
		return [
			{ space: 'hpa', address: null, by: 'host page table', note: 'not backed here' },
			{ space: 'dpa', address: null, by: 'decoder', note: 'no device' }
		];
	const local = frame - record.firstBlock * PAGES_PER_BLOCK;
	if (record.kind === 'dram') {
		const own = record.host === hostIndex;
		return [
			{
				space: 'hpa',
				address: own ? formatAddress(local * PAGE_BYTES) : null,
				by: 'host page table',
				note: own ? `node 0, DRAM of host ${host.id}` : 'out of reach from here'
			},
			{ space: 'dpa', address: null, by: 'decoder', note: 'DRAM is behind no decoder' }
		];
	}
	const dpa: Dpa = frameToDpa(local);
	const hpa = toHpa(host, dpa);
	return [
		{
			space: 'hpa',
			address: hpa.ok ? formatAddress(hpa.value) : null,
			by: 'host page table',
			note: mapped ? 'window' : 'window, not mapped yet'
		},
		{
			space: 'dpa',
			address: formatAddress(dpa),
			by: 'decoder',
			note: `device address, the same for every host (gfn page ${formatNumber(local)} of the pool)`
		}
	];
}
