import { detectIsolation } from '$lib/client/isolation.ts';
import { runRace } from '$lib/client/superpage-threads.ts';
import type { RaceProtocol, RaceReport } from '$lib/engine/contract/race.ts';

/** A race under way and what its words say. One after the other: races share the machine. */
export class RaceRun {
	running: RaceProtocol | null = $state(null);
	reports: Readonly<Partial<Record<RaceProtocol, { report: RaceReport; kills: number }>>> =
		$state.raw({});
	problem: string | null = $state(null);
	#stopped = false;

	static readonly possible = (): boolean => detectIsolation() === 'shared';

	stop(): void {
		this.#stopped = true;
	}

	async start(protocol: RaceProtocol, killEveryMs: number): Promise<void> {
		if (this.running !== null) return;
		this.running = protocol;
		this.problem = null;
		this.#stopped = false;
		const keep = (report: RaceReport, kills: number): boolean => {
			this.reports = { ...this.reports, [protocol]: { report, kills } };
			return !this.#stopped;
		};
		try {
			const report = await runRace({
				protocol,
				hosts: 3,
				forMs: 3000,
				killEveryMs: protocol === 'ours' ? killEveryMs : 0,
				onreport: keep
			});
			keep(report, this.reports[protocol]?.kills ?? 0);
		} catch (error) {
			this.problem = (error as Error).message;
		}
		this.running = null;
	}
}
