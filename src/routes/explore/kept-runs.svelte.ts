import {
	keepRun,
	readBranchFile,
	treeOf,
	type BranchFile,
	type KeptRun,
	type TreePiece
} from '$lib/client/branch-tree.ts';
import type { LinkWorld } from '$lib/client/permalink.ts';

/** Runs that are kept beside each other while the page is open, and as a file. */
export class KeptRuns {
	runs: readonly KeptRun[] = $state.raw([]);
	readonly tree: TreePiece = $derived(treeOf(this.runs));

	keep(run: KeptRun): void {
		this.runs = keepRun(this.runs, run);
	}

	drop(run: KeptRun): void {
		this.runs = this.runs.filter((one) => one !== run);
	}

	clear(): void {
		this.runs = [];
	}

	save(world: LinkWorld, name: string): void {
		const file: BranchFile = {
			switchyardBranches: 1,
			scenario: world.scenario,
			belief: world.belief,
			runs: this.runs
		};
		const url = URL.createObjectURL(
			new Blob([JSON.stringify(file, null, '\t')], { type: 'application/json' })
		);
		const anchor = document.createElement('a');
		anchor.href = url;
		anchor.download = `${name}.branches.json`;
		anchor.click();
		URL.revokeObjectURL(url);
	}

	/** The file's world, or null with anything that is no file of branches. */
	read(text: string): LinkWorld | null {
		const file = readBranchFile(text);
		if (!file) return null;
		this.runs = file.runs;
		return {
			scenario: file.scenario,
			journal: file.runs[0]?.journal ?? [],
			belief: file.belief
		};
	}
}
