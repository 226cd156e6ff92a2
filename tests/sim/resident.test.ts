import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import { expectPinsKnown, expectPoolEmpty, expectSound, host, migrate, open, settle, smallWorld, vm } from '../support/worlds.ts';

/** A VM that stayed on the pool after its move, and what it can do from there. */
const world = smallWorld({
	hosts: [host('A', 512), host('B', 512), host('C', 512)],
	pool: { bytes: 512 * MIB }
});

function resident(pages = 'thp') {
	const simulation = open({ ...world, vms: [vm('vm0', 'A', 128, { pages })] });
	simulation.send(migrate('transit', { stayOnPool: true }));
	expect(settle(simulation)).toBe(true);
	expect(simulation.status().vms[0]?.id).toBe('vm0');
	expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([0, 0, 0, 32_768]);
	expectSound(simulation);
	return simulation;
}

describe('a VM that lives on the pool', () => {
	it.each(['thp', '4k'])('moves on to a third host without a page being staged, and home (%s)', (pages) => {
		const simulation = resident(pages);
		const extents = simulation.world.r.extents.length;
		expect(simulation.send(migrate('transit', { stayOnPool: true }, 'vm0', 'C')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.operations[1]).toMatchObject({ state: 'completed', cxlBytes: 0 });
		expect(simulation.world.r.extents.length).toBe(extents);
		expectSound(simulation);
		expect(simulation.send(migrate('transit', {}, 'vm0', 'A')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([32_768, 0, 0, 0]);
		expectSound(simulation);
		expectPinsKnown(simulation);
		expectPoolEmpty(simulation);
	});

	it('leaves by copy, and its extents go back', () => {
		const simulation = resident();
		expect(simulation.send(migrate('precopy', {}, 'vm0', 'C')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.operations[1]?.state).toBe('completed');
		expect(simulation.world.r.vms[0]?.ownerHost).toBe(2);
		expectSound(simulation);
		expect(simulation.world.r.extents.every((extent) => extent.state === 'released')).toBe(true);
	});

	it.each(['prepare', 'publish', 'handoff'] as const)(
		'cancelled in %s it stays where it lived, and can be ordered home afterwards',
		(phase) => {
			const simulation = resident();
			const before = simulation.world.r.extents.length;
			expect(simulation.send(migrate('transit', {}, 'vm0', 'C')).ok).toBe(true);
			simulation.advance(simulation.world.r.nowNs + 1e9, Infinity, ({ r }) => r.operations[1]?.phase === phase);
			expect(simulation.world.r.operations[1]?.phase).toBe(phase);
			expect(simulation.send({ name: 'migrate-cancel', vm: 'vm0' }).ok).toBe(true);
			expect(settle(simulation)).toBe(true);
			expect(simulation.world.r.operations[1]).toMatchObject({
				state: 'cancelled',
				reason: 'cancelled',
				cxlBytes: 0
			});
			expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([0, 0, 0, 32_768]);
			expect(simulation.world.r.vms[0]?.ownerHost).toBe(1);
			expect(simulation.world.r.extents.length).toBe(before);
			expectSound(simulation);
			expect(simulation.send(migrate('transit', {}, 'vm0', 'A')).ok).toBe(true);
			expect(settle(simulation)).toBe(true);
			expect(simulation.world.r.operations[2]?.state).toBe('completed');
			expectSound(simulation);
			expectPoolEmpty(simulation);
		}
	);

	it('needs no room at home when its move is cancelled', () => {
		const full = open({
			...world,
			hosts: [host('A', 512), host('B', 256)],
			vms: [vm('vm0', 'A', 128), vm('vm1', 'B', 128)]
		});
		full.send(migrate('transit', { stayOnPool: true }));
		expect(settle(full)).toBe(true);
		expect(full.send(migrate('transit', {}, 'vm0', 'A')).ok).toBe(true);
		expect(full.send({ name: 'migrate-cancel', vm: 'vm0' }).ok).toBe(true);
		expect(settle(full)).toBe(true);
		expect(full.world.r.operations[1]).toMatchObject({
			state: 'cancelled',
			reason: 'cancelled'
		});
		expectSound(full);
		expect(full.send(migrate('transit', {}, 'vm0', 'A')).ok).toBe(true);
		expect(settle(full)).toBe(true);
		expect(full.world.r.operations[2]?.state).toBe('completed');
		expectSound(full);
		expectPoolEmpty(full);
	});
});

describe('two VMs on the pool of one host', () => {
	it('never lie in each other’s extents', () => {
		const simulation = open({
			...world,
			hosts: [host('A', 768), host('B', 768)],
			pool: { bytes: 768 * MIB },
			vms: [vm('vm0', 'A', 128, { pages: '4k' }), vm('vm1', 'A', 128)]
		});
		simulation.send(migrate('transit'));
		simulation.advance(30_000_000);
		simulation.send(migrate('transit', {}, 'vm1'));
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.operations.map((operation) => operation.state)).toEqual(['completed', 'completed']);
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});
});
