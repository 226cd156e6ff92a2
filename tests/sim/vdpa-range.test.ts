import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../src/lib/base/units.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { ringAreas } from '../../src/lib/engine/vdpa/switching/ring-areas.ts';
import { migrate, open } from '../support/worlds.ts';
import { nic, nicWorld } from '../support/nics.ts';

/** Which sections QEMU maps (vDPA reference 18): the end is exclusive, the last address of the device is not. */
describe('a device that cannot reach all of the guest', () => {
	const bandsOf = (iovaLast: number) => {
		const opened = Simulation.open({ scenario: nicWorld({ nics: [nic({ iovaLast })] }) });
		if (!opened.ok) throw new Error(opened.detail);
		const [device] = opened.value.status().vdpa?.nics ?? [];
		return { mapped: (device?.ends[0]?.bands ?? []).filter((band) => band.gpa !== null), change: device?.changes[0] };
	};
	it('maps a section that ends below its last address', () => {
		expect(bandsOf(256 * MIB).mapped.map((band) => band.bytes)).toEqual([256 * MIB]);
	});
	it('skips one that would end exactly there, says so, and the VM runs', () => {
		const { mapped, change } = bandsOf(256 * MIB - 1);
		expect(mapped).toEqual([]);
		expect(change?.errors.map((error) => error.kernel).join()).toContain('lies outside of the addresses that the device can use');
	});
});

/** Golden trace of Si-Wei Liu (85f088453f): two pairs of 256, a control queue of 64, rings before any guest memory. */
describe('rings at the bottom of the address space', () => {
	it('are mapped at the addresses of the trace, in its order', () => {
		const simulation = open(nicWorld({ mib: 4096, hostMib: 6144 }));
		simulation.send(migrate('precopy'));
		simulation.advance(10e9, Infinity, (world) => world.r.vdpa.nics[0]?.ends[0]?.svq === true && world.r.vdpa.nics[0].change === null);
		const [record] = simulation.world.r.vdpa.nics;
		const end = record?.ends[0];
		expect(end?.rings.map((ring) => [ring.queue, ring.area, ring.iova])).toEqual([
			[0, 'driver', 0x1000],
			[0, 'device', 0x3000],
			[1, 'driver', 0x4000],
			[1, 'device', 0x6000],
			[2, 'driver', 0x7000],
			[2, 'device', 0x9000],
			[3, 'driver', 0xa000],
			[3, 'device', 0xc000],
			[4, 'out', 0xd000],
			[4, 'status', 0xe000],
			[4, 'driver', 0xf000],
			[4, 'device', 0x1_0000]
		]);
		expect(end?.mapped.map((section) => [section.gpa, section.iova])).toEqual([
			[0, 0x1_1000],
			[4 * GIB, 0x8001_1000]
		]);
		if (!record) throw new Error('no device');
		expect(ringAreas(record).reduce((sum, area) => sum + area.bytes, 0)).toBe(0x1_0000);
	});
});
