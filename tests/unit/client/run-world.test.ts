/**
 * Goal: a hidden world runs until what is wanted is known, can be ended between slices, gives its room back, and says in words why it
 * cannot run. Method: the real engine behind a call that clones messages as a worker does.
 */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/lib/client/connect.ts';
import { runWorld, type RunWish } from '../../../src/lib/client/run-world.ts';
import { switchScenario } from '../../../src/lib/engine/contract/vdpa/switch-world.ts';
import { connectInProcess } from './in-process.ts';

const wish: RunWish = {
	scenario: switchScenario({ gib: 1, pages: 'thp', kind: 'mlx5', preset: 'seed2023' }, 'own-asid'),
	untilNs: 20e9,
	sliceEvents: 24,
	limitBytes: 1.2e9,
	known: (status) => status.operations.some((operation) => operation.state !== 'running'),
	between: () => false
};
/** Counts what is asked of the engine, by name. */
function counted(): { connection: Connection; calls: string[] } {
	const calls: string[] = [];
	const inner = connectInProcess();
	const connection: Connection = {
		call: (ask) =>
			inner.call((port) =>
				ask(
					new Proxy(port, {
						get: (target, name) => {
							calls.push(String(name));
							return Reflect.get(target, name) as unknown;
						}
					})
				)
			),
		end: () => inner.end()
	};
	return { connection, calls };
}

describe('a hidden world', () => {
	it('runs until its migration has ended, and is closed', async () => {
		const { connection, calls } = counted();
		const status = await runWorld(connection, wish);
		expect(status?.operations[0]?.state).toBe('completed');
		expect(status?.vdpa?.nics[0]?.changes.map((change) => change.kind)).toContain('to-svq');
		expect(status?.nowNs).toBeLessThan(wish.untilNs);
		expect(calls[0]).toBe('open');
		expect(calls.at(-1)).toBe('close');
		expect(calls.filter((name) => name === 'advance').length).toBeGreaterThan(1);
	});

	it('ends between two slices when it is told to, and is closed all the same', async () => {
		const { connection, calls } = counted();
		let slices = 0;
		const status = await runWorld(connection, { ...wish, between: () => ++slices === 2 });
		expect(calls.filter((name) => name === 'advance')).toHaveLength(2);
		expect(calls.at(-1)).toBe('close');
		expect(status?.operations[0]?.state).not.toBe('completed');
	});

	it('ends at its last moment where nothing is ever known', async () => {
		const status = await runWorld(connectInProcess(), { ...wish, untilNs: 5e7, known: () => false });
		expect(status?.nowNs).toBe(5e7);
	});

	it('says why it cannot run', async () => {
		await expect(runWorld(connectInProcess(), { ...wish, scenario: { switchyard: 1 } })).rejects.toThrow(/\w{4}/);
		await expect(runWorld(connectInProcess(), { ...wish, limitBytes: 1000 })).rejects.toThrow(/it needs .* the limit is/);
	});
});
