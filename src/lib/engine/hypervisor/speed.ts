import { MIB, PAGE_BYTES } from '../../base/units.ts';
import { costNs } from '../costs/cost-model.ts';
import { loadedPoolLatencyNs } from '../fabric/links.ts';
import { lookAgain } from './ahead.ts';
import { splitSlowdown } from './split.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

const MILLION = 1_000_000;

/**
 * Guest progress in parts per million: 1 / (1 + s·share) with s = f·(L/110 − 1) for the share of pages on the pool (cost
 * model F2, F3), less what dirty logging costs, less what the throttle takes. Only + − × ÷, so the same bits everywhere.
 */
export function speedOf(world: World, vm: VmRecord): number {
	const { costs } = world;
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const onPool = pool < 0 ? 0 : (vm.pagesByMemory[pool] ?? 0);
	const share = vm.populatedPages === 0 ? 0 : onPool / vm.populatedPages;
	const latency = loadedPoolLatencyNs(world);
	const slowdown = share === 0 ? 0 : costs.memStallFraction * (latency / costNs(costs, 'localDramReadLatencyNs') - 1) * share;
	const logging = vm.logging ? costs.dirtyLogSlowdownPct / 100 : 0;
	const progress = 1 / ((1 + slowdown) * (1 + logging));
	// A vCPU that waits for a missing page does nothing.
	const awake = vm.fetch ? Math.max(0, vm.vcpus - vm.fetch.waiting.length) / vm.vcpus : 1;
	const together = vm.split ? 1 / (1 + splitSlowdown(world, vm.split)) : 1;
	const free = MILLION * progress * (1 - vm.throttlePercent / 100) * awake * together;
	return Math.floor(vm.dirtyQuotaMiBps === undefined ? free : Math.min(free, MILLION * quotaShare(vm)));
}

/**
 * dirty-limit holds back a vCPU whose ring fills faster than its quota lets it, and no other (QEMU 10.2.2 system/dirtylimit.c). All
 * vCPUs write alike here: they get along undisturbed below the quota, and all of them wait above it (our simplification).
 */
function quotaShare(vm: VmRecord): number {
	const wanted = vm.writesPerSecond * PAGE_BYTES;
	const allowed = (vm.dirtyQuotaMiBps ?? 0) * MIB * vm.vcpus;
	return wanted <= allowed ? 1 : allowed / wanted;
}

/** Sets the speed anew. The VM must have caught up to now first. */
export function refreshSpeed(world: World, vm: VmRecord): void {
	vm.speedPpm = speedOf(world, vm);
	if (vm.vcpuState === 'running' && vm.speedPpm < vm.worstSpeedPpm) vm.worstSpeedPpm = vm.speedPpm;
	lookAgain(world, vm);
}
