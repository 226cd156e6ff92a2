/** Goal: storage that is absent, blocked, full or damaged never stops the page. */
import { describe, expect, it } from 'vitest';
import { storageOver } from '../../../src/lib/client/storage.ts';

function memory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & {
	items: Map<string, string>;
} {
	const items = new Map<string, string>();
	return {
		items,
		getItem: (key) => items.get(key) ?? null,
		setItem: (key, value) => void items.set(key, value),
		removeItem: (key) => void items.delete(key)
	};
}

describe('storage', () => {
	it('keeps values under its own prefix', () => {
		const store = memory();
		const storage = storageOver(() => store);
		expect(storage.write('progress', { lessons: 3 })).toBe(true);
		expect([...store.items.keys()]).toEqual(['switchyard:progress']);
		expect(storage.read('progress')).toEqual({ lessons: 3 });
		expect(storage.remove('progress')).toBe(true);
		expect(storage.read('progress')).toBeNull();
	});

	it('gives nothing for damaged text', () => {
		const store = memory();
		store.items.set('switchyard:progress', '{"lessons":');
		expect(storageOver(() => store).read('progress')).toBeNull();
	});

	it('refuses what is too large, and keeps what was there', () => {
		const storage = storageOver(() => store);
		const store = memory();
		storage.write('run', 'small');
		expect(storage.write('run', 'x'.repeat(600_000))).toBe(false);
		expect(storage.read('run')).toBe('small');
	});

	it.each(['looking', 'writing'])('survives storage that throws on %s', (when) => {
		const broken = {
			...memory(),
			setItem: () => {
				throw new DOMException('full', 'QuotaExceededError');
			}
		};
		const storage = storageOver(() => {
			if (when === 'looking') throw new DOMException('blocked', 'SecurityError');
			return broken;
		});
		expect(storage.write('a', 1)).toBe(false);
		expect(storage.read('a')).toBeNull();
	});
});
