import { FUTURE_WORDS } from './future-words.ts';
import { HOST_WORDS } from './host-words.ts';
import { PAGE_WORDS } from './page-words.ts';
import { STREAM_WORDS } from './stream-words.ts';

/** Every word, by what it concerns. */
export const RACK_WORDS = { ...HOST_WORDS, ...STREAM_WORDS, ...PAGE_WORDS, ...FUTURE_WORDS } as const;
export type RackWord = keyof typeof RACK_WORDS;
