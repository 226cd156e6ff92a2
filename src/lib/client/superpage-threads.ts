import { wrap, type Remote } from 'comlink';
import {
	RACE_WORDS,
	raceBufferWords,
	type RaceProtocol,
	type RaceReport
} from '../engine/contract/race.ts';
import type {
	SearchAnswer,
	SearchProgress,
	SuperpageModelId
} from '../engine/contract/superpage-models.ts';
import type { SuperpagePort } from '../engine/contract/superpage-port.ts';

/** Threads of the super-page's page: one that searches, or several that race and one that judges. */
class Thread {
	readonly port: Remote<SuperpagePort>;
	private readonly worker: Worker;

	constructor() {
		this.worker = new Worker(new URL('../engine/worker/superpage.worker.ts', import.meta.url), {
			type: 'module'
		});
		this.port = wrap<SuperpagePort>(this.worker);
	}

	kill(): void {
		this.worker.terminate();
	}
}

/** States per slice: a few milliseconds each, so that counters move and Stop is heard. */
const SLICE = 4000;

/** Searches to the end; `onprogress` returns false to stop it, and then there is no answer. */
export async function searchModel(
	id: SuperpageModelId,
	without: readonly string[],
	onprogress: (progress: SearchProgress) => boolean
): Promise<SearchAnswer | null> {
	const thread = new Thread();
	try {
		let progress = await thread.port.begin(id, without);
		while (!progress.done) {
			progress = await thread.port.advance(SLICE);
			if (!onprogress(progress)) return null;
		}
		return await thread.port.found();
	} finally {
		thread.kill();
	}
}

export interface RaceOptions {
	readonly protocol: RaceProtocol;
	readonly hosts: number;
	readonly forMs: number;
	/** Hosts are killed at random instants, about this often; 0 = never. */
	readonly killEveryMs: number;
	readonly onreport: (report: RaceReport, kills: number) => boolean;
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const REPORT_EVERY_MS = 150;

/** A race over one shared buffer; needs a page that may share memory. Which host is killed when is left to chance. */
export async function runRace(options: RaceOptions): Promise<RaceReport> {
	const { hosts, protocol } = options;
	const buffer = new SharedArrayBuffer(raceBufferWords(options.forMs) * 8);
	const judge = new Thread();
	await judge.port.setUp(buffer);
	const start = (host: number, incarnation: number): Thread => {
		const thread = new Thread();
		// Its answer is of no interest: what happened stands in the shared words.
		void thread.port.race(buffer, host, hosts, incarnation, protocol).catch(() => undefined);
		return thread;
	};
	const threads = Array.from({ length: hosts }, (_, host) => start(host, 1));
	let kills = 0;
	try {
		const endMs = performance.now() + options.forMs;
		let killMs = performance.now() + nextKill(options.killEveryMs);
		for (;;) {
			await wait(Math.min(REPORT_EVERY_MS, Math.max(0, killMs - performance.now())));
			if (performance.now() >= killMs) {
				const victim = Math.floor(Math.random() * hosts);
				threads[victim]?.kill();
				kills += 1;
				threads[victim] = start(victim, await judge.port.recover(buffer, victim));
				killMs = performance.now() + nextKill(options.killEveryMs);
			}
			const report = await judge.port.report(buffer);
			if (!options.onreport(report, kills) || performance.now() >= endMs || report.full) break;
		}
		Atomics.store(new BigInt64Array(buffer), RACE_WORDS.stop, 1n);
		return await judge.port.report(buffer);
	} finally {
		for (const thread of [...threads, judge]) thread.kill();
	}
}

const nextKill = (everyMs: number): number =>
	everyMs === 0 ? Infinity : (0.3 + 1.4 * Math.random()) * everyMs;
