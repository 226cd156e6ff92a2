import { describe, expect, test } from 'vitest';
import { FAULTS, type Fault } from '$lib/engine/faults/index.ts';
import { smallWorld } from '../../../faults/worlds.ts';

describe('the list of faults', () => {
	test('each says in a sentence what is broken and names who must see it', () => {
		for (const fault of Object.values(FAULTS) as Fault[]) {
			expect(fault.sentence).toMatch(/^[a-z].*[^.]$/);
			expect(fault.caughtBy.length).toBeGreaterThan(0);
		}
	});

	test('an armed fault waits in the records, one that strikes does not', () => {
		for (const [id, fault] of Object.entries(FAULTS) as [string, Fault][]) {
			const simulation = smallWorld();
			expect(simulation.send({ name: 'plant', fault: id }).ok).toBe(true);
			expect(simulation.world.r.faults).toEqual(fault.strike === null ? [id] : []);
		}
	});

	test('a planted world is another world: fingerprint, mark and trace say so', () => {
		const whole = smallWorld();
		const planted = smallWorld();
		planted.send({ name: 'plant', fault: 'stop' });
		expect(planted.fingerprint()).not.toBe(whole.fingerprint());
		expect(planted.status().marks).toHaveLength(1);
		expect(planted.world.trace.some((record) => record.kind === 'fault')).toBe(true);
	});

	test('the mark goes with the state, back and forth', () => {
		const simulation = smallWorld();
		simulation.advance(5_000_000);
		simulation.send({ name: 'plant', fault: 'stop' });
		simulation.advance(9_000_000);
		simulation.seek(4_000_000);
		expect(simulation.status().marks).toEqual([]);
		simulation.seek(9_000_000);
		expect(simulation.status().marks).toHaveLength(1);
	});
});
