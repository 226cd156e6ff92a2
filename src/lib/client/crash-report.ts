import { formatNs } from '../base/format.ts';
import { MODEL_VERSION, type CrashReport } from '../engine/contract/port.ts';
import { readScenario } from '../engine/contract/scenario/read.ts';
import { encodeLink, PLAIN_VIEW } from './permalink.ts';
import type { Session } from './session.svelte.ts';

/** What somebody sends us when the engine stopped: a link that leads there again, and the words of the engine. */
export interface CrashText {
	/** Fragment without `#`; opens one moment before. Null when even the link cannot be made. */
	readonly fragment: string | null;
	readonly text: string;
}

const STACK_LINES = 12;

export async function crashReportText(
	session: Pick<Session, 'worlds' | 'nowNs' | 'crashIndex'>,
	crash: CrashReport
): Promise<CrashText> {
	const worlds = session.worlds.map(({ spec, journal }, index) => {
		const read = readScenario(spec.scenario);
		return {
			scenario: read.ok ? read.value : spec.scenario,
			journal: index === session.crashIndex ? crash.journal : journal,
			belief: spec.belief ?? null
		};
	});
	// A command that broke it at once must still lie ahead when the link opens.
	const isByCommand = crash.journal.some((entry) => entry.atNs >= session.nowNs);
	const positionNs = Math.max(0, session.nowNs - (isByCommand ? 1 : 0));
	let fragment: string | null;
	try {
		fragment = await encodeLink({ worlds, positionNs, view: PLAIN_VIEW });
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
