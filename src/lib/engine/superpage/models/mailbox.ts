import { wordIndex } from '../../contract/superpage.ts';
import { ANSWERING, GRANTING } from '../mailbox.ts';
import type { Model } from '../search/model.ts';
import { beginning } from '../steps.ts';
import { vcpuStateIndex } from '../words.ts';

/** A gives its VM to B over lines that no hardware keeps coherent; A may want it back, one of them may die. */
const TOKEN = 7;

export function mailboxModel(without: readonly string[] = []): Model {
	return {
		id: 'incoherent',
		hosts: ['A', 'B'],
		actors: [
			{
				name: 'A',
				host: 0,
				incarnation: 1,
				steps: GRANTING.steps,
				rests: GRANTING.rests,
				record: beginning(GRANTING, { peer: 1, token: TOKEN }, true),
				ways: ({ step, locals }) => (step === 'drop-answer' && locals['asked'] !== true ? ['change-mind'] : [])
			},
			{
				name: 'B',
				host: 1,
				incarnation: 1,
				steps: ANSWERING.steps,
				rests: ANSWERING.rests,
				record: beginning(ANSWERING, { peer: 0 }),
				ways: ({ step, locals }) => (step === 'drop-grant' && locals['fetched'] !== true ? ['fetch-ahead'] : [])
			}
		],
		words: [
			[wordIndex('mailbox', 0), 0n],
			[wordIndex('mailbox', 1), 0n],
			[vcpuStateIndex(0), 0n]
		],
		without,
		coherent: false,
		writesCleanBack: without.includes('no-clean-writebacks'),
		mayCrash: [0, 1],
		crashes: 1,
		statements: [
			{ id: 'I1', says: 'never two runners', holds: (view) => !(view.actor(0).running && view.actor(1).running) },
			{
				id: 'I3',
				says: 'who runs it has its whole vCPU state',
				holds: (view) => !view.actor(1).running || view.actor(1).locals['whole'] === true
			}
		],
		ending: (view) =>
			view.actor(0).running || view.actor(1).running
				? 'somebody runs it'
				: view.dead(0) || view.dead(1)
					? 'nobody answers: the fabric manager has to decide'
					: null
	};
}
