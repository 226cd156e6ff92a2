/** Goal: the picture says what the words hold. Method: words are packed by the contract and read back as rows and sentences. */
import { describe, expect, it } from 'vitest';
import { packFence } from '$lib/engine/contract/superpage-words.ts';
import { SUPERPAGE_SPECS, superpageOffset, wordAt, wordIndex, type SuperpageWordName } from '$lib/engine/contract/superpage.ts';
import { OwnerState, packOwner } from '$lib/engine/contract/words.ts';
import { fenceModel } from '$lib/engine/superpage/models/fence.ts';
import { searchAnswer } from '$lib/engine/superpage/answer.ts';
import { explore } from '$lib/engine/superpage/search/search.ts';
import { lineRows } from '$lib/viz/superpage/lines.ts';
import { pictureAt, type SuperpagePicture } from '$lib/viz/superpage/picture.ts';
import { superpageWords } from '$lib/viz/superpage/superpage-words.ts';

const picture = (words: readonly (readonly [number, bigint])[]): SuperpagePicture => ({
	hosts: ['A', 'B'],
	vms: ['web'],
	words: new Map(words),
	before: new Map(),
	taken: [],
	dead: [],
	gone: false,
	cut: [],
	stopped: [],
	copies: [],
	ranges: []
});

describe('lines of the super-page', () => {
	it('every word of the contract is found by its index, for the first and the last item', () => {
		for (const name of Object.keys(SUPERPAGE_SPECS) as SuperpageWordName[])
			for (const item of [0, 3]) {
				const one = SUPERPAGE_SPECS[name].part === 'header' ? 0 : item;
				expect(wordAt(wordIndex(name, one))).toEqual({ name, item: one });
			}
	});

	it('stand in the order of the device, each under its offset, empty ones left out', () => {
		const rows = lineRows(
			picture([
				[wordIndex('owner', 0), packOwner({ owner: 1, state: OwnerState.active, incarnation: 4, token: 42 })],
				[wordIndex('fence', 0), packFence({ incarnation: 7, epoch: 3 })],
				[wordIndex('phase', 0), 0n]
			])
		);
		expect(rows.map(({ title }) => title)).toEqual(['fence of A', 'owner of web']);
		expect(rows.map(({ offset }) => Number(offset))).toEqual([superpageOffset('peer', 0, 2), superpageOffset('vm', 0, 0)]);
		expect(rows[0]).toMatchObject({ fenced: true, owner: null });
		expect(rows[1]).toMatchObject({ owner: 1, nobodyRuns: false });
		expect(rows[1]?.fields.map(({ value }) => value)).toEqual(['B', 'active', '4', '42']);
	});

	it('a path shows the newest value and the two before it, and says every step', () => {
		const model = fenceModel(['scan-hand-offs']);
		const answer = searchAnswer(model, explore(model, { first: true }));
		const path = answer.violations[0]?.path ?? [];
		const rows = lineRows(pictureAt(answer, path, path.length));
		const owner = rows.find(({ title }) => title === 'owner of VM 1');
		expect(owner?.earlier.map((fields) => fields[1]?.value)).toEqual(['staged', 'handoff']);
		expect(owner?.fields[1]?.value).toBe('active');
		const words = superpageWords(pictureAt(answer, path, path.length)).join(' ');
		for (const step of path) expect(words).toContain(step.says);
		expect(lineRows(pictureAt(answer, path, 0)).every(({ taken }) => taken.length === 0)).toBe(true);
	});
});
