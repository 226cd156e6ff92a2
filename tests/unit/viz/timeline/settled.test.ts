import { expect, test } from 'vitest';
import { reasonSentence, settledWords } from '../../../../src/lib/viz/timeline/settled.ts';
import { heldOffline } from '../rooms/pictured.ts';
import { MS, operation, status } from './fixtures.ts';

const batch = (endNs: number) => ({
	direction: 'push' as const,
	beginNs: 286 * MS,
	endNs,
	firstGfn: 1024,
	pages: 512,
	sourceMemory: 'A0',
	targetMemory: 'pool',
	sourceBlock: 1,
	targetBlock: 2
});

test('below the clock stands what is settled', () => {
	expect(settledWords(status(), false)).toBe('settled, nothing is moving');
	expect(settledWords(status({ operations: [operation()] }), false)).toBe('settled in staging');
	expect(settledWords(status({ operations: [operation()] }), true)).toBe('staging');
	expect(settledWords(status({ operations: [operation({ batch: batch(288 * MS) })] }), false)).toBe('512 pages on the way');
	expect(settledWords(status({ operations: [operation({ batch: batch(287 * MS) })] }), false)).toBe('settled in staging');
	expect(settledWords(status({ operations: [operation({ state: 'completed' })] }), true)).toBe('migration completed');
	expect(settledWords(status({ operations: [operation({ state: 'failed' })] }), false)).toBe('migration failed');
});

test('while a call of a machine has not come back, something is moving', () => {
	const { simulation } = heldOffline(2);
	const machines = simulation.status().machines;
	expect(settledWords(status({ machines }), true)).toBe('a call keeps trying');
	expect(settledWords(status({ machines }), false)).toBe('a call keeps trying');
	const ended = machines.map((one) => ({ ...one, calls: one.calls.filter((call) => call.state === 'done') }));
	expect(settledWords(status({ machines: ended }), false)).toBe('settled, nothing is moving');
});

test('a reason is told by its sentence', () => {
	expect(reasonSentence('cancelled')).toBe('The migration was cancelled.');
	expect(reasonSentence('something new')).toBe('something new');
	expect(reasonSentence(null)).toBeNull();
});
