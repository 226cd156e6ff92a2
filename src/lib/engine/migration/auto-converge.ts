import { PAGE_BYTES } from '../../base/units.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { emit } from '../sim/trace.ts';
import type { MonitoredRecord } from '../state/qemu-records.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { vmOf } from './operation.ts';
import { noteDirtied } from './qemu/note.ts';

/**
 * Auto-converge (QEMU 10.2.2 migration/ram.c, migration_trigger_throttle): in a period of at least 1 s, what its syncs
 * brought anew above threshold-percent of what was sent are a strike; strikes are not taken back by good periods; two of them throttle.
 */
const TRIGGER_PERCENT = 50;
const INCREMENT_PERCENT = 10;
const MAX_PERCENT = 99;

/** Parameters of the throttle: the monitor's where it was asked, else QEMU's defaults. */
function throttleOf(world: World, operation: OperationRecord): MonitoredRecord['throttle'] {
	const initial = Math.floor(world.costs.autoConvergeInitialPct);
	const usual = { trigger: TRIGGER_PERCENT, initial, increment: INCREMENT_PERCENT, most: MAX_PERCENT, tailslow: false };
	return operation.monitored?.throttle ?? usual;
}

export function throttleCheck(world: World, operation: OperationRecord, periodNs: number): void {
	const elapsed = world.r.nowNs - operation.periodStartNs;
	if (elapsed < periodNs) return;
	const sent = operation.networkBytes - operation.periodSentBytes;
	const dirtied = operation.periodNewPages * PAGE_BYTES;
	noteDirtied(operation, operation.periodNewPages, elapsed);
	operation.periodNewPages = 0;
	operation.periodStartNs = world.r.nowNs;
	operation.periodSentBytes = operation.networkBytes;
	const quota = operation.monitored?.dirtyLimitMiBps;
	if (!operation.parameters.autoConverge && quota === undefined) return;
	const vm = vmOf(world, operation);
	const { trigger, initial, increment, most, tailslow } = throttleOf(world, operation);
	if (dirtied <= (sent * trigger) / 100) return;
	vm.throttleStrikes += 1;
	if (vm.throttleStrikes < 2) return;
	vm.throttleStrikes = 0;
	catchUp(world, operation.vm);
	if (quota !== undefined) return limitDirtying(world, operation, quota);
	// mig_throttle_guest_down: tailslow takes no more than is needed to bring the writes down to the threshold.
	const now = 100 - vm.throttlePercent;
	const step = tailslow ? Math.min(increment, Math.floor(now - now * ((sent * trigger) / 100 / dirtied))) : increment;
	vm.throttlePercent = vm.throttlePercent === 0 ? initial : Math.min(most, vm.throttlePercent + step);
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

/** migration_dirty_limit_guest: every vCPU gets the quota; asked again, it stays unless the parameter has changed. */
function limitDirtying(world: World, operation: OperationRecord, quota: number): void {
	const vm = vmOf(world, operation);
	if (vm.dirtyQuotaMiBps === quota) return;
	vm.dirtyQuotaMiBps = quota;
	refreshSpeed(world, vm);
	emit(world, {
		kind: 'throttle',
		rule: 'dirty-limit',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { percent: 0, quotaMiBps: quota },
		text: `two strikes: a vCPU that dirties more than ${quota} MiB/s waits, the others do not`
	});
}
