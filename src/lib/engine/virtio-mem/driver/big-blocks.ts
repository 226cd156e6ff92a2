import { BLOCK_BYTES } from '../../../base/units.ts';
import { SectionState } from '../../contract/words.ts';
import { fakeOnline } from '../../mm/blocks/contig.ts';
import { blockAtAddress } from '../../mm/drivers/find.ts';
import { setState } from '../../mm/drivers/notifier.ts';
import { BLOCKS_PER_SECTION, osRecord, sectionOfBlock } from '../../mm/os/os.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { addBlockNs, removeBlockNs, unplugNs } from './cost.ts';
import { isMovable, takeRange } from './fake-offline.ts';
import { addToLinux, mayAdd } from './plug-sub-blocks.ts';
import { offlineAndRemove } from './remove.ts';
import { sendPlug, sendUnplug, type Errno } from './send.ts';
import { goOn, note, over, setNote, type Step } from './step.ts';

/**
 * Big-block mode (Linux 7.2.13 drivers/virtio/virtio_mem.c, virtio_mem_bbm_*): whole big blocks, each one or more memory
 * blocks, come and go. States: UNUSED, PLUGGED (not in Linux: leaving failed half way), ADDED, FAKE_OFFLINE (leaving).
 */
const SECTION_BYTES = BLOCKS_PER_SECTION * BLOCK_BYTES;

/** Unused big blocks first, ascending, then new ones. */
export function plugBigBlocks(world: World, device: VirtioMemRecord): Step {
	const { driver } = device;
	if (note(device, 'left') === 0) return over(null);
	const unused = driver.blockStates.indexOf('UNUSED', note(device, 'cursor'));
	if (!mayAdd(world, device)) return over('ENOSPC');
	const block = driver.firstMemoryBlock + (unused >= 0 ? unused : driver.blockStates.length);
	if (unused < 0 && block >= driver.endMemoryBlock) return over('ENOSPC');
	setNote(device, 'cursor', block - driver.firstMemoryBlock + 1);
	const addr = block * driver.bigBlockBytes;
	if (unused < 0) setState(device, block, 'UNUSED');
	const errno = sendPlug(world, device, addr, driver.bigBlockBytes);
	if (errno !== null) return over(errno);
	setState(device, block, 'ADDED');
	const failed = addToLinux(world, device, addr, driver.bigBlockBytes);
	if (failed !== null) {
		setState(device, block, sendUnplug(world, device, addr, driver.bigBlockBytes) === null ? 'UNUSED' : 'PLUGGED');
		return over(failed);
	}
	setNote(device, 'left', note(device, 'left') - 1);
	return goOn(addBlockNs(world, driver.bigBlockBytes));
}

export function beginBigUnplug(device: VirtioMemRecord): void {
	setNote(device, 'order', 0);
	setNote(device, 'cursor', device.driver.blockStates.length - 1);
	setNote(device, 'block', -1);
}

/** Three sweeps, each descending: what is offline, what is offline or movable, anything. One big block per step. */
export function unplugBigBlocks(world: World, device: VirtioMemRecord): Step {
	const { driver } = device;
	if (note(device, 'block') >= 0) return leave(world, device, note(device, 'block'));
	if (note(device, 'left') === 0) return over(null);
	for (
		;
		note(device, 'order') < 3;
		setNote(device, 'order', note(device, 'order') + 1), setNote(device, 'cursor', driver.blockStates.length - 1)
	) {
		for (let at = note(device, 'cursor'); at >= 0; at -= 1) {
			if (driver.blockStates[at] !== 'ADDED' || !fits(world, device, driver.firstMemoryBlock + at, note(device, 'order'))) continue;
			setNote(device, 'cursor', at - 1);
			setNote(device, 'block', driver.firstMemoryBlock + at);
			setState(device, driver.firstMemoryBlock + at, 'FAKE_OFFLINE');
			driver.work['taken'] = [];
			return leave(world, device, driver.firstMemoryBlock + at);
		}
		if (note(device, 'order') === 0 && !osRecord(world, device.os).settings.unplugOnline) return over(null);
	}
	return over('EBUSY');
}

function fits(world: World, device: VirtioMemRecord, block: number, sweep: number): boolean {
	const sections = sectionsOf(world, device, block);
	if (sweep === 0) return sections.every((section) => !section.online);
	return sweep === 2 || sections.every((section) => !section.online || isMovable(world, device.os, section.firstBlock));
}

function sectionsOf(world: World, device: VirtioMemRecord, block: number): { addr: number; firstBlock: number; online: boolean }[] {
	const { bigBlockBytes } = device.driver;
	return Array.from({ length: bigBlockBytes / SECTION_BYTES }, (_, index) => {
		const addr = block * bigBlockBytes + index * SECTION_BYTES;
		const firstBlock = blockAtAddress(world, device.os, addr);
		return { addr, firstBlock, online: world.c.memoryBlockState.get(sectionOfBlock(firstBlock)) === SectionState.online };
	});
}

/**
 * Fake-offline section by section; one that is busy rolls everything back. Then out of Linux, then out of the device. One
 * pageblock or one section per step; the run's note `taken` holds the first blocks of the sections that are ours.
 */
function leave(world: World, device: VirtioMemRecord, block: number): Step {
	const { driver } = device;
	const addr = block * driver.bigBlockBytes;
	const taken = driver.work['taken'] as number[];
	for (const section of sectionsOf(world, device, block)) {
		if (!section.online || taken.includes(section.firstBlock)) continue;
		const tried = takeRange(world, device, section.addr, SECTION_BYTES, true);
		if (!tried.done) return goOn(tried.costNs);
		const costNs = tried.costNs + unplugNs(world, SECTION_BYTES);
		if (tried.errno !== null) return rollBack(world, device, block, tried.errno, costNs);
		taken.push(section.firstBlock);
		return goOn(costNs);
	}
	if (!offlineAndRemove(world, device, addr, driver.bigBlockBytes)) return rollBack(world, device, block, 'EBUSY', 0);
	setNote(device, 'block', -1);
	const costNs = removeBlockNs(world, driver.bigBlockBytes);
	const refused = sendUnplug(world, device, addr, driver.bigBlockBytes);
	setState(device, block, refused === null ? 'UNUSED' : 'PLUGGED');
	if (refused !== null) return over(refused, costNs);
	setNote(device, 'left', note(device, 'left') - 1);
	return goOn(costNs);
}

function rollBack(world: World, device: VirtioMemRecord, block: number, errno: Errno, costNs: number): Step {
	for (const firstBlock of device.driver.work['taken'] as number[])
		if (world.c.memoryBlockState.get(sectionOfBlock(firstBlock)) === SectionState.online)
			fakeOnline(world, device.os, firstBlock, BLOCKS_PER_SECTION);
	setNote(device, 'block', -1);
	setState(device, block, 'ADDED');
	return errno === 'EBUSY' ? goOn(costNs) : over(errno, costNs);
}

/** Big blocks that left Linux but not the device: asked for again before anything else. */
export function unplugLeftBehind(world: World, device: VirtioMemRecord): Errno | null {
	const { driver } = device;
	for (const [at, state] of driver.blockStates.entries()) {
		if (state !== 'PLUGGED') continue;
		const block = driver.firstMemoryBlock + at;
		const errno = sendUnplug(world, device, block * driver.bigBlockBytes, driver.bigBlockBytes);
		if (errno !== null) return errno;
		setState(device, block, 'UNUSED');
	}
	return null;
}
