import { refused, type Outcome } from '../../base/outcome.ts';
import type { MonitorCommand } from '../contract/migration/monitor.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { World } from '../state/world.ts';

/** QEMU's monitor at a process of a VM. */
export function executeMonitor(world: World, command: MonitorCommand): Outcome<{ readonly operation: number | null }, ReasonId> {
	const vm = world.r.vms.findIndex((record) => record.id === command.vm);
	if (vm < 0) return refused('unknown-vm', `no VM is called "${command.vm}"`);
	return refused('bad-command', `The command ${command.execute} has not been found`);
}
