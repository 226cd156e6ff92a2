import { describe, expect, it } from 'vitest';
import type { MigrationParameters } from '$lib/engine/contract/commands.ts';
import { last, reference, resident, toPhase } from './orders.ts';
import { expectPoolEmpty, expectSound, host, open, settle, smallWorld, vm } from '../../../../support/worlds.ts';

/** What may come in the middle of a move by reference, and what of it is too late. */
const change = (parameters: MigrationParameters) => ({ name: 'migrate-set-parameters', vm: 'vm0', ...parameters }) as const;

describe('parameters that are changed under way', () => {
	it.each([
		{ backing: 'dax' },
		{ naming: 'device' },
		{ records: 'pages' },
		{ leftovers: 'copy' },
		{ placing: 'contiguous' },
		{ quiesce: true },
		{ guard: 'reference' }
	] as const)('%j is settled when the move begins: refused in every phase, and the move ends as it began', (parameters) => {
		const simulation = open(smallWorld());
		simulation.send(reference('transit'));
		for (const phase of ['prepare', 'staging', 'publish', 'handoff', 'unstaging', 'release']) {
			toPhase(simulation, phase);
			expect(simulation.send(change(parameters))).toMatchObject({ ok: false, reason: 'settled' });
		}
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});

	it('what is said again as it is, and what a copy has no use for, is no change', () => {
		const simulation = open(smallWorld());
		simulation.send(reference('transit', { naming: 'device' }));
		expect(simulation.send(change({ naming: 'device', downtimeLimitNs: 1e6 })).ok).toBe(true);
		settle(simulation);
		simulation.send({ name: 'migrate', vm: 'vm0', target: 'A', strategy: 'precopy' });
		expect(simulation.send(change({ backing: 'dax' })).ok).toBe(true);
	});

	it('where the pages are to stay may be decided late, where there is room for it', () => {
		const stays = open(smallWorld());
		stays.send(reference('transit'));
		toPhase(stays, 'staging');
		expect(stays.send(change({ stayOnPool: true })).ok).toBe(true);
		expect(settle(stays)).toBe(true);
		expect(stays.world.r.vms[0]?.pagesByMemory).toEqual([0, 0, 32_768]);
		expect(stays.status().operations[0]?.phases.map(({ id }) => id)).toEqual(['prepare', 'staging', 'publish', 'handoff']);
		expectSound(stays);

		const home = resident();
		home.send(reference('resident'));
		expect(home.send(change({ stayOnPool: false })).ok).toBe(true);
		expect(settle(home)).toBe(true);
		expect(home.world.r.vms[0]?.pagesByMemory).toEqual([0, 32_768, 0]);
		expectSound(home);
		expectPoolEmpty(home);

		const full = open(smallWorld({ hosts: [host('A', 512), host('B', 256)], vms: [vm('vm0', 'A', 128), vm('vm1', 'B', 128)] }));
		full.send(reference('transit', { stayOnPool: true }));
		expect(full.send(change({ stayOnPool: false }))).toMatchObject({ ok: false, reason: 'no-room-target' });
	});
});
