/** Answers of the engine about real worlds: a small one is moved, and asked before, in the middle and at the end. */
import { describe, expect, test } from 'vitest';
import { QUANTITIES, type Expression, type QuantityName } from '$lib/engine/contract/queries.ts';
import type { PhaseId } from '$lib/engine/contract/status.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { evaluate } from '$lib/engine/queries/evaluate.ts';
import { findAnswer } from '$lib/engine/queries/find.ts';
import { pageAnswer } from '$lib/engine/queries/page.ts';
import { summaryOf } from '$lib/engine/queries/summary.ts';
import { whyAnswer } from '$lib/engine/queries/why.ts';
import { smallWorld } from '../../../faults/worlds.ts';

const PAGES = 32_768;
const GFN = 1234;
const atPhase = (phase: PhaseId): Simulation => {
	const simulation = smallWorld({ strategy: 'transit' });
	simulation.advance(2e9, Infinity, ({ r }) => r.operations[0]?.phase === phase);
	expect(simulation.world.r.operations[0]?.phase).toBe(phase);
	return simulation;
};
const ended = (strategy: 'precopy' | 'transit'): Simulation => {
	const simulation = smallWorld({ strategy });
	simulation.advance(2e9);
	return simulation;
};
const page = (simulation: Simulation, gfn = GFN) => {
	const answer = pageAnswer(simulation.world, 'vm0', gfn);
	if (!answer.ok) throw new Error(answer.detail);
	return answer.value;
};
const rung = (simulation: Simulation, host: number, space: string, gfn = GFN) =>
	page(simulation, gfn).hosts[host]?.rungs.find((each) => each.space === space)?.address;

describe('page', () => {
	test('at rest: in A’s DRAM, known to A alone, behind no decoder', () => {
		const simulation = smallWorld();
		const answer = page(simulation);
		expect(answer).toMatchObject({
			memory: 'A.dram',
			proof: 'equal',
			dirty: false,
			pins: [],
			sameDeviceAddress: false
		});
		expect(answer.folioPages).toBe(512);
		expect(answer.folioFirstGfn).toBe(GFN - (GFN % 512));
		expect(answer.hosts.map((host) => host.running)).toEqual([true, false]);
		expect(rung(simulation, 0, 'hpa')).toMatch(/^0x/);
		for (const space of ['hva', 'hpa', 'dpa']) expect(rung(simulation, 1, space)).toBeNull();
	});

	test('on the pool both hosts name one device address by different host addresses', () => {
		const simulation = atPhase('handoff');
		const answer = page(simulation);
		expect(answer).toMatchObject({ memory: 'pool', proof: 'equal', sameDeviceAddress: true });
		expect(answer.sentence).toContain('pool');
		expect(rung(simulation, 0, 'dpa')).toBe(rung(simulation, 1, 'dpa'));
		expect(rung(simulation, 0, 'hpa')).not.toBe(rung(simulation, 1, 'hpa'));
		expect(rung(simulation, 0, 'gpa')).toBe(rung(simulation, 1, 'gpa'));
	});

	test('at the end it is B’s, and A has neither process nor frame', () => {
		const simulation = ended('transit');
		expect(page(simulation)).toMatchObject({ memory: 'B.dram', proof: 'equal' });
		expect(page(simulation).hosts.map((host) => host.running)).toEqual([false, true]);
		expect(rung(simulation, 0, 'hva')).toBeNull();
	});

	test('a content that changed by itself differs, a pin is listed', () => {
		const simulation = smallWorld();
		simulation.send({ name: 'pin', vm: 'vm0', gfn: GFN, term: 'long' });
		expect(page(simulation).pins).toEqual([{ term: 'long', untilNs: null }]);
		simulation.send({ name: 'plant', fault: 'flip-content' });
		expect(page(simulation)).toMatchObject({ proof: 'differs' });
		expect(page(simulation, GFN + 1).proof).toBe('equal');
	});

	test('while pre-copy logs, a page that was written is dirty, and counts its writes', () => {
		const simulation = smallWorld({ strategy: 'precopy', rateBytesPerSecond: 2e9 });
		simulation.advance(60_000_000);
		const first = simulation.world.r.vms[0]?.classes[0]?.firstGfn ?? -1;
		const written = Array.from({ length: 64 }, (_, at) => page(simulation, first + at));
		expect(written.some((answer) => answer.dirty && answer.written > 0)).toBe(true);
	});

	test('refuses what is not there', () => {
		const { world } = smallWorld();
		expect(pageAnswer(world, 'vm9', 0)).toMatchObject({ ok: false, reason: 'unknown-vm' });
		for (const gfn of [-1, PAGES, 1.5]) expect(pageAnswer(world, 'vm0', gfn)).toMatchObject({ ok: false, reason: 'not-backed' });
	});
});

describe('find', () => {
	test('an address of any space leads to the page that has it', () => {
		const simulation = atPhase('handoff');
		for (const host of [0, 1])
			for (const space of ['gpa', 'hpa', 'dpa']) {
				const address = rung(simulation, host, space) ?? 'none';
				const { hits } = findAnswer(simulation.world, address);
				expect(
					hits.map((hit) => hit.object),
					`${space} ${address}`
				).toContainEqual({ type: 'page', vm: 'vm0', gfn: GFN });
			}
	});

	test('a page by number, a VM by name, an extent by id, an event by its words', () => {
		const simulation = ended('transit');
		const objects = (text: string) => findAnswer(simulation.world, text).hits.map((hit) => hit.object);
		expect(objects(`gfn ${GFN}`)).toContainEqual({ type: 'page', vm: 'vm0', gfn: GFN });
		expect(objects('vm0')).toContainEqual({ type: 'vm', vm: 'vm0' });
		expect(objects('extent-0')).toContainEqual({ type: 'extent', extent: 'extent-0' });
		const events = findAnswer(simulation.world, 'adopts').hits.filter((hit) => hit.object.type === 'record');
		expect(events).toHaveLength(1);
		expect(events[0]?.atNs).toBe(simulation.world.trace.find((record) => record.kind === 'adopt')?.atNs);
	});

	test('nothing found is said, and so is nothing asked', () => {
		const { world } = smallWorld();
		for (const text of ['', '   ', 'no such thing', `gfn ${PAGES}`]) {
			const answer = findAnswer(world, text);
			expect(answer.hits, text).toEqual([]);
			expect(answer.message, text).not.toBeNull();
		}
	});
});

describe('why', () => {
	test('every chain goes back by causes, each before its effect, to the order', () => {
		const { world } = ended('transit');
		const objects = [
			{ type: 'operation', operation: world.r.operations[0]?.id ?? -1 },
			{ type: 'ownerWord', vm: 'vm0' },
			{ type: 'vm', vm: 'vm0' },
			{ type: 'extent', extent: 'extent-0' },
			{ type: 'page', vm: 'vm0', gfn: GFN }
		] as const;
		for (const object of objects) {
			const { chain, sentence } = whyAnswer(world, object);
			expect(chain.length, object.type).toBeGreaterThan(1);
			expect(sentence).toContain(chain[0]?.text);
			for (let at = 1; at < chain.length; at += 1) {
				expect(chain[at - 1]?.cause).toBe(chain[at]?.seq);
				expect(chain[at]?.seq).toBeLessThan(chain[at - 1]?.seq ?? -1);
			}
			expect(chain.at(-1), object.type).toMatchObject({ kind: 'command', cause: null });
		}
	});

	test('the last record about it stands first', () => {
		const { world } = ended('transit');
		const [first] = whyAnswer(world, { type: 'ownerWord', vm: 'vm0' }).chain;
		const last = world.trace.findLast((record) => record.kind === 'step' && 'after' in record.values);
		expect(first?.seq).toBe(last?.seq);
	});

	test('of what nothing happened to it says so', () => {
		const { world } = smallWorld();
		const answer = whyAnswer(world, { type: 'page', vm: 'vm0', gfn: GFN });
		expect(answer.chain).toEqual([]);
		expect(answer.sentence).toContain('as the scenario made it');
	});
});

describe('summary', () => {
	test.each(['precopy', 'transit'] as const)('%s: series of one length, times that grow, phases that join', (strategy) => {
		const { world } = ended(strategy);
		const summary = summaryOf(world);
		const [vm] = summary.vms;
		const [operation] = summary.operations;
		if (!vm || !operation) throw new Error('nothing to sum up');
		for (const row of [vm.speedPpm, vm.host, vm.leftBytes, vm.bandwidthBytesPerSecond, vm.poolPages])
			expect(row).toHaveLength(vm.atNs.length);
		expect([...vm.atNs].sort((a, b) => a - b)).toEqual(vm.atNs);
		expect(vm.host.at(0)).toBe(0);
		expect(vm.host.at(-1)).toBe(1);
		expect(vm.leftBytes.at(-1)).toBe(0);
		operation.phases.slice(1).forEach((phase, at) => expect(phase.startNs).toBe(operation.phases[at]?.endNs));
		const parts = operation.downtime.reduce((sum, part) => sum + (part.endNs ?? NaN) - part.startNs, 0);
		expect(parts).toBe(operation.downtimeNs);
		expect(operation.endNs).toBe(world.r.operations[0]?.endNs);
	});

	test('in the gap the downtime is what has passed of it', () => {
		const simulation = atPhase('handoff');
		simulation.step('event');
		const summary = summaryOf(simulation.world);
		const passed = simulation.nowNs - (simulation.world.r.operations[0]?.stoppedNs ?? NaN);
		expect(summary.operations[0]?.downtimeNs).toBe(passed);
		expect(summary.operations[0]?.endNs).toBeNull();
	});
});

describe('evaluate', () => {
	const { world } = ended('transit');
	const value = (expression: unknown) => evaluate(world, expression as Expression);
	const q = (name: QuantityName) => ({ q: name });

	test('every quantity has a number, before and after', () => {
		for (const at of [smallWorld().world, world])
			for (const name of Object.keys(QUANTITIES) as QuantityName[]) expect(Number.isFinite(evaluate(at, { q: name })), name).toBe(true);
	});

	test('says what the world says', () => {
		const operation = world.r.operations[0];
		expect(value(q('completed'))).toBe(1);
		expect(value(q('runsOnTarget'))).toBe(1);
		expect(value(q('proofHolds'))).toBe(1);
		expect(value(q('invariantsHold'))).toBe(1);
		expect(value(q('downtimeNs'))).toBe((operation?.resumedNs ?? NaN) - (operation?.stoppedNs ?? NaN));
		expect(value(q('totalNs'))).toBe((operation?.endNs ?? NaN) - (operation?.startNs ?? NaN));
		expect(value(q('cxlBytes'))).toBe(2 * PAGES * 4096);
		expect(value(q('leftBytes'))).toBe(0);
		expect(evaluate(smallWorld().world, q('downtimeNs'))).toBe(-1);
		const broken = smallWorld();
		broken.send({ name: 'plant', fault: 'flip-content' });
		expect(evaluate(broken.world, q('proofHolds'))).toBe(0);
	});

	test('counts, compares and joins', () => {
		expect(value({ op: '+', args: [1, 2, 3] })).toBe(6);
		expect(value({ op: '-', args: [5] })).toBe(-5);
		expect(value({ op: '-', args: [5, 7] })).toBe(-2);
		expect(value({ op: '*', args: [2, 3, 4] })).toBe(24);
		expect(value({ op: '/', args: [1, 4] })).toBe(0.25);
		for (const [op, results] of [
			['<', [true, false, false]],
			['<=', [true, true, false]],
			['==', [false, true, false]],
			['>=', [false, true, true]],
			['>', [false, false, true]]
		] as const)
			expect(
				[1, 2, 3].map((left) => value({ op, args: [left, 2] })),
				op
			).toEqual(results);
		expect(value({ op: 'and', args: [true, { op: 'not', args: [false] }] })).toBe(true);
		expect(value({ op: 'or', args: [false, 0] })).toBe(false);
	});

	test('what is not well-formed is null, and never throws', () => {
		let deep: unknown = 1;
		for (let level = 0; level < 70; level += 1) deep = { op: 'not', args: [deep] };
		for (const bad of [
			{ q: 'moon' },
			{ q: 'toString' },
			{ op: '?', args: [1] },
			{ op: '+' },
			{ op: '/', args: [1, 0] },
			{ op: '+', args: [1, { q: 'moon' }] },
			null,
			'x',
			deep
		])
			expect(value(bad), JSON.stringify(bad)?.slice(0, 40)).toBeNull();
	});
});
