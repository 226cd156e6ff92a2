/** Goal: the picture says what the words hold. Method: words are packed by the contract and read back as rows and sentences. */
import { describe, expect, it } from 'vitest';
import { InitState, packFence, packInit, packSuspect } from '$lib/engine/contract/superpage-words.ts';
import { ALL_ONES, SUPERPAGE_SPECS, superpageOffset, wordAt, wordIndex, type SuperpageWordName } from '$lib/engine/contract/superpage.ts';
import { OwnerState, packOwner } from '$lib/engine/contract/words.ts';
import { MODELS } from '$lib/engine/superpage/models/index.ts';
import { formattingModel } from '$lib/engine/superpage/models/formatting.ts';
import { fenceModel } from '$lib/engine/superpage/models/fence.ts';
import { searchAnswer } from '$lib/engine/superpage/answer.ts';
import { explore } from '$lib/engine/superpage/search/search.ts';
import { lineRows, vmsIn } from '$lib/viz/superpage/lines.ts';
import { pictureAt, type SuperpagePicture } from '$lib/viz/superpage/picture.ts';
import { pageWords, superpageWords } from '$lib/viz/superpage/superpage-words.ts';

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

	it('says what the view has to say: owner, before, silent, fenced, too late', () => {
		const owner = (of: number, state: number, incarnation: number, token: number) => packOwner({ owner: of, state, incarnation, token });
		const words = superpageWords({
			...picture([
				[wordIndex('owner', 0), owner(1, OwnerState.active, 4, 42)],
				[wordIndex('fence', 0), packFence({ incarnation: 7, epoch: 3 })],
				[wordIndex('suspect', 0), packSuspect({ by: 1, beat: 18_204 })]
			]),
			vms: [],
			before: new Map([[wordIndex('owner', 0), [owner(0, OwnerState.staged, 7, 40), owner(0, OwnerState.handoff, 7, 41)]]]),
			taken: [
				{
					number: 5,
					host: 0,
					access: 'compare-and-swap',
					index: wordIndex('owner', 0),
					refused: true,
					says: 'source takes the VM back',
					kind: 'step',
					token: 41
				}
			]
		});
		expect(words[0]).toMatch(/^Owner of VM 1: B, active, incarnation 4, token 42\. Before: A, handoff, 41; A, staged, 40\./);
		expect(words).toContain('Host A silent since beat 18,204, fenced as incarnation 7.');
		expect(words).toContain('A’s attempt with token 41 failed.');
	});

	it('draws copies that differ from the device as ghosts with the letter of their host', () => {
		const model = MODELS['hand-off'].build(['coherence']);
		const answer = searchAnswer(model, explore(model, { first: true }));
		const path = answer.violations[0]?.path ?? [];
		const rows = lineRows(pictureAt(answer, path, path.length));
		const ghosts = rows.flatMap((row) => row.ghosts.map(({ host, changed }) => [row.title, host, changed] as const));
		expect(ghosts).toContainEqual(['owner of VM 1', 0, true]);
		expect(lineRows(pictureAt(answer, path, 0)).every((row) => row.ghosts.length === 0)).toBe(true);
	});

	it('hatches what cannot be believed, and says why', () => {
		const ranges = [{ vm: 0, count: 4, first: [{ firstGfn: 0, pages: 512, offsetBytes: 0 }], wrong: 3, changing: false }];
		const rows = lineRows({ ...picture([]), ranges });
		expect(rows.map(({ title, hatched }) => [title, hatched])).toEqual([['web ranges', 'mismatch at #3']]);
		expect(rows[0]?.fields.at(-1)?.value).toBe('3 more');
		const gone = { ...picture([[wordIndex('heartbeat', 0), ALL_ONES]]), gone: true, stopped: [0, 1] };
		expect(lineRows(gone).map(({ hatched, note }) => [hatched, note])).toEqual([['the device is gone', null]]);
		expect(superpageWords(gone)[0]).toContain('A, B have done so.');
	});

	it('says when it is not formatted, and when two format it', () => {
		const model = formattingModel(['claim-blind']);
		const answer = searchAnswer(model, explore({ ...model, crashes: 0 }, { first: true }));
		const path = answer.violations[0]?.path ?? [];
		const each = path.map((_, step) => pictureAt(answer, path, step));
		expect(pageWords(each[0] as SuperpagePicture)).toBe('Not formatted: the magic is missing.');
		const two = { ...picture([]), hosts: ['A', 'B', 'C'] };
		const init = (formatter: number) => packInit({ state: InitState.formatting, formatter });
		const [row] = lineRows({
			...two,
			words: new Map([[wordIndex('init'), init(1)]]),
			before: new Map([[wordIndex('init'), [0n, init(0)]]])
		});
		expect(row?.note).toBe('A and B both format it');
	});

	it('says when the token is about to begin again, and when it has', () => {
		const owner = (token: number) => packOwner({ owner: 0, state: OwnerState.staged, incarnation: 1, token });
		const at = (token: number, before: readonly bigint[] = []) =>
			lineRows({ ...picture([[wordIndex('owner', 0), owner(token)]]), before: new Map([[wordIndex('owner', 0), before]]) })[0]?.note;
		expect(at(42)).toBeNull();
		expect(at(2 ** 32 - 1)).toBe('the token is about to begin again at 0');
		expect(at(1, [owner(2 ** 32 - 1)])).toContain('began again at 0');
	});

	it('a third host that recovers is told apart; 64 VMs are all there', () => {
		const words = Array.from(
			{ length: 64 },
			(_, vm) => [wordIndex('owner', vm), packOwner({ owner: vm % 2, state: OwnerState.local, incarnation: 1, token: 1 })] as const
		);
		expect(vmsIn(picture(words))).toHaveLength(64);
		const model = MODELS['recovery-of-source'].build(['cut']);
		const answer = searchAnswer(model, explore(model, { first: true }));
		const path = answer.violations[0]?.path ?? [];
		const last = pictureAt(answer, path, path.length);
		expect(last.taken.some(({ host }) => host === 2)).toBe(true);
		expect(superpageWords(last)).toContain('Host A fenced as incarnation 1.');
	});
});
