import { describe, expect, it } from 'vitest';
import { machine } from '../../../support/machines.ts';
import { typed } from '../../../support/console.ts';

/**
 * The session of the cover letter of virtio-mem RFC v4 (linux-virtualization, 2019-12-12), typed as the letter has it. Where
 * the letter leaves words out ("[...]"), memory of the nodes is left to QEMU's split, as its default machine did then.
 */
const START = String.raw`qemu-system-x86_64 -m 4G,maxmem=20G \
-smp sockets=2,cores=2 \
-numa node,nodeid=0,cpus=0-1 -numa node,nodeid=1,cpus=2-3 \
-object memory-backend-ram,id=mem0,size=8G \
-device virtio-mem-pci,id=vm0,memdev=mem0,node=0,requested-size=128M \
-object memory-backend-ram,id=mem1,size=8G \
-device virtio-mem-pci,id=vm1,memdev=mem1,node=1,requested-size=80M`;

const devices = (vm0: number, vm1: number): string =>
	[
		{ id: 'vm0', addr: '0x140000000', node: 0, size: vm0, mem: 'mem0' },
		{ id: 'vm1', addr: '0x340000000', node: 1, size: vm1, mem: 'mem1' }
	]
		.map(
			(device) =>
				`Memory device [virtio-mem]: "${device.id}"\n  memaddr: ${device.addr}\n  node: ${device.node}\n  requested-size: ${device.size}\n  size: ${device.size}\n` +
				`  max-size: 8589934592\n  block-size: 2097152\n  memdev: /objects/${device.mem}\n`
		)
		.join('');

describe.each(['linux-7.2', 'rfc-v4-2020'] as const)('the session of the cover letter, %s', (profile) => {
	it('can be typed and gives the figures of the letter', () => {
		const words = START.replaceAll('\\\n', ' ').split(/\s+/).slice(1);
		const simulation = machine(words, '', { profile });
		simulation.advance(1e9);
		expect(typed(simulation, '(qemu) info memory-devices')).toBe(devices(134217728, 83886080));
		expect(typed(simulation, '(qemu) qom-set vm1 requested-size 1G')).toBe('');
		expect(typed(simulation, '(qemu) qom-set vm0 requested-size 64M')).toBe('');
		simulation.advance(simulation.nowNs + 10e9);
		expect(typed(simulation, '(qemu) info memory-devices')).toBe(devices(67108864, 1073741824));
	});
});
