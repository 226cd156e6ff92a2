import {
	keepRun,
	readBranchFile,
	treeOf,
	type BranchFile,
	type KeptRun,
	type TreePiece
} from '$lib/client/branch-tree.ts';
import { writeTree } from '$lib/client/branch-link.ts';
import { COMFORTABLE_CHARACTERS, type LinkWorld } from '$lib/client/permalink.ts';

/** Runs that are kept beside each other: in the address, on the way to the playground and back, and as a file. */
export class KeptRuns {
	runs: readonly KeptRun[] = $state.raw([]);
	readonly tree: TreePiece = $derived(treeOf(this.runs));
	/** The same as it stands behind a link; '' where there are none, or where they are too many for one. */
	text: string = $state('');
	/** They are too much for a link: a file holds them. */
	tooLong: boolean = $state(false);

	replace(runs: readonly KeptRun[]): void {
		this.runs = runs;
	}

	rename(run: KeptRun, name: string): void {
		const given = name.trim();
		if (given !== '')
			this.runs = this.runs.map((one) => (one === run ? { ...one, name: given } : one));
	}

	/** Puts them into words of a link, where that has room for them. */
	async write(world: LinkWorld): Promise<void> {
		const text = await writeTree(world, this.runs).catch(() => null);
		this.tooLong = text === null || text.length > 2 * COMFORTABLE_CHARACTERS;
		this.text = text === null || this.tooLong ? '' : text;
	}

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
