import { formatPpm } from '../../base/format.ts';
import type { VmStatus } from '../../engine/contract/status.ts';

/** A number that matters at this moment, with its words. */
export interface MomentFigure {
	readonly value: string;
	readonly words: string;
}

/** The one sentence above the stage, and at most four figures. */
export interface Moment {
	readonly sentence: string;
	readonly figures: readonly MomentFigure[];
}

export const figure = (value: string, words: string): MomentFigure => ({ value, words });
export const speed = (vm: VmStatus): MomentFigure => figure(formatPpm(vm.speedPpm), 'guest speed');
export const hostName = (id: string): string => (id.length === 1 ? `host ${id}` : id);
