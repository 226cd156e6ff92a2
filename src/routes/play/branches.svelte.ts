import { readTree, splitTree, withTree, writeTree } from '$lib/client/branch-link.ts';
import { keepRun, type KeptRun } from '$lib/client/branch-tree.ts';
import { COMFORTABLE_CHARACTERS, type LinkWorld } from '$lib/client/permalink.ts';

/**
 * Runs that are kept beside the one that is open: a tree of branches, as text that stands behind every link of this page. What it
 * holds is read only when somebody looks.
 */
export class Branches {
	/** Behind the link; '' = nothing is kept. */
	tree: string = $state('');
	runs: readonly KeptRun[] = $state.raw([]);
	#turn = 0;

	/** The link in front of the tree; the tree is remembered. */
	take(fragment: string): string {
		const { link, tree } = splitTree(fragment);
		if (tree !== this.tree) {
			this.tree = tree;
			void this.#read(tree);
		}
		return link;
	}

	behind(link: string): string {
		return withTree(link, this.tree);
	}

	async #read(tree: string): Promise<void> {
		const turn = ++this.#turn;
		const { runs } = await readTree(tree);
		if (turn === this.#turn) this.runs = runs;
	}

	/** Another world: what was kept belongs to the one before. */
	clear(): void {
		this.#turn += 1;
		this.tree = '';
		this.runs = [];
	}

	/** Keeps a run of this world; says why where it cannot. */
	async keep(world: LinkWorld, run: KeptRun): Promise<string | null> {
		return this.#write(world, keepRun(this.runs, run));
	}

	async drop(world: LinkWorld, run: KeptRun): Promise<string | null> {
		return this.#write(
			world,
			this.runs.filter((one) => one !== run)
		);
	}

	async #write(world: LinkWorld, runs: readonly KeptRun[]): Promise<string | null> {
		const turn = ++this.#turn;
		try {
			const tree = await writeTree(world, runs);
			if (turn !== this.#turn) return null;
			if (tree.length > 2 * COMFORTABLE_CHARACTERS && runs.length > this.runs.length)
				return 'There is no room for more kept runs in a link. The explorer saves them as a file.';
			this.tree = tree;
			this.runs = runs;
			return null;
		} catch {
			return 'This run is too large for a link.';
		}
	}
}
