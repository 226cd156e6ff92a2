import { FUTURE_WORDS } from './future-words.ts';

/** Every word, by what it concerns. */
export const RACK_WORDS = { ...FUTURE_WORDS } as const;
export type RackWord = keyof typeof RACK_WORDS;
