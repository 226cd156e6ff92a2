import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { MigrateCommand } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { costNs } from '../../costs/cost-model.ts';
import type { OperationRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { enterPhase, setStatus, vmOf } from '../operation.ts';
import { ownExtents } from '../residence.ts';
import { accept } from '../reference/capacity.ts';
import { heldForGood, tiedToHost } from '../reference/held.ts';
import { giveUp, turnBack } from '../reference/home.ts';
import { wait } from '../reference/sweep.ts';
import { startHandOff } from '../timed-hand-off.ts';
import { census, checkReference, publishNow, runTransit } from './transit.ts';

/**
 * Approach 2 (seed S3): the VM lives on the pool, so nothing is staged and nothing comes home; ranges are written, one word
 * flips, and the next time slice runs elsewhere. Only the host that the owner word names may schedule it.
 */
export function checkResident(
	world: World,
	operation: Pick<OperationRecord, 'vm' | 'source' | 'target' | 'parameters'>,
	command: MigrateCommand
): Outcome<null, ReasonId> {
	const able = checkReference(world, operation);
	if (!able.ok) return able;
	const vm = world.r.vms[operation.vm] as VmRecord;
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const elsewhere = vm.populatedPages - (vm.pagesByMemory[pool] ?? 0);
	if (elsewhere > 0) return refused('not-resident', `${elsewhere} pages of ${command.vm} are not on the pool; push them out first`);
	const held = vm.dax ? ok(null) : heldForGood(world, operation.vm);
	return held.ok ? tiedToHost(world, operation.vm) : held;
}

export function startResident(world: World, operation: OperationRecord): void {
	setStatus(world, operation, 'active');
	operation.parameters = { ...operation.parameters, stayOnPool: true, backing: vmOf(world, operation).dax ? 'dax' : 'node' };
	operation.livedOnPool = true;
	operation.extents = ownExtents(world, operation.vm, operation.source);
	census(world, operation);
	enterPhase(world, operation, 'prepare', 'prepare: the target accepts the extents', 'extent-offer');
	wait(world, operation, costNs(world.costs, 'cxlMailboxCommandMs') + costNs(world.costs, 'dcdEventIrqUs'), 'accept-target');
}

export function runResident(world: World, operation: OperationRecord): void {
	// It was decided late that the pages come home after all.
	if (operation.phase === 'unstaging' || operation.phase === 'release') return runTransit(world, operation);
	if (operation.ending !== 'none') return turnBack(world, operation);
	if (operation.step === 'propose') return startHandOff(world, operation);
	const said = accept(world, operation, operation.target);
	if (!said.ok) return giveUp(world, operation, said.reason, said.detail);
	publishNow(world, operation);
}
