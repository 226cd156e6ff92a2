import { BLOCK_BYTES } from '../../../base/units.ts';
import { fakeOnline } from '../../mm/blocks/contig.ts';
import { blockAtAddress, driverHas, memoryBlockBytes, subBlockAddress, subBlocksPerBlock } from '../../mm/drivers/find.ts';
import { setState, stateOf } from '../../mm/drivers/notifier.ts';
import { osRecord } from '../../mm/os/os.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { removeBlockNs, unplugNs } from './cost.ts';
import { takeRange, type Taking } from './fake-offline.ts';
import { offlineAndRemove } from './remove.ts';
import { sendUnplug } from './send.ts';
import { goOn, note, over, setNote, type Step } from './step.ts';

/**
 * Unplugging in sub-block mode (Linux 7.2.13 drivers/virtio/virtio_mem.c, virtio_mem_sbm_unplug_request). The run's notes:
 * `left` sub-blocks, `order` in the list of states, `cursor` the next memory block to look at in it, downwards, `block` the
 * one in work (−1 = none), `sub` the next sub-block in it, downwards, `whole` 1 while the block is to be tried in one piece.
 */
const ORDER = ['OFFLINE_PARTIAL', 'OFFLINE', 'MOVABLE_PARTIAL', 'KERNEL_PARTIAL', 'MOVABLE', 'KERNEL'] as const;
/** RFC v4 (seed S4): what is online in ZONE_MOVABLE is never unplugged. */
const RFC_ORDER = ['OFFLINE_PARTIAL', 'OFFLINE', 'KERNEL_PARTIAL', 'KERNEL'] as const;

export function beginUnplug(device: VirtioMemRecord): void {
	setNote(device, 'order', 0);
	setNote(device, 'cursor', lastBlock(device));
	setNote(device, 'block', -1);
}

/** One range tried and asked for, or the end. */
export function unplugSubBlocks(world: World, device: VirtioMemRecord): Step {
	const { settings, profile } = osRecord(world, device.os);
	const order: readonly string[] = profile === 'rfc-v4-2020' ? RFC_ORDER : ORDER;
	if (note(device, 'block') < 0) {
		if (note(device, 'left') === 0) return over(null);
		while (!findBlock(device, order)) {
			if (!settings.unplugOnline && note(device, 'order') === 1) return over(null);
			setNote(device, 'order', note(device, 'order') + 1);
			setNote(device, 'cursor', lastBlock(device));
			if (note(device, 'order') >= order.length) return over('EBUSY');
		}
		beginBlock(world, device, profile === 'rfc-v4-2020');
	}
	const offline = stateOf(device, note(device, 'block')).startsWith('OFFLINE');
	return offline ? offlineStep(world, device) : onlineStep(world, device);
}

const lastBlock = (device: VirtioMemRecord): number => device.driver.firstMemoryBlock + device.driver.blockStates.length - 1;

function findBlock(device: VirtioMemRecord, order: readonly string[]): boolean {
	const state = order[note(device, 'order')] as string;
	const at = device.driver.blockStates.lastIndexOf(state, note(device, 'cursor') - device.driver.firstMemoryBlock);
	if (note(device, 'cursor') < device.driver.firstMemoryBlock || at < 0) return false;
	setNote(device, 'block', device.driver.firstMemoryBlock + at);
	setNote(device, 'cursor', device.driver.firstMemoryBlock + at - 1);
	return true;
}

function beginBlock(world: World, device: VirtioMemRecord, oneByOne: boolean): void {
	const block = note(device, 'block');
	const count = subBlocksPerBlock(world, device);
	setNote(device, 'sub', count - 1);
	const full = !stateOf(device, block).endsWith('_PARTIAL');
	setNote(device, 'whole', !oneByOne && full && note(device, 'left') >= count ? 1 : 0);
}

/** Highest plugged run first, several sub-blocks per request, no page work. Any failure ends the run. */
function offlineStep(world: World, device: VirtioMemRecord): Step {
	const block = note(device, 'block');
	const { subBlockBytes } = device.driver;
	const high = nextPlugged(world, device, block, note(device, 'sub'));
	if (high < 0 || note(device, 'left') === 0) return endBlock(world, device, 0);
	let low = high;
	while (high - low + 1 < note(device, 'left') && low > 0 && isPlugged(world, device, block, low - 1)) low -= 1;
	const count = high - low + 1;
	const bytes = count * subBlockBytes;
	const errno = sendUnplug(world, device, subBlockAddress(world, device, block, low), bytes);
	if (errno !== null) return over(errno);
	setState(device, block, 'OFFLINE_PARTIAL');
	setNote(device, 'left', note(device, 'left') - count);
	setNote(device, 'sub', low - 1);
	return afterRange(world, device, unplugNs(world, bytes));
}

/** The whole block at once, else one sub-block; a busy one is skipped, anything else ends the run. */
function onlineStep(world: World, device: VirtioMemRecord): Step {
	const block = note(device, 'block');
	const whole = note(device, 'whole') === 1;
	const sub = whole ? 0 : nextPlugged(world, device, block, note(device, 'sub'));
	if (sub < 0 || note(device, 'left') === 0) return endBlock(world, device, 0);
	const count = whole ? subBlocksPerBlock(world, device) : 1;
	const tried = unplugOnline(world, device, block, sub, count);
	if (!tried.done) return goOn(tried.costNs);
	const costNs = tried.costNs + unplugNs(world, count * device.driver.subBlockBytes);
	setNote(device, 'whole', 0);
	if (!whole) setNote(device, 'sub', sub - 1);
	if (tried.errno === null) {
		setNote(device, 'left', note(device, 'left') - count);
		if (whole) setNote(device, 'sub', -1);
		return afterRange(world, device, costNs);
	}
	return tried.errno === 'EBUSY' ? goOn(costNs) : over(tried.errno, costNs);
}

function unplugOnline(world: World, device: VirtioMemRecord, block: number, sub: number, count: number): Taking {
	const addr = subBlockAddress(world, device, block, sub);
	const bytes = count * device.driver.subBlockBytes;
	const taken = takeRange(world, device, addr, bytes, count === 1);
	if (!taken.done || taken.errno !== null) return taken;
	const errno = sendUnplug(world, device, addr, bytes);
	if (errno !== null) {
		// The device refused: the pages go back to the buddy.
		fakeOnline(world, device.os, blockAtAddress(world, device.os, addr), bytes / BLOCK_BYTES);
		return { done: true, errno, costNs: taken.costNs };
	}
	const state = stateOf(device, block);
	if (!state.endsWith('_PARTIAL')) setState(device, block, `${state}_PARTIAL`);
	return taken;
}

/** Nothing left to do in this block, or nothing left at all: an emptied block leaves Linux in the same breath. */
function afterRange(world: World, device: VirtioMemRecord, costNs: number): Step {
	const more = note(device, 'left') > 0 && nextPlugged(world, device, note(device, 'block'), note(device, 'sub')) >= 0;
	return more ? goOn(costNs) : endBlock(world, device, costNs);
}

function endBlock(world: World, device: VirtioMemRecord, costNs: number): Step {
	const block = note(device, 'block');
	setNote(device, 'block', -1);
	if (!isEmpty(world, device, block)) return goOn(costNs);
	removeEmptied(world, device, block);
	return goOn(costNs + removeBlockNs(world, memoryBlockBytes(world, device.os)));
}

/** Offlines and removes a memory block without plugged sub-blocks. What fails is found again by `emptiedBlock`. */
export function removeEmptied(world: World, device: VirtioMemRecord, block: number): boolean {
	const bytes = memoryBlockBytes(world, device.os);
	if (!offlineAndRemove(world, device, block * bytes, bytes)) return false;
	setState(device, block, 'UNUSED');
	return true;
}

/** Memory blocks without plugged sub-blocks that are still in Linux: their removal failed and is tried again. */
export function emptiedBlocks(world: World, device: VirtioMemRecord): number[] {
	const { blockStates, firstMemoryBlock } = device.driver;
	return blockStates
		.map((state, at) => (state.endsWith('_PARTIAL') ? firstMemoryBlock + at : -1))
		.filter((block) => block >= 0 && isEmpty(world, device, block));
}

export function isEmpty(world: World, device: VirtioMemRecord, block: number): boolean {
	return driverHas(world, device, subBlockAddress(world, device, block, 0), memoryBlockBytes(world, device.os), false);
}

function isPlugged(world: World, device: VirtioMemRecord, block: number, sub: number): boolean {
	return driverHas(world, device, subBlockAddress(world, device, block, sub), device.driver.subBlockBytes, true);
}

function nextPlugged(world: World, device: VirtioMemRecord, block: number, from: number): number {
	let sub = from;
	while (sub >= 0 && !isPlugged(world, device, block, sub)) sub -= 1;
	return sub;
}
