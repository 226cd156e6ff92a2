import { ok, type Outcome } from '../../../base/outcome.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { OwnerState } from '../../contract/words.ts';
import { costNs } from '../../costs/cost-model.ts';
import { stopFlow } from '../../fabric/links.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { publishRanges, rangesOf } from '../../superpage/descriptors.ts';
import { enterPhase, hostName, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { putGuard } from './guard.ts';
import { wait } from './sweep.ts';

/** Ranges into the super-page; from now on no page may move, contents still change. Then the source proposes. */
export function publish(world: World, operation: OperationRecord): Outcome<null, ReasonId> {
	const vm = vmOf(world, operation);
	stopFlow(world, operation.id);
	catchUp(world, operation.vm);
	refreshSpeed(world, vm);
	const guarded = putGuard(world, operation);
	if (!guarded.ok) return guarded;
	const ranges = rangesOf(world, vm, operation.extents, operation.parameters);
	if (!ranges.ok) return ranges;
	const published = publishRanges(world, operation.vm, ranges.value);
	if (!published.ok) return published;
	operation.rangeCount = published.value;
	const count = `${published.value} ${published.value === 1 ? 'range' : 'ranges'}`;
	enterPhase(world, operation, 'publish', `publish ${count}, map on ${hostName(world, operation.target)}`, 'publish');
	const by = { tag: 'tag and offset', device: 'device address', host: `the address it has on ${hostName(world, operation.source)}` };
	emit(world, {
		kind: 'publish',
		rule: 'publish',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { ranges: published.value, pages: ranges.value.reduce((sum, range) => sum + range.pages, 0) },
		text: `${count} ${published.value === 1 ? 'names' : 'name'} every page by ${by[operation.parameters.naming]}`
	});
	changeOwner(world, operation, operation.source, OwnerState.staged);
	// One line per descriptor goes to the device.
	wait(world, operation, published.value * costNs(world.costs, 'cxlSwitchedReadLatencyNs'), 'propose');
	return ok(null);
}
