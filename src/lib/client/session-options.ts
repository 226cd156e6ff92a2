import type { Outcome } from '../base/outcome.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import type { Connection, MemoryWish } from './connect.ts';

export type SessionState = 'paused' | 'playing' | 'busy' | 'crashed' | 'closed';
/** Why a command was not taken: the engine's reason, or there is no engine to take it. */
export type SendOutcome = Outcome<
	{ readonly operation: number | null; readonly call?: number },
	ReasonId | 'no-engine'
>;

export interface SessionOptions {
	readonly memory?: MemoryWish;
	readonly worker?: () => Worker;
	/** Instead of a worker: tests run the session over an engine in the same thread. */
	readonly connect?: () => Connection;
	/** No dashed future: for pages that show none. A function is asked before each piece of it: not now, perhaps later. */
	readonly withoutForecast?: boolean | (() => boolean);
}

/** Asked again and again: whether the dashed future may be worked out now. */
export const forecastWish = ({ withoutForecast = false }: SessionOptions) =>
	typeof withoutForecast === 'function' ? () => !withoutForecast() : () => !withoutForecast;

/** Presentation time in which a step or a jump settles (decision D10). */
export const SETTLE_MS = 240;
/** A frame that came late (a tab in the background) does not make the run leap. */
export const LONGEST_FRAME_MS = 100;
/** How often the course is asked for while playing. */
export const COURSE_EVERY_MS = 100;
export const DEFAULT_SPEED_INDEX = 5;
