import { expect, test } from 'vitest';
import { RACK_FAULTS } from '../../src/lib/engine/faults/rack.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { host, open, smallWorld, vm } from '../support/worlds.ts';
import { broken } from './worlds.ts';

/** Each broken rule of the rack is named by a statement, and by none before it is broken. */
const MS = 1e6;
/** On the pool; a host that lost its link alone endangers what is in its DRAM, which boots anew elsewhere in 5 s. */
const world = (lives: 'pool' | 'dram'): Simulation =>
	open({
		...smallWorld({
			hosts: [host('A', 512), host('B', 512), host('C', 512)],
			pool: { bytes: 512 * 1024 * 1024, hardwareCoherent: true },
			vms: [vm('vm0', 'A', 128, { ways: { lives } })],
			costs: { vmColdBootS: 5 },
			untilNs: 8000 * MS
		}),
		rack: { ha: { checkpointEveryNs: '20ms' } }
	});

const HOW: Readonly<Record<keyof typeof RACK_FAULTS, readonly [string, Record<string, unknown>]>> = {
	'skip-fence': ['pause', { forNs: 500 * MS }],
	'late-self-fence': ['cut-link', { link: 'cxl' }],
	'keep-token': ['crash', {}],
	'forget-loss': ['crash', {}]
};

test.each(Object.keys(HOW) as (keyof typeof RACK_FAULTS)[])('%s', (fault) => {
	const simulation = world(fault === 'late-self-fence' ? 'dram' : 'pool');
	simulation.advance(105 * MS);
	expect(broken(simulation)).toEqual([]);
	expect(simulation.send({ name: 'plant', fault }).ok).toBe(true);
	const [execute, given] = HOW[fault];
	expect(simulation.send({ name: 'rack', execute, host: 'A', arguments: given }).ok).toBe(true);
	const found = new Set<string>();
	while (simulation.nowNs < 8000 * MS && found.size === 0) {
		simulation.advance(simulation.nowNs + (simulation.nowNs < 1000 * MS ? 5 : 200) * MS);
		for (const each of broken(simulation)) found.add(each.id);
	}
	expect([...found]).toEqual(RACK_FAULTS[fault].caughtBy);
});
