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
	driver.work = { phase: 'begin' };
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
