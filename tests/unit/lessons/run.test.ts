/**
 * The runner against a port made for the purpose: buffers travel with every call and come back, a world is closed whatever
 * happened, a run that is no longer wanted ends early, a refusal and a crash are told apart.
 */
import { describe, expect, it } from 'vitest';
import { ok, refused } from '../../../src/lib/base/outcome.ts';
import type { AdvanceAnswer, EnginePort } from '../../../src/lib/engine/contract/port.ts';
import { EngineStopped, runToEnd } from '../../../src/lib/lessons/run.ts';

interface Script {
	readonly calls: string[];
	readonly turns: number;
	readonly crash?: boolean;
	readonly refuse?: boolean;
}

function port(script: Script): EnginePort {
	let left = script.turns;
	let home: ArrayBuffer = new ArrayBuffer(64);
	const lend = (buffers: Readonly<Record<number, ArrayBuffer>> | undefined) => {
		expect(buffers?.[7]).toBe(home);
		home = new ArrayBuffer(64);
		return { 7: home };
	};
	const never = () => Promise.reject(new Error('not part of this script'));
	return {
		describe: never,
		estimate: never,
		step: never,
		seek: never,
		send: never,
		undo: never,
		open(request) {
			script.calls.push(`open ${request.memory} ${request.belief ?? 'truth'}`);
			if (script.refuse) return Promise.resolve(refused('bad-scenario', 'seed: expected a number'));
			return Promise.resolve(
				ok({
					world: 7,
					buffer: home,
					byteLength: 64,
					status: { nowNs: 0, operations: [] } as never
				})
			);
		},
		advance(request) {
			left -= 1;
			script.calls.push(`advance ${request.untilNs}`);
			return Promise.resolve({
				done: left <= 0,
				statuses: { 7: { nowNs: request.untilNs, operations: [] } },
				events: 10,
				progress: 1 - left / script.turns,
				buffers: lend(request.buffers),
				crash: script.crash
					? {
							world: 7,
							message: 'a frame in two allocators',
							stack: '',
							atNs: 1,
							eventCount: 1,
							journal: []
						}
					: null
			} as unknown as AdvanceAnswer);
		},
		ask(request) {
			script.calls.push(`ask ${request.query.kind}`);
			const answer =
				request.query.kind === 'evaluate'
					? [true, 5]
					: request.query.kind === 'records'
						? [
								{
									kind: 'command',
									values: { outcome: 'refused', reason: 'unmovable-page' },
									text: 'migrate: refused'
								}
							]
						: { nowNs: 9, operations: [], vms: [] };
			return Promise.resolve({ answer, buffers: lend(request.buffers) } as never);
		},
		close({ world }) {
			script.calls.push(`close ${world}`);
			return Promise.resolve();
		}
	};
}

const order = { scenario: {}, untilNs: 9, expressions: [{ q: 'completed' }, 5] } as const;

describe('runToEnd', () => {
	it('opens, advances until done, asks and closes, passing the buffer to and fro', async () => {
		const script: Script = { calls: [], turns: 3 };
		const progress: number[] = [];
		const run = await runToEnd(port(script), {
			...order,
			belief: 'sent-stays-sent',
			onprogress: (fraction) => progress.push(fraction)
		});
		expect(script.calls).toEqual([
			'open transferred sent-stays-sent',
			'advance 9',
			'advance 9',
			'advance 9',
			'ask summary',
			'ask evaluate',
			'ask records',
			'close 7'
		]);
		expect(run.ok && run.value?.values).toEqual([true, 5]);
		// No operation came of it: the engine's own words say why.
		expect(run.ok && run.value?.refusal).toEqual({
			reason: 'unmovable-page',
			text: 'migrate: refused'
		});
		expect(progress.at(-1)).toBe(1);
	});

	it('ends early when it is no longer wanted, and still closes', async () => {
		const script: Script = { calls: [], turns: 100 };
		let wanted = 2;
		const run = await runToEnd(port(script), { ...order, wanted: () => wanted-- > 0 });
		expect(run).toEqual(ok(null));
		expect(script.calls).toEqual(['open transferred truth', 'advance 9', 'advance 9', 'close 7']);
	});

	it('does not wait for what was never begun', async () => {
		const script: Script = { calls: [], turns: 100 };
		const run = await runToEnd(port(script), { ...order, endWithoutOperation: true });
		expect(script.calls.filter((call) => call.startsWith('advance'))).toHaveLength(1);
		expect(run.ok && run.value?.refusal?.reason).toBe('unmovable-page');
	});

	it('hands on a refusal', async () => {
		const run = await runToEnd(port({ calls: [], turns: 1, refuse: true }), order);
		expect(run).toMatchObject({ ok: false, reason: 'bad-scenario' });
	});

	it('throws what is no refusal: the engine stopped', async () => {
		const script: Script = { calls: [], turns: 5, crash: true };
		await expect(runToEnd(port(script), order)).rejects.toThrow(EngineStopped);
		expect(script.calls.at(-1)).toBe('close 7');
	});
});
