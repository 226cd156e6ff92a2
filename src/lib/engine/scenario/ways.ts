import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { BLOCKS_PER_MEMORY_BLOCK, PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { VmScenario } from '../contract/scenario/schema.ts';
import type { WaysScenario } from '../contract/scenario/ways-schema.ts';
import { BLOCK_ORDER, BlockKind, MapKind, RowKind, vmPayload } from '../contract/words.ts';
import { reserveExtents } from '../fabric/extents.ts';
import { onlineBlocks } from '../mm/buddy.ts';
import { ensureRows, setFolio, setWhole, stampOf, writeStamp } from '../mm/frames.ts';
import { mapPage, mapWhole } from '../mm/space/mapping.ts';
import { allocateOnPool, blockOfFrame } from '../mm/zones.ts';
import { addresses } from '../migration/reference/reach.ts';
import { beginTiering } from '../migration/reference/background.ts';
import { openStream } from '../sim/streams.ts';
import type { ExtentRecord, HostRecord, VmRecord, ZoneRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** How a VM lives from the start, beyond its size and its work (contract/scenario/ways-schema.ts). */
export function settleWays(world: World, vmIndex: number, vm: VmRecord, ways: WaysScenario): void {
	if (ways.secure) vm.secure = true;
	if (ways.passThrough) vm.passThrough = true;
	if (ways.failover) {
		const { standby, primary, letsGoNs } = ways.failover;
		vm.passThrough = true;
		vm.failover = { standby, primary, state: 'plugged', letsGoNs: letsGoNs === 'never' ? -1 : letsGoNs, askedNs: -1, looksLeft: 0 };
	}
	if (ways.device) vm.device = ways.device;
	if (ways.backing === 'dax' && ways.lives === 'pool') vm.dax = true;
	if (ways.tiering) beginTiering(world, vmIndex, { ...ways.tiering, stream: openStream(world, `vm/${vm.id}/tiering`) });
}

/** Approach 2: the guest's memory was made on the pool, in extents of its own that its host has online. */
export function liveOnPool(
	world: World,
	index: number,
	scenario: VmScenario,
	huge: boolean
): Outcome<null, 'bad-scenario' | 'no-room-pool' | 'no-shared-memory' | 'no-contiguous-run'> {
	const { r } = world;
	const vm = r.vms[index] as VmRecord;
	if (vm.secure || (vm.passThrough && !vm.dax))
		return refused(
			'bad-scenario',
			`vms[${index}].ways: ${vm.secure ? 'secure memory' : 'memory that a device pins'} does not lie on the pool`
		);
	const populatedPages = (scenario.populatedBytes ?? scenario.bytes) / PAGE_BYTES;
	const reserved = reserveExtents(world, index, populatedPages / PAGES_PER_BLOCK);
	if (!reserved.ok) return reserved;
	const host = vm.instances[vm.running] as number;
	const zone = vm.poolZones[vm.running];
	(r.zones[zone] as ZoneRecord).host = host;
	for (const at of reserved.value) {
		const extent = r.extents[at] as ExtentRecord;
		const able = addresses(r.hosts[host] as HostRecord, extent);
		if (!able.ok) return refused('bad-scenario', `vms[${index}].ways.lives: ${able.detail}`);
		const first = (r.memories[extent.memory] as { firstBlock: number }).firstBlock + extent.firstBlock;
		for (let block = 0; block < extent.blockCount; block += BLOCKS_PER_MEMORY_BLOCK)
			onlineBlocks(world, zone, first + block, BLOCKS_PER_MEMORY_BLOCK);
		Object.assign(extent, { state: 'accepted', acceptedBy: [host], onlineOn: host, onlineBlocks: extent.blockCount });
	}
	const runPages = scenario.ways?.runPages ?? populatedPages;
	if (runPages < PAGES_PER_BLOCK) scatterPages(world, index, vm, populatedPages, runPages);
	else placeBlocks(world, index, vm, populatedPages / PAGES_PER_BLOCK, Math.floor(runPages / PAGES_PER_BLOCK), huge);
	return ok(null);
}

/** Order in which runs come out of the allocator: far from each other, each once (multiplication by a number without common factor). */
export function scattered(runs: number): number[] {
	if (runs <= 2) return Array.from({ length: runs }, (_, at) => runs - 1 - at);
	const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
	let step = Math.max(2, Math.floor(runs * 0.38));
	while (common(step, runs) !== 1) step += 1;
	return Array.from({ length: runs }, (_, at) => (at * step) % runs);
}

function placeBlocks(world: World, index: number, vm: VmRecord, blocks: number, blocksPerRun: number, huge: boolean): void {
	const runs = Math.ceil(blocks / blocksPerRun);
	const order = runs === 1 ? [0] : scattered(runs);
	for (const run of order)
		for (let guestBlock = run * blocksPerRun; guestBlock < Math.min(blocks, (run + 1) * blocksPerRun); guestBlock += 1) {
			const block = blockOfFrame(allocateOnPool(world, vm, BLOCK_ORDER));
			// Booted guests have written their memory once: count 1 everywhere.
			world.c.guestWritten.set(vm.firstGuestBlock + guestBlock, 1);
			world.c.blockContent.set(block, 1);
			setWhole(world, block, huge ? BlockKind.huge : BlockKind.run, vmPayload(index, guestBlock), true);
			mapWhole(world, vm, vm.running, guestBlock, block, huge ? MapKind.huge : MapKind.run);
			world.c.mapSecondStage.set(vm.firstGuestBlock * 2 + guestBlock, 2);
		}
}

/** Base pages in runs shorter than a block: each page has a row of its own. */
function scatterPages(world: World, index: number, vm: VmRecord, pages: number, runPages: number): void {
	for (const run of scattered(Math.ceil(pages / runPages)))
		for (let gfn = run * runPages; gfn < Math.min(pages, (run + 1) * runPages); gfn += 1) {
			const frame = allocateOnPool(world, vm, 0);
			const block = blockOfFrame(frame);
			ensureRows(world, block);
			setFolio(world, block, frame % PAGES_PER_BLOCK, 0, RowKind.vm, index, gfn);
			writeStamp(world, block, frame % PAGES_PER_BLOCK, stampOf(index, gfn, 1));
			mapPage(world, vm, vm.running, gfn, frame);
		}
	for (let guestBlock = 0; guestBlock < pages / PAGES_PER_BLOCK; guestBlock += 1) {
		world.c.guestWritten.set(vm.firstGuestBlock + guestBlock, 1);
		world.c.mapSecondStage.set(vm.firstGuestBlock * 2 + guestBlock, 2);
	}
}
