import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { assert } from '../../base/assert.ts';
import { BLOCKS_PER_MEMORY_BLOCK, NS_PER_S, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { BLOCK_ORDER, BlockKind, MapKind, OwnerState, packOwner, RowKind, vmPayload } from '../contract/words.ts';
import { costNs } from '../costs/cost-model.ts';
import { stopLog } from '../hypervisor/dirty-log.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { foldVm, recount } from '../migration/instances.ts';
import { forgetSplit } from '../migration/reference/split.ts';
import { mapBlocks, unmapAll } from '../migration/relabel.ts';
import { offlineBlock } from '../migration/residence.ts';
import { roomOnDram } from '../migration/room.ts';
import { attachBlocks, detachBlocks } from '../mm/buddy.ts';
import { ensureRows, setFolio, setWhole, stampOf, writeStamp } from '../mm/frames.ts';
import { frameOf, mapPage, mappingRow, mapWhole, wholeBlockOf } from '../mm/space/mapping.ts';
import { forgetWritten } from '../mm/space/written.ts';
import { allocateOnDram, blockOfFrame } from '../mm/zones.ts';
import type { HostRecord, VmRecord, ZoneRecord } from '../state/records.ts';
import type { LossRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';
import { clearDescriptors } from '../superpage/descriptors.ts';
import { ownerIndex, ownerOf, sharedWordsOf } from '../superpage/words.ts';
import { everyoneCatchesUp, nameOf, poolPagesOf } from './hosts.ts';
import { dropAllPages } from './loss.ts';
import { note } from './note.ts';
import { isEmptied, peerOf, rackOf, rackVmOf, reachesPool } from './rack-records.ts';
import { indexOf, plan, RackTimer, turnOf, withTurn } from './timers.ts';

/**
 * A VM without a host runs again: adopted where it lies, when all its pages are on the pool and its registers are in the
 * super-page, else booted anew. Times are the cost model's (3.7): 20 ms or a cold boot.
 */

export const lossOf = (world: World, vm: number): LossRecord | undefined =>
	rackOf(world).losses.findLast((loss) => loss.vm === vm && loss.backNs < 0);

/** Whether it can go on where it was, from registers in the super-page. */
export function canAdopt(world: World, vmIndex: number): boolean {
	const loss = lossOf(world, vmIndex);
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (!loss || loss.metadataGone || rackOf(world).poolLost || poolPagesOf(world, vmIndex) < vm.populatedPages) return false;
	return loss.registersWhole || loss.registersFromNs >= 0;
}

/** VMs with vDPA devices are tied to a host: nothing restarts them here (our simplification). */
const isTied = (world: World, vmIndex: number): boolean => world.r.vdpa.nics.some((nic) => nic.vm === vmIndex);

/** Pages that restarts of other VMs under way will still take on a host. */
function promised(world: World, host: number, vmIndex: number): number {
	return rackOf(world).vms.reduce(
		(sum, each, index) =>
			sum + (index !== vmIndex && each.restartTo === host && !canAdopt(world, index) ? (world.r.vms[index] as VmRecord).populatedPages : 0),
		0
	);
}

/** A host that can is at it already. */
export function isComing(world: World, vmIndex: number): boolean {
	const { restartTo } = rackVmOf(world, vmIndex);
	return restartTo >= 0 && world.r.vms[vmIndex]?.vcpuState === 'lost' && able(world, vmIndex, restartTo).ok;
}

function serves(world: World, host: number): boolean {
	const peer = peerOf(world, host);
	const isShut = (peer.selfFenced && !rackOf(world).poolLost) || peer.deviceFenced || peer.away || isEmptied(world, host);
	return world.r.hosts[host]?.power === 'up' && !isShut;
}

export function able(world: World, vmIndex: number, host: number): Outcome<null, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (isTied(world, vmIndex)) return refused('migration-blocked', `${vm.id} has a vDPA device`);
	if (!serves(world, host)) return refused('host-not-up', `${nameOf(world, host)} does not serve`);
	const loss = lossOf(world, vmIndex);
	const refusal = world.r.operations.findLast((operation) => operation.vm === vmIndex && operation.refusal)?.refusal;
	if (loss?.why === 'not-loaded' && loss.host === host && refusal) return refused(refusal.reason, refusal.detail);
	// Frozen in the hand-off, or lost with all that is needed to go on: it is taken where it lies.
	if (vm.vcpuState !== 'lost' || canAdopt(world, vmIndex))
		return reachesPool(world, host) ? ok(null) : refused('no-shared-memory', `${nameOf(world, host)} does not reach the pool`);
	const free = roomOnDram(world, host) - promised(world, host, vmIndex);
	if (free < vm.populatedPages)
		return refused('no-room-target', `${vm.populatedPages} pages of ${vm.id} need room, ${free} are free on ${nameOf(world, host)}`);
	return ok(null);
}

/** The host with most room, or the first that can take it. */
export function chooseHost(world: World, vmIndex: number): number {
	const open = world.r.hosts.flatMap((_, host) => (able(world, vmIndex, host).ok ? [host] : []));
	if (world.scenario.rack?.placing === 'first') return open[0] ?? -1;
	const load = (host: number): number =>
		world.r.vms.reduce(
			(sum, vm, index) =>
				sum + ((vm.vcpuState !== 'lost' && vm.instances[vm.running] === host) || rackVmOf(world, index).restartTo === host ? vm.vcpus : 0),
			0
		);
	const room = (host: number): number => roomOnDram(world, host) - promised(world, host, vmIndex);
	const roomiest = open.toSorted((a, b) => load(a) - load(b) || room(b) - room(a) || a - b);
	return roomiest[0] ?? -1;
}

export function planRestart(world: World, vmIndex: number, to: number): void {
	const mine = rackVmOf(world, vmIndex);
	const host = to >= 0 ? to : chooseHost(world, vmIndex);
	mine.restartTo = host;
	if (host < 0) {
		note(world, {
			kind: 'restart',
			rule: 'vm-restart',
			host: world.r.vms[vmIndex]?.instances[world.r.vms[vmIndex]?.running ?? 0] ?? -1,
			vm: vmIndex,
			text: `no host can take ${world.r.vms[vmIndex]?.id ?? ''}: it waits`
		});
		if (world.r.nowNs < world.scenario.untilNs && !isTied(world, vmIndex)) next(world, vmIndex, NS_PER_S);
		return;
	}
	const adopt = canAdopt(world, vmIndex);
	note(world, {
		kind: 'restart',
		rule: 'vm-restart',
		host,
		vm: vmIndex,
		values: { how: adopt ? 'from-checkpoint' : 'cold-boot' },
		text: `${nameOf(world, host)} ${adopt ? 'takes' : 'boots'} ${world.r.vms[vmIndex]?.id ?? ''}${adopt ? ' where it lies' : ' anew'}`
	});
	next(world, vmIndex, costNs(world.costs, adopt ? 'switchoverFixedMs' : 'vmColdBootS'));
}

/** When this restart is over; one that was planned before is not to happen. */
function next(world: World, vmIndex: number, afterNs: number): void {
	const mine = rackVmOf(world, vmIndex);
	mine.restartTurn += 1;
	plan(world, afterNs, RackTimer.restart, withTurn(vmIndex, mine.restartTurn));
}

/** The time of a restart is over. */
export function restarted(world: World, code: number): void {
	const vmIndex = indexOf(code);
	const vm = world.r.vms[vmIndex] as VmRecord;
	const mine = rackVmOf(world, vmIndex);
	if (vm.vcpuState !== 'lost' || mine.restartTurn !== turnOf(code)) return;
	const host = mine.restartTo;
	mine.restartTo = -1;
	everyoneCatchesUp(world);
	if (host < 0 || !able(world, vmIndex, host).ok) return planRestart(world, vmIndex, -1);
	const loss = lossOf(world, vmIndex);
	const open = rackOf(world).losses.filter((each) => each.vm === vmIndex && each.backNs < 0);
	const adopt = canAdopt(world, vmIndex);
	forgetSplit(world, vmIndex);
	if (adopt) adoptOrphan(world, vmIndex, vm, host);
	else bootAnew(world, vmIndex, vm, host);
	own(world, vmIndex, vm, host, adopt ? OwnerState.active : OwnerState.local);
	vm.vcpuState = 'running';
	vm.status = 'none';
	refreshSpeed(world, vm);
	mine.restarts += 1;
	// It may have lost more while nobody ran it: all of that is over.
	for (const each of open) Object.assign(each, { how: adopt ? 'from-checkpoint' : 'cold-boot', backOn: host, backNs: world.r.nowNs });
	const gap = open[0] ? world.r.nowNs - open[0].sinceNs : 0;
	vm.causeSeq = note(world, {
		kind: 'back',
		rule: 'vm-restart',
		host,
		vm: vmIndex,
		cause: loss?.causeSeq ?? null,
		values: { goneNs: gap, how: adopt ? 'from-checkpoint' : 'cold-boot' },
		text: `${vm.id} runs on ${nameOf(world, host)} after ${gap < NS_PER_S ? `${Math.round(gap / 1e6)} ms` : `${Math.round(gap / 1e8) / 10} s`}`
	});
}

/** The new owner writes its name, with the next token. */
function own(world: World, vmIndex: number, vm: VmRecord, host: number, state: number): void {
	vm.ownerHost = host;
	if (!world.scenario.pool || rackOf(world).poolLost) return;
	const words = sharedWordsOf(world);
	const before = ownerOf(world, vmIndex);
	const token = world.r.faults.includes('keep-token') ? before.token : before.token + 1;
	const incarnation = (world.r.hosts[host] as HostRecord).incarnation;
	words.compareAndSwap(ownerIndex(vmIndex), words.load(ownerIndex(vmIndex)), packOwner({ owner: host, state, incarnation, token }));
	vm.previousOwner = [before.owner, before.state, before.incarnation, before.token];
	vm.ownerChangedNs = world.r.nowNs;
}

/** Its pages stay; another process maps them, another node has the extents. */
export function adoptOrphan(world: World, vmIndex: number, vm: VmRecord, host: number): void {
	const from = vm.running;
	const to = 1 - from;
	const zone = vm.poolZones[to] as number;
	(world.r.zones[zone] as ZoneRecord).host = host;
	for (const extent of world.r.extents) {
		if (extent.vm !== vmIndex || extent.state === 'released' || extent.onlineOn < 0) continue;
		const first = (world.r.memories[extent.memory] as { firstBlock: number }).firstBlock + extent.firstBlock;
		attachBlocks(world, zone, first, extent.onlineBlocks, detachBlocks(world, first, extent.onlineBlocks));
		extent.onlineOn = host;
		if (!extent.acceptedBy.includes(host)) extent.acceptedBy.push(host);
	}
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		const whole = wholeBlockOf(world, vm, from, guestBlock);
		if (whole >= 0 && mapBlocks(world, vm, to, guestBlock, whole, pool, 1) === 1) continue;
		for (let gfn = guestBlock * PAGES_PER_BLOCK; gfn < (guestBlock + 1) * PAGES_PER_BLOCK; gfn += 1) {
			const frame = frameOf(world, vm, from, gfn);
			if (frame >= 0) mapPage(world, vm, to, gfn, frame);
		}
	}
	unmapAll(world, vm, from);
	vm.instances[from] = -1;
	vm.instances[to] = host;
	vm.running = to;
	recount(world, vm);
	foldVm(world, vmIndex);
}

/** Nothing of the old memory is kept: the extents go back, the guest writes its memory for the first time. */
function bootAnew(world: World, vmIndex: number, vm: VmRecord, host: number): void {
	dropAllPages(world, vm);
	unmapAll(world, vm, vm.running);
	releaseExtents(world, vmIndex);
	clearDescriptors(world, vmIndex);
	vm.instances[0] = host;
	vm.instances[1] = -1;
	vm.running = 0;
	delete vm.dax;
	delete vm.fetch;
	delete vm.lostPages;
	stopLog(world, vm);
	const huge = world.scenario.vms[vmIndex]?.pages === 'thp';
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		forgetWritten(world, vm, guestBlock);
		if (guestBlock >= vm.populatedPages / PAGES_PER_BLOCK) continue;
		const frame = allocateOnDram(world, host, BLOCK_ORDER);
		if (frame < 0) bootInPages(world, vmIndex, vm, host, guestBlock);
		else {
			const block = blockOfFrame(frame);
			world.c.blockContent.set(block, 1);
			setWhole(world, block, huge ? BlockKind.huge : BlockKind.run, vmPayload(vmIndex, guestBlock), true);
			mapWhole(world, vm, 0, guestBlock, block, huge ? MapKind.huge : MapKind.run);
		}
		world.c.guestWritten.set(vm.firstGuestBlock + guestBlock, 1);
		world.c.mapSecondStage.set(mappingRow(vm, 0, guestBlock), 2);
	}
	recount(world, vm);
	const mine = rackVmOf(world, vmIndex);
	mine.damagedGfns = [];
	mine.checkpointNs = -1;
}

/** No run of 512 pages is left on the host: page by page. */
function bootInPages(world: World, vmIndex: number, vm: VmRecord, host: number, guestBlock: number): void {
	for (let gfn = guestBlock * PAGES_PER_BLOCK; gfn < (guestBlock + 1) * PAGES_PER_BLOCK; gfn += 1) {
		const frame = allocateOnDram(world, host, 0);
		assert(frame >= 0, `host ${host} ran out of memory although room was checked`);
		ensureRows(world, blockOfFrame(frame));
		setFolio(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, 0, RowKind.vm, vmIndex, gfn);
		writeStamp(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, stampOf(vmIndex, gfn, 1));
		mapPage(world, vm, 0, gfn, frame);
	}
}

/** Capacity in which nothing of the VM lies any more goes back to the pool. */
export function releaseExtents(world: World, vmIndex: number): void {
	for (const extent of world.r.extents) {
		if (extent.vm !== vmIndex || extent.state === 'released') continue;
		for (let at = 0; at < extent.onlineBlocks; at += BLOCKS_PER_MEMORY_BLOCK) offlineBlock(world, extent, at);
		extent.state = 'released';
		extent.onlineOn = -1;
	}
}
