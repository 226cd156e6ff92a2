import type { HostId, VmId } from '../ids.ts';
import type { QmpArguments } from '../machine-commands.ts';
import { RACK_WORDS, type RackWord } from './words.ts';

/** What may happen to hosts, pool, pages and futures of a world with VMs, in one form: the word and its arguments. */
export interface RackCommand {
	readonly name: 'rack';
	readonly execute: RackWord;
	readonly host?: HostId;
	readonly vm?: VmId;
	readonly arguments?: QmpArguments;
}

export const RACK_WORD_NAMES = Object.keys(RACK_WORDS) as [RackWord, ...RackWord[]];
