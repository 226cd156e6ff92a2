import { formatBytesBinary, formatNs, formatRate, formatThree, THIN } from '../base/format.ts';
import { GB } from '../base/units.ts';
import type { RunSummary } from '../engine/contract/queries.ts';
import type { Scenario } from '../engine/contract/scenario/schema.ts';
import type { BetAxes } from './bet.ts';
import { sayBet, settledBytes } from './course.ts';
import type { Lesson } from './load.ts';
import type { LessonState } from './machine.ts';

/** The names that prose may put in braces, and where each figure comes from. Nothing in the prose is typed by hand. */

export interface FigureSource {
	readonly lesson: Lesson;
	readonly scenario: Scenario;
	readonly state: LessonState;
	readonly axes: BetAxes;
	/** Course of the lane on which the bet was placed. */
	readonly course: RunSummary | null;
}

/** Until a figure is known its place says so. */
const UNKNOWN = '…';

export const FIGURES: Readonly<Record<string, (source: FigureSource) => string>> = {
	memory: ({ scenario }) => formatBytesBinary(scenario.vms[0]?.bytes ?? 0),
	rate: ({ scenario }) => formatRate(scenario.vms[0]?.workload.rateBytesPerSecond ?? 0),
	workingSet: ({ scenario }) => formatBytesBinary(scenario.vms[0]?.workload.workingSetBytes ?? 0),
	wire: ({ scenario }) => formatRate(scenario.networkBytesPerSecond),
	until: ({ lesson }) => formatNs(lesson.steps.bet.untilNs),
	bet: ({ state, axes }) => (state.bet === null ? UNKNOWN : sayBet(state.bet, axes)),
	settles: ({ course }) => {
		const bytes = settledBytes(course);
		return bytes === null ? UNKNOWN : formatBytesBinary(bytes);
	},
	border: ({ lesson }) =>
		`${formatThree(lesson.steps.change.borderBytesPerSecond / GB)}${THIN}GB/s`,
	blackout: ({ lesson }) => formatNs(lesson.steps.challenge.downtimeNs)
};

export const figure = (name: string, source: FigureSource): string =>
	FIGURES[name]?.(source) ?? UNKNOWN;
