/**
 * Goal: the capstone keeps its promises. Method: the engine in Node runs the design that is said to hold, and those that
 * are said not to, under the faults of the hidden seeds; nothing is compared with a stored number.
 */
import { expect, it } from 'vitest';
import { BUDGET, CHEAPEST, CHOICE_IDS, CHOICES, costOf, NAIVE, WITNESS, type Design } from '../../src/lib/lessons/rack/design.ts';
import { faultsOf, faultWords, HIDDEN_SEEDS, type RackFault } from '../../src/lib/lessons/rack/faults.ts';
import { scoreOf, type PromiseId, type Verdict } from '../../src/lib/lessons/rack/judge.ts';
import { readRackLink, writeRackLink } from '../../src/lib/lessons/rack/rack-link.ts';
import { runRack } from '../../src/lib/lessons/rack/run-rack.ts';
import { labPort } from './lab-in-node.ts';

const port = labPort();
async function verdictOf(design: Design, seed: number, faults: readonly RackFault[] = faultsOf(seed)): Promise<Verdict> {
	const run = await runRack(port, design, seed, faults);
	if (!run.ok || run.value === null) throw new Error(run.ok ? 'no verdict' : run.detail);
	return run.value;
}
const brokenBy = (verdict: Verdict): PromiseId[] => (Object.keys(verdict.kept) as PromiseId[]).filter((id) => !verdict.kept[id]);

it('the witness holds on every hidden seed', { timeout: 120_000 }, async () => {
	const verdicts: Verdict[] = [];
	for (const seed of HIDDEN_SEEDS) {
		const verdict = await verdictOf(WITNESS, seed);
		expect(verdict.broken, `seed ${seed}: ${faultsOf(seed).map(faultWords).join('; ')}`).toEqual([]);
		verdicts.push(verdict);
	}
	const score = scoreOf(WITNESS, verdicts);
	expect([score.won, score.cost <= BUDGET, score.blackoutNs > 0]).toEqual([HIDDEN_SEEDS.length, true, true]);
});

it.each(NAIVE.map((each) => [each.id, each] as const))(
	'%s loses, though it costs no more than there is',
	{ timeout: 120_000 },
	async (_, { design }) => {
		expect(costOf(design)).toBeLessThanOrEqual(BUDGET);
		for (const seed of HIDDEN_SEEDS) {
			const broken = brokenBy(await verdictOf(design, seed));
			if (broken.length === 0) continue;
			expect(broken).not.toContain('cost');
			return;
		}
		expect.unreachable('it kept every promise on every seed');
	}
);

it('what nobody designs for is seen to break: the pool itself', { timeout: 60_000 }, async () => {
	const verdict = await verdictOf(WITNESS, 1, [{ kind: 'lose-pool', host: 0, atS: 12 }]);
	expect(brokenBy(verdict)).toEqual(expect.arrayContaining(['state']));
	expect((await verdictOf(WITNESS, 1, [])).broken).toEqual([]);
});

it('every fault is drawn by some hidden seed, never two of one host', () => {
	const kinds = new Set(HIDDEN_SEEDS.flatMap((seed) => faultsOf(seed).map((fault) => fault.kind)));
	expect([...kinds].sort()).toEqual(['crash', 'cut-cxl', 'cut-network', 'pause']);
	for (const seed of HIDDEN_SEEDS) expect(new Set(faultsOf(seed).map((fault) => fault.host)).size).toBe(2);
});

it('a design and its faults come back from a link, and nothing else does', () => {
	const faults: RackFault[] = [
		{ kind: 'crash', host: 2, atS: 3.4 },
		{ kind: 'lose-pool', host: 0, atS: 12 }
	];
	for (const design of [WITNESS, CHEAPEST, ...NAIVE.map((each) => each.design)]) {
		const link = writeRackLink({ design, faults });
		expect(readRackLink(`https://example.org/learn/run-the-rack/#${link}`)).toEqual({ design, faults });
		expect(readRackLink(writeRackLink({ design, faults: [] }))).toEqual({ design, faults: [] });
	}
	const good = writeRackLink({ design: WITNESS, faults });
	for (const bad of [
		'',
		'nothing',
		good.replace('multi-headed', 'nearby'),
		good.replace('crash-C', 'crash-E'),
		good.replace('-12', '-99'),
		`${good},pause-A-1,pause-B-2`
	])
		expect(readRackLink(bad), bad).toBeNull();
});

it('each choice changes what a design costs or what it is', () => {
	for (const id of CHOICE_IDS) expect(new Set(CHOICES[id].options.map((option) => option.id)).size).toBe(CHOICES[id].options.length);
	expect(costOf(CHEAPEST)).toBeLessThan(costOf(WITNESS));
});
