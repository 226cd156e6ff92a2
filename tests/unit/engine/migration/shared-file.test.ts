import { describe, expect, test } from 'vitest';
import { MIB } from '$lib/base/units.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { expectSound, migrate, open, settle, smallWorld, vm } from '../../../support/worlds.ts';

const onFile = (ways: Record<string, unknown> = {}, pool: Record<string, unknown> = {}): Simulation =>
	open(
		smallWorld({
			pool: { bytes: 512 * MIB, ...pool },
			vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool', backing: 'dax', memory: 'shared-file', ...ways } })]
		})
	);

function moved(simulation: Simulation): Simulation {
	simulation.advance(40_000_000);
	expect(simulation.send(migrate('shared-file')).ok).toBe(true);
	while (simulation.status().operations[0]?.state === 'running') {
		simulation.step('event');
		expectSound(simulation);
	}
	return simulation;
}

describe('x-ignore-shared over a file that both hosts map', () => {
	test('on a coherent pool only the device state crosses', () => {
		const simulation = moved(onFile({}, { hardwareCoherent: true }));
		const [operation] = simulation.status().operations;
		expect(operation).toMatchObject({ state: 'completed', cxlBytes: 0, networkBytes: 2 * MIB + 2 * 16 * 1024 });
		expect(operation?.downtimeNs).toBeLessThan(25_000_000);
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'B', instances: [null, 'B'] });
		expect(simulation.status().marks).toEqual([]);
		// And back, by the same way.
		expect(simulation.send(migrate('shared-file', {}, 'vm0', 'A')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(simulation.status().vms[0]?.runsOn).toBe('A');
		expectSound(simulation);
	});

	test('without coherence the last writes stay in caches: marked, named, and no other page is excused', () => {
		const simulation = moved(onFile());
		expect(simulation.status().marks).toEqual([expect.stringMatching(/^lost: the last write to \d+ pages of vm0 stayed in caches of A/)]);
		expect(simulation.world.trace.some((record) => record.kind === 'loss' && record.rule === 'shared-file')).toBe(true);
	});

	test('refuses memory that no file holds, and a block at another guest address', () => {
		const own = open(smallWorld());
		expect(own.send(migrate('shared-file'))).toMatchObject({ ok: false, reason: 'not-shared' });
		expect(onFile({ memory: 'shared-anonymous' }).send(migrate('shared-file'))).toMatchObject({ ok: false, reason: 'not-shared' });
		const apart = onFile({ targetRamBase: 1024 * MIB });
		apart.send(migrate('shared-file'));
		expect(settle(apart)).toBe(true);
		expect(apart.status().operations[0]).toMatchObject({ state: 'failed', reason: 'mismatched-gpas' });
		expect(apart.world.trace.at(-1)?.text).toMatch(/Mismatched GPAs/);
		expect(apart.status().vms[0]).toMatchObject({ runsOn: 'A', instances: ['A', null] });
		expectSound(apart);
	});

	test('a connection that breaks in the switch-over leaves two runners, which is said', () => {
		const simulation = onFile({}, { hardwareCoherent: true });
		simulation.send(migrate('shared-file'));
		simulation.advance(1_000_000_000, Infinity, ({ r }) => r.operations[0]?.phase === 'switchover');
		expect(simulation.send({ name: 'migrate-cancel', vm: 'vm0' })).toMatchObject({ ok: false, reason: 'too-late' });
		expect(simulation.send({ name: 'rack', execute: 'break-stream', vm: 'vm0' }).ok).toBe(true);
		expect(simulation.status().operations[0]).toMatchObject({ state: 'failed', reason: 'two-runners' });
		expect(simulation.status().marks[0]).toMatch(/both run vm0 on the same memory/);
		expectSound(simulation);
	});

	test('before it the source goes on, cancelled or broken', () => {
		for (const command of [
			{ name: 'migrate-cancel', vm: 'vm0' },
			{ name: 'rack', execute: 'break-stream', vm: 'vm0' }
		] as const) {
			const simulation = onFile();
			simulation.send(migrate('shared-file'));
			expect(simulation.send(command).ok).toBe(true);
			expect(settle(simulation)).toBe(true);
			expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', instances: ['A', null], vcpuState: 'running' });
			expectSound(simulation);
		}
	});
});
