import { pushState, replaceState } from '$app/navigation';
import { decodeLink, encodeLink, type DecodedLink, type LinkState } from '$lib/client/permalink.ts';
import { Branches } from './branches.svelte.ts';

/**
 * The address shows where we are: scenario, journal, position and view, in the fragment. A new entry per deliberate jump, so
 * that the browser's back and forward go through positions; a play or a drag only rewrites the entry it stands on.
 */
export class Address {
	/** What we wrote last: anything else in the address bar came from the reader. */
	#written = '';
	#ticket = 0;
	/** Kept runs, which stand behind the link of the one that is open. */
	readonly branches = new Branches();

	get fragment(): string {
		return location.hash.replace(/^#/, '');
	}

	/** The reader has gone back or forward, or pasted another link. */
	get isForeign(): boolean {
		return this.fragment !== this.#written;
	}

	accept(): void {
		this.#written = this.fragment;
	}

	async write(state: LinkState, isNewEntry: boolean): Promise<void> {
		const ticket = ++this.#ticket;
		let fragment: string;
		try {
			fragment = this.branches.behind(await encodeLink(state));
		} catch {
			// Too much for a link: the address stays as it was, Share offers a file.
			return;
		}
		if (ticket !== this.#ticket || fragment === this.fragment) return;
		this.#written = fragment;
		const url = `${location.pathname}${location.search}#${fragment}`;
		if (isNewEntry) pushState(url, {});
		else replaceState(url, {});
	}

	read(): Promise<DecodedLink> | null {
		const fragment = this.fragment;
		// A place on the page (a skip link without script) is no run.
		if (fragment === '' || document.getElementById(fragment) !== null) return null;
		return decodeLink(this.branches.take(fragment));
	}
}
