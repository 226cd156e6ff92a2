import { transfer, wrap } from 'comlink';
import type { Buffers, EnginePort } from '../engine/contract/port.ts';
import type { ExplorePort } from '../engine/contract/explore/port.ts';
import { detectIsolation, type BackEnd } from './isolation.ts';

/** Why a worker is given up. */
export type LossKind = 'failed' | 'stuck';

export class WorkerLost extends Error {
	override name = 'WorkerLost';
	readonly kind: LossKind;
	constructor(kind: LossKind, detail: string) {
		super(detail);
		this.kind = kind;
	}
}

/** A started engine. A call either answers or rejects: with a WorkerLost when nobody is there to answer any more. */
export interface Connected<P> {
	call<T>(ask: (port: P) => Promise<T>): Promise<T>;
	end(): void;
}
export type Connection = Connected<EnginePort>;

/** Generous: a slice takes milliseconds, opening the largest world of the page some seconds. */
const PATIENCE_S = 20;

export const startWorker = (): Worker =>
	new Worker(new URL('../engine/worker/engine.worker.ts', import.meta.url), { type: 'module' });

export const connect = (worker: Worker, patienceS = PATIENCE_S): Connection =>
	connected(worker, passBuffers(wrap<EnginePort>(worker) as unknown as EnginePort), patienceS);

/** The explorer's part of a worker: its requests carry no buffers. */
export const connectExplorer = (
	worker: Worker,
	patienceS = PATIENCE_S * 3
): Connected<ExplorePort> =>
	connected(worker, wrap<ExplorePort>(worker) as unknown as ExplorePort, patienceS);

function connected<P>(worker: Worker, port: P, patienceS: number): Connected<P> {
	let lose: (reason: WorkerLost) => void = () => undefined;
	const loss = new Promise<never>((_, reject) => {
		lose = reject;
	});
	loss.catch(() => undefined);
	worker.addEventListener('error', (event) => {
		event.preventDefault();
		lose(new WorkerLost('failed', event.message || 'its program could not be loaded'));
	});
	worker.addEventListener('messageerror', () =>
		lose(new WorkerLost('failed', 'a message could not be read'))
	);
	return {
		async call(ask) {
			const watch = patience(patienceS);
			try {
				return await Promise.race([ask(port), loss, watch.over]);
			} finally {
				watch.stop();
			}
		},
		end() {
			lose(new WorkerLost('failed', 'it was ended'));
			worker.terminate();
		}
	};
}

/** Counted in seconds that the page was awake: a computer that slept is no reason to give up the engine. */
function patience(seconds: number): { over: Promise<never>; stop: () => void } {
	let timer: ReturnType<typeof setInterval> | undefined;
	const over = new Promise<never>((_, reject) => {
		let passed = 0;
		timer = setInterval(() => {
			passed += 1;
			if (passed >= seconds) reject(new WorkerLost('stuck', `no answer for ${seconds} s`));
		}, 1000);
	});
	over.catch(() => undefined);
	return { over, stop: () => clearInterval(timer) };
}

/** Comlink cannot know what to hand over instead of copying: every request that carries buffers says so here. */
function passBuffers(remote: EnginePort): EnginePort {
	const passing = <R extends { readonly buffers?: Buffers }>(request: R): R =>
		request.buffers ? transfer(request, Object.values(request.buffers)) : request;
	return {
		describe: () => remote.describe(),
		estimate: (scenario) => remote.estimate(scenario),
		open: (request) => remote.open(request),
		advance: (request) => remote.advance(passing(request)),
		step: (request) => remote.step(passing(request)),
		seek: (request) => remote.seek(passing(request)),
		send: (request) => remote.send(passing(request)),
		undo: (request) => remote.undo(passing(request)),
		ask: (request) => remote.ask(passing(request)),
		close: (request) => remote.close(request)
	};
}

export type MemoryWish = 'auto' | BackEnd;

/** What the page can do, unless the address asks for the transferred buffer (`?memory=transferred`, used by tests). */
export function wishedMemory(wish: MemoryWish, search: string): BackEnd {
	if (wish !== 'auto') return wish;
	if (new URLSearchParams(search).get('memory') === 'transferred') return 'transferred';
	return detectIsolation();
}
