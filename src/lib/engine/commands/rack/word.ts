import type { Outcome } from '../../../base/outcome.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import type { World } from '../../state/world.ts';

/** What a word was said about: indices, −1 for nothing. */
export interface RackSubject {
	readonly host: number;
	readonly vm: number;
}

/** Does what the word says, or refuses and changes nothing; the value is the sentence for the record. */
export type RackWordRun = (world: World, subject: RackSubject, given: QmpArguments) => Outcome<string, ReasonId>;
