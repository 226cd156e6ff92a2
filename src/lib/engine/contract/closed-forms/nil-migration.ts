import { assert } from '../../../base/assert.ts';
import { lostWorkS, progress } from './latency.ts';

/**
 * F8: rate at which pages move between nodes: the threads' rate, the device's, the host link's, whichever is least.
 * Source: cost model F8; rates per page size from S. Garg's mail of March 2026, measured from DRAM to DRAM.
 */
export function pageMigrationRate(limits: {
	readonly threads: number;
	readonly perThreadGBps: number;
	readonly deviceGBps: number;
	readonly hostLinkGBps: number;
}): number {
	return Math.min(limits.threads * limits.perThreadGBps, limits.deviceGBps, limits.hostLinkGBps);
}

/** Time to write dirty cache lines back before the other host may look; 0 with hardware coherence. Source: cost model F9. */
export function flushS(caches: {
	readonly dirtyBytes: number;
	readonly vcpus: number;
	readonly perThreadGBps: number;
	readonly hardwareCoherent: boolean;
}): number {
	if (caches.hardwareCoherent) return 0;
	return caches.dirtyBytes / (caches.vcpus * caches.perThreadGBps * 1e9);
}

/**
 * F9: time without a running vCPU at a hand-over. 'qemu' carries the fixed cost of a QEMU switch-over, 'ideal' only the
 * saving and loading of every vCPU and one doorbell. Source: cost model F9; Hao Xiang 2023 for the fixed cost, the
 * vCPU time is an estimate.
 */
export function handOverDowntime(
	kind: 'qemu' | 'ideal',
	cost: {
		readonly vcpus: number;
		readonly flushS: number;
		readonly switchoverFixedS: number;
		readonly vcpuSaveRestoreS: number;
		readonly doorbellS: number;
	}
): number {
	if (kind === 'qemu') return cost.switchoverFixedS + cost.flushS;
	return 2 * cost.vcpus * cost.vcpuSaveRestoreS + cost.flushS + cost.doorbellS;
}

/**
 * F10: transit. Every page moves once into the pool and once out of it, whatever the guest writes meanwhile.
 * Source: cost model F10; approach 1 of the nil-migration proposal (Stancevic 2023, seed S3).
 */
export function transit(guest: {
	readonly memoryBytes: number;
	readonly rateGBps: number;
	readonly downtimeS: number;
	/** Slowdown with all memory on the pool. */
	readonly slowdown: number;
}): {
	readonly phaseS: number;
	readonly totalS: number;
	readonly cxlBytes: number;
	readonly degradedS: number;
	readonly lostWorkS: number;
} {
	assert(guest.rateGBps > 0, `pages moving at ${guest.rateGBps} GB/s`);
	const phaseS = guest.memoryBytes / (guest.rateGBps * 1e9);
	return {
		phaseS,
		totalS: 2 * phaseS + guest.downtimeS,
		cxlBytes: 2 * guest.memoryBytes,
		degradedS: 2 * phaseS,
		lostWorkS: lostWorkS(2 * phaseS, guest.slowdown)
	};
}

/**
 * F11: resident. Only the hand-over takes time; afterwards the guest stays at the pool's latency for good.
 * Source: cost model F11; approach 2 of the nil-migration proposal.
 */
export function resident(guest: { readonly downtimeS: number; readonly slowdown: number }): {
	readonly totalS: number;
	readonly progress: number;
	readonly lostWorkPerS: number;
} {
	const running = progress(guest.slowdown);
	return { totalS: guest.downtimeS, progress: running, lostWorkPerS: 1 - running };
}

/** Staying on the pool pays only for a VM that would otherwise be moved more often than this. Source: cost model 3.1. */
export function residentBreakEvenS(transitLostWorkS: number, residentLostWorkPerS: number): number {
	return transitLostWorkS / residentLostWorkPerS;
}

/** vCPU time to make second-stage entries again after the hand-off, spread over first touches. Source: live-migration reference 10. */
export function secondStageRebuildS(memoryBytes: number, mappingBytes: number, faultS: number): number {
	return Math.ceil(memoryBytes / mappingBytes) * faultS;
}

/** Size of the table that names a VM's pages: one entry per page or per range. Source: live-migration reference 10. */
export function rangeTableBytes(memoryBytes: number, pieceBytes: number, entryBytes: number): number {
	return Math.ceil(memoryBytes / pieceBytes) * entryBytes;
}
