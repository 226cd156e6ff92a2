import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { needsNetwork } from '../contract/migration/strategies.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { OwnerState, packOwner } from '../contract/words.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { hostName } from '../migration/operation.ts';
import { changeOwner } from '../migration/owner.ts';
import { forgetSplit } from '../migration/reference/split.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { clearDescriptors } from '../superpage/descriptors.ts';
import { ownerIndex, ownerOf, phaseIndex, sharedWordsOf } from '../superpage/words.ts';
import { poolPagesOf } from './hosts.ts';
import { loseVm } from './loss.ts';
import { endWithoutPool, goOnInDram } from './no-pool.ts';
import { note } from './note.ts';
import { planRestart, releaseExtents } from './restart.ts';
import { haOf } from './settings.ts';

/** Guests that are dead although their host is not. */

/**
 * Behind the commit its state does not load: nobody runs it. Pages and registers are whole, so that any other host may have it
 * (live-migration reference 10, step 9).
 */
export function buryNotLoaded(world: World, operation: OperationRecord): void {
	const vm = world.r.vms[operation.vm] as VmRecord;
	const dead = operation.state === 'failed' && operation.refusal && vm.vcpuState === 'stopped';
	if (!dead || ownerOf(world, operation.vm).state !== OwnerState.orphan) return;
	const host = vm.instances[vm.running] as number;
	const text = `${vm.id} does not come to life on ${hostName(world, host)}`;
	const cause = note(world, { kind: 'gone', rule: 'dead-on-target', host, vm: operation.vm, cause: vm.causeSeq ?? null, text });
	loseVm(world, operation.vm, host, 'not-loaded', cause);
	if (haOf(world)?.restart) planRestart(world, operation.vm, -1);
}

/** The big hammer: the fabric manager takes the extents back while the guest is mapped on them (CXL 4.0 8.2.10.9.9.5). */
export function takeExtentsBack(world: World, vmIndex: number): Outcome<number, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const host = vm.instances[vm.running] as number;
	const running = world.r.operations.find((operation) => operation.vm === vmIndex && operation.state === 'running');
	if (running && needsNetwork(running.strategy)) return refused('already-running', `operation ${running.id} moves ${vm.id}`);
	const extents = world.r.extents.filter((extent) => extent.vm === vmIndex && extent.state !== 'released').length;
	if (extents === 0) return refused('already-there', `nothing of ${vm.id} is on the pool`);
	catchUp(world, vmIndex);
	const pages = poolPagesOf(world, vmIndex);
	if (running && pages === 0) return takeUnused(world, running, extents);
	const what = `${extents} ${extents === 1 ? 'extent goes' : 'extents go'} while mapped`;
	const cause = note(world, {
		kind: 'gone',
		rule: 'forced-release',
		host,
		vm: vmIndex,
		values: { pages, extents },
		text: `${what}: ${pages} pages answer with faults, ${vm.id} is gone`
	});
	forgetSplit(world, vmIndex);
	if (running) endWithoutPool(world, running, 'capacity-taken', `${what}: there is nothing left to move`);
	loseVm(world, vmIndex, host, 'released', cause);
	clearDescriptors(world, vmIndex);
	releaseExtents(world, vmIndex);
	const words = sharedWordsOf(world);
	words.store(phaseIndex(vmIndex), 0n);
	const value = words.load(ownerIndex(vmIndex));
	const owner = ownerOf(world, vmIndex);
	words.compareAndSwap(ownerIndex(vmIndex), value, packOwner({ ...owner, state: OwnerState.orphan, token: owner.token + 1 }));
	vm.previousOwner = [owner.owner, owner.state, owner.incarnation, owner.token];
	vm.ownerChangedNs = world.r.nowNs;
	vm.causeSeq = cause;
	if (haOf(world)?.restart) planRestart(world, vmIndex, -1);
	return ok(extents);
}

/** Nothing of the guest lies there yet, or no longer: only the move has lost its way. */
function takeUnused(world: World, operation: OperationRecord, extents: number): Outcome<number, ReasonId> {
	const vm = world.r.vms[operation.vm] as VmRecord;
	const host = vm.instances[vm.running] as number;
	const text = `${extents} ${extents === 1 ? 'extent goes' : 'extents go'} from under the move of ${vm.id}`;
	const cause = note(world, { kind: 'gone', rule: 'forced-release', host, vm: operation.vm, values: { pages: 0, extents }, text });
	endWithoutPool(world, operation, 'capacity-taken', `${text}: it goes on in DRAM`);
	clearDescriptors(world, operation.vm);
	sharedWordsOf(world).store(phaseIndex(operation.vm), 0n);
	releaseExtents(world, operation.vm);
	delete vm.dax;
	changeOwner(world, operation, host, OwnerState.local);
	goOnInDram(world, operation, 'released', cause);
	return ok(extents);
}
