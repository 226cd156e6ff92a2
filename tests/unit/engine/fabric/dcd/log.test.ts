import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../../../../src/lib/base/units.ts';
import { clearEvents, readEvents } from '../../../../../src/lib/engine/fabric/dcd/log.ts';
import { countsOf } from '../../../../../src/lib/engine/fabric/dcd/lists.ts';
import { RETURN_CODES } from '../../../../../src/lib/engine/fabric/outcome.ts';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { heads, tell, until } from '../../../../support/fabric.ts';

const offer = (simulation: Simulation, count: number): boolean =>
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', {
		host: 'A',
		extents: Array.from({ length: count }, (_, index) => ({
			offset: (simulation.world.r.traceCount * 64 + index * 2) * 2 * MIB,
			bytes: 2 * MIB
		}))
	}).ok;
const clear = (simulation: Simulation, handles: readonly number[] | 'all'): number => clearEvents(simulation.world, 0, 0, handles).code;
const silent = (profile: string): Simulation => heads(['A'], {}, { answer: 'silent' }, { profile, logRecords: 8 });

describe('the event log', () => {
	it('chains the records of a group and numbers them from 1', () => {
		const simulation = silent('spec40');
		expect(offer(simulation, 3)).toBe(true);
		const page = readEvents(simulation.world, 0, 0);
		expect(page.records.map(({ handle, type, more }) => [handle, type, more])).toEqual([
			[1, 0, true],
			[2, 0, true],
			[3, 0, false]
		]);
		expect(page).toMatchObject({ more: false, overflow: 0 });
		expect(readEvents(silentAfter('qemu111', 3).world, 0, 0).more).toBe(true);
	});

	it('is cleared from the oldest on: all or nothing', () => {
		const simulation = silentAfter('spec40', 3);
		expect(clear(simulation, [2])).toBe(RETURN_CODES.invalidHandle);
		expect(clear(simulation, [1, 3])).toBe(RETURN_CODES.invalidHandle);
		expect(clear(simulation, [0])).toBe(RETURN_CODES.invalidHandle);
		expect(clear(simulation, [1, 2, 3, 4])).toBe(RETURN_CODES.invalidHandle);
		expect(clear(simulation, 'all')).toBe(RETURN_CODES.invalidInput);
		expect(readEvents(simulation.world, 0, 0).records).toHaveLength(3);
		expect(clear(simulation, [1, 2])).toBe(RETURN_CODES.success);
		expect(readEvents(simulation.world, 0, 0).records.map(({ handle }) => handle)).toEqual([3]);
		expect(clear(silentAfter('qemu111', 3), [2])).toBe(RETURN_CODES.invalidInput);
	});

	it('keeps the old records when it overflows, counts the lost ones, and forgets that at the first clearing', () => {
		const simulation = silent('qemu111');
		for (let round = 0; round < 10; round += 1) {
			simulation.advance(simulation.nowNs + 1000);
			expect(offer(simulation, 1)).toBe(true);
		}
		const { log } = simulation.world.r.fabric.devices[0]?.lds[0] ?? {};
		expect(log).toMatchObject({ overflow: 2, firstLostNs: 9000, lastLostNs: 10_000 });
		expect(readEvents(simulation.world, 0, 0).records.map(({ handle }) => handle)).toEqual([1, 2, 3, 4, 5, 6, 7]);
		expect(countsOf(simulation.world, 0, 0).offered.extents).toBe(10);
		expect(clear(simulation, [1])).toBe(RETURN_CODES.success);
		expect(log).toMatchObject({ overflow: 0, firstLostNs: -1 });
	});

	it('is cleared at once only after an overflow', () => {
		const simulation = heads(['A'], {}, { answer: 'silent', use: 'none' }, { logRecords: 1 });
		tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', bytes: GIB, tag: 'T' });
		tell(simulation, 'host', 'A', 'add-dynamic-capacity-response', { extents: [{ dpa: 0, bytes: GIB }] });
		tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'A', tag: 'T', forced: true });
		expect(readEvents(simulation.world, 0, 0)).toMatchObject({ overflow: 1 });
		expect(clear(simulation, 'all')).toBe(RETURN_CODES.success);
		expect(readEvents(simulation.world, 0, 0)).toMatchObject({ overflow: 0, records: [] });
	});

	it('raises an interrupt only when it stops being empty', () => {
		const simulation = silent('spec40');
		offer(simulation, 1);
		offer(simulation, 1);
		expect(simulation.world.r.fabric.messages.filter((message) => message.to === 'A')).toHaveLength(1);
	});

	it('that ran over is followed by reading the list, which shows no offers', () => {
		const simulation = heads(['A'], {}, { answer: 'silent' }, { profile: 'qemu111', logRecords: 2 });
		for (let round = 0; round < 4; round += 1) offer(simulation, 1);
		tell(simulation, 'host', 'A', 'set-answer', { mode: 'accept' });
		expect(
			until(simulation, 2, () => (simulation.world.r.fabric.peers[0]?.log ?? []).some(({ text }) => text.includes('in the list')))
		).toBe(true);
		expect(countsOf(simulation.world, 0, 0)).toMatchObject({ accepted: { extents: 2 }, offered: { extents: 2 } });
	});
});

function silentAfter(profile: string, records: number): Simulation {
	const simulation = silent(profile);
	expect(offer(simulation, records)).toBe(true);
	return simulation;
}

describe('a world with capacity', () => {
	it('is the same after going back and forth', () => {
		const simulation = heads(['A', 'B'], { sharable: true }, { use: 'none' });
		const run = (): void => {
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', bytes: GIB, tag: 'T' });
			simulation.advance(10e6);
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'B', tag: 'T', policy: 'enable-shared-access' });
			simulation.advance(30e6);
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'A', tag: 'T' });
			simulation.advance(60e6);
		};
		run();
		const after = simulation.fingerprint();
		expect(countsOf(simulation.world, 0, 1).accepted.bytes).toBe(GIB);
		simulation.seek(12e6);
		expect(simulation.fingerprint()).not.toBe(after);
		expect(countsOf(simulation.world, 0, 0).accepted.bytes).toBe(GIB);
		simulation.seek(60e6);
		expect(simulation.fingerprint()).toBe(after);
	});
});
