import type { SuperpageAnswer } from '../contract/superpage-models.ts';
import { packOwner } from '../contract/words.ts';
import type { World } from '../state/world.ts';
import { handOffStep, type HandOffStep } from '../superpage/hand-off.ts';
import { fenceIndex, ownerIndex, phaseIndex, rangesIndex, vcpuStateIndex } from '../superpage/words.ts';

/** The words of the super-page as they stand in a world. */
const text = (value: bigint): string => value.toString(16).padStart(16, '0');

/** Which word a step of the hand-off touches. */
const TOUCHES: Readonly<Record<string, (vm: number, host: number) => number>> = {
	'read-owner': ownerIndex,
	propose: phaseIndex,
	'await-prepared': phaseIndex,
	save: vcpuStateIndex,
	'check-owner': ownerIndex,
	'check-fence': (_, host) => fenceIndex(host),
	freeze: ownerIndex,
	'await-commit': ownerIndex,
	'look-at-fence': (_, host) => fenceIndex(host),
	reclaim: ownerIndex,
	abort: ownerIndex,
	withdraw: phaseIndex,
	'read-phase': phaseIndex,
	'check-ranges': rangesIndex,
	reject: phaseIndex,
	prepare: phaseIndex,
	'await-handoff': ownerIndex,
	'check-state': vcpuStateIndex,
	'read-fence': (_, host) => fenceIndex(host),
	commit: ownerIndex,
	'clear-phase': phaseIndex
};

/** Steps of the last hand-off of the world, from its records: a record names its step, and the table what the step does. */
function lastHandOff(world: World): SuperpageAnswer['taken'] {
	const steps = world.trace.filter(
		({ kind, rule, values }) => kind === 'step' && rule === 'hand-off' && handOffStep(String(values['step']))
	);
	const operation = steps.at(-1)?.operation;
	return steps
		.filter((record) => record.operation === operation)
		.map((record, at) => {
			const step = handOffStep(String(record.values['step'])) as HandOffStep;
			const vm = world.r.vms.findIndex(({ id }) => id === record.vm);
			const of = world.r.operations.find(({ id }) => id === record.operation);
			const host = (step.actor === 'source' ? of?.source : of?.target) ?? 0;
			const text = record.text.startsWith('owner word') ? step.says : record.text;
			return {
				number: at + 1,
				host,
				access: step.access,
				index: TOUCHES[step.id]?.(vm, host) ?? null,
				refused: false,
				says: text,
				kind: 'step' as const
			};
		});
}

export function superpageAnswer(world: World): SuperpageAnswer {
	const words: [number, string][] = [];
	const column = world.c.superpageWord;
	for (let index = 0; index < column.data.length; index += 1) {
		const value = column.get(index);
		if (value !== 0n) words.push([index, text(value)]);
	}
	const earlier = world.r.vms.flatMap((vm, index) => {
		if (vm.previousOwner === null) return [];
		const [owner, state, incarnation, token] = vm.previousOwner;
		return [[ownerIndex(index), [text(packOwner({ owner, state, incarnation, token }))]] as const];
	});
	return {
		taken: lastHandOff(world),
		hosts: world.r.hosts.map(({ id }) => id),
		vms: world.r.vms.map(({ id }) => id),
		words,
		earlier,
		dead: world.r.hosts.flatMap(({ power }, index) => (power === 'down' ? [index] : []))
	};
}
