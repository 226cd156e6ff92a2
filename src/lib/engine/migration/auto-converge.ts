import { PAGE_BYTES } from '../../base/units.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { emit } from '../sim/trace.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { vmOf } from './operation.ts';

/**
 * Auto-converge (QEMU 10.2.2 migration/ram.c, migration_trigger_throttle): in a period of at least 1 s, what its syncs
 * brought anew above threshold-percent of what was sent are a strike; strikes are not taken back by good periods; two of them throttle.
 */
const TRIGGER_PERCENT = 50;
const INCREMENT_PERCENT = 10;
const MAX_PERCENT = 99;

export function throttleCheck(world: World, operation: OperationRecord, periodNs: number): void {
	const elapsed = world.r.nowNs - operation.periodStartNs;
	if (elapsed < periodNs) return;
	const sent = operation.networkBytes - operation.periodSentBytes;
	const dirtied = operation.periodNewPages * PAGE_BYTES;
	operation.periodNewPages = 0;
	operation.periodStartNs = world.r.nowNs;
	operation.periodSentBytes = operation.networkBytes;
	if (!operation.parameters.autoConverge) return;
	const vm = vmOf(world, operation);
	if (dirtied <= (sent * TRIGGER_PERCENT) / 100) return;
	vm.throttleStrikes += 1;
	if (vm.throttleStrikes < 2) return;
	vm.throttleStrikes = 0;
	catchUp(world, operation.vm);
	const first = Math.floor(world.costs.autoConvergeInitialPct);
	vm.throttlePercent = vm.throttlePercent === 0 ? first : Math.min(MAX_PERCENT, vm.throttlePercent + INCREMENT_PERCENT);
	refreshSpeed(world, vm);
	emit(world, {
		kind: 'throttle',
		rule: 'auto-converge',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { percent: vm.throttlePercent },
		text: `two strikes: the vCPUs are throttled by ${vm.throttlePercent} %`
	});
}
