import type { RaceProtocol, RaceReport } from './race.ts';
import type { SearchAnswer, SearchProgress, SuperpageModelId } from './superpage-models.ts';

/** What a worker does for the page of the super-page: searches in slices, hosts that race, and the judge of a race. */
export interface SuperpagePort {
	begin(id: SuperpageModelId, without: readonly string[]): SearchProgress;
	/** Looks at up to so many more states. */
	advance(states: number): SearchProgress;
	found(): SearchAnswer;
	setUp(buffer: SharedArrayBuffer): void;
	/** Does not return before the race is over, or its thread is killed. */
	race(buffer: SharedArrayBuffer, host: number, hosts: number, incarnation: number, protocol: RaceProtocol): string;
	/** A killed host is recovered and joins again; its next incarnation. */
	recover(buffer: SharedArrayBuffer, victim: number): number;
	report(buffer: SharedArrayBuffer): RaceReport;
}
