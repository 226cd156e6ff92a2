/**
 * Goal: a call to the engine answers or says that nobody is there; buffers are handed over, not copied.
 * Method: a worker's two ends over a message channel, with an engine that answers, throws, or is silent.
 */
import { expose, transfer } from 'comlink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, wishedMemory, WorkerLost } from '../../../src/lib/client/connect.ts';
import type { AdvanceRequest } from '../../../src/lib/engine/contract/port.ts';

/** As much of a Worker as the client uses. */
class ChannelWorker extends EventTarget {
	terminated = false;
	private readonly channel = new MessageChannel();
	constructor(engine: object) {
		super();
		expose(engine, this.channel.port2 as unknown as MessagePort);
		this.channel.port1.addEventListener('message', (event) => this.dispatchEvent(new MessageEvent('message', { data: event.data })));
		this.channel.port1.start();
	}
	postMessage(message: unknown, list: ArrayBuffer[]): void {
		this.channel.port1.postMessage(message, list);
	}
	terminate(): void {
		this.terminated = true;
		this.channel.port1.close();
	}
}

const start = (engine: object, patienceS?: number) => {
	const worker = new ChannelWorker(engine);
	return { worker, connection: connect(worker as unknown as Worker, patienceS) };
};

describe('a connection', () => {
	it('passes answers on', async () => {
		const { connection } = start({ describe: () => ({ modelVersion: 3 }) });
		expect(await connection.call((port) => port.describe())).toEqual({ modelVersion: 3 });
		connection.end();
	});

	it('hands buffers over, there and back', async () => {
		const { connection } = start({
			advance: ({ buffers }: AdvanceRequest) => {
				const buffer = buffers?.[7] as ArrayBuffer;
				new Uint8Array(buffer)[0] = 42;
				return transfer({ buffers: { 7: buffer } }, [buffer]);
			}
		});
		const buffer = new ArrayBuffer(64);
		const answer = await connection.call((port) => port.advance({ worlds: [7], untilNs: 1, eventBudget: 1, buffers: { 7: buffer } }));
		expect(buffer.byteLength).toBe(0);
		expect(new Uint8Array(answer.buffers?.[7] as ArrayBuffer)[0]).toBe(42);
		connection.end();
	});

	it('passes a thrown error on as it is', async () => {
		const { connection } = start({
			describe: () => {
				throw new Error('a rule is broken');
			}
		});
		const error = await connection.call((port) => port.describe()).catch((reason: unknown) => reason);
		expect(error).toMatchObject({ message: 'a rule is broken' });
		expect(error).not.toBeInstanceOf(WorkerLost);
		connection.end();
	});

	it.each(['error', 'messageerror'])('rejects what is outstanding, and all later, after an %s', async (kind) => {
		const { worker, connection } = start({ describe: () => new Promise(() => undefined) });
		const waiting = connection.call((port) => port.describe());
		worker.dispatchEvent(new Event(kind));
		await expect(waiting).rejects.toBeInstanceOf(WorkerLost);
		await expect(connection.call((port) => port.describe())).rejects.toBeInstanceOf(WorkerLost);
		connection.end();
	});

	it('ends its worker, and what waits for it', async () => {
		const { worker, connection } = start({ describe: () => new Promise(() => undefined) });
		const waiting = connection.call((port) => port.describe());
		connection.end();
		await expect(waiting).rejects.toMatchObject({ kind: 'failed' });
		expect(worker.terminated).toBe(true);
	});
});

describe('patience', () => {
	beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
	afterEach(() => void vi.useRealTimers());

	it('ends after so many seconds without an answer', async () => {
		const { connection } = start({ describe: () => new Promise(() => undefined) }, 5);
		const waiting = connection.call((port) => port.describe());
		vi.advanceTimersByTime(4_900);
		const early = await Promise.race([waiting.catch(() => 'lost'), Promise.resolve('waiting')]);
		expect(early).toBe('waiting');
		vi.advanceTimersByTime(200);
		await expect(waiting).rejects.toMatchObject({ kind: 'stuck', message: 'no answer for 5 s' });
		connection.end();
	});

	it('is new for every call', async () => {
		const { connection } = start({ describe: () => ({ modelVersion: 1 }) }, 5);
		for (let times = 0; times < 4; times += 1) {
			await connection.call((port) => port.describe());
			vi.advanceTimersByTime(3_000);
		}
		expect(vi.getTimerCount()).toBe(0);
		connection.end();
	});
});

describe('the kind of memory', () => {
	it('is what the address asks for, or what the page can', () => {
		expect(wishedMemory('auto', '?memory=transferred')).toBe('transferred');
		expect(wishedMemory('shared', '?memory=transferred')).toBe('shared');
		// Node has a SharedArrayBuffer and is not isolated: both halves are needed.
		expect(wishedMemory('auto', '')).toBe('transferred');
	});
});
