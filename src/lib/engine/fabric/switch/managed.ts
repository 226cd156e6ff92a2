import { answerNote, note } from '../messages.ts';
import { RETURN_CODES, type FabricWord } from '../outcome.ts';
import { refusedHere } from './asked.ts';

/** Opcode and name of a command of the fabric manager, with what it does. */
export type ManagedEntry = readonly [opcode: string, what: string, word: FabricWord];

/** Commands of the fabric manager by name: answered at once, and noted among the messages with their codes. */
export function managed(entries: Readonly<Record<string, ManagedEntry>>): Readonly<Record<string, FabricWord>> {
	return Object.fromEntries(
		Object.entries(entries).map(([name, [opcode, what, word]]) => [
			name,
			(world, at, parameters, cause) => {
				const { fabric } = world.r;
				if (fabric.managerDown) return refusedHere('the fabric manager is down');
				if (![...fabric.switches, ...fabric.devices].some((one) => one.id === at))
					return refusedHere(`there is no switch or device "${at}"`);
				const message = note(world, { from: 'fm', to: at, opcode, what, cause });
				const outcome = word(world, at, parameters, cause);
				const started = outcome.ok && typeof outcome.output === 'object' && outcome.output !== null && 'return-code' in outcome.output;
				answerNote(world, message, outcome.ok ? (started ? RETURN_CODES.backgroundStarted : RETURN_CODES.success) : (outcome.code ?? -1));
				return outcome;
			}
		])
	);
}
