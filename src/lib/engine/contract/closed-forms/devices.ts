import { assert } from '../../../base/assert.ts';
import { pow } from '../../../base/exact-math.ts';
import { GIB, MEMORY_BLOCK_BYTES } from '../../../base/units.ts';

/**
 * F12: downtime of a vDPA switch: a remap of all guest memory and the device's own set-up.
 * Source: cost model F12; Li Zhe 2025 (platform), Si-Wei Liu 2023 (mlx5, fitted to his table).
 */
export function vdpaMapChange(device: {
	readonly guestBytes: number;
	/** 0 when the guest's mappings are kept. */
	readonly cycleMsPerGiB: number;
	readonly setupS: number;
}): number {
	return ((device.guestBytes / GIB) * device.cycleMsPerGiB) / 1000 + device.setupS;
}

/** The same when every page stays pinned and only its IOMMU entry is made anew. Source: cost model 3.3, iommupt benchmark. */
export function vdpaUpdateAll(device: {
	readonly guestBytes: number;
	readonly pageBytes: number;
	readonly mapNs: number;
	readonly unmapNs: number;
	readonly setupS: number;
}): number {
	return ((device.guestBytes / device.pageBytes) * (device.mapNs + device.unmapNs)) / 1e9 + device.setupS;
}

/** A cost per GiB over an amount of memory, in seconds: pinning, mapping, logging. */
export function perGiBS(bytes: number, costMsPerGiB: number): number {
	return ((bytes / GIB) * costMsPerGiB) / 1000;
}

/** First touch of unbacked guest memory by several vCPUs at once. Source: cost model 3.6, HyperAlloc data. */
export function populateS(bytes: number, pageBytes: number, faultS: number, vcpus: number): number {
	return ((bytes / pageBytes) * faultS) / vcpus;
}

/** F13: adding and onlining memory blocks of 128 MiB. Source: cost model F13; Y. Liu, March 2026. */
export function blockOnline(bytes: number, perBlockS: number): number {
	return Math.ceil(bytes / MEMORY_BLOCK_BYTES) * perBlockS;
}

/** F13: offlining them; what is in use moves elsewhere first, and one page that cannot move fails its block. */
export function blockOffline(memory: {
	readonly bytes: number;
	readonly perBlockS: number;
	readonly usedBytes: number;
	readonly moveGBps: number;
}): number {
	const moveS = memory.usedBytes === 0 ? 0 : memory.usedBytes / (memory.moveGBps * 1e9);
	return blockOnline(memory.bytes, memory.perBlockS) + moveS;
}

/** Control path of a dynamic-capacity change: mailbox commands, one interrupt, the orchestrator. Source: cost model 3.4. */
export function capacityControlS(control: {
	readonly mailboxCommands: number;
	readonly mailboxS: number;
	readonly interruptS: number;
	readonly orchestratorS: number;
}): number {
	return control.mailboxCommands * control.mailboxS + control.interruptS + control.orchestratorS;
}

/** Making the page structures of a DAX device. Source: cost model 3.4. */
export function memmapS(bytes: number, pageBytes: number, entryBytes: number, rateGBps: number): number {
	return ((bytes / pageBytes) * entryBytes) / (rateGBps * 1e9);
}

/** Memory that can go when pinned pages fill whole pieces: every other piece. Source: cost model 3.5. */
export function clusteredFreeBytes(bytes: number, pieceBytes: number, pinnedPieces: number): number {
	return bytes - pinnedPieces * pieceBytes;
}

/**
 * Expected number of groups of `perGroup` pieces without a pinned one, when `pinned` of `pieces` are pinned at random:
 * groups · C(pieces − perGroup, pinned) / C(pieces, pinned). Source: combinatorics, cost model 3.5.
 */
export function expectedFreeGroups(pieces: number, perGroup: number, pinned: number): number {
	assert(pieces % perGroup === 0 && pinned <= pieces, `${pinned} pinned of ${pieces}`);
	let chance = 1;
	for (let index = 0; index < pinned; index += 1) chance *= Math.max(0, pieces - perGroup - index) / (pieces - index);
	return (pieces / perGroup) * chance;
}

/** Expected number of pieces without a pinned page when each page is pinned with the same chance. Source: cost model 3.5. */
export function expectedFreePieces(pieces: number, pagesPerPiece: number, pinnedShare: number): number {
	return pieces * pow(1 - pinnedShare, pagesPerPiece);
}

/** Waits before virtio-mem tries again: doubling from the least to the most. Source: Linux drivers/virtio/virtio_mem.c. */
export function virtioMemRetriesS(leastS: number, mostS: number, count: number): number[] {
	const waits: number[] = [];
	for (let waitS = leastS; waits.length < count; waitS = Math.min(mostS, waitS * 2)) waits.push(waitS);
	return waits;
}

/** From the death of a host to its VM running again elsewhere. Source: cost model 3.7. */
export function failoverS(scheme: { readonly detectS: number; readonly fenceS: number; readonly restartS: number }): number {
	return scheme.detectS + scheme.fenceS + scheme.restartS;
}
