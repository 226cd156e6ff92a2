import { describe, expect, it } from 'vitest';
import { detectIsolation, settleIsolation, type IsolationPage } from '../../../src/lib/client/isolation.ts';

/** A page whose storage outlives it, as a tab's does, and a service worker in a chosen state. */
function fakePage(changes: Partial<IsolationPage> & { worker?: 'active' | 'fails' | 'hangs' } = {}) {
	const stored = new Map<string, string>();
	const seen = { reloads: 0, registered: [] as string[], stored, interact: () => {} };
	const container = {
		register: (script: string, options: { scope: string }) => {
			seen.registered.push(`${script} for ${options.scope}`);
			if (changes.worker === 'fails') return Promise.reject(new Error('blocked'));
			if (changes.worker === 'hangs') return new Promise(() => undefined);
			return Promise.resolve({ active: {} });
		}
	} as unknown as ServiceWorkerContainer;
	const page: IsolationPage = {
		crossOriginIsolated: false,
		hasSharedArrayBuffer: false,
		isFramed: false,
		serviceWorker: container,
		storage: () => ({
			getItem: (key) => stored.get(key) ?? null,
			setItem: (key, value) => void stored.set(key, value),
			removeItem: (key) => void stored.delete(key)
		}),
		reload: () => void (seen.reloads += 1),
		onFirstInteraction: (then) => {
			seen.interact = then;
			return () => undefined;
		},
		wait: () => new Promise(() => undefined),
		...changes
	};
	return { page, seen };
}

/** Settled or not, once every promise that can go on has gone on. */
async function stateOf<T>(promise: Promise<T>): Promise<T | 'pending'> {
	const turn = new Promise<'pending'>((resolve) => setImmediate(() => resolve('pending')));
	return Promise.race([promise, turn]);
}

describe('detectIsolation', () => {
	it('wants the buffer and the isolation, both', () => {
		// Node has the buffer and is never cross-origin isolated.
		expect(typeof SharedArrayBuffer).toBe('function');
		expect(detectIsolation()).toBe('transferred');
	});
});

describe('settleIsolation', () => {
	it('takes shared memory where the host grants it, and registers for offline use', async () => {
		const { page, seen } = fakePage({ crossOriginIsolated: true, hasSharedArrayBuffer: true });
		expect(await settleIsolation('/name', page)).toBe('shared');
		expect(seen.registered).toEqual(['/name/service-worker.js for /name/']);
		expect(seen.reloads).toBe(0);
	});

	it('reloads once, and leaves the promise open meanwhile', async () => {
		const { page, seen } = fakePage();
		expect(await stateOf(settleIsolation('', page))).toBe('pending');
		expect(seen.reloads).toBe(1);
		expect(seen.stored.size).toBe(1);
	});

	it('never reloads twice when the first reload did not help', async () => {
		const { page, seen } = fakePage();
		await stateOf(settleIsolation('', page));
		expect(await settleIsolation('', page)).toBe('transferred');
		expect(seen.reloads).toBe(1);
	});

	it('drops the mark as soon as the page is isolated, with or without the buffer', async () => {
		const { page, seen } = fakePage();
		await stateOf(settleIsolation('', page));
		expect(await settleIsolation('', { ...page, crossOriginIsolated: true })).toBe('transferred');
		expect(seen.stored.size).toBe(0);
		expect(seen.reloads).toBe(1);
	});

	it('does not reload under a reader who has begun', async () => {
		const { page, seen } = fakePage({ worker: 'hangs' });
		const answer = settleIsolation('', page);
		expect(await stateOf(answer)).toBe('pending');
		seen.interact();
		expect(await answer).toBe('transferred');
		expect(seen.reloads).toBe(0);
		expect(seen.stored.size).toBe(0);
	});

	it('does not wait for ever for a service worker', async () => {
		const { page, seen } = fakePage({ worker: 'hangs', wait: () => Promise.resolve() });
		expect(await settleIsolation('', page)).toBe('transferred');
		expect(seen.reloads).toBe(0);
	});

	it.each<[string, Parameters<typeof fakePage>[0]]>([
		['inside a frame', { isFramed: true }],
		['without service workers', { serviceWorker: undefined }],
		['when registering is refused', { worker: 'fails' }],
		[
			'when storage is blocked',
			{
				storage: () => {
					throw new Error('SecurityError');
				}
			}
		]
	])('runs on the transferred buffer, with no reload, %s', async (_, changes) => {
		const { page, seen } = fakePage(changes);
		expect(await settleIsolation('', page)).toBe('transferred');
		expect(seen.reloads).toBe(0);
	});
});
