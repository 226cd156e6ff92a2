import { describe, expect, test } from 'vitest';
import { VDPA_FAULTS } from '$lib/engine/faults/vdpa.ts';
import type { Fault } from '$lib/engine/faults/index.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { host, open, smallWorld, vm } from '../support/worlds.ts';
import { broken } from './worlds.ts';

const MIB = 2 ** 20;

/** A VM whose memory two devices have pinned, in ZONE_NORMAL of a host that has room for it there. */
function pinnedVm(pages: 'thp' | '4k'): Simulation {
	const roomy = { normalBytes: 256 * MIB };
	const vdpa = {
		nics: [
			{ id: 'nic0', kind: 'mlx5' },
			{ id: 'nic1', kind: 'platform' }
		]
	};
	return open(smallWorld({ hosts: [host('A', 512, roomy), host('B', 512, roomy)], vms: [vm('vm0', 'A', 128, { pages, vdpa })] }));
}

describe('a planted fault of pins or queues is caught', () => {
	test.each(Object.keys(VDPA_FAULTS).flatMap((id) => [[id, 'thp'] as const, [id, '4k'] as const]))('%s, %s', (id, pages) => {
		const fault: Fault = VDPA_FAULTS[id as keyof typeof VDPA_FAULTS];
		const simulation = pinnedVm(pages);
		expect(simulation.status().vdpa?.guests[0]?.pinnedPages[0]).toBeGreaterThan(65_536);
		expect(broken(simulation)).toEqual([]);
		expect(simulation.send({ name: 'plant', fault: id }).ok).toBe(true);
		const found = broken(simulation);
		expect(found.map((check) => check.id)).toEqual([...fault.caughtBy]);
		expect(found[0]?.found).toMatch(/vm0/);
		expect(simulation.status().marks[0]).toBe(`planted fault: ${fault.sentence}`);
	});
});
