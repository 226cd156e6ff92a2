import { describe, expect, test } from 'vitest';
import { objectTitle, objectWords, sameObject } from '../../../../src/lib/viz/words/objects.ts';
import type { ObjectName } from '../../../../src/lib/engine/contract/queries.ts';
import { operation, status } from '../timeline/fixtures.ts';

/** Everything that can be pointed at has a name, a sentence and numbers; what is not there has none. */
const world = status({ operations: [operation()] });
const present: ObjectName[] = [
	{ type: 'vm', vm: 'vm0' },
	{ type: 'host', host: 'A' },
	{ type: 'link', link: 'A-switch' },
	{ type: 'extent', extent: 'e1' },
	{ type: 'ownerWord', vm: 'vm0' },
	{ type: 'operation', operation: 1 },
	{ type: 'block', memory: 'pool', block: 70 }
];
const absent: ObjectName[] = [
	{ type: 'vm', vm: 'vm9' },
	{ type: 'host', host: 'Z' },
	{ type: 'link', link: 'none' },
	{ type: 'extent', extent: 'none' },
	{ type: 'ownerWord', vm: 'vm9' },
	{ type: 'operation', operation: 9 },
	{ type: 'block', memory: 'pool', block: 4096 }
];

describe('objects in words', () => {
	test.each(present)('$type is told', (object) => {
		const words = objectWords(object, world);
		expect(words).not.toBeNull();
		expect(words!.title).toBe(objectTitle(object));
		expect(words!.sentence).toMatch(/\.$/);
		for (const [label, value] of words!.rows) {
			expect(label).not.toBe('');
			expect(value).not.toMatch(/undefined|NaN|null/);
		}
	});
	test.each(absent)('a $type that is not there has no words', (object) => {
		expect(objectWords(object, world)).toBeNull();
	});
	test('a block says in which extent it lies', () => {
		expect(objectWords({ type: 'block', memory: 'pool', block: 70 }, world)!.sentence).toContain('3f9c');
		expect(objectWords({ type: 'block', memory: 'pool', block: 3 }, world)!.sentence).toContain('outside every extent');
	});
	test('two names of one object are the same', () => {
		expect(sameObject({ type: 'vm', vm: 'vm0' }, { type: 'vm', vm: 'vm0' })).toBe(true);
		expect(sameObject({ type: 'vm', vm: 'vm0' }, null)).toBe(false);
	});
});
