import { MEMORY_BLOCK_BYTES } from '../../base/units.ts';
import { testBit } from '../../base/bitmap.ts';
import type { VirtioMemStatus } from '../contract/machine-status.ts';
import { osRecord } from '../mm/os/os.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** virtio-mem devices of one machine for the page: the four sizes, the driver's blocks, and what it waits for. */
export function virtioMemStatuses(world: World, os: number): VirtioMemStatus[] {
	return world.r.virtioMems
		.filter((device) => device.os === os && device.state === 'plugged')
		.map((device) => statusOfDevice(world, os, device));
}

function statusOfDevice(world: World, os: number, device: VirtioMemRecord): VirtioMemStatus {
	const { driver } = device;
	const request = device.requests.at(-1);
	return {
		id: device.id,
		node: device.node,
		addr: device.addr,
		blockBytes: device.blockBytes,
		subBlockBytes: driver.subBlockBytes,
		mode: driver.mode,
		unitBytes: driver.mode === 'sbm' ? osRecord(world, os).sectionsPerBlock * MEMORY_BLOCK_BYTES : driver.bigBlockBytes,
		regionBytes: device.regionBytes,
		usableBytes: device.usableBytes,
		requestedBytes: device.requestedBytes,
		pluggedBytes: device.pluggedBytes,
		driver: driver.state,
		blocks: blocksOf(world, os, device),
		retryAtNs: driver.timerNs < 0 ? null : driver.timerNs,
		retryDelayNs: driver.retryNs,
		lastResult: driver.lastResult,
		lastRequest: request ?? null,
		blocking: blockingOf(device),
		eventsSent: device.events.length
	};
}

function blocksOf(world: World, os: number, device: VirtioMemRecord): VirtioMemStatus['blocks'] {
	const { driver } = device;
	const memoryBlockBytes = osRecord(world, os).sectionsPerBlock * MEMORY_BLOCK_BYTES;
	const unit = driver.mode === 'sbm' ? memoryBlockBytes : driver.bigBlockBytes;
	if (unit === 0) return [];
	const sub = driver.mode === 'sbm' ? driver.subBlockBytes : unit;
	const origin = driver.mode === 'sbm' ? driver.firstMemoryBlock * memoryBlockBytes : firstBigBlock(device, unit);
	return driver.blockStates.flatMap((state, index) => {
		if (state === 'UNUSED') return [];
		const start = origin + index * unit;
		return [{ id: Math.round(start / unit), state, pluggedSubBlocks: pluggedRuns(world, device, start, unit, sub) }];
	});
}

/** Big blocks are counted from the first one that lies wholly inside the region. */
const firstBigBlock = (device: VirtioMemRecord, unit: number): number => Math.ceil(device.addr / unit) * unit;

/** Runs of sub-blocks whose device blocks are all plugged, as the driver believes. */
function pluggedRuns(world: World, device: VirtioMemRecord, start: number, bytes: number, sub: number): (readonly [number, number])[] {
	const bits = world.c.driverPlugged.data;
	const firstBit = device.firstDeviceWord * 32 + (start - device.addr) / device.blockBytes;
	const perSub = sub / device.blockBytes;
	const runs: [number, number][] = [];
	for (let at = 0; at < bytes / sub; at += 1) {
		let plugged = true;
		for (let bit = 0; plugged && bit < perSub; bit += 1) plugged = testBit(bits, firstBit + at * perSub + bit);
		if (!plugged) continue;
		const last = runs.at(-1);
		if (last && last[0] + last[1] === at) last[1] += 1;
		else runs.push([at, 1]);
	}
	return runs;
}

/** Most sub-blocks named. */
const MOST_BLOCKING = 32;

/** The driver notes what it could not take in `work.blocking`: pairs of address and reason. */
function blockingOf(device: VirtioMemRecord): VirtioMemStatus['blocking'] {
	const noted = device.driver.work['blocking'];
	if (!Array.isArray(noted)) return [];
	return noted.slice(0, MOST_BLOCKING).flatMap((entry) => {
		return Array.isArray(entry) ? [{ addr: Number(entry[0]), why: String(entry[1]) }] : [];
	});
}
