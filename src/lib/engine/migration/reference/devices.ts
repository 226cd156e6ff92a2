import type { ReasonId } from '../../contract/reasons.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName, leavePart, vmOf } from '../operation.ts';

/** What can be wrong with a VM at the ends of a hand-off besides its words (live-migration reference 10, steps 6, 7 and 9). */

/** Step 6: the target tries the state of the devices while there is still a way back. False: it refuses. */
export function testLoad(world: World, operation: OperationRecord): boolean {
	if (!operation.parameters.testLoad || vmOf(world, operation).device !== 'incompatible') return true;
	operation.refusal = {
		reason: 'device-incompatible',
		detail: `${hostName(world, operation.target)} tried the device state and cannot load it`
	};
	return false;
}

/** Step 7, before the word is given up. */
export function lastDoubt(world: World, operation: OperationRecord): { readonly reason: ReasonId; readonly detail: string } | null {
	const vm = vmOf(world, operation);
	if (vm.device === 'refuses-stop') return { reason: 'device-refuses', detail: `a device of ${vm.id} does not stop: the guest goes on` };
	const moved = operation.moved?.[0];
	if (operation.parameters.recheck && moved)
		return { reason: 'page-moved', detail: `gfn ${moved.gfn} is no longer where its range says: the guest goes on` };
	return null;
}

/** Step 9 and 10, behind the commit: the state cannot be loaded, or the guest would run on other memory than its own. */
export function deadOnTarget(world: World, operation: OperationRecord): boolean {
	const vm = vmOf(world, operation);
	const host = hostName(world, operation.target);
	const why =
		vm.device === 'incompatible'
			? { reason: 'device-incompatible' as const, detail: `${host} cannot load the device state` }
			: operation.misledPages
				? {
						reason: 'wrong-memory' as const,
						detail: `${operation.misledPages} of ${vm.populatedPages} pages lead ${host} to other memory than was meant`
					}
				: null;
	if (why === null) return false;
	operation.refusal = why;
	leavePart(world, operation);
	vm.vcpuState = 'stopped';
	world.r.marks.push(`lost: ${vm.id} on ${host}: ${why.detail}`);
	vm.causeSeq = emit(world, {
		kind: 'loss',
		rule: 'dead-on-target',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host,
		values: { reason: why.reason, pages: operation.misledPages ?? 0 },
		text: `${vm.id} does not come to life on ${host}: ${why.detail}`
	});
	return true;
}
