import { pauseDriver, resumeDriver } from '../mm/drivers/kick.ts';
import { wakeCall } from '../mm/os/calls.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { probeDrivers } from './devices.ts';
import { tell } from './tell.ts';

/** Whether a machine's vCPUs run (QEMU 10.0.13 system/runstate.c): prelaunch with -S, running, paused, suspended. */

/** stop: what the guest had under way stands still, its timers too. */
export function stopMachine(world: World, os: number): void {
	const record = osRecord(world, os);
	if (record.state !== 'running' && record.state !== 'suspended') return;
	record.state = 'paused';
	for (const device of world.r.virtioMems) if (device.os === os) pauseDriver(world, device);
	tell(world, record, 'STOP');
}

/** cont. A machine that waited with -S boots now and loads its drivers. */
export function continueMachine(world: World, os: number): void {
	const record = osRecord(world, os);
	// monitor/qmp-cmds.c, qmp_cont: a machine that sleeps goes on sleeping, also when it had been stopped (vm_was_suspended).
	if (record.state === 'running' || record.state === 'suspended') return;
	const boots = record.state === 'prelaunch';
	record.state = record.sleep ? 'suspended' : 'running';
	tell(world, record, 'RESUME');
	if (boots) bootDrivers(world, os);
	if (record.state === 'running') letGoOn(world, os);
}

/** The guest's vCPUs run again: what stood still goes on. */
export function letGoOn(world: World, os: number): void {
	for (const device of world.r.virtioMems) if (device.os === os) resumeDriver(world, device);
	for (const call of world.r.calls)
		if (call.os === os && call.state === 'running' && call.work['stopped'] === true) {
			delete call.work['stopped'];
			wakeCall(world, call);
		}
}

/** What the guest loads when it boots. */
export function bootDrivers(world: World, os: number): void {
	const { id } = osRecord(world, os);
	if (world.scenario.machines.find((machine) => machine.id === id)?.driverLoaded !== false) probeDrivers(world, os);
}
