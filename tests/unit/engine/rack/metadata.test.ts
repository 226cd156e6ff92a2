/** Goal: where the page structures of a VM on the pool lie decides whether a peer can take it over. Method: the same crash, with the same saved registers. */
import { describe, expect, test } from 'vitest';
import { catalogueScenario } from '$lib/engine/contract/scenario/catalogue/index.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import { migrate, open } from '../../../support/worlds.ts';

const world = (metadata: 'device' | 'host', journal: boolean) => {
	const scenario = structuredClone(catalogueScenario('metadata-was-local')) as Scenario;
	Object.assign(scenario.vms[0]?.ways ?? {}, { metadata });
	return open(journal ? scenario : { ...scenario, journal: [] });
};

describe('page structures of a VM on the pool', () => {
	test.each([
		['device', 'from-checkpoint'],
		['host', 'cold-boot']
	] as const)('on the %s: after a crash it is %s', (metadata, how) => {
		const simulation = world(metadata, true);
		simulation.advance(60_000_000_000);
		const loss = simulation.world.r.rack?.losses[0];
		expect(loss?.registersFromNs).toBeGreaterThan(0);
		expect(loss?.how).toBe(how);
		expect(simulation.world.trace.some((record) => record.rule === 'metadata-home')).toBe(metadata === 'host');
		expect(simulation.status().vms[0]?.runsOn).toBe('B');
	});

	test('a hand-off in good order only takes longer to prepare: the target writes its own', () => {
		const run = (metadata: 'device' | 'host') => {
			const simulation = world(metadata, false);
			expect(simulation.send(migrate('resident')).ok).toBe(true);
			simulation.advance(1_000_000_000);
			const operation = simulation.status().operations[0];
			expect(operation?.state).toBe('completed');
			// The stop waits for the end of a time slice; how long the ranges took is seen before it.
			const read = simulation.world.trace.find((record) => record.values['step'] === 'check-ranges');
			return { gone: operation?.downtimeNs ?? 0, readNs: read?.atNs ?? 0 };
		};
		const [there, here] = [run('device'), run('host')];
		expect(here.gone).toBe(there.gone);
		// 131,072 structures of 64 bytes at 10 GB/s.
		expect(here.readNs - there.readNs).toBe(Math.ceil((131_072 * 64) / 10));
	});
});
