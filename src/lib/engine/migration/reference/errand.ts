import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { OwnerState } from '../../contract/words.ts';
import { costNs } from '../../costs/cost-model.ts';
import { foldVm } from '../instances.ts';
import { enterPhase, finish, hostName, setStatus, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { ownExtents } from '../residence.ts';
import { roomOnDram } from '../room.ts';
import type { OperationRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { offer, wouldFit } from './capacity.ts';
import { heldForGood } from './held.ts';
import { goHome } from './home.ts';
import { reaches } from './reach.ts';
import { wait } from './sweep.ts';

/** Out to the pool or home from it while the guest runs: page moves on one host, nobody changes hands (seed S3, step 3 and approach 2). */
export type Errand = NonNullable<OperationRecord['errand']>;

export function checkErrand(world: World, vmIndex: number, errand: Errand): Outcome<null, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const host = vm.instances[vm.running] as number;
	if (vm.vcpuState !== 'running') return refused('vm-not-running', `${vm.id} is ${vm.vcpuState}`);
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	if (pool < 0) return refused('no-shared-memory', 'the scenario has no pool');
	const reached = reaches(world, host);
	if (!reached.ok) return reached;
	const onPool = vm.pagesByMemory[pool] ?? 0;
	if (errand !== 'push-out') {
		if (ownExtents(world, vmIndex, host).length === 0) return refused('already-there', `nothing of ${vm.id} is on the pool`);
		const free = roomOnDram(world, host);
		if (free < onPool)
			return refused('no-room-target', `${onPool} pages of ${vm.id} need room, ${free} are free on ${hostName(world, host)}`);
		return ok(null);
	}
	if (onPool === vm.populatedPages) return refused('already-there', `all of ${vm.id} is on the pool`);
	const held = heldForGood(world, vmIndex);
	if (!held.ok) return held;
	const trial = wouldFit(world, vmIndex, host, 'scattered');
	return trial.ok ? ok(null) : trial;
}

export function startErrand(world: World, operation: OperationRecord): void {
	setStatus(world, operation, 'active');
	if (operation.errand !== 'push-out') {
		operation.extents = ownExtents(world, operation.vm, operation.source);
		return goHome(
			world,
			operation,
			operation.errand === 'pin-home' ? 'out of ZONE_MOVABLE, for the pins' : `home to ${hostName(world, operation.source)}`
		);
	}
	enterPhase(world, operation, 'prepare', 'prepare: capacity under one tag', 'extent-offer');
	offer(world, operation);
	operation.onlineExtent = 0;
	wait(world, operation, costNs(world.costs, 'orchestratorAllocMs') + costNs(world.costs, 'cxlMailboxCommandMs'), 'accept-source');
}

/** All pages are out: the VM lives on the pool from now on, on the same host. */
export function pushedOut(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	changeOwner(world, operation, operation.source, OwnerState.active);
	foldVm(world, operation.vm);
	finish(world, operation, 'completed', null, `${vm.id} runs on ${hostName(world, operation.source)} and lives on the pool`);
}
