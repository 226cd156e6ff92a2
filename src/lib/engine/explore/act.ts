import type { Command } from '../contract/commands.ts';
import type { ActWords } from '../contract/explore/request.ts';
import type { Vary } from '../contract/explore/words.ts';

/** What may be chosen at a state. Whether it can happen there is for the engine to say: a refused choice is no branch. */
export interface Act {
	readonly words: ActWords;
	readonly command: Command;
	/** A command of the run that is given once, wherever that is: its bit among those used; 0 for the others. */
	readonly once: number;
}

export const GO_ON: ActWords = { id: 'on', short: 'go on', sentence: 'nothing is chosen, time goes on', kind: 'on' };

export const idOf = (command: Command): string => JSON.stringify(command);

export const act = (kind: Vary, short: string, sentence: string, command: Command, once = 0): Act => ({
	words: { id: idOf(command), short, sentence, kind },
	command,
	once
});
