import { HandOffPhase } from '../../contract/words.ts';
import { wordIndex } from '../../contract/superpage.ts';
import { LAYING, PROPOSING, RANGES_OF_VM, rangesMark, READING_RANGES } from '../ranges.ts';
import type { Model, ModelActor, View } from '../search/model.ts';
import { beginning, count, type Protocol } from '../steps.ts';
import { phaseIndex, rangesIndex } from '../words.ts';

/**
 * A lays the ranges of VM 1 anew and proposes it to B; B reads them, and lays those of VM 2 at the same time. C reads them too,
 * and nothing announces that it does.
 */
export function rangesModel(without: readonly string[] = []): Model {
	const actor = (name: string, host: number, protocol: Protocol, vm: number): ModelActor => ({
		name,
		host,
		incarnation: 1,
		steps: protocol.steps,
		rests: protocol.rests,
		record: beginning(protocol, { vm })
	});
	const first = (view: View, vm: number): number => Number(view.word(wordIndex('firstRange', vm)));
	const whole = (view: View, vm: number): boolean =>
		view.word(wordIndex('rangesGeneration', vm)) % 2n === 0n && view.word(wordIndex('rangeCount', vm)) > 0n;
	const READER = 2;
	const LOOKER = 4;
	const vm = (index: number, begins: bigint, ranges: bigint): (readonly [number, bigint])[] => [
		[wordIndex('rangesGeneration', index), ranges === 0n ? 0n : 2n],
		[wordIndex('firstRange', index), begins],
		[wordIndex('rangeCount', index), ranges],
		[rangesIndex(index), rangesMark(begins, ranges)],
		[phaseIndex(index), 0n]
	];
	return {
		id: 'ranges',
		hosts: ['A', 'B', 'C'],
		actors: [
			actor('A lays', 0, LAYING, 0),
			actor('A proposes', 0, PROPOSING, 0),
			actor('B reads', 1, READING_RANGES, 0),
			actor('B lays', 1, LAYING, 1),
			{
				...actor('C looks', 2, READING_RANGES, 0),
				record: { ...beginning(READING_RANGES, { vm: 0 }), step: 'read-generation' },
				next: { prepare: 'believed', refuse: 'not-believed' },
				rests: ['believed', 'not-believed']
			}
		],
		words: [[wordIndex('rangeHead'), BigInt(RANGES_OF_VM)], ...vm(0, 0n, BigInt(RANGES_OF_VM)), ...vm(1, 0n, 0n)],
		without,
		mayCrash: [0, 1],
		crashes: 1,
		statements: [
			{
				id: 'I6',
				says: 'the ranges stay as they are from prepared to the end',
				change: ({ before, after }) =>
					before.word(phaseIndex(0)) !== BigInt(HandOffPhase.prepared) ||
					(['rangesGeneration', 'firstRange', 'rangeCount', 'rangesCrc'] as const).every(
						(name) => name === 'rangesGeneration' || before.word(wordIndex(name, 0)) === after.word(wordIndex(name, 0))
					)
			},
			{
				id: 'I6-apart',
				says: 'ranges of two VMs never overlap',
				holds: (view) => !whole(view, 0) || !whole(view, 1) || Math.abs(first(view, 0) - first(view, 1)) >= RANGES_OF_VM
			},
			{
				id: 'I11',
				says: 'who believes the ranges has read them as one',
				holds: (view) =>
					[READER, LOOKER].every((who) => {
						const { step, locals } = view.actor(who);
						const read = rangesMark(BigInt(count(locals['first'])), BigInt(RANGES_OF_VM));
						return (step !== 'close-hand-off' && step !== 'believed') || BigInt(count(locals['sum'])) === read;
					})
			}
		],
		ending: (view) => (view.actor(READER).step === 'handed-over' ? 'handed over' : 'not handed over')
	};
}
