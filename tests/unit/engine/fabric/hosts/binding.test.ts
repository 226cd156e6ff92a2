import { describe, expect, it } from 'vitest';
import { GIB } from '../../../../../src/lib/base/units.ts';
import { countsOf } from '../../../../../src/lib/engine/fabric/dcd/lists.ts';
import { fabric, tell, until } from '../../../../support/fabric.ts';

/** A logical device goes from one host to another with everything in it: unbinding and releasing are different layers. */
describe('a logical device of an MLD', () => {
	it('keeps its extents when it is unbound, and the next host reads them from the list', () => {
		const simulation = fabric({
			switches: [
				{
					id: 'sw',
					hosts: [
						{ host: 'A', port: 0 },
						{ host: 'B', port: 1 }
					],
					bound: [{ host: 'A', vppb: 0, port: 4, ld: 0 }]
				}
			],
			devices: [{ id: 'mld', kind: 'mld', lds: 2, at: { switch: 'sw', port: 4 }, regions: [{ bytes: '4 GiB' }] }],
			hosts: [
				{ id: 'A', use: 'none' },
				{ id: 'B', use: 'none' }
			]
		});
		const { fabric: records } = simulation.world.r;
		expect(tell(simulation, 'fm', 'mld', 'initiate-dynamic-capacity-add', { host: 'A', bytes: GIB, tag: 'T' }).ok).toBe(true);
		expect(until(simulation, 1, () => countsOf(simulation.world, 0, 0).accepted.bytes === GIB)).toBe(true);
		expect(records.tags[0]?.holders).toEqual(['A']);
		expect(tell(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 2 }).ok).toBe(true);
		expect(until(simulation, 60, () => simulation.world.r.fabric.devices[0]?.lds[0]?.host === null)).toBe(true);
		expect(countsOf(simulation.world, 0, 0).accepted.bytes).toBe(GIB);
		expect(simulation.world.r.fabric.tags[0]?.holders).toEqual([]);
		expect(tell(simulation, 'fm', 'sw', 'bind-vppb', { host: 'B', 'vppb-id': 0, 'port-id': 4, 'ld-id': 0 }).detail).toBe('');
		expect(until(simulation, 60, () => simulation.world.r.fabric.devices[0]?.lds[0]?.host === 'B')).toBe(true);
		expect(simulation.world.r.fabric.tags[0]?.holders).toEqual(['B']);
		const log = (): string => (simulation.world.r.fabric.peers[1]?.log ?? []).map((line) => line.text).join();
		expect(until(simulation, 60, () => log().includes('mld: 1 extents in the list'))).toBe(true);
	});
});
