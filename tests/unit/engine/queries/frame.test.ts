import { describe, expect, it } from 'vitest';
import { typed } from '../../../support/console.ts';
import { machine, VIRTIO_MEM } from '../../../support/machines.ts';

function withUsers() {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
	typed(simulation, 'qom-set vm0 requested-size 256M');
	simulation.advance(simulation.nowNs + 5e9);
	for (const line of [
		'p0: map a 4M',
		'p0: touch a',
		'p0: map b 64K',
		'p0: nothp b',
		'p0: touch b',
		'p0: vmsplice b 4K',
		'p0: mapsecure x 4K',
		'p0: touch x'
	])
		typed(simulation, line);
	return simulation;
}

describe('what lies in a frame', () => {
	const simulation = withUsers();
	const at = (pfn: number) => simulation.ask({ kind: 'frame', machine: 'm', pfn });

	it('is a huge folio of a process', () => {
		const first = [...Array(130).keys()].map((block) => at(2 ** 20 + block * 512)).find((answer) => answer?.area === 'a');
		expect(first).toMatchObject({
			node: 0,
			zone: 'MOVABLE',
			migratetype: 'movable',
			kind: 'user',
			order: 9,
			pages: 512,
			processes: ['p0'],
			mappings: 1,
			references: 1,
			pins: 0,
			movable: true,
			held: []
		});
		expect(first?.sentence).toBe(
			'In use in zone Movable of node 0: one of 512 pages of a huge folio, area a of p0, mapped once. It can move.'
		);
		expect(first?.line).toMatch(/^cat \/proc\/\d+\/numa_maps$/);
		expect(simulation.ask({ kind: 'console', machine: 'm', line: first?.line ?? '' })).toMatchObject({ kind: 'text', status: 0 });
	});

	it('says who holds a page, and that it cannot move', () => {
		const held = simulation.status().machines[0]?.held.find((entry) => entry.term === 'get')?.runs[0]?.[0] ?? -1;
		expect(at(held)).toMatchObject({
			kind: 'user',
			area: 'b',
			page: 0,
			order: 0,
			references: 2,
			mappings: 1,
			held: [{ process: 'p0', term: 'get' }]
		});
		expect(at(held)?.sentence).toBe(
			'In use in zone Movable of node 0: a page, area b of p0, mapped once, referenced by p0. It cannot move while it is held.'
		);
		expect(at(held + 1)).toMatchObject({ area: 'b', page: 1, references: 1, held: [] });
	});

	it('is free, reserved, secret, a page table, or nothing', () => {
		const kinds = new Set<string>();
		for (let pfn = 0; pfn < 2 ** 18; pfn += 37) kinds.add(at(pfn)?.kind ?? 'no memory');
		expect([...kinds].sort()).toEqual(expect.arrayContaining(['free', 'kernel', 'reserved']));
		const secret = simulation.status().machines[0]?.held.find((entry) => entry.term === 'secure')?.runs[0]?.[0] ?? -1;
		expect(at(secret)).toMatchObject({ kind: 'secure', movable: false, zone: 'DMA32' });
		expect(at(secret)?.sentence).toMatch(/It never moves\.$/);
		expect(at(2 ** 40)).toBeNull();
		expect(simulation.ask({ kind: 'frame', machine: 'other', pfn: 0 })).toBeNull();
	});

	it('is found by pfn, address, block, process and pid', () => {
		const find = (text: string) => simulation.ask({ kind: 'find', text }).hits.map((hit) => hit.object);
		expect(find('pfn 0x100000')).toEqual([{ type: 'frame', machine: 'm', pfn: 2 ** 20 }]);
		expect(find('memory32')).toContainEqual({ type: 'memoryBlock', machine: 'm', block: 32 });
		expect(find('p0')).toContainEqual({ type: 'process', machine: 'm', process: 'p0' });
		expect(find('pid 100')).toEqual([{ type: 'process', machine: 'm', process: 'p0' }]);
	});
});
