import { transferNs } from '../../base/units.ts';
import { costBytesPerSecond } from '../costs/cost-model.ts';
import { KernelTimer, TIMER_KINDS } from '../mm/os/timers.ts';
import { osRecord } from '../mm/os/os.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import type { JsonValue } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { machineOf } from './machine-of.ts';
import { stopMachine } from './run-state.ts';

/**
 * The outgoing migration of a machine as far as virtio-mem sees it: it is busy from `migrate` on until the end. It lasts as
 * long as one pass over RAM and plugged memory at max-bandwidth (our simplification: the guest writes nothing meanwhile; the
 * real course is what VMs of a scenario have).
 */

export function beginMigration(world: World, os: number): string | null {
	const record = osRecord(world, os);
	if (record.migrating !== 'none') return "There's a migration process in progress";
	const { migration } = record;
	const rate = migration.bytesPerSecond || costBytesPerSecond(world.costs, 'maxBandwidthMiBps');
	const plugged = world.r.virtioMems.filter((device) => device.os === os).reduce((sum, device) => sum + device.pluggedBytes, 0);
	record.migrating = 'outgoing';
	migration.status = 'active';
	migration.generation += 1;
	migration.endNs = world.r.nowNs + transferNs(machineOf(world, os).ramBytes + plugged, rate);
	schedule(world, migration.endNs, EventKind.kernelTimer, os, KernelTimer.migrationEnd + TIMER_KINDS * migration.generation);
	return null;
}

/** migrate_cancel; without a migration it does nothing. */
export function cancelMigration(world: World, os: number): void {
	const record = osRecord(world, os);
	if (record.migrating === 'none') return;
	record.migrating = 'none';
	record.migration.status = 'cancelled';
	record.migration.generation += 1;
	record.migration.endNs = -1;
}

/** The guest runs elsewhere now; what is left here is stopped. */
export function endMigration(world: World, os: number, generation: number): void {
	const record = osRecord(world, os);
	if (record.migration.generation !== generation || record.migrating === 'none') return;
	record.migrating = 'none';
	record.migration.status = 'completed';
	record.migration.endNs = -1;
	stopMachine(world, os);
}

export function setBandwidth(world: World, os: number, bytesPerSecond: number): void {
	osRecord(world, os).migration.bytesPerSecond = bytesPerSecond;
}

export function queryMigration(world: World, os: number): JsonValue {
	const { status } = osRecord(world, os).migration;
	return status === 'none' ? {} : { status };
}
