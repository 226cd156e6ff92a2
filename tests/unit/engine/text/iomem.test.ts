import { describe, expect, it } from 'vitest';
import { iomem } from '../../../../src/lib/engine/text/iomem.ts';
import { typed } from '../../../support/console.ts';
import { ask, machine, THREE_NODES, VIRTIO_MEM } from '../../../support/machines.ts';

describe('the tree of resources', () => {
	it('puts what lies inside below what it lies in, whatever the order', () => {
		const outer = { firstByte: 0x100000000, endByte: 0x180000000, name: 'CXL Window 0' };
		const inner = { firstByte: 0x100000000, endByte: 0x140000000, name: 'region0' };
		const dax = { firstByte: 0x100000000, endByte: 0x140000000, name: 'dax0.0' };
		const low = { firstByte: 0x1000, endByte: 0x9fc00, name: 'System RAM' };
		expect(iomem([inner, dax, outer, low])).toBe(
			'00001000-0009fbff : System RAM\n100000000-17fffffff : CXL Window 0\n  100000000-13fffffff : region0\n    100000000-13fffffff : dax0.0\n'
		);
	});
	it('goes back out for the next one', () => {
		const ranges = [
			{ firstByte: 0, endByte: 0x4000, name: 'a' },
			{ firstByte: 0, endByte: 0x1000, name: 'b' },
			{ firstByte: 0x1000, endByte: 0x2000, name: 'c' },
			{ firstByte: 0x4000, endByte: 0x5000, name: 'd' }
		];
		expect(iomem(ranges)).toBe('00000000-00003fff : a\n  00000000-00000fff : b\n  00001000-00001fff : c\n00004000-00004fff : d\n');
	});
});

describe('/proc/iomem of a machine', () => {
	it('boot memory and what firmware keeps', () => {
		const text = typed(machine('-machine q35 -m 1G'), 'cat /proc/iomem');
		expect(text).toBe(
			[
				'00000000-00000fff : Reserved',
				'00001000-0009fbff : System RAM',
				'0009fc00-0009ffff : Reserved',
				'000f0000-000fffff : Reserved',
				'00100000-3ffdffff : System RAM',
				'3ffe0000-3fffffff : Reserved',
				'b0000000-bfffffff : Reserved',
				'feffc000-feffffff : Reserved',
				'fffc0000-ffffffff : Reserved',
				''
			].join('\n')
		);
	});
	it('RAM beyond 4 GiB goes on there', () => {
		expect(typed(machine('-machine q35 -m 4G'), 'cat /proc/iomem')).toMatch(
			/00100000-7ffdffff : System RAM\n7ffe0000-7fffffff : Reserved\n[^]*\n100000000-17fffffff : System RAM\n$/
		);
	});
	it('virtio-mem: blocks inside the region, neighbours merged', () => {
		const simulation = machine(VIRTIO_MEM);
		const lines = () =>
			typed(simulation, 'cat /proc/iomem')
				.split('\n')
				.filter((line) => /virtio/.test(line));
		expect(lines()).toEqual(['100000000-17fffffff : virtio1']);
		typed(simulation, 'qom-set vm0 requested-size 300M');
		simulation.advance(simulation.nowNs + 5e9);
		expect(lines()).toEqual(['100000000-17fffffff : virtio1', '  100000000-117ffffff : System RAM (virtio_mem)']);
	});
	it('a DIMM comes and goes', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
		const has = () => typed(simulation, 'cat /proc/iomem').includes('100000000-11fffffff : System RAM\n');
		expect(has()).toBe(false);
		ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'dm0', size: 536870912 } });
		ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'd0', memdev: 'dm0', node: 2 } });
		simulation.advance(simulation.nowNs + 5e9);
		expect(has()).toBe(true);
		ask(simulation, { name: 'qmp', execute: 'device_del', arguments: { id: 'd0' } });
		simulation.advance(simulation.nowNs + 5e9);
		expect(typed(simulation, 'cat /proc/iomem')).not.toContain('100000000');
	});
});
