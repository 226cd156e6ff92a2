import type { WorldStatus } from '../../engine/contract/status.ts';
import { BUDGET, costOf, type Design } from './design.ts';

/**
 * What a run of the rack comes to: seven promises, each with the worst that happened, and the three figures of a design.
 * Everything is read from the engine's status at the end of the run.
 */
export const PROMISES = {
	cost: `the design costs no more than ${BUDGET} points`,
	there: 'in the end every VM runs',
	database: 'no database was gone for more than a second',
	web: 'no web server was gone for more than 16 s',
	state: 'no database was started anew, or went back more than 2 s',
	written: 'nothing that a database wrote died in a cache',
	twice: 'no database ran twice',
	speed: 'no VM lost more than a quarter of its work besides',
	calendar: 'nothing refused to leave the host of the calendar'
} as const;
export type PromiseId = keyof typeof PROMISES;
export const PROMISE_IDS = Object.keys(PROMISES) as PromiseId[];

const LIMITS = { databaseGoneNs: 1e9, webGoneNs: 16e9, backNs: 2e9, lostWork: 0.25 } as const;

export interface Verdict {
	readonly kept: Readonly<Record<PromiseId, boolean>>;
	readonly holds: boolean;
	/** The VM that was gone longest, and how long. */
	readonly blackoutNs: number;
	/** Copied over the network, and over CXL. */
	readonly movedBytes: number;
	/** One sentence for each promise that was broken. */
	readonly broken: readonly string[];
}

interface Gone {
	readonly vm: string;
	readonly ns: number;
}

/** How long nobody ran each VM: from its loss until it was back, and the gaps of its moves. */
function gone(status: WorldStatus): Gone[] {
	return status.vms.map((vm) => {
		const losses = status.rack?.losses.filter((loss) => loss.vm === vm.id) ?? [];
		const lost = losses.reduce((sum, loss) => sum + (loss.backNs ?? status.nowNs) - loss.atNs, 0);
		const moves = status.operations.filter((operation) => operation.vm === vm.id);
		return {
			vm: vm.id,
			ns: lost + moves.reduce((sum, operation) => sum + (operation.downtimeNs ?? 0), 0)
		};
	});
}

const isDatabase = (vm: string): boolean => vm.startsWith('db');
const worst = (list: readonly Gone[]): Gone =>
	list.reduce((a, b) => (b.ns > a.ns ? b : a), { vm: '', ns: 0 });
const seconds = (ns: number): string =>
	ns < 1e9 ? `${Math.round(ns / 1e6)} ms` : `${(ns / 1e9).toFixed(1)} s`;

export function judge(design: Design, status: WorldStatus): Verdict {
	if (status.rack === null) throw new Error('a design is judged by the rack of its world');
	const times = gone(status);
	const databases = worst(times.filter((each) => isDatabase(each.vm)));
	const webs = worst(times.filter((each) => !isDatabase(each.vm)));
	const lost = status.vms.filter((vm) => vm.vcpuState === 'lost');
	const losses = (status.rack?.losses ?? []).filter((loss) => isDatabase(loss.vm));
	const anew = losses.find((loss) => loss.how !== 'from-checkpoint');
	const back = losses.find(
		(loss) =>
			!loss.registersWhole &&
			loss.registersFromNs >= 0 &&
			loss.atNs - loss.registersFromNs > LIMITS.backNs
	);
	const lines = losses.find((loss) => loss.lines > 0);
	const twice = status.marks.find((mark) => /^two incarnations of db/.test(mark));
	// What a VM did not do while nobody ran it is counted above.
	const slow = status.vms
		.map((vm) => ({
			vm: vm.id,
			share: (vm.lostWorkNs - (times.find((each) => each.vm === vm.id)?.ns ?? 0)) / status.nowNs
		}))
		.reduce((a, b) => (b.share > a.share ? b : a), { vm: '', share: 0 });
	const refused = status.rack?.evacuations.flatMap((each) => each.refused)[0];
	const cost = costOf(design);
	const found: Readonly<Record<PromiseId, string | null>> = {
		cost: cost <= BUDGET ? null : `it costs ${cost}`,
		there: lost.length === 0 ? null : `${lost.map((vm) => vm.id).join(', ')} did not come back`,
		database:
			databases.ns <= LIMITS.databaseGoneNs
				? null
				: `${databases.vm} was gone for ${seconds(databases.ns)}`,
		web: webs.ns <= LIMITS.webGoneNs ? null : `${webs.vm} was gone for ${seconds(webs.ns)}`,
		state: anew
			? `${anew.vm} was on ${anew.host}, and nothing was left to go on from`
			: back
				? `${back.vm} went back ${seconds(back.atNs - back.registersFromNs)}`
				: null,
		written: lines ? `${lines.lines} pages of ${lines.vm} hold an older write than the last` : null,
		twice: twice ?? null,
		speed:
			slow.share <= LIMITS.lostWork
				? null
				: `${slow.vm} lost ${Math.round(slow.share * 100)} % of its work`,
		calendar: refused ? `${refused.vm} stayed: ${refused.detail}` : null
	};
	const broken = PROMISE_IDS.flatMap((id) => (found[id] === null ? [] : [found[id]]));
	return {
		kept: Object.fromEntries(PROMISE_IDS.map((id) => [id, found[id] === null])) as Record<
			PromiseId,
			boolean
		>,
		holds: broken.length === 0,
		blackoutNs: worst(times).ns,
		movedBytes: status.operations.reduce(
			(sum, operation) => sum + operation.networkBytes + operation.cxlBytes,
			0
		),
		broken
	};
}

/** Of several runs: the worst black-out, the most bytes; the cost does not change. */
export interface Score {
	readonly won: number;
	readonly of: number;
	readonly blackoutNs: number;
	readonly movedBytes: number;
	readonly cost: number;
}
export const scoreOf = (design: Design, verdicts: readonly Verdict[]): Score => ({
	won: verdicts.filter((verdict) => verdict.holds).length,
	of: verdicts.length,
	blackoutNs: Math.max(0, ...verdicts.map((verdict) => verdict.blackoutNs)),
	movedBytes: Math.max(0, ...verdicts.map((verdict) => verdict.movedBytes)),
	cost: costOf(design)
});
