import { describe, expect, test } from 'vitest';
import { Simulation } from '$lib/engine/index.ts';
import { host, smallWorld, vm } from '../../../support/worlds.ts';
import { fabricRefusal, fabricSimulation } from '../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const hosts = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `H${index}` }));

describe('what a fabric cannot be', () => {
	test.each([
		[{ devices: [{ id: 'A', kind: 'sld' }] }, '"A" is used twice'],
		[{ devices: [{ id: 'd', kind: 'sld', hosts: ['Z'] }] }, 'no host "Z"'],
		[{ devices: [{ id: 'd', kind: 'sld', lds: 2 }] }, 'only an MLD'],
		[{ devices: [{ id: 'd', kind: 'sld', staticBytes: 4096 }] }, 'multiple of 256 MiB'],
		[{ devices: [{ id: 'd', kind: 'gfd', hosts: ['A'] }] }, 'hangs at a PBR switch'],
		[{ devices: [{ id: 'd', kind: 'gfd', regions: [{ bytes: GIB }] }] }, 'at least 64 MB'],
		[{ devices: [{ id: 'd', kind: 'gfd', regions: Array.from({ length: 5 }, () => ({ bytes: GIB, blockBytes: 2 ** 28 })) }] }, 'at most 4'],
		[{ devices: [{ id: 'd', kind: 'sld', regions: [{ bytes: GIB, blockBytes: 100 }] }] }, 'power of two'],
		[{ devices: [{ id: 'd', kind: 'sld', regions: [{ bytes: GIB, baseDpa: 4096 }] }] }, 'multiple of 256 MiB'],
		[{ devices: [{ id: 'd', kind: 'sld', at: { switch: 's', port: 1 } }] }, 'no switch "s"'],
		[{ devices: [{ id: 'd', kind: 'sld', at: { switch: 's', port: 30 } }], switches: [{ id: 's' }] }, 'ports 0 to 15'],
		[
			{
				devices: [
					{ id: 'd', kind: 'sld', at: { switch: 's', port: 1 } },
					{ id: 'e', kind: 'sld', at: { switch: 's', port: 1 } }
				],
				switches: [{ id: 's' }]
			},
			'used twice'
		]
	])('%o', (part, why) => {
		expect(fabricRefusal({ hosts: [{ id: 'A' }], ...part })).toContain(why);
	});
});

describe('limits', () => {
	test('64 hosts and 64 devices, not one more', () => {
		const devices = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `d${index}`, kind: 'sld' }));
		expect(fabricSimulation({ hosts: hosts(64), devices: devices(64) }).status().fabric?.hosts).toHaveLength(64);
		expect(fabricRefusal({ hosts: hosts(65), devices: [] })).toContain('at most 64 hosts');
		expect(fabricRefusal({ hosts: hosts(1), devices: devices(65) })).toContain('at most 64 devices');
	});

	test('the super-page has 16 peers and 64 VMs', () => {
		const refusal = (more: Parameters<typeof smallWorld>[0]) => {
			const opened = Simulation.open({ scenario: smallWorld(more) });
			return opened.ok ? '' : opened.detail;
		};
		expect(refusal({ hosts: Array.from({ length: 17 }, (_, index) => ({ ...host('A', 512), id: `H${index}` })), vms: [] })).toContain(
			'the super-page has 16 peer entries'
		);
		expect(refusal({ vms: Array.from({ length: 65 }, (_, index) => vm(`vm${index}`, 'A', 128)) })).toContain(
			'the super-page has 64 VM entries'
		);
	});
});
