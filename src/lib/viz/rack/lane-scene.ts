import type { RackEvent, RackEventKind, RackStatus } from '../../engine/contract/rack/status.ts';

/** One axis: when each host beat, when it was silent, what befell it. */
export interface LaneMark {
	readonly number: number;
	readonly atNs: number;
	readonly kind: RackEventKind;
	readonly text: string;
}
export interface LaneSpan {
	readonly fromNs: number;
	readonly untilNs: number;
}
export interface LaneRow {
	readonly host: string;
	/** Beats one by one. */
	readonly beats: readonly number[];
	/** Beats before those, as spans in which they came. */
	readonly beating: readonly LaneSpan[];
	readonly silent: readonly LaneSpan[];
	readonly fenced: readonly LaneSpan[];
	readonly marks: readonly LaneMark[];
}
export interface LaneScene {
	readonly fromNs: number;
	readonly untilNs: number;
	readonly rows: readonly LaneRow[];
	readonly marks: readonly LaneMark[];
}

/** Happens without an end and says nothing about who lives. */
const QUIET: readonly RackEventKind[] = ['checkpoint'];
const MOST_MARKS = 12;

export function laneScene(
	rack: RackStatus,
	nowNs: number,
	fromNs: number,
	untilNs: number
): LaneScene {
	const within = rack.events.filter(
		(each) => each.atNs >= fromNs && each.atNs <= untilNs && !QUIET.includes(each.kind)
	);
	const marks = within
		.slice(-MOST_MARKS)
		.map((each, index) => ({ ...pick(each), number: index + 1, host: each.host }));
	const cut = (span: LaneSpan): LaneSpan[] =>
		span.untilNs <= fromNs || span.fromNs >= untilNs
			? []
			: [{ fromNs: Math.max(fromNs, span.fromNs), untilNs: Math.min(untilNs, span.untilNs) }];
	return {
		fromNs,
		untilNs,
		marks,
		rows: rack.hosts.map((host) => {
			const silences = host.silences.map((each) => ({
				fromNs: each.fromNs,
				untilNs: each.untilNs ?? nowNs
			}));
			const first = host.recentBeatsNs[0] ?? nowNs;
			return {
				host: host.id,
				beats: host.recentBeatsNs.filter((at) => at >= fromNs && at <= untilNs),
				beating: between(host.beatsFromNs, first, silences).flatMap(cut),
				silent: silences.flatMap(cut),
				fenced: fences(rack.events, host.id, nowNs).flatMap(cut),
				marks: marks.filter(
					(mark) => mark.host === host.id || (mark.host === null && mark.kind === 'pool')
				)
			};
		})
	};
}

const pick = ({ atNs, kind, text }: RackEvent): Pick<LaneMark, 'atNs' | 'kind' | 'text'> => ({
	atNs,
	kind,
	text
});

/** What is left of a stretch without its silences. */
function between(fromNs: number, untilNs: number, silences: readonly LaneSpan[]): LaneSpan[] {
	if (fromNs < 0 || untilNs <= fromNs) return [];
	const spans: LaneSpan[] = [];
	let at = fromNs;
	for (const silence of silences) {
		if (silence.fromNs >= untilNs) break;
		if (silence.fromNs > at) spans.push({ fromNs: at, untilNs: silence.fromNs });
		at = Math.max(at, silence.untilNs);
	}
	if (at < untilNs) spans.push({ fromNs: at, untilNs });
	return spans;
}

/** From a fence to the moment at which the host joins anew. */
function fences(events: readonly RackEvent[], host: string, nowNs: number): LaneSpan[] {
	const spans: LaneSpan[] = [];
	let since = -1;
	for (const each of events) {
		if (each.host !== host) continue;
		if (each.kind === 'fence' && since < 0) since = each.atNs;
		if (each.kind === 'boot' && since >= 0) {
			spans.push({ fromNs: since, untilNs: each.atNs });
			since = -1;
		}
	}
	if (since >= 0) spans.push({ fromNs: since, untilNs: nowNs });
	return spans;
}
