import { formatBytesBinary, formatBytesDecimal, formatNs } from '../base/format.ts';
import type { RunSummary } from '../engine/contract/queries.ts';
import { wordOf, zeroAtNs, type Bet, type BetAxes, type BetPoint, wholeLine } from './bet.ts';

/** Reads what a lesson talks about out of the course of a run. Every figure in the prose comes through here. */

export type RunOperation = RunSummary['operations'][number];

/** The last order of the run: a lesson's worlds have one. */
export const operationOf = (summary: RunSummary | null): RunOperation | null =>
	summary?.operations.at(-1) ?? null;

/** What was left to send over time, as far as the run has come. */
export function leftCurve(summary: RunSummary | null): readonly BetPoint[] {
	const vm = summary?.vms[0];
	if (vm === undefined) return [];
	const points = vm.atNs.map((ns, index) => ({ ns, bytes: vm.leftBytes[index] ?? 0 }));
	// Before the order takes effect nothing is counted yet: that is no line at zero.
	const first = points.findIndex((point) => point.bytes > 0);
	return first < 0 ? [] : points.slice(first);
}

export interface RoundEnd {
	/** Round that ended here, from 1. */
	readonly round: number;
	readonly ns: number;
	readonly leftBytes: number;
	/** What the wire carried in this round. */
	readonly carriedBytes: number;
}

/** The first sync marks everything before anything is sent; each later one ends a round. */
export function roundEnds(summary: RunSummary | null): readonly RoundEnd[] {
	const rounds = operationOf(summary)?.rounds ?? [];
	return rounds.slice(1).map((entry, index) => ({
		round: index + 1,
		ns: entry.atNs,
		leftBytes: entry.leftBytes,
		carriedBytes: entry.sentBytes - (rounds[index]?.sentBytes ?? 0)
	}));
}

/** Where the line has come to rest: the last look of a run that did not get home; null when it did, or has not looked. */
export function settledBytes(summary: RunSummary | null): number | null {
	const last = roundEnds(summary).at(-1);
	const operation = operationOf(summary);
	if (last === undefined || operation === null || operation.endNs !== null) return null;
	return last.leftBytes;
}

/** How round `later` compares with round `earlier`; null until both are over. */
export function comparedRounds(
	summary: RunSummary | null,
	earlier: number,
	later: number
): 'less' | 'same' | 'more' | null {
	const ends = roundEnds(summary);
	const before = ends.find((end) => end.round === earlier);
	const after = ends.find((end) => end.round === later);
	if (before === undefined || after === undefined) return null;
	if (after.carriedBytes === before.carriedBytes) return 'same';
	return after.carriedBytes < before.carriedBytes ? 'less' : 'more';
}

export interface SpeedSpan {
	/** Host index, −1 while nobody runs the guest. */
	readonly host: number;
	readonly points: readonly { readonly ns: number; readonly ppm: number }[];
}

/** Guest speed cut where the host changes; neighbouring spans share their border so that no gap is drawn. */
export function speedSpans(summary: RunSummary | null): readonly SpeedSpan[] {
	const vm = summary?.vms[0];
	if (vm === undefined) return [];
	const spans: { host: number; points: { ns: number; ppm: number }[] }[] = [];
	vm.atNs.forEach((ns, index) => {
		const host = vm.host[index] ?? -1;
		const ppm = host < 0 ? 0 : (vm.speedPpm[index] ?? 0);
		const last = spans.at(-1);
		if (last === undefined || last.host !== host) {
			const before = last?.points.at(-1);
			if (last !== undefined && before !== undefined && before.ns < ns)
				last.points.push({ ns, ppm: before.ppm });
			spans.push({ host, points: [{ ns, ppm }] });
		} else last.points.push({ ns, ppm });
	});
	return spans;
}

export interface LaneFacts {
	readonly home: boolean;
	readonly endNs: number | null;
	readonly stoppedNs: number | null;
	readonly wireBytes: number;
	readonly worstPpm: number | null;
	/** One line for the end of the lane. */
	readonly sentence: string;
}

export function laneFacts(summary: RunSummary | null): LaneFacts | null {
	const operation = operationOf(summary);
	if (summary === null || operation === null) return null;
	const speeds = speedSpans(summary).flatMap((span) =>
		span.host < 0 ? [] : span.points.map((point) => point.ppm)
	);
	const worstPpm = speeds.length > 0 ? Math.min(...speeds) : null;
	const wire = formatBytesDecimal(operation.networkBytes);
	const onTheWire = `${wire} on the wire`;
	const arrived = operation.downtimeNs !== null;
	const home = operation.endNs !== null && arrived;
	// The downtime counts from the stop; until the commit the guest is A's, until it is loaded it runs nowhere.
	const isStopped = summary.vms[0]?.host.at(-1) === -1 || operation.downtime.at(-1)?.endNs === null;
	const isCommitted = operation.downtime.some(
		(part) => part.id === 'commit' && part.endNs !== null
	);
	let sentence: string;
	if (home)
		sentence = `stopped ${formatNs(operation.downtimeNs as number)}, ${operation.strategy === 'resident' ? 'moved' : 'home'} at ${formatNs(operation.endNs as number)}, ${onTheWire}`;
	else if (operation.endNs !== null)
		sentence = `gave up at ${formatNs(operation.endNs)}, ${onTheWire}`;
	else if (arrived && isStopped)
		sentence = `stopped for ${formatNs(operation.downtimeNs as number)} so far, ${isCommitted ? 'B’s, not running yet' : 'still A’s'}`;
	else if (arrived)
		sentence = `stopped ${formatNs(operation.downtimeNs as number)}, on B, not all at home yet`;
	else if (operation.rounds.length > 1) sentence = `not handed off yet, ${wire} sent so far`;
	else sentence = operation.networkBytes > 0 ? `round 1, ${wire} sent so far` : 'on its way';
	return {
		home,
		endNs: operation.endNs,
		stoppedNs: operation.downtimeNs,
		wireBytes: operation.networkBytes,
		worstPpm,
		sentence
	};
}

/** A bet in words that fit into "You bet on …" and "your bet: …". */
export function sayBet(bet: Bet, axes: BetAxes): string {
	if (bet.curve !== null) {
		const line = wholeLine(bet.curve, axes);
		const zero = zeroAtNs(line);
		if (zero !== null && wordOf(line) === 'falls')
			return `zero at ${formatNs(Math.round(zero / 1e8) * 1e8)}`;
		const last = line.at(-1) as BetPoint;
		return bet.word === 'grows'
			? `growth to ${formatBytesBinary(last.bytes)}`
			: `a level of ${formatBytesBinary(last.bytes)}`;
	}
	return bet.word === 'falls'
		? 'a fall to zero'
		: bet.word === 'grows'
			? 'growth'
			: 'a level above zero';
}

export interface Still {
	readonly ns: number;
	readonly label: string;
}

/** The moments worth a picture of their own, in order, for readers who turn pages instead of watching. */
export function stillsOf(
	lanes: readonly { readonly name: string; readonly course: RunSummary | null }[],
	untilNs: number
): readonly Still[] {
	const stills: Still[] = [{ ns: 0, label: 'before the order takes effect' }];
	for (const { name, course } of lanes) {
		const operation = operationOf(course);
		if (operation === null) continue;
		const firstRound = roundEnds(course)[0];
		if (firstRound !== undefined)
			stills.push({ ns: firstRound.ns, label: `${name}: round 1 ends` });
		const stop = operation.downtime.at(-1);
		if (stop?.endNs != null)
			stills.push({ ns: stop.endNs, label: `${name}: the guest runs on the other host` });
		if (
			operation.endNs !== null &&
			operation.downtimeNs !== null &&
			operation.endNs !== stop?.endNs
		)
			stills.push({ ns: operation.endNs, label: `${name}: home` });
	}
	stills.push({ ns: untilNs, label: `after ${formatNs(untilNs)}` });
	return stills.filter((still) => still.ns <= untilNs).sort((a, b) => a.ns - b.ns);
}

/** The last order was carried out to its end. */
export function isHome(summary: RunSummary | null): boolean {
	const operation = operationOf(summary);
	return operation !== null && operation.endNs !== null && operation.downtimeNs !== null;
}
