import { formatBytesBinary } from '../../base/format.ts';
import { mix32 } from '../../base/hash.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { passesByCopy } from '../contract/migration/strategies.ts';
import type { LossStatus } from '../contract/rack/status.ts';
import type { RuleId } from '../contract/rules.ts';
import { OwnerState } from '../contract/words.ts';
import { costBytes } from '../costs/cost-model.ts';
import { stopLog } from '../hypervisor/dirty-log.ts';
import { endPins } from '../hypervisor/pins.ts';
import { dropInstance, recount } from '../migration/instances.ts';
import { closeNics } from '../migration/nics.ts';
import { finish } from '../migration/operation.ts';
import { unmapAll } from '../migration/relabel.ts';
import { STRATEGIES } from '../migration/strategies/index.ts';
import { endGiven } from '../migration/strategies/transit-lost.ts';
import { release } from '../mm/buddy.ts';
import { ensureRows, stampOf, writeStamp } from '../mm/frames.ts';
import { blockOfFrame } from '../mm/zones.ts';
import { freeGuestBlock } from '../mm/space/give-back.ts';
import { frameOf, unmapPages, wholeBlockOf } from '../mm/space/mapping.ts';
import { writtenOf } from '../mm/space/written.ts';
import { emit } from '../sim/trace.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { ownerOf } from '../superpage/words.ts';
import { hostsOf, nameOf, poolPagesOf } from './hosts.ts';
import { note } from './note.ts';
import { rackOf, rackVmOf } from './rack-records.ts';

/**
 * What dies with a host. Registers, pages in its DRAM, lines in its caches: each is counted and said, nothing goes in
 * silence (cxl-fabric reference 10.6). Pages on the pool stay where they are, without anybody who may run them.
 */
const LINE_BYTES = 64;
/** Pages that may be shown as damaged by one crash; more lines than these are lost in the same pages (our simplification). */
const MOST_DAMAGED = 512;

export function loseVm(world: World, vmIndex: number, host: number, why: LossStatus['why'], cause: number | null): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const mine = rackVmOf(world, vmIndex);
	const spread = hostsOf(vm).map((each) => nameOf(world, each));
	const sinceNs = mine.held || mine.stalled ? mine.stoppedNs : world.r.nowNs;
	// Wrong belief "shared memory makes it immortal": what lies on the pool is all there is of a VM.
	const believed = world.r.belief === 'shared-is-immortal' && poolPagesOf(world, vmIndex) >= vm.populatedPages;
	// Frozen for the hand-off, committed and not yet run, or unable to run: its state is in the super-page, flushed, and nobody has
	// gone beyond it (cxl-fabric reference 10.5, I3).
	const given = vm.vcpuState !== 'running' && ownerOf(world, vmIndex).state === OwnerState.handoff;
	const frozen = given && world.r.belief !== 'last-runner-owns';
	const gone = why === 'pool' || why === 'released';
	const whole = !gone && (believed || frozen || vm.vcpuState === 'loading' || why === 'not-loaded');
	const flushed = vm.vcpuState === 'saved' && hasFlushed(world, vmIndex);
	endMove(world, vmIndex, host);
	endPins(world, vmIndex);
	closeNics(world, vmIndex, 0);
	closeNics(world, vmIndex, 1);
	if (vm.logging) stopLog(world, vm);
	// The pool takes the map with it; otherwise it stands until somebody clears it.
	if (why === 'pool') delete vm.split;
	forgetOther(world, vmIndex, vm);
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const lines = whole || gone || flushed ? 0 : loseLines(world, vmIndex, vm);
	const dramPages = dropPages(world, vm, gone ? 'all' : 'dram');
	recount(world, vm);
	vm.vcpuState = 'lost';
	vm.speedPpm = 0;
	mine.held = false;
	mine.stalled = false;
	mine.checkpointing = false;
	if (world.r.faults.includes('forget-loss')) return;
	const poolPages = vm.pagesByMemory[pool] ?? 0;
	const wentWithHost = why === 'crash' || why === 'fenced';
	const unknown = !whole && wentWithHost && poolPages > 0 && world.scenario.vms[vmIndex]?.ways?.metadata === 'host';
	const registers = whole
		? 'its registers were whole in the super-page'
		: mine.checkpointNs >= 0 && poolPages > 0
			? `its registers go back ${Math.round((sinceNs - mine.checkpointNs) / 1e6)} ms`
			: 'its registers are gone';
	const parts = [
		registers,
		...(dramPages > 0 ? [`${formatBytesBinary(dramPages * PAGE_BYTES)} went with ${WENT_WITH[why]}`] : []),
		...(lines > 0 ? [`the newest lines of ${lines} pages were in caches`] : []),
		...(poolPages > 0 ? [`${formatBytesBinary(poolPages * PAGE_BYTES)} lie on the pool`] : []),
		...(unknown ? ['and the page structures that say which these are were in its DRAM'] : [])
	];
	const here = world.r.hosts[host]?.id ?? 'the pool';
	const sentence = `${vm.id} ${spread.length > 1 ? `ran on ${spread.join(' and ')}, and ${here} is gone` : `was on ${here}`}: ${parts.join(', ')}`;
	const causeSeq = emit(world, {
		kind: 'loss',
		rule: LOSS_RULE[why],
		cause,
		host: world.r.hosts[host]?.id ?? null,
		vm: vm.id,
		values: { why, dramPages, poolPages, lines },
		text: sentence
	});
	rackOf(world).losses.push({
		vm: vmIndex,
		host,
		atNs: world.r.nowNs,
		sinceNs,
		why,
		registersFromNs: poolPages > 0 ? mine.checkpointNs : -1,
		registersWhole: whole,
		dramPages,
		poolPages,
		lines,
		tokenAtLoss: ownerOf(world, vmIndex).token,
		how: null,
		backOn: -1,
		backNs: -1,
		causeSeq,
		...(unknown ? { metadataGone: true as const } : {})
	});
	if (unknown)
		emit(world, {
			kind: 'loss',
			rule: 'metadata-home',
			cause: causeSeq,
			host: here,
			vm: vm.id,
			values: { pages: poolPages },
			text: `${poolPages} pages of ${vm.id} are on the pool, and nobody who is left knows which: it cannot be adopted`
		});
	if (!whole) world.r.marks.push(`lost: ${sentence}`);
}

const WENT_WITH: Readonly<Record<LossStatus['why'], string>> = {
	crash: 'its DRAM',
	fenced: 'its DRAM',
	pool: 'the pool',
	'not-loaded': 'its DRAM',
	released: 'its extents'
};
const LOSS_RULE: Readonly<Record<LossStatus['why'], RuleId>> = {
	crash: 'host-crash',
	fenced: 'host-crash',
	pool: 'pool-loss',
	'not-loaded': 'dead-on-target',
	released: 'forced-release'
};

/** The source has written its dirty lines back, on the way to giving the VM up. */
const hasFlushed = (world: World, vmIndex: number): boolean =>
	world.r.operations.findLast((operation) => operation.vm === vmIndex)?.actors?.source.locals['flushed'] === true;

/** Since when the guest writes into the caches of the host it was on: since they were flushed last, or since it came there. */
function dirtySinceNs(world: World, vmIndex: number, vm: VmRecord): number {
	const at = vm.instances[vm.running];
	const came = world.r.operations.findLast((operation) => operation.vm === vmIndex && operation.target === at && operation.resumedNs > 0);
	const back = rackOf(world).losses.findLast((loss) => loss.vm === vmIndex && loss.backNs >= 0);
	return Math.max(0, rackVmOf(world, vmIndex).checkpointNs, came?.resumedNs ?? 0, back?.backNs ?? 0);
}

/** A move of a VM that is gone has nothing left to move. */
function endMove(world: World, vmIndex: number, host: number): void {
	const move = () => world.r.operations.find((each) => each.vm === vmIndex && each.state === 'running');
	const operation = move();
	if (!operation) return;
	STRATEGIES[operation.strategy].hostLost(world, operation, operation.source === host ? 'source' : 'target');
	const left = move();
	if (!left) return;
	endGiven(world, left);
	left.actors = null;
	finish(world, left, 'failed', 'host-lost', `the move ends: nobody runs ${world.r.vms[vmIndex]?.id ?? ''}`);
}

/** The process at the other end, if there is one: what it had mapped by reference stays, what it had copied is freed. */
function forgetOther(world: World, vmIndex: number, vm: VmRecord): void {
	const other = 1 - vm.running;
	if (vm.instances[other] === -1) return;
	const last = world.r.operations.findLast((operation) => operation.vm === vmIndex);
	if (last && passesByCopy(last.strategy)) dropInstance(world, vmIndex, other);
	else unmapAll(world, vm, other);
	vm.instances[other] = -1;
}

/** Frees what the VM has in DRAM, or everywhere; returns how many pages that were. */
function dropPages(world: World, vm: VmRecord, which: 'dram' | 'all'): number {
	const pool = world.r.memories.find((memory) => memory.kind === 'pool');
	const goes = (block: number): boolean =>
		which === 'all' || !pool || block < pool.firstBlock || block >= pool.firstBlock + pool.blockCount;
	let dropped = 0;
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		const whole = wholeBlockOf(world, vm, vm.running, guestBlock);
		if (whole >= 0) {
			if (!goes(whole)) continue;
			freeGuestBlock(world, vm, vm.running, guestBlock);
			dropped += PAGES_PER_BLOCK;
			continue;
		}
		for (let gfn = guestBlock * PAGES_PER_BLOCK; gfn < (guestBlock + 1) * PAGES_PER_BLOCK; gfn += 1) {
			const frame = frameOf(world, vm, vm.running, gfn);
			if (frame < 0 || !goes(blockOfFrame(frame))) continue;
			ensureRows(world, blockOfFrame(frame));
			release(world, frame, 0);
			unmapPages(world, vm, vm.running, gfn, 1);
			dropped += 1;
		}
	}
	return dropped;
}

/** Frees all of it: the memory of a VM that boots anew, or whose pool is gone. */
export function dropAllPages(world: World, vm: VmRecord): number {
	return dropPages(world, vm, 'all');
}

/** Pages on the pool whose last write stayed in the caches of the host; which ones follows from the moment and the VM. */
function loseLines(world: World, vmIndex: number, vm: VmRecord): number {
	const poolRecord = world.scenario.pool;
	const pool = world.r.memories.find((memory) => memory.kind === 'pool');
	const on = vm.pagesByMemory[world.r.memories.findIndex((memory) => memory.kind === 'pool')] ?? 0;
	if (!poolRecord || poolRecord.hardwareCoherent || !pool || on === 0) return 0;
	const mine = rackVmOf(world, vmIndex);
	const dirtyNs = world.r.nowNs - dirtySinceNs(world, vmIndex, vm);
	const written = Math.min(vm.writtenPages, Math.floor((dirtyNs / 1e9) * vm.writesPerSecond));
	const most = Math.min(written, Math.floor(costBytes(world.costs, 'dirtyLlcMiB') / LINE_BYTES), MOST_DAMAGED);
	const damaged = new Set(mine.damagedGfns);
	const before = damaged.size;
	for (let draw = 0; draw < most; draw += 1) {
		const each = vm.classes[draw % vm.classes.length];
		if (!each) break;
		const gfn = each.firstGfn + (mix32(world.scenario.seed ^ vmIndex, draw, Math.floor(world.r.nowNs % 2 ** 31)) % each.pages);
		const count = writtenOf(world, vm, gfn);
		const frame = frameOf(world, vm, vm.running, gfn);
		const block = blockOfFrame(frame);
		if (damaged.has(gfn) || count < 2 || frame < 0 || block < pool.firstBlock || block >= pool.firstBlock + pool.blockCount) continue;
		damaged.add(gfn);
		writeStamp(world, block, frame % PAGES_PER_BLOCK, stampOf(vmIndex, gfn, count - 1));
	}
	mine.damagedGfns = [...damaged].sort((a, b) => a - b);
	const lost = damaged.size - before;
	if (lost > 0)
		note(world, {
			kind: 'crash',
			rule: 'lost-lines',
			host: vm.instances[vm.running] as number,
			vm: vmIndex,
			values: { pages: lost },
			text: `${lost} pages of ${vm.id} on the pool hold the write before the last: the newer lines were in the caches`
		});
	return lost;
}
