import { formatNs } from '../base/format.ts';
import { MODEL_VERSION, type CrashReport } from '../engine/contract/port.ts';
import {
	encodeLink,
	PLAIN_VIEW,
	type LinkState,
	type LinkView,
	type LinkWorld
} from './permalink.ts';

/** What somebody sends us when the engine stopped: a link that leads there again, and the words of the engine. */
export interface CrashText {
	/** Fragment without `#`; opens one moment before. Null when even the link cannot be made. */
	readonly fragment: string | null;
	readonly text: string;
}

const STACK_LINES = 12;

/** The run that breaks the engine, standing just before the moment where it does. */
export function crashedRun(
	worlds: readonly LinkWorld[],
	crashIndex: number,
	crash: CrashReport,
	lastGoodNs: number
): Pick<LinkState, 'worlds' | 'positionNs'> {
	// A command that broke it at once must still lie ahead when the link opens.
	const isByCommand = crash.journal.some((entry) => entry.atNs >= lastGoodNs);
	return {
		worlds: worlds.map((world, index) =>
			index === crashIndex ? { ...world, journal: crash.journal } : world
		),
		positionNs: Math.max(0, lastGoodNs - (isByCommand ? 1 : 0))
	};
}

export async function crashReportText(
	session: { linkState(view: LinkView): Promise<LinkState> },
	crash: CrashReport
): Promise<CrashText> {
	let fragment: string | null;
	try {
		fragment = await encodeLink(await session.linkState(PLAIN_VIEW));
	} catch {
		fragment = null;
	}
	const lines = [
		'Switchyard stopped: the engine found one of its own rules broken.',
		`What: ${crash.message}`,
		`When: ${crash.atNs} ns (${formatNs(crash.atNs)}), after ${crash.eventCount} events, ${crash.journal.length} commands`,
		`Model version: ${MODEL_VERSION}`,
		`Link: ${fragment === null ? 'none, the run is too long; see the commands below' : `#${fragment}`}`,
		...(fragment === null ? [`Commands: ${JSON.stringify(crash.journal)}`] : []),
		'Where:',
		...crash.stack.split('\n').slice(0, STACK_LINES)
	];
	return { fragment, text: lines.join('\n') };
}
