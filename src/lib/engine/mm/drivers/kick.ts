import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { osRecord } from '../os/os.ts';

/**
 * Queues the work item of a virtio-mem driver (Linux 7.2.13 drivers/virtio/virtio_mem.c, virtio_mem_retry): a sleeping driver
 * starts at once and its timer is cancelled; one that runs will run once more when it has ended.
 */
export function kickDriver(world: World, device: VirtioMemRecord): void {
	const { driver } = device;
	if (driver.state !== 'bound') return;
	if (driver.running) {
		driver.work['again'] = true;
		return;
	}
	driver.running = true;
	driver.timerNs = -1;
	const { cause } = driver.work;
	driver.work = { phase: 'begin', ...(cause === undefined ? {} : { cause }) };
	continueDriver(world, device, 0);
}

/** The next step of a run, or the end of a sleep, after `delayNs`; older plans are ignored. A stopped machine waits. */
export function continueDriver(world: World, device: VirtioMemRecord, delayNs: number): void {
	const { driver } = device;
	driver.generation += 1;
	if (osRecord(world, device.os).state !== 'running') {
		driver.work['pausedNs'] = delayNs;
		return;
	}
	const atNs = world.r.nowNs + Math.max(0, Math.ceil(delayNs));
	schedule(world, atNs, EventKind.driver, world.r.virtioMems.indexOf(device), driver.generation);
}

/** The machine stops: its clock stands still, and so do the driver and its timer. */
export function pauseDriver(world: World, device: VirtioMemRecord): void {
	const { driver } = device;
	if (driver.state !== 'bound') return;
	if (driver.running) driver.work['pausedNs'] = 0;
	else if (driver.timerNs >= 0) driver.work['pausedNs'] = driver.timerNs - world.r.nowNs;
	else return;
	driver.generation += 1;
}

/** The driver's device is reset for the sleep, its timer is cancelled by what waking up brings (virtio_mem_freeze). */
export function suspendDriver(device: VirtioMemRecord): void {
	const { driver } = device;
	const { blocking, cause } = driver.work;
	driver.running = false;
	driver.timerNs = -1;
	driver.generation += 1;
	driver.work = { ...(blocking === undefined ? {} : { blocking }), ...(cause === undefined ? {} : { cause }) };
}

/** The guest wakes up: the driver looks whether anything changed (virtio_mem_restore). */
export function configChangedOnWake(world: World, device: VirtioMemRecord, cause: number): void {
	if (device.driver.state !== 'bound') return;
	device.driver.configChanged = true;
	kickDriver(world, device);
	device.driver.work['cause'] = cause;
}

/** The machine goes on. */
export function resumeDriver(world: World, device: VirtioMemRecord): void {
	const { driver } = device;
	const { pausedNs, ...work } = driver.work;
	if (driver.state !== 'bound' || typeof pausedNs !== 'number') return;
	driver.work = work;
	if (!driver.running) driver.timerNs = world.r.nowNs + pausedNs;
	continueDriver(world, device, pausedNs);
}
