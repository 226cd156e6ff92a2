import type { QmpArguments } from '../contract/machine-commands.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import { costNs } from '../costs/cost-model.ts';
import { nodeTold } from '../mm/boot/nodes-told.ts';
import { addMemory, removeMemory } from '../mm/blocks/add.ts';
import { beginOfflineWalk, offlineStep } from '../mm/blocks/offline.ts';
import { onlineMemoryBlock } from '../mm/blocks/online.ts';
import { blockState, pagesPerBlock } from '../mm/blocks/sections.ts';
import { continueLater, endCall, newCall } from '../mm/os/calls.ts';
import { logLine, osRecord } from '../mm/os/os.ts';
import { wakeParked } from '../mm/os/wake.ts';
import { emit } from '../sim/trace.ts';
import type { BackendRecord, CallRecord, DimmRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { hotplugBusy, HOTPLUG_LOCK, UNPLUG_WALK } from './hotplug-lock.ts';
import { machineOf } from './machine-of.ts';
import { placeDevice } from './memory-devices.ts';
import { readSize, type QemuMachine } from './qemu-args.ts';
import { answer, failure, type QmpAnswer } from './qmp-value.ts';
import { tell } from './tell.ts';

/**
 * DIMMs (QEMU 10.0.13 hw/mem/pc-dimm.c, hw/acpi/memory_hotplug.c; Linux 7.2.13 drivers/acpi/acpi_memhotplug.c and scan.c).
 * device_add and device_del answer at once; the guest hears of it by an ACPI notification and tells by _OST how it went.
 */

/** Sources and codes of _OST (ACPI 6.5, 6.3.5). */
const OST = { insert: 1, eject: 3, success: 0, failure: 1, busy: 130, inProgress: 132 } as const;
/** From the interrupt to the first line of the guest's handler. Our simplification: one figure. */
const NOTIFY_NS = 1_000_000;

export const PLUG_WALK = 'dimm-plug';

/** device_add driver=pc-dimm: the answer of the monitor. `hotplugged` false: on the command line, found while the guest boots. */
export function plugDimm(world: World, os: number, args: QmpArguments, hotplugged = true): QmpAnswer {
	const checked = checkDimm(world, os, machineOf(world, os), args);
	if (typeof checked === 'string') return failure(checked, /^Device '.*' not found$/.test(checked) ? 'DeviceNotFound' : 'GenericError');
	const dimm = createDimm(world, os, checked, hotplugged);
	notify(world, os, dimm, PLUG_WALK, `ACPI: ${dimm.id} inserted`);
	return answer();
}

interface Wanted {
	readonly id: string;
	readonly backend: BackendRecord;
	readonly node: number;
	readonly slot: number;
	readonly addr: number;
}

/** In QEMU's order: properties, slot, place, backend, node (pc_dimm_pre_plug, then pc_dimm_realize). A text is the error. */
function checkDimm(world: World, os: number, machine: QemuMachine, args: Readonly<Record<string, unknown>>): Wanted | string {
	const { backends } = osRecord(world, os);
	const id = String(args['id'] ?? '');
	if (id !== '' && inUse(world, os, id)) return `Duplicate device ID '${id}'`;
	const known = new Set(['driver', 'id', 'memdev', 'node', 'slot', 'addr', 'bus', 'unarmed', 'label-size']);
	const unknown = Object.keys(args).find((name) => !known.has(name));
	if (unknown !== undefined) return `Property 'pc-dimm.${unknown}' not found`;
	const memdev = args['memdev'];
	const backend = backends.find((each) => each.id === memdev) ?? null;
	if (memdev !== undefined && backend === null) return `Device '${String(memdev)}' not found`;
	const node = Number(args['node'] ?? 0);
	if (!Number.isInteger(node) || node < 0) return "Parameter 'node' expects uint32_t";
	const slot = slotFor(world, os, machine, sizeIn(args['slot'], -1));
	if (typeof slot === 'string') return slot;
	const placed = placeDevice(world, os, machine, backend, sizeIn(args['addr'], 0), 0);
	if (placed.error !== null || backend === null) return placed.error ?? "'memdev' property must be set";
	if (backend.usedBy !== null) return `can't use already busy memdev: ${backend.id}`;
	const nodeCount = machine.numaNodes.length;
	if (nodeCount > 0 ? node >= nodeCount : node > 0)
		// The stray quotation mark is QEMU's.
		return `'DIMM property node has value ${node}' which exceeds the number of numa nodes: ${nodeCount || 1}`;
	return { id, backend, node, slot, addr: placed.addr };
}

function sizeIn(value: unknown, otherwise: number): number {
	return value === undefined ? otherwise : (readSize(String(value)) ?? otherwise);
}

/** pc_dimm_get_free_slot. */
function slotFor(world: World, os: number, machine: QemuMachine, wanted: number): number | string {
	const used = new Set(plugged(world, os).map((dimm) => dimm.slot));
	if (machine.slots === 0) return "no slots where allocated, please specify the 'slots' option";
	if (wanted >= 0) {
		if (wanted >= machine.slots) return `invalid slot# ${wanted}, should be less than ${machine.slots}`;
		return used.has(wanted) ? `slot ${wanted} is busy` : wanted;
	}
	for (let slot = 0; slot < machine.slots; slot += 1) if (!used.has(slot)) return slot;
	return 'no free slots available';
}

const plugged = (world: World, os: number): DimmRecord[] => world.r.dimms.filter((dimm) => dimm.os === os && dimm.state !== 'gone');

const inUse = (world: World, os: number, id: string): boolean =>
	plugged(world, os).some((dimm) => dimm.id === id) ||
	world.r.virtioMems.some((device) => device.os === os && device.state === 'plugged' && device.id === id);

function createDimm(world: World, os: number, wanted: Wanted, hotplugged: boolean): DimmRecord {
	const { backend } = wanted;
	const dimm: DimmRecord = {
		id: wanted.id,
		os,
		memdev: backend.id,
		node: wanted.node,
		slot: wanted.slot,
		addr: wanted.addr,
		bytes: backend.bytes,
		state: 'plugged',
		group: -1,
		hotplugged
	};
	backend.usedBy = wanted.id === '' ? 'pc-dimm' : wanted.id;
	world.r.dimms.push(dimm);
	return dimm;
}

/** device_del of a DIMM that is there: a wish, the guest decides. */
export function unplugDimm(world: World, os: number, id: string): QmpAnswer {
	const dimm = plugged(world, os).find((each) => each.id === id);
	if (!dimm) return failure(`Device '${id}' not found`, 'DeviceNotFound');
	dimm.state = 'unplug-requested';
	const running = world.r.calls.some((call) => call.os === os && call.state === 'running' && call.work['dimm'] === id);
	// A second wish while the guest is at it changes nothing: the notification is the same.
	if (!running) notify(world, os, dimm, UNPLUG_WALK, `ACPI: ${dimm.id} to be ejected`);
	return answer();
}

function notify(world: World, os: number, dimm: DimmRecord, walk: string, text: string): void {
	const call = newCall(world, os, 'kernel', 'acpi', text, -1);
	call.causeSeq = emit(world, {
		kind: 'request',
		rule: 'dimm',
		cause: null,
		host: osRecord(world, os).id,
		values: { device: dimm.id, addr: dimm.addr, bytes: dimm.bytes, call: call.id },
		text
	});
	call.work = { walk, dimm: dimm.id, slot: dimm.slot };
	continueLater(world, call, NOTIFY_NS);
}

/** A DIMM that already left has no name in _OST's event, only its slot. */
function ost(world: World, os: number, dimm: DimmRecord, source: number, status: number): void {
	const info = { source, status, slot: String(dimm.slot), 'slot-type': 'DIMM' };
	const named = dimm.state !== 'gone' && dimm.id !== '';
	tell(world, osRecord(world, os), 'ACPI_DEVICE_OST', { info: named ? { device: dimm.id, ...info } : info });
}

const dimmOf = (world: World, call: CallRecord): DimmRecord | undefined =>
	plugged(world, call.os).find((dimm) => dimm.id === call.work['dimm'] && dimm.slot === call.work['slot']);

/** The guest finds the DIMM: one static memory group, its memory blocks, then _OST. */
export function plugWalk(world: World, call: CallRecord): void {
	const dimm = dimmOf(world, call);
	if (!dimm) {
		endCall(world, call, 'ENODEV', null);
		return;
	}
	if (call.work['added'] !== true) {
		if (hotplugBusy(world, call)) {
			call.waitingFor = HOTPLUG_LOCK;
			return;
		}
		call.waitingFor = null;
		call.work['errno'] = insert(world, call.os, dimm);
		call.work['added'] = true;
		const sections = Math.max(1, dimm.bytes / 2 ** 27);
		continueLater(world, call, costNs(world.costs, 'blockOnlineMs') * sections);
		return;
	}
	const errno = (call.work['errno'] ?? null) as string | null;
	if (dimm.hotplugged) ost(world, call.os, dimm, OST.insert, errno === null ? OST.success : OST.failure);
	endCall(world, call, errno, null);
}

/** Guest's part of plugging: acpi_memory_enable_device. memmap_on_memory is honoured. */
function insert(world: World, os: number, dimm: DimmRecord): string | null {
	const { groups } = osRecord(world, os);
	groups.push({
		kind: 'static',
		node: nodeTold(world, os, dimm.node),
		device: dimm.id,
		unitPages: dimm.bytes / PAGE_BYTES,
		kernelPages: 0,
		movablePages: 0
	});
	dimm.group = groups.length - 1;
	const { addr, bytes, node, group } = dimm;
	return addMemory(world, os, { addr, bytes, node, group, memmapOnMemory: true });
}

/**
 * The guest ejects the DIMM (acpi_scan_hot_remove): _OST "in progress", then every memory block goes offline; what fails in
 * the first pass is tried once more; when that fails too, what went offline comes back online and _OST says busy.
 */
export function unplugWalk(world: World, call: CallRecord): void {
	const { os, work } = call;
	const dimm = dimmOf(world, call);
	if (!dimm) {
		endCall(world, call, 'ENODEV', null);
		return;
	}
	if (work['pass'] === undefined) {
		if (hotplugBusy(world, call)) {
			call.waitingFor = HOTPLUG_LOCK;
			return;
		}
		call.waitingFor = null;
		ost(world, os, dimm, OST.eject, OST.inProgress);
		Object.assign(work, { pass: 1, next: 0, went: [], failed: false, inside: false });
	}
	if (work['inside'] === true) {
		const step = offlineStep(world, call);
		if (step === 'goes-on') return;
		work['inside'] = false;
		if (step === 'done') (work['went'] as number[]).push(Number(work['memoryBlock']));
		else work['failed'] = true;
		work['next'] = Number(work['next']) + 1;
	}
	goThrough(world, call, dimm);
}

function goThrough(world: World, call: CallRecord, dimm: DimmRecord): void {
	const { os, work } = call;
	const blocks = memoryBlocksOf(world, os, dimm);
	for (;;) {
		const memoryBlock = blocks[Number(work['next'])];
		if (memoryBlock === undefined) {
			if (work['failed'] !== true) break;
			if (work['pass'] === 2) {
				giveUp(world, call, dimm);
				return;
			}
			Object.assign(work, { pass: 2, next: 0, failed: false });
			continue;
		}
		if (blockState(world, os, memoryBlock) !== 'offline') {
			if (beginOfflineWalk(world, os, memoryBlock, call) === null) {
				work['inside'] = true;
				return;
			}
			work['failed'] = true;
			if (work['pass'] === 2) logLine(world, os, `memory memory${memoryBlock}: Offline failed.`);
		}
		work['next'] = Number(work['next']) + 1;
	}
	eject(world, call, dimm);
}

function memoryBlocksOf(world: World, os: number, dimm: DimmRecord): number[] {
	const bytes = pagesPerBlock(world, os) * PAGE_BYTES;
	const ids: number[] = [];
	for (let at = dimm.addr; at + bytes <= dimm.addr + dimm.bytes; at += bytes)
		if (blockState(world, os, at / bytes) !== null) ids.push(at / bytes);
	return ids;
}

function giveUp(world: World, call: CallRecord, dimm: DimmRecord): void {
	const { os } = call;
	for (const memoryBlock of call.work['went'] as number[]) onlineMemoryBlock(world, os, memoryBlock, 'online', call.causeSeq);
	dimm.state = 'plugged';
	ost(world, os, dimm, OST.eject, OST.busy);
	endCall(world, call, 'EBUSY', null);
	wakeParked(world, os);
}

function eject(world: World, call: CallRecord, dimm: DimmRecord): void {
	const { os } = call;
	const record = osRecord(world, os);
	if (memoryBlocksOf(world, os, dimm).length > 0) removeMemory(world, os, dimm.addr, dimm.bytes);
	const backend = record.backends.find((each) => each.id === dimm.memdev);
	if (backend) backend.usedBy = null;
	dimm.state = 'gone';
	if (dimm.id === '') tell(world, record, 'DEVICE_DELETED', { path: '/machine/peripheral-anon/device[0]' });
	else tell(world, record, 'DEVICE_DELETED', { device: dimm.id, path: `/machine/peripheral/${dimm.id}` });
	ost(world, os, dimm, OST.eject, OST.success);
	endCall(world, call, null, null);
	wakeParked(world, os);
}
