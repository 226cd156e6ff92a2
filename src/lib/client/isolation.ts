/**
 * May this page share memory with the engine's worker, and can it be made to?
 *
 * A page may when it is cross-origin isolated: by headers of the host, or by headers that the
 * site's own service worker adds. Where neither works (a foreign frame, blocked service workers,
 * an engine without shared memory) the program runs the same on a transferred buffer.
 */

/** How page and engine hold the same state: one buffer both see, or one handed to and fro. */
export type BackEnd = 'shared' | 'transferred';

/** What `settleIsolation` needs of the page; a test gives its own. */
export interface IsolationPage {
	readonly crossOriginIsolated: boolean;
	readonly hasSharedArrayBuffer: boolean;
	/** Inside a frame: its owner decides about isolation, and a reload there surprises the reader. */
	readonly isFramed: boolean;
	/** Undefined where service workers do not exist or the page is not a secure context. */
	readonly serviceWorker: ServiceWorkerContainer | undefined;
	/** May throw: blocked storage does. */
	readonly storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
	readonly reload: () => void;
	/** Calls back at the first pointer, key or wheel event; returns how to stop listening. */
	readonly onFirstInteraction: (then: () => void) => () => void;
	readonly wait: (milliseconds: number) => Promise<void>;
}

const reloadMark = 'switchyard-reloaded-for-isolation';

/** Longer than this and the reader has begun; the service worker then serves the next page load. */
const patienceMs = 5_000;

/**
 * Both halves are needed, on the page and in the worker: WebKitGTK 2.50 reports an isolated page
 * and has no SharedArrayBuffer.
 */
export function detectIsolation(): BackEnd {
	return typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated
		? 'shared'
		: 'transferred';
}

/** The answer for this page load, once asked. */
let settled: Promise<BackEnd> | undefined;

/**
 * Which back-end this page load has, settled once however often it is asked; also written to
 * `<html data-back-end>`. Asked first by `src/hooks.client.ts`; whoever opens the engine awaits it.
 *
 * @param base the site's base path as SvelteKit's `base` has it: '' or '/name'
 */
export function ensureIsolation(base: string): Promise<BackEnd> {
	settled ??= settleIsolation(base, browserPage()).then((backEnd) => {
		document.documentElement.dataset.backEnd = backEnd;
		return backEnd;
	});
	return settled;
}

/**
 * Registers the service worker (for offline use, and for isolation where headers are missing).
 * When a reload would win shared memory, and the reader has not touched the page yet, it reloads
 * once and the promise stays open until the page goes away.
 */
export async function settleIsolation(base: string, page: IsolationPage): Promise<BackEnd> {
	const backEnd = page.crossOriginIsolated && page.hasSharedArrayBuffer ? 'shared' : 'transferred';
	if (page.isFramed || page.serviceWorker === undefined) return backEnd;
	if (page.crossOriginIsolated) {
		mark(page, 'drop');
		register(page.serviceWorker, base).catch(() => undefined); // Offline use only: not needed now.
		return backEnd;
	}
	if (!mark(page, 'isFree')) {
		// Reloaded already and still not isolated: never a loop.
		return 'transferred';
	}
	let touched = false;
	let stopListening = () => {};
	const interaction = new Promise<void>((resolve) => {
		stopListening = page.onFirstInteraction(() => {
			touched = true;
			resolve();
		});
	});
	const controlled = register(page.serviceWorker, base).then(
		() => true,
		() => false
	);
	const outcome = await Promise.race([
		controlled,
		interaction.then(() => false),
		page.wait(patienceMs).then(() => false)
	]);
	stopListening();
	if (!outcome || touched || !mark(page, 'set')) return 'transferred';
	page.reload();
	return new Promise<BackEnd>(() => undefined);
}

/** Resolves once a worker of ours would answer this page's next load. */
async function register(container: ServiceWorkerContainer, base: string): Promise<void> {
	const registration = await container.register(`${base}/service-worker.js`, { scope: `${base}/` });
	if (registration.active) return;
	const coming = registration.installing ?? registration.waiting;
	if (!coming) throw new Error('The service worker was registered but does not start');
	await new Promise<void>((resolve, reject) => {
		const look = () => {
			if (coming.state === 'activated') resolve();
			if (coming.state === 'redundant') reject(new Error('The service worker did not install'));
		};
		coming.addEventListener('statechange', look);
		look();
	});
}

/** The note, for this tab, that one reload was spent. False when it cannot be kept or is there. */
function mark(page: IsolationPage, what: 'isFree' | 'set' | 'drop'): boolean {
	try {
		const storage = page.storage();
		if (what === 'drop') storage.removeItem(reloadMark);
		if (what === 'set') storage.setItem(reloadMark, '1');
		return what !== 'isFree' || storage.getItem(reloadMark) === null;
	} catch {
		return false;
	}
}

function serviceWorkerContainer(): ServiceWorkerContainer | undefined {
	// The development server sends the headers itself, and a cache there would hide changes.
	if (import.meta.env.DEV || !window.isSecureContext) return undefined;
	try {
		return 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;
	} catch {
		return undefined; // A sandboxed frame refuses even the question.
	}
}

function browserPage(): IsolationPage {
	return {
		crossOriginIsolated: globalThis.crossOriginIsolated,
		hasSharedArrayBuffer: typeof SharedArrayBuffer === 'function',
		isFramed: window.self !== window.top,
		serviceWorker: serviceWorkerContainer(),
		storage: () => window.sessionStorage,
		reload: () => window.location.reload(),
		onFirstInteraction: (then) => {
			const kinds = ['pointerdown', 'keydown', 'wheel'] as const;
			const stop = () => kinds.forEach((kind) => window.removeEventListener(kind, then, true));
			kinds.forEach((kind) =>
				window.addEventListener(kind, then, { capture: true, passive: true })
			);
			return stop;
		},
		wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
	};
}
