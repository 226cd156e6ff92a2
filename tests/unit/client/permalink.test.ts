/**
 * Goal: a link holds everything of a run's inputs, in few characters, and says in words what is in it.
 * Method: the catalogue, changed copies of it, and scenarios of the sizes for which design goals exist.
 */
import { describe, expect, it } from 'vitest';
import { compareFingerprints, decodeLink, encodeLink, PLAIN_VIEW, shareLink, type LinkState } from '../../../src/lib/client/permalink.ts';
import type { JournalEntry } from '../../../src/lib/engine/contract/commands.ts';
import { MODEL_VERSION } from '../../../src/lib/engine/contract/port.ts';
import { CATALOGUE } from '../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { canonicalText, readScenario } from '../../../src/lib/engine/contract/scenario/read.ts';
import type { Scenario } from '../../../src/lib/engine/contract/scenario/schema.ts';
import { fewActions, manyActions } from '../../permalinks/sized-links.ts';

function read(scenario: unknown): Scenario {
	const outcome = readScenario(scenario);
	if (!outcome.ok) throw new Error(outcome.detail);
	return outcome.value;
}

const { scenario } = CATALOGUE[0] as { scenario: object };

function stateOf(...scenarios: unknown[]): LinkState {
	return {
		worlds: scenarios.map((scenario) => ({
			scenario,
			journal: read(scenario).journal as JournalEntry[],
			belief: null
		})),
		positionNs: 287_310_000,
		view: PLAIN_VIEW,
		fingerprints: scenarios.map(() => '0123abcd'),
		modelVersion: MODEL_VERSION
	};
}

async function opened(fragment: string): Promise<LinkState> {
	const link = await decodeLink(fragment);
	if (!link.ok) throw new Error(`${link.reason}: ${link.detail}`);
	return link.value;
}

async function expectSame(state: LinkState): Promise<string> {
	const fragment = await encodeLink(state);
	const back = await opened(fragment);
	expect(back.worlds.map((world) => canonicalText(world.scenario as Scenario))).toEqual(
		state.worlds.map((world) => canonicalText(read(world.scenario)))
	);
	expect(back.worlds.map((world) => world.journal)).toEqual(state.worlds.map((world) => world.journal));
	expect(back).toMatchObject({
		positionNs: state.positionNs,
		view: state.view,
		fingerprints: state.fingerprints,
		modelVersion: state.modelVersion
	});
	return fragment;
}

describe('what a link holds', () => {
	it.each(CATALOGUE.map((entry) => [entry.id, entry.scenario] as const))('%s by its id, in under 40 characters', async (_, scenario) => {
		expect((await expectSame(stateOf(scenario))).length).toBeLessThan(40);
	});

	it('a changed built-in scenario as what was changed', async () => {
		const changed = { ...scenario, seed: 99, title: 'Seed 99' };
		const fragment = await expectSame(stateOf(changed));
		expect(fragment.length).toBeLessThan(60);
	});

	it('two worlds, the second as its difference from the first', async () => {
		const own = { ...scenario, id: 'mine' };
		const one = await expectSame(stateOf(own));
		const two = await expectSame(stateOf(own, { ...own, id: 'other', pool: null }));
		expect(two.length - one.length).toBeLessThan(45);
	});

	it('belief, selection, zoom, brushed time and speed', async () => {
		const state = stateOf(scenario);
		await expectSame({
			...state,
			worlds: state.worlds.map((world) => ({ ...world, belief: 'sent-stays-sent' })),
			view: {
				selection: { type: 'page', vm: 'vm0', gfn: 849 * 512 },
				zoom: { memory: 'pool', block: 64, blockCount: 128 },
				span: { fromNs: 460_000_000, toNs: 470_000_000 },
				speedIndex: 4,
				slowAtBorders: false,
				compare: true
			}
		});
	});

	it('titles in any script, and half a surrogate pair', async () => {
		await expectSame(stateOf({ ...scenario, title: '交換 😀 \ud800 <img onerror=alert(1)>' }));
	});

	it('figures of the cost model, exactly', async () => {
		const costs = {
			a: 0.1,
			b: -2.5e-12,
			c: 1e300,
			d: Math.PI,
			e: 5e-324,
			f: 0,
			g: 123456789012345680
		};
		await expectSame(stateOf({ ...scenario, costs }));
	});
});

describe('size', () => {
	it('2 hosts, 4 extents, 1 VM, 5 actions: about 135 characters', async () => {
		const fragment = await expectSame(fewActions());
		console.log(`link with 5 actions: ${fragment.length} characters (goal about 135)`);
		expect(fragment.length).toBeLessThanOrEqual(135);
	});

	it('2 hosts, 3 VMs, 40 actions: about 378 characters', async () => {
		const fragment = await expectSame(manyActions());
		console.log(`link with 40 actions: ${fragment.length} characters (goal about 378)`);
		expect(fragment.length).toBeLessThanOrEqual(378);
	});

	it('offers a file above 2,000 characters, and says how long the link would be', async () => {
		const small = manyActions();
		const [world] = small.worlds as [LinkState['worlds'][number]];
		const journal = Array.from({ length: 900 }, (_, index) => ({
			atNs: index * 1_000_003,
			command: { name: 'pin', vm: 'vm0', gfn: index * 7919, term: 'short', forNs: 1000 + index }
		})) as JournalEntry[];
		const large = await shareLink({ ...small, worlds: [{ ...world, journal }] });
		expect(large).toMatchObject({
			kind: 'file',
			sentence: expect.stringContaining('Save it as a file')
		});
		expect((large as { characters: number }).characters).toBeGreaterThan(2000);
		expect((await shareLink(small)).kind).toBe('link');
	});
});

describe('reading a link', () => {
	it('says in words what is in it', async () => {
		const link = await decodeLink(await encodeLink(stateOf(scenario)));
		expect(link.parts.map((part) => `${part.label}: ${part.words}`)).toEqual([
			`Recorded with: model version ${MODEL_VERSION}`,
			'Title: Two hosts and a switch',
			'Hosts: A, B',
			'VMs: vm0, 4\u2009GiB on A',
			'Commands: 1 command',
			'Moment: 287\u2009ms after the start'
		]);
	});

	it('says what could still be read of a link that was cut off', async () => {
		const fragment = await encodeLink(manyActions());
		const link = await decodeLink(fragment.slice(0, fragment.length - 60));
		expect(link).toMatchObject({ ok: false, reason: 'truncated' });
		expect(link.parts.map((part) => part.label)).toEqual(['Recorded with', 'Title', 'Hosts', 'VMs']);
	});

	it('opens with a note when the model or the state reached is another', async () => {
		const state = stateOf(scenario);
		const link = await decodeLink(await encodeLink({ ...state, modelVersion: MODEL_VERSION + 1 }));
		expect(link.ok).toBe(true);
		expect(link.notes.map((note) => note.reason)).toEqual(['model-mismatch']);
		expect(compareFingerprints(state, ['0123abcd99999999'])).toEqual([]);
		expect(compareFingerprints(state, ['0123abce99999999'])).toMatchObject([{ reason: 'fingerprint-mismatch' }]);
	});
});
