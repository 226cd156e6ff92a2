import { describe, expect, it } from 'vitest';
import type { TranslationAnswer } from '../../../../src/lib/engine/contract/fabric-status.ts';
import { FABRIC_CATALOGUE } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';

const GIB = 1024 ** 3;

function played(id: string): Simulation {
	const entry = FABRIC_CATALOGUE.find((each) => each.id === id);
	const opened = Simulation.open({ scenario: entry?.scenario, limitBytes: 2 ** 32 });
	if (!opened.ok) throw new Error(opened.detail);
	opened.value.advance(opened.value.world.scenario.untilNs, Infinity);
	return opened.value;
}
const quantity = (simulation: Simulation, q: string, of: string): number =>
	Number(simulation.ask({ kind: 'evaluate', expressions: [{ q, of } as never] })[0]);
const refusals = (simulation: Simulation): string[] =>
	simulation.world.trace.filter(({ values }) => values['outcome'] === 'refused').map(({ text }) => text);

describe.each(FABRIC_CATALOGUE.map(({ id }) => id))('%s', (id) => {
	it('holds every statement at its end, and seeking gives the same world as running', () => {
		const simulation = played(id);
		for (const { statement, holds, found } of simulation.check().checks) expect(holds, `${statement}: ${found ?? ''}`).toBe(true);
		const before = simulation.fingerprint();
		const end = simulation.nowNs;
		simulation.seek(Math.floor(end / 3));
		simulation.seek(end);
		expect(simulation.fingerprint()).toBe(before);
		const slices = Simulation.open({ scenario: FABRIC_CATALOGUE.find((each) => each.id === id)?.scenario, limitBytes: 2 ** 32 });
		if (!slices.ok) throw new Error(slices.detail);
		while (slices.value.nowNs < end) slices.value.advance(end, 3);
		expect(slices.value.fingerprint()).toBe(before);
	});
});

describe('what the scenarios show', () => {
	it('a VM moves with its extents, and back without them', () => {
		const simulation = played('vm-with-tagged-extents');
		expect(refusals(simulation)).toEqual([]);
		expect(simulation.world.r.fabric.plans.map(({ plan, state }) => `${plan} ${state}`)).toEqual(['move-shared done']);
		expect(simulation.world.r.fabric.guests[0]).toMatchObject({ host: 'A', moves: 2, program: 'absent', copiedBytes: 0 });
		expect([quantity(simulation, 'capacityBytes', 'A'), quantity(simulation, 'capacityBytes', 'B')]).toEqual([0, 8 * GIB]);
	});

	it('a TiB serves W, then V', () => {
		const simulation = played('offer-accept-use-release');
		expect(refusals(simulation)).toEqual([]);
		expect(simulation.world.r.fabric.plans.map(({ state }) => state)).toEqual(['done', 'done']);
		expect(quantity(simulation, 'returnedBytes', '')).toBe(2048 * GIB);
	});

	it('B reads the old line twice, then the new one', () => {
		const simulation = played('two-hosts-share-a-tag');
		expect(refusals(simulation)).toEqual([]);
		expect(quantity(simulation, 'staleReads', '')).toBe(1);
		expect(simulation.world.r.fabric.lines.map(({ value }) => value)).toEqual([1, 1]);
		expect(quantity(simulation, 'viewsAgree', 'T')).toBe(1);
	});

	it('an unbind by surprise kills what ran there, and another logical device takes its place', () => {
		const simulation = played('pooled-mld-behind-a-switch');
		expect(refusals(simulation)).toEqual([]);
		expect(quantity(simulation, 'appKilled', 'b')).toBe(1);
		expect(quantity(simulation, 'appRuns', 'a')).toBe(1);
		expect(simulation.world.r.fabric.devices[0]?.lds.map(({ host }) => host)).toEqual(['A', null, 'B', null]);
	});

	it('both hosts of a G-FAM device reach one byte, coherently, until one is shut out', () => {
		const simulation = played('gfd-two-hosts');
		expect(refusals(simulation)).toEqual([]);
		expect(quantity(simulation, 'staleReads', '')).toBe(0);
		expect(quantity(simulation, 'deadReads', '')).toBe(1);
		expect(simulation.world.r.fabric.nextVersion).toBe(3);
	});

	it('two hosts reach one byte of four devices by two bits, until B is shut out of one of them', () => {
		const simulation = played('four-ways-two-hosts');
		expect(refusals(simulation)).toEqual([]);
		const at = (host: string, hpa: number) => simulation.ask({ kind: 'translate', host, hpa }) as TranslationAnswer;
		const bases = { A: 0x1000_0000_0000, B: 0x2c00_0000_0000 };
		const offset = 0x1234_5678;
		const [a, b] = [at('A', bases.A + offset), at('B', bases.B + offset)];
		expect([a.device, a.dpa, a.ok]).toEqual(['gfd2', 0x40_048d_1578, true]);
		expect([b.device, b.dpa, b.ok, b.miss]).toEqual(['gfd2', a.dpa, false, 'no-access']);
		simulation.seek(4e9);
		expect(at('B', bases.B + offset)).toMatchObject({ device: 'gfd2', dpa: a.dpa, ok: true, miss: null });
	});

	it('a window goes through all sorts of interleave, and sixteen ways of twelve devices are refused', () => {
		const simulation = played('ways-of-a-window');
		expect(refusals(simulation)).toHaveLength(1);
		expect(refusals(simulation)[0]).toMatch(/16/);
		const shape = () => {
			const { ways, granularity, arithmetic } = simulation.status().fabric!.hosts[0]!.windows[0]!;
			return `${ways} ${granularity} ${arithmetic}`;
		};
		expect(shape()).toBe('4 4096 xor');
		const seen = [1, 2, 3, 4, 5, 6].map((second) => {
			simulation.seek(second * 1e9 + 5e8);
			return shape();
		});
		expect(seen).toEqual(['3 256 modulo', '6 256 modulo', '12 256 modulo', '12 4096 modulo', '12 4096 modulo', '4 4096 modulo']);
	});

	it('two come back, one is a little late, one never comes', () => {
		const simulation = played('recall-four-hosts');
		expect(refusals(simulation)).toEqual([]);
		expect(simulation.world.r.fabric.plans.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'failed']);
		expect(quantity(simulation, 'recoveredBytes', '')).toBe(3 * 512 * GIB);
	});

	it('ten offers leave eight records; a chain without an end is answered with nothing after 20 s', () => {
		const simulation = played('log-overflow');
		expect(refusals(simulation)).toEqual([]);
		expect(simulation.world.trace.filter(({ rule }) => rule === 'dcd-offer')).toHaveLength(11);
		expect(simulation.world.trace.filter(({ text }) => text.includes('the event log is full'))).toHaveLength(3);
		expect(simulation.world.trace.some(({ rule }) => rule === 'host-watchdog')).toBe(true);
	});

	it('a silent host keeps capacity that nobody else gets, until it has answered a dead offer', () => {
		const simulation = played('silent-host');
		expect(simulation.world.r.fabric.plans.map(({ state }) => state)).toEqual(['failed', 'failed', 'done']);
	});

	it('the same journal is refused at different places', () => {
		const simulation = played('spec-against-qemu');
		const of = (device: string) =>
			simulation.world.r.fabric.messages.filter(({ from, to }) => from === 'fm' && to === device).map(({ opcode, code }) => [opcode, code]);
		expect(of('spec')).not.toEqual(of('qemu'));
	});
});
