import { describe, expect, it } from 'vitest';
import { packetsOnRings, trafficStatus } from '../../../../../src/lib/engine/vdpa/queues/status.ts';
import { unreturnedPages } from '../../../../../src/lib/engine/vdpa/queues/unreturned.ts';
import { dirtyOrEqual, oldPages, proveContent } from '../../../../../src/lib/engine/whole/content.ts';
import { nicWorld } from '../../../../support/nic-world.ts';

const MS = 1_000_000;

describe('a VM that receives packets while it moves', () => {
	it('arrives whole: whatever its device wrote is marked, or about to be', () => {
		const { simulation, world, nic } = nicWorld({ traffic: { packetsPerSecond: 30_000, receivePermille: 800 } }, {}, 120_000_000);
		expect(simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy' }).ok).toBe(true);
		let unreturned = 0;
		for (let at = 10 * MS; at < 6_000 * MS && world.r.vms[0]?.running === 0; at += 15 * MS) {
			simulation.advance(at);
			unreturned += unreturnedPages(world, 0).size;
			expect(dirtyOrEqual(world), `at ${at} ns`).toBeNull();
		}
		simulation.advance(8_000 * MS);
		expect(world.r.operations[0]?.state).toBe('completed');
		expect(world.r.vms[0]?.running).toBe(1);
		expect(proveContent(world).found).toBeNull();
		expect([nic.wrongCount, nic.faultCount]).toEqual([0, 0]);
		// Looked at between the device's write and QEMU's mark at least once, or the statement above says little.
		expect(unreturned).toBeGreaterThan(0);
		const { traffic } = nic;
		const { waiting, returning } = packetsOnRings(world, nic);
		expect(traffic.arrived).toBe(traffic.received + traffic.sent + traffic.lost + traffic.misplaced + waiting + returning);
		// The switch to shadow queues, and the end: packets stood still twice.
		expect(trafficStatus(world, nic).gaps.length).toBe(2);
	});

	it('loses pages when its device goes on writing past the log', () => {
		const { simulation, world } = nicWorld({ traffic: { packetsPerSecond: 30_000, receivePermille: 800 } }, {}, 120_000_000);
		world.r.belief = 'device-writes-are-logged';
		simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy' });
		for (let at = 10 * MS; at < 6_000 * MS && world.r.vms[0]?.running === 0; at += 15 * MS) simulation.advance(at);
		expect(world.r.vms[0]?.running).toBe(1);
		expect(proveContent(world).found).toMatch(/stale|neither/);
		expect(oldPages(world, 0)).toBeGreaterThan(0);
		// Its buffers are written again soon; what programs kept of them stays lost.
		simulation.advance(world.r.nowNs + 1_000 * MS);
		expect(proveContent(world).found).toMatch(/stale|neither/);
	});
});
