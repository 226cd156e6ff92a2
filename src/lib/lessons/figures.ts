import { formatBytesBinary, formatNs, formatRate, formatThree, THIN } from '../base/format.ts';
import { GB } from '../base/units.ts';
import type { RunSummary } from '../engine/contract/queries.ts';
import type { Scenario } from '../engine/contract/scenario/schema.ts';
import type { BetAxes } from './bet.ts';
import { operationOf, sayBet, settledBytes } from './course.ts';
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
	/** The lane whose switch-over is compared: as it is, and with the other one. */
	readonly switchOver: { readonly own: RunSummary | null; readonly other: RunSummary | null };
}

/** Until a figure is known its place says so. */
const UNKNOWN = '…';

const sayStop = (course: RunSummary | null): string => {
	const stop = operationOf(course)?.downtimeNs ?? null;
	return stop === null ? UNKNOWN : formatNs(stop);
};

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
	stop: ({ switchOver }) => sayStop(switchOver.own),
	stopQemu: ({ switchOver }) => sayStop(switchOver.other),
	course: ({ lesson }) => formatNs(lesson.steps.challenge.untilNs),
	blackout: ({ lesson }) => formatNs(lesson.steps.challenge.downtimeNs)
};

export const figure = (name: string, source: FigureSource): string =>
	FIGURES[name]?.(source) ?? UNKNOWN;
