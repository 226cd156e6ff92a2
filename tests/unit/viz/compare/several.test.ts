/**
 * Goal: three or four runs on one clock are told apart by what differs, where and what each has cost; the same run is made
 * another way or with one figure changed, and called by it. Method: a real guest of 1 GiB moved every way by the engine.
 */
import { describe, expect, test } from 'vitest';
import { GIB } from '../../../../src/lib/base/units.ts';
import { catalogueScenario } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../../src/lib/engine/contract/scenario/read.ts';
import type { JournalEntry } from '../../../../src/lib/engine/contract/commands.ts';
import { attach } from '../../../../src/lib/engine/contract/views.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';
import { CHANGES, runNames, unique } from '../../../../src/lib/viz/compare/changes.ts';
import { differences, pinnedBytes, readings } from '../../../../src/lib/viz/compare/differences.ts';
import { differentPlaces } from '../../../../src/lib/viz/compare/places.ts';
import { totals, totalWords } from '../../../../src/lib/viz/compare/totals.ts';
import { byWay, noWay, WAY_IDS, type RunInputs } from '../../../../src/lib/viz/compare/ways.ts';

function inputs(change: (scenario: Record<string, unknown>) => unknown = (scenario) => scenario): RunInputs {
	const whole = structuredClone(catalogueScenario('two-hosts')) as Record<string, unknown> & { vms: { bytes: unknown }[] };
	whole.vms[0]!.bytes = '1 GiB';
	const read = readScenario(change(whole));
	if (!read.ok) throw new Error(read.detail);
	return { scenario: read.value, journal: read.value.journal as readonly JournalEntry[], belief: null };
}
const plain = inputs();
const spaces = (text: string): string => text.replaceAll('\u2009', ' ');

function open({ scenario, journal, belief }: RunInputs): Simulation {
	const opened = Simulation.open({ scenario, journal, belief, limitBytes: 2 ** 31 });
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

describe('the same run another way', () => {
	test.each(WAY_IDS)('%s comes to its end, in a world of its own', (way) => {
		const run = byWay(plain, way);
		expect(readScenario({ ...run.scenario, journal: run.journal }).ok).toBe(true);
		const simulation = open(run);
		simulation.advance(3_000_000_000);
		const [operation] = simulation.status().operations;
		expect([operation?.state, operation?.reason]).toEqual(['completed', null]);
		expect(simulation.status().vms[0]?.runsOn).toBe('B');
	});
	test('and back again is the run that it was', () => {
		for (const way of WAY_IDS) {
			const back = byWay(byWay(plain, way), 'transit');
			expect(back.scenario).toEqual(plain.scenario);
		}
	});
	test('what cannot be tried says why', () => {
		const noPool = inputs((scenario) => ({ ...scenario, pool: null }));
		expect(noWay(noPool, 'transit')).toContain('two hosts share');
		expect(noWay(noPool, 'postcopy')).toBeNull();
		expect(noWay({ ...plain, journal: [] }, 'precopy')).toContain('orders no migration');
	});
});

describe('one figure changed', () => {
	test.each(CHANGES.map((change) => [change.id, change] as const))('%s is read as it was written, and nothing else moves', (_, change) => {
		const value = 123_000_000;
		const next = change.write(plain, value);
		expect(change.read(next)).toBe(value);
		for (const other of CHANGES) if (other.id !== change.id) expect(other.read(next)).toBe(other.read(plain));
		expect(readScenario({ ...next.scenario, journal: next.journal }).ok).toBe(true);
		expect(runNames([plain, next])[1]).toContain(change.short);
	});
});

describe('names', () => {
	test('two movers are called by copy and by reference; more, by what they are', () => {
		expect(runNames([plain])).toEqual(['main']);
		expect(runNames([plain, byWay(plain, 'precopy')])).toEqual(['by reference', 'by copy']);
		expect(runNames(['transit', 'resident', 'precopy', 'hybrid'].map((way) => byWay(plain, way as 'transit')))).toEqual([
			'nil transit',
			'nil resident',
			'pre-copy',
			'post-copy after 1 round'
		]);
		expect(runNames([byWay(plain, 'transit'), byWay(plain, 'resident')])).toEqual(['nil transit', 'nil resident']);
	});
	test('what was changed is in the name, with its value', () => {
		const network = CHANGES.find((one) => one.id === 'network')!;
		expect(runNames([plain, network.write(plain, 1.25e9)]).map(spaces)).toEqual(['network 2.94 GB/s', 'network 1.25 GB/s']);
		expect(runNames([plain, { ...plain, belief: 'sent-stays-sent' }, plain, plain])).toEqual([
			'by reference',
			'wrong belief',
			'fork',
			'fork 2'
		]);
		expect(unique(['a', 'a', 'a 2', 'b'])).toEqual(['a', 'a 2', 'a 2 2', 'b']);
	});
});

describe('four on one clock', () => {
	const runs = (['transit', 'precopy', 'postcopy', 'rdma'] as const).map((way) => ({ way, simulation: open(byWay(plain, way)) }));
	const at = (ns: number) =>
		runs.map(({ way, simulation }) => {
			simulation.advance(ns);
			return { label: way, status: simulation.status(), views: attach(simulation.world.buffer), forecast: null };
		});

	test('agree before they part, and differ by what each has', () => {
		const start = at(0);
		expect(readings(start.map((one) => one.status)).every((one) => one.values.length === 4)).toBe(true);
		const half = at(200_000_000);
		const list = differences(half.map((one) => one.status));
		const network = list.find((one) => one.id === 'network');
		expect(network?.values[0]).toBe(spaces('0 B').replace(' ', '\u2009'));
		expect(new Set(list.find((one) => one.id === 'state')?.values).size).toBeGreaterThan(1);
		for (const one of list) expect(new Set(one.values).size).toBeGreaterThan(1);
	});

	test('memory that is registered for RDMA is pinned on both hosts, and only there', () => {
		const now = at(250_000_000);
		expect(now.map((one) => pinnedBytes(one.status))).toEqual([0, 0, 0, 2 * GIB]);
		const pins = totals(now)[2]!;
		expect(spaces(totalWords(pins))).toBe('Pinned now: transit 0 B; precopy 0 B; postcopy 0 B; rdma 2 GiB.');
		expect(pins.top).toBe(2 * GIB);
	});

	test('places: stretches that are not the same in all, longest first kept, in order', () => {
		const now = at(300_000_000);
		const all = differentPlaces(now, 1e9);
		expect(all.length).toBeGreaterThan(1);
		for (const place of all) {
			expect(place.values).toHaveLength(4);
			expect(new Set(place.values).size).toBeGreaterThan(1);
		}
		const some = differentPlaces(now, 2);
		expect(some).toHaveLength(2);
		expect(Math.min(...some.map((place) => place.blockCount))).toBeGreaterThanOrEqual(
			[...all].sort((a, b) => b.blockCount - a.blockCount)[1]!.blockCount
		);
		expect(differentPlaces([now[0]!, now[0]!], 3)).toEqual([]);
	});

	test('totals: what was, what is expected, and which part went over CXL', () => {
		const forecast = at(3_000_000_000).map(({ label }, index) => ({ label, summary: runs[index]!.simulation.ask({ kind: 'summary' }) }));
		const early = (['transit', 'precopy'] as const).map((way, index) => {
			const simulation = open(byWay(plain, way));
			simulation.advance(100_000_000);
			return { label: way, status: simulation.status(), forecast: forecast[index]!.summary };
		});
		const [stop, bytes] = totals(early);
		for (const [index, bar] of stop!.bars.entries()) {
			expect(bar.nowValue).toBe(0);
			expect(bar.endValue).toBe(forecast[index]!.summary.operations[0]!.downtimeNs);
		}
		expect(bytes!.bars[0]!.overCxl).toBe(bytes!.bars[0]!.nowValue);
		expect(bytes!.bars[1]!.overCxl).toBe(0);
		expect(bytes!.bars[0]!.endValue).toBe(forecast[0]!.summary.operations[0]!.cxlBytes);
	});
});
