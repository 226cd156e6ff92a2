import type { LabWhole } from './lab-whole.ts';

export interface PlugOutcome {
	readonly nodes: readonly { readonly node: number; readonly bytes: number }[];
	readonly leftBytes: number;
	readonly wholeBytes: number;
}

/** The plug of a host: pulled by hand at the end of a run; what is left is the engine's answer, in each world. */
export class LabPlug {
	readonly page: LabWhole;
	pulled = $state(false);
	/** By world. */
	outcomes: readonly PlugOutcome[] = $state.raw([]);

	constructor(page: LabWhole) {
		this.page = page;
	}

	/** The run has come to where it can be pulled. */
	get ready(): boolean {
		return (
			this.page.steps.plug !== undefined &&
			!this.pulled &&
			this.page.learner.bet !== null &&
			this.page.atEnd
		);
	}

	pull = async (): Promise<void> => {
		const { plug } = this.page.steps;
		const { session } = this.page;
		if (plug === undefined || session === null) return;
		const area = `${plug.machine} ${plug.process} ${plug.area}`;
		const outcomes: PlugOutcome[] = [];
		for (const index of session.worlds.keys()) {
			const [left, whole, ...bytes] = await this.page.player.values(index, [
				{ q: 'outlivingBytes', of: area },
				{ q: 'residentBytes', of: area },
				...plug.nodes.map((node) => ({ q: 'bytesOnNode' as const, of: `${area} ${node}` }))
			]);
			outcomes.push({
				nodes: plug.nodes.map((node, at) => ({ node, bytes: Number(bytes[at] ?? 0) })),
				leftBytes: Number(left ?? 0),
				wholeBytes: Number(whole ?? 0)
			});
		}
		this.outcomes = outcomes;
		this.pulled = true;
	};

	/** A new bet: the host has its power back. */
	reset(): void {
		this.pulled = false;
		this.outcomes = [];
	}
}
