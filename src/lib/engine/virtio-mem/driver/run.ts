import { costNs } from '../../costs/cost-model.ts';
import { subBlocksPerBlock, unitBytes } from '../../mm/drivers/find.ts';
import { continueDriver, kickDriver } from '../../mm/drivers/kick.ts';
import { logName, setState } from '../../mm/drivers/notifier.ts';
import { logLine, osRecord } from '../../mm/os/os.ts';
import { emit } from '../../sim/trace.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { beginBigUnplug, plugBigBlocks, unplugBigBlocks, unplugLeftBehind } from './big-blocks.ts';
import { plugSubBlocks } from './plug-sub-blocks.ts';
import { causeOf, sendUnplug, sendUnplugAll, type Errno } from './send.ts';
import { over, setNote, type Step } from './step.ts';
import { beginUnplug, emptiedBlocks, removeEmptied, unplugSubBlocks } from './unplug-sub-blocks.ts';

/**
 * The driver's one work item (Linux 7.2.13 drivers/virtio/virtio_mem.c, virtio_mem_run_wq), cut into steps of one request
 * each: between two of them the world may change, as it may in Linux while an answer is awaited. `work.phase`: begin, plug,
 * unplug; `sleep` while the timer runs.
 */
export function runDriver(world: World, index: number, generation: number): void {
	const device = world.r.virtioMems[index];
	if (!device || device.driver.generation !== generation || device.driver.state !== 'bound') return;
	const { driver } = device;
	if (driver.work['phase'] === 'sleep') {
		wake(world, device);
		return;
	}
	const step = stepOf(world, device);
	if (step.done) endRun(world, device, step.errno, step.costNs);
	else continueDriver(world, device, step.costNs);
}

function stepOf(world: World, device: VirtioMemRecord): Step {
	const { driver } = device;
	const sbm = driver.mode === 'sbm';
	switch (driver.work['phase']) {
		case 'plug':
			if (driver.configChanged) return over('EAGAIN');
			return sbm ? plugSubBlocks(world, device) : plugBigBlocks(world, device);
		case 'unplug':
			return sbm ? unplugSubBlocks(world, device) : unplugBigBlocks(world, device);
		default:
			return begin(world, device);
	}
}

/** Unloading the module waits until the run is over (cancel_work_sync). */
export function finishRun(world: World, device: VirtioMemRecord): void {
	if (!device.driver.running) return;
	while (!stepOf(world, device).done);
	device.driver.running = false;
}

/** Leftovers of earlier runs, the configuration, then which way to go. */
function begin(world: World, device: VirtioMemRecord): Step {
	const { driver } = device;
	const failed = driver.unplugAllRequired ? sendUnplugAll(world, device) : null;
	if (driver.configChanged) refreshConfig(world, device);
	if (failed !== null) return over(failed);
	const left = cleanUp(world, device);
	if (left !== null) return over(left);
	const unit = driver.mode === 'sbm' ? driver.subBlockBytes : driver.bigBlockBytes;
	const count = Math.floor(Math.abs(device.requestedBytes - device.pluggedBytes) / unit);
	if (count === 0) return over(null);
	const plug = device.requestedBytes > device.pluggedBytes;
	driver.work['phase'] = plug ? 'plug' : 'unplug';
	setNote(device, 'left', count);
	setNote(device, 'stage', 0);
	setNote(device, 'cursor', 0);
	if (!plug && driver.mode === 'sbm') beginUnplug(device);
	if (!plug && driver.mode === 'bbm') beginBigUnplug(device);
	emit(world, {
		kind: 'driver',
		rule: plug ? 'driver-plug' : 'driver-unplug',
		cause: causeOf(device),
		host: osRecord(world, device.os).id,
		vm: null,
		values: { device: device.id, count, unitBytes: unit },
		text: `${device.id}: the driver wants to ${plug ? 'plug' : 'unplug'} ${count} × ${unit / 2 ** 20} MiB`
	});
	return stepOf(world, device);
}

/** PLUGGED blocks never reached Linux; emptied ones did not leave it. Both are tried again; the latter may fail. */
function cleanUp(world: World, device: VirtioMemRecord): Errno | null {
	const { driver } = device;
	if (driver.mode === 'bbm') return unplugLeftBehind(world, device);
	const bytes = subBlocksPerBlock(world, device) * driver.subBlockBytes;
	for (const [at, state] of driver.blockStates.entries()) {
		if (state !== 'PLUGGED') continue;
		const errno = unplugRaw(world, device, (driver.firstMemoryBlock + at) * bytes, bytes);
		if (errno !== null) return errno;
		setState(device, driver.firstMemoryBlock + at, 'UNUSED');
	}
	for (const block of emptiedBlocks(world, device)) removeEmptied(world, device, block);
	return null;
}

/** Highest plugged run first, until the block is empty. */
function unplugRaw(world: World, device: VirtioMemRecord, addr: number, bytes: number): Errno | null {
	const step = device.driver.subBlockBytes;
	const has = (at: number): boolean => at >= addr && isPluggedAt(world, device, at);
	for (let high = addr + bytes - step; high >= addr; high -= step) {
		if (!has(high)) continue;
		let low = high;
		while (has(low - step)) low -= step;
		const errno = sendUnplug(world, device, low, high + step - low);
		if (errno !== null) return errno;
		high = low;
	}
	return null;
}

function isPluggedAt(world: World, device: VirtioMemRecord, addr: number): boolean {
	const at = (addr - device.addr) / device.blockBytes;
	return ((world.c.driverPlugged.get(device.firstDeviceWord + (at >>> 5)) >>> (at & 31)) & 1) === 1;
}

/** Reads what may have changed: whole memory blocks that end inside the usable region may be used. */
function refreshConfig(world: World, device: VirtioMemRecord): void {
	const { driver } = device;
	driver.configChanged = false;
	driver.endMemoryBlock = Math.floor((device.addr + device.usableBytes) / unitBytes(world, device));
	logLine(world, device.os, `${logName(world, device)}: plugged size: 0x${device.pluggedBytes.toString(16)}`);
	logLine(world, device.os, `${logName(world, device)}: requested size: 0x${device.requestedBytes.toString(16)}`);
}

/** What the end of a run means for the next one. */
function endRun(world: World, device: VirtioMemRecord, result: Errno | null, spentNs: number): void {
	const { driver } = device;
	const errno = result === null && driver.mode === 'sbm' && emptiedBlocks(world, device).length > 0 ? 'EBUSY' : result;
	driver.lastResult = errno ?? 'OK';
	const { blocking, again, cause } = driver.work;
	const kept = { ...(blocking === undefined ? {} : { blocking }), ...(cause === undefined ? {} : { cause }) };
	if (errno === 'EAGAIN') {
		driver.work = { ...kept, phase: 'begin' };
		continueDriver(world, device, spentNs);
		return;
	}
	driver.running = false;
	driver.work = kept;
	const retry = errno === 'EBUSY' || errno === 'ETXTBSY' || errno === 'ENOMEM';
	if (errno === null) driver.retryNs = costNs(world.costs, 'virtioMemRetryMinS');
	if (errno === 'EINVAL') breakDown(world, device);
	tellEnd(world, device, errno, retry);
	if (driver.state !== 'bound') return;
	if (again === true) {
		kickDriver(world, device);
		return;
	}
	if (!retry) return;
	device.retries += 1;
	driver.work['phase'] = 'sleep';
	driver.timerNs = world.r.nowNs + Math.ceil(spentNs) + driver.retryNs;
	continueDriver(world, device, spentNs + driver.retryNs);
}

function tellEnd(world: World, device: VirtioMemRecord, errno: Errno | null, retry: boolean): void {
	const { driver } = device;
	emit(world, {
		kind: 'driver',
		rule: errno === 'ENOSPC' ? 'driver-threshold' : retry ? 'driver-retry' : 'driver-run',
		cause: causeOf(device),
		host: osRecord(world, device.os).id,
		vm: null,
		values: { device: device.id, errno: errno ?? 'OK', sizeBytes: device.pluggedBytes, retryNs: retry ? driver.retryNs : 0 },
		text: `${device.id}: run over, ${errno ?? 'done'}, size ${device.pluggedBytes}${retry ? `, again in ${driver.retryNs / 1e9} s` : ''}`
	});
}

/** An answer that should not be: the driver stops for good. */
function breakDown(world: World, device: VirtioMemRecord): void {
	device.driver.state = 'broken';
	logLine(world, device.os, `${logName(world, device)}: unknown error, marking device broken: -22`);
}

/** The timer is over: the next delay is twice as long, at most five minutes, and the work begins. */
function wake(world: World, device: VirtioMemRecord): void {
	const { driver } = device;
	driver.retryNs = Math.min(driver.retryNs * 2, costNs(world.costs, 'virtioMemRetryMaxS'));
	kickDriver(world, device);
}
