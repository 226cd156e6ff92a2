/** Goal: what QEMU measures of dirtied memory agrees with what the guest does; dirty-limit holds writers back and no one else. Method: guests of a known rate. */
import { describe, expect, it } from 'vitest';
import { printed, readMonitorLine } from '$lib/engine/contract/migration/hmp.ts';
import { MIB } from '$lib/base/units.ts';
import { expectSound } from '../../../../support/worlds.ts';
import { after, ask, caps, GO, LISTEN, openGuest, say, set, type Word } from '../../../../support/monitor.ts';

const RING = { qemu: { dirtyRing: 4096 } };
/** One page after the other, so that in a second all of them are different ones. */
const writing = (mib: number, more: Record<string, unknown> = {}) =>
	openGuest({
		populatedBytes: 256 * MIB,
		workload: { kind: 'sequential', rateBytesPerSecond: mib * MIB, workingSetBytes: 256 * MIB },
		...more
	});
const calc = (given: Record<string, unknown>): Word => ['A', 'calc-dirty-rate', given as never];

describe('calc-dirty-rate', () => {
	it.each([
		['page-sampling', {}, 40],
		['dirty-bitmap', {}, 40],
		['dirty-ring', RING, 40]
	] as const)('by %s it finds the rate', (mode, machine, mib) => {
		const simulation = writing(mib, machine);
		expect(ask(simulation, 'A', 'query-dirty-rate')).toMatchObject({ status: 'unstarted', mode: 'page-sampling' });
		expect(say(simulation, calc({ 'calc-time': 1, mode }))).toBeNull();
		expect(ask(simulation, 'A', 'query-dirty-rate')).toMatchObject({ status: 'measuring', mode, 'calc-time': 1 });
		after(simulation, 1.01);
		const found = ask(simulation, 'A', 'query-dirty-rate');
		expect(found['status']).toBe('measured');
		// 128 samples of which a sixth changes: chance takes a third either way. The log and the ring count, and logging costs the guest a little.
		const most = mode === 'page-sampling' ? 0.5 : 0.1;
		expect(Math.abs(Number(found['dirty-rate']) / mib - 1)).toBeLessThan(most);
		expect(simulation.world.r.vms[0]?.logging).toBe(false);
		if (mode === 'dirty-ring') expect(found['vcpu-dirty-rate']).toHaveLength(simulation.status().vms[0]?.vcpuCount ?? 0);
		expectSound(simulation);
	});

	it.each<readonly [string, Record<string, unknown>, readonly Word[], string]>([
		['too long', {}, [calc({ 'calc-time': 61 })], 'Calculation time is out of range [50ms, 60000ms].'],
		['too short', {}, [calc({ 'calc-time': 49, 'calc-time-unit': 'millisecond' })], 'Calculation time is out of range [50ms, 60000ms].'],
		['twice', {}, [calc({ 'calc-time': 1 }), calc({ 'calc-time': 1 })], 'the dirty rate is already being measured.'],
		[
			'a ring that is not there',
			{},
			[calc({ 'calc-time': 1, mode: 'dirty-ring' })],
			'mode dirty-ring is not enabled, use other method instead.'
		],
		[
			'a log beside a ring',
			RING,
			[calc({ 'calc-time': 1, mode: 'dirty-bitmap' })],
			'mode dirty-bitmap is not enabled, use other method instead.'
		],
		[
			'samples of a log',
			{},
			[calc({ 'calc-time': 1, mode: 'dirty-bitmap', 'sample-pages': 512 })],
			'sample-pages is used only in page-sampling mode'
		],
		['too few samples', {}, [calc({ 'calc-time': 1, 'sample-pages': 127 })], 'sample-pages is out of range[128, 4096].'],
		['no time', {}, [calc({})], "Parameter 'calc-time' is missing"]
	])('%s is refused', (_what, vm, words, text) => {
		expect(say(openGuest(vm), ...words)).toBe(text);
	});

	it('a migration that begins takes the log, and what was counted stands', () => {
		const simulation = writing(40);
		say(simulation, calc({ 'calc-time': 10, mode: 'dirty-bitmap' }));
		after(simulation, 2);
		expect(say(simulation, set({ 'max-bandwidth': 0 }), LISTEN, GO)).toBeNull();
		expect(ask(simulation, 'A', 'query-dirty-rate')['status']).toBe('measured');
		expect(say(simulation, calc({ 'calc-time': 1, mode: 'dirty-bitmap' }))).toContain('one log');
		after(simulation, 20);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expectSound(simulation);
	});

	it('is typed and printed as at QEMU’s monitor', () => {
		expect(readMonitorLine('calc_dirty_rate -r 2')).toMatchObject({
			execute: 'calc-dirty-rate',
			given: { 'calc-time': 2, mode: 'dirty-ring' }
		});
		const simulation = openGuest();
		expect(printed('query-dirty-rate', { return: ask(simulation, 'A', 'query-dirty-rate') as never })).toContain('Dirty rate: (not ready)');
	});
});

describe('dirty-limit', () => {
	const SLOW_WIRE = { networkBytesPerSecond: 60 * MIB };
	const busy = (mib: number, ring = true) =>
		openGuest(
			{
				populatedBytes: 256 * MIB,
				vcpus: 4,
				workload: { kind: 'memory-muncher', rateBytesPerSecond: mib * MIB, workingSetBytes: 192 * MIB },
				...(ring ? RING : {})
			},
			SLOW_WIRE
		);

	it('needs the ring, and excludes auto-converge', () => {
		expect(say(busy(10, false), caps('A', 'dirty-limit'))).toContain('dirty-ring-size');
		expect(say(busy(10), caps('A', 'dirty-limit', 'auto-converge'))).toContain('auto-converge');
		expect(say(busy(10), caps('A', 'dirty-limit'))).toBeNull();
	});

	it('a guest that never converges does with a quota, to which its vCPUs are held', () => {
		const free = busy(400);
		say(free, set({ 'max-bandwidth': 0 }), LISTEN, GO);
		after(free, 20);
		expect(ask(free, 'A')['status']).toBe('active');
		const held = busy(400);
		say(held, set({ 'max-bandwidth': 0, 'vcpu-dirty-limit': 5 }), caps('A', 'dirty-limit'), LISTEN, GO);
		while (held.world.r.vms[0]?.dirtyQuotaMiBps === undefined && ask(held, 'A')['status'] !== 'completed') after(held, 0.25);
		const { dirtyQuotaMiBps, speedPpm } = held.world.r.vms[0] as { dirtyQuotaMiBps?: number; speedPpm: number };
		expect(dirtyQuotaMiBps).toBe(5);
		// 4 vCPUs of 5 MiB/s each, of 400 that they would write.
		expect(speedPpm / 1e6).toBeCloseTo(20 / 400, 2);
		expect(ask(held, 'A')['dirty-limit-ring-full-time']).toBe(Math.floor(((4096 * 4096) / MIB / 100) * 1e6));
		expect(held.world.trace.some((record) => record.rule === 'dirty-limit')).toBe(true);
		after(held, 40);
		expect(ask(held, 'A')['status']).toBe('completed');
		expect(held.world.r.vms[0]?.dirtyQuotaMiBps).toBeUndefined();
		expectSound(held);
	});

	it('who writes less than the quota is not held back', () => {
		const simulation = busy(400);
		say(simulation, set({ 'max-bandwidth': 0, 'vcpu-dirty-limit': 150 }), caps('A', 'dirty-limit'), LISTEN, GO);
		after(simulation, 12);
		expect(simulation.world.r.vms[0]?.dirtyQuotaMiBps).toBe(150);
		expect((simulation.world.r.vms[0]?.speedPpm ?? 0) / 1e6).toBeGreaterThan(0.9);
	});
});

describe('what is not run', () => {
	it.each([
		['x-colo', ['return-path', 'x-colo']],
		['background-snapshot', ['background-snapshot']]
	] as const)('%s is refused, and the refusal says whose limit it is', (_name, wanted) => {
		expect(say(openGuest(), caps('A', ...wanted), LISTEN, GO)).toContain('a limit of this model, not of QEMU');
	});
});

describe('announce-self', () => {
	it('says how often and how long', () => {
		const simulation = openGuest();
		expect(say(simulation, ['A', 'announce-self'])).toBeNull();
		// 50, 150, 250 and 350 ms between five of them.
		expect(simulation.world.trace.find((record) => record.rule === 'announce-self')?.values).toMatchObject({ rounds: 5, lastsMs: 800 });
	});
});
