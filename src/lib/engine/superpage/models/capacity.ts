import { wordIndex } from '../../contract/superpage.ts';
import { ACCEPTING, HOLDERS, PROVIDING, RELEASING } from '../capacity.ts';
import type { Model, ModelActor } from '../search/model.ts';
import { beginning } from '../steps.ts';

/** A VM is made on A, passes to B, is destroyed there; either host may die, and the fabric manager releases what it held. */
export function capacityModel(without: readonly string[] = []): Model {
	const releasing = (victim: number): ModelActor => ({
		name: `fabric manager, for ${'AB'[victim]}`,
		host: 2,
		incarnation: 1,
		steps: RELEASING.steps,
		rests: RELEASING.rests,
		record: beginning(RELEASING, { victim }),
		wakesWhenDead: victim
	});
	const RANGES = wordIndex('rangesCrc', 0);
	return {
		id: 'capacity',
		hosts: ['A', 'B', 'fabric manager'],
		actors: [
			{ name: 'A', host: 0, incarnation: 1, steps: PROVIDING.steps, rests: PROVIDING.rests, record: beginning(PROVIDING) },
			{ name: 'B', host: 1, incarnation: 1, steps: ACCEPTING.steps, rests: ACCEPTING.rests, record: beginning(ACCEPTING) },
			releasing(0),
			releasing(1)
		],
		words: [
			[HOLDERS, 0n],
			[RANGES, 0n],
			[wordIndex('phase', 0), 0n]
		],
		without,
		mayCrash: [0, 1],
		crashes: 1,
		statements: [
			{
				id: 'I9',
				says: 'what a range names is still there',
				holds: (view) => view.word(RANGES) === 0n || view.word(HOLDERS) !== 0n
			}
		],
		ending: (view) => {
			if (view.word(RANGES) !== 0n) return 'the VM’s memory waits for an owner';
			return view.word(HOLDERS) === 0n ? 'destroyed, nothing is held' : 'no VM; somebody still holds the capacity';
		}
	};
}
