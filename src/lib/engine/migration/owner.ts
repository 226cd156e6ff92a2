import { emit } from '../sim/trace.ts';
import { OWNER_STATE_NAMES, unpackOwner, type OwnerWord } from '../contract/words.ts';
import type { HostRecord, OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { nextOwner, ownerIndex, sharedWordsOf } from '../superpage/words.ts';
import { hostName, vmOf } from './operation.ts';

/** The owner changes its own word outside the hand-off, by compare-and-swap like every change of it. */
export function changeOwner(world: World, operation: OperationRecord, host: number, state: number): boolean {
	const words = sharedWordsOf(world);
	const value = words.load(ownerIndex(operation.vm));
	const before = unpackOwner(value);
	if (before.owner === host && before.state === state) return true;
	const incarnation = (world.r.hosts[host] as HostRecord).incarnation;
	const swapped = words.compareAndSwap(ownerIndex(operation.vm), value, nextOwner(before, host, incarnation, state));
	if (swapped) noteOwnerChange(world, operation, value, operation.phaseCauseSeq, null);
	return swapped;
}

/** An owner word as records tell it. */
export const ownerText = (world: World, { owner, state, incarnation, token }: OwnerWord): string =>
	`${hostName(world, owner)} · ${OWNER_STATE_NAMES[state]} · ${incarnation} · ${token}`;

/** Record of a change of the owner word; remembers the value before it, which the page shows above the new one. */
export function noteOwnerChange(
	world: World,
	operation: OperationRecord,
	beforeValue: bigint,
	cause: number,
	stepId: string | null
): number {
	const vm = vmOf(world, operation);
	const before = unpackOwner(beforeValue);
	const after = unpackOwner(world.c.superpageWord.get(ownerIndex(operation.vm)));
	vm.previousOwner = [before.owner, before.state, before.incarnation, before.token];
	vm.ownerChangedNs = world.r.nowNs;
	return emit(world, {
		kind: 'step',
		rule: 'hand-off',
		cause,
		vm: vm.id,
		operation: operation.id,
		host: hostName(world, after.owner),
		values: { step: stepId ?? 'owner', before: ownerText(world, before), after: ownerText(world, after), token: after.token },
		text: `owner word: ${ownerText(world, before)} → ${ownerText(world, after)}`
	});
}
