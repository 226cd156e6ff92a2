import { describe, expect, test } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { freeChunks } from '../../../../../src/lib/engine/mm/buddy.ts';
import { blockState, memoryBlocks } from '../../../../../src/lib/engine/mm/blocks/sections.ts';
import { validZones } from '../../../../../src/lib/engine/mm/blocks/zone-choice.ts';
import { ask, machine, THREE_NODES, VIRTIO_MEM } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

/** node/zone → spanned, present, managed of populated zones. */
function zonesOf({ world }: Simulation): Record<string, [number, number, number]> {
	const rows: Record<string, [number, number, number]> = {};
	for (const [index, zone] of world.r.zones.entries())
		if (world.c.zonePresentPages.get(index) > 0)
			rows[`${zone.node}/${zone.name}`] = [
				zone.spanEndPfn - zone.spanStartPfn,
				world.c.zonePresentPages.get(index),
				world.c.zoneManagedPages.get(index)
			];
	return rows;
}

describe('zones at boot', () => {
	test('two nodes of 512 MiB: recording zones-hotplug/case01', () => {
		expect(zonesOf(machine(THREE_NODES))).toEqual({
			'0/DMA': [4095, 3998, 3840],
			'0/DMA32': [126_976, 126_976, 114_084],
			'1/DMA32': [131_040, 131_040, 111_813]
		});
	});

	test('kernelcore=512M: recording zones-hotplug/case02', () => {
		expect(zonesOf(machine(THREE_NODES, 'kernelcore=512M'))).toEqual({
			'0/DMA': [4095, 3998, 3840],
			'0/DMA32': [62_464, 62_464, 51_794],
			'0/MOVABLE': [64_512, 64_512, 62_290],
			'1/DMA32': [65_536, 65_536, 65_536],
			'1/MOVABLE': [65_504, 65_504, 46_277]
		});
	});

	test('movable_node makes kernelcore= and movablecore= mean nothing', () => {
		const plain = zonesOf(machine(THREE_NODES));
		expect(zonesOf(machine(THREE_NODES, 'movable_node kernelcore=512M'))).toEqual(plain);
		expect(zonesOf(machine(THREE_NODES, 'movablecore=50% movable_node'))).toEqual(plain);
	});

	test('numa=off: one node with everything, and what is plugged goes there too', () => {
		const simulation = machine(THREE_NODES, 'numa=off memhp_default_state=online_movable');
		expect(Object.keys(zonesOf(simulation))).toEqual(['0/DMA', '0/DMA32']);
		expect(zonesOf(simulation)['0/DMA32']?.slice(0, 2)).toEqual([258_016, 258_016]);
		expect(simulation.world.r.oses[0]?.nodes.map(({ id, cpus, distances }) => ({ id, cpus, distances }))).toEqual([
			{ id: 0, cpus: [0, 1], distances: [10] }
		]);
		ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 27 } });
		ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
		simulation.advance(simulation.nowNs + 2e9);
		expect(zonesOf(simulation)['0/MOVABLE']).toEqual([32_768, 32_768, 32_768]);
		expectSound(simulation);
	});

	test.each([
		['mem=768M', 131_040 - 65_504],
		['mem=700M', 131_040 - 65_504 - 17_408]
	])('%s: boot memory ends there, hotplug does not', (append, present) => {
		const simulation = machine(THREE_NODES, append);
		expect(zonesOf(simulation)['1/DMA32']?.[1]).toBe(present);
		expectSound(simulation);
	});

	test('one node of 1 GiB and of 512 MiB: recordings virtio-mem/case16 and case41', () => {
		expect(zonesOf(machine(VIRTIO_MEM))['0/DMA32']).toEqual([258_016, 258_016, 225_599]);
		expect(zonesOf(machine(VIRTIO_MEM.replace('-m 1G', '-m 512M')))['0/DMA32']).toEqual([126_944, 126_944, 96_768]);
	});

	/** Pages that boot keeps of what is present. */
	const kept = (qemuArgs: string, append = ''): number =>
		Object.values(zonesOf(machine(qemuArgs, append))).reduce((sum, [, present, managed]) => sum + present - managed, 0);
	const BOUNCE = (64 * 2 ** 20) / 4096 + (32_768 * 24) / 4096;

	test('64 MiB of bounce buffers as soon as memory above 4 GiB is possible', () => {
		const small = '-machine q35 -smp 2 -m 1G';
		const large = `${small},maxmem=9G,slots=4`;
		expect(kept(large) - kept(small)).toBe(BOUNCE);
		// SRAT is not looked at with numa=off; what the command line says of the buffers counts in any case.
		expect(kept(large, 'numa=off')).toBe(kept(small));
		expect(kept(large, 'swiotlb=noforce')).toBe(kept(small));
		expect(kept(small, 'swiotlb=force')).toBe(kept(large));
		expect(kept(small, 'swiotlb=1000,force') - kept(small)).toBe((1024 * 2048) / 4096 + (1024 * 24) / 4096);
		expect(kept('-machine q35 -smp 2 -m 6G')).toBe(kept('-machine q35 -smp 2 -m 6G,maxmem=16G,slots=4'));
	});

	test.each([
		['-cpu max', '', 512],
		['', '', 8],
		['-cpu qemu64,+la57', '', 512],
		['-cpu max,la57=off', '', 8],
		['-cpu Skylake-Server', '', 8],
		['-cpu SapphireRapids-v2', '', 512],
		['-cpu max', 'no5lvl', 8]
	])('roots of sections with "%s" and "%s": as many as the levels of page tables want', (cpu, append, pages) => {
		const of = (words: string, line: string): number => kept(`-machine q35 ${words} -smp 2 -m 1G`.replace(/  +/g, ' '), line);
		expect(of(cpu, append) - of('-cpu qemu64', '')).toBe(pages - 8);
	});

	test('the same share asked for as movablecore= or in percent', () => {
		const wanted = zonesOf(machine(THREE_NODES, 'kernelcore=512M'));
		expect(zonesOf(machine(THREE_NODES, 'movablecore=512M'))).toEqual(wanted);
		expect(zonesOf(machine(THREE_NODES, 'kernelcore=50%'))).toEqual(wanted);
	});

	test('a kernelcore of all memory leaves nothing movable; movable_node changes nothing at boot', () => {
		const plain = zonesOf(machine(THREE_NODES));
		expect(zonesOf(machine(THREE_NODES, 'kernelcore=2G'))).toEqual(plain);
		expect(zonesOf(machine(THREE_NODES, 'movable_node'))).toEqual(plain);
	});

	test('6 GiB: 2 GiB below 4 GiB, the rest is NORMAL; DMA32 spans its hole', () => {
		const zones = zonesOf(machine('-machine q35 -smp 2 -m 6G'));
		expect(zones['0/DMA32']?.slice(0, 2)).toEqual([1_044_480, 520_160]);
		expect(zones['0/NORMAL']?.slice(0, 2)).toEqual([1_048_576, 1_048_576]);
	});
});

describe('memory blocks at boot', () => {
	test('a block that spans two zones has none', () => {
		const { world } = machine(THREE_NODES, 'kernelcore=512M');
		expect(memoryBlocks(world, 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
		expect(memoryBlocks(world, 0).map((id) => validZones(world, 0, id).join())).toEqual([
			'',
			'DMA32',
			'',
			'MOVABLE',
			'DMA32',
			'DMA32',
			'MOVABLE',
			'MOVABLE'
		]);
		expect(blockState(world, 0, 8)).toBeNull();
	});

	test('a guest of 64 GiB has blocks of 2 GiB, one of 63 GiB of 1 GiB (M-6, section 9.1)', () => {
		expect(machine('-machine q35 -smp 2 -m 64G').world.r.oses[0]?.sectionsPerBlock).toBe(16);
		expect(machine('-machine q35 -smp 2 -m 63G').world.r.oses[0]?.sectionsPerBlock).toBe(8);
		expect(machine('-machine q35 -smp 2 -m 32G').world.r.oses[0]?.sectionsPerBlock).toBe(1);
	});

	test.each([
		['a guest, no windows: halved until it divides RAM', '-cpu max -m 63616M', '', 1],
		['metal without windows keeps 2 GiB', '-cpu max,-hypervisor -m 63616M', '', 16],
		['windows of 256 MiB advise it', '-cpu max -m 62G', '256M', 2],
		['a window of 4 GiB too: it begins at 64.25 GiB', '-cpu max -m 62G', '4G', 2],
		['no windows', '-cpu max -m 62G', '', 16],
		['numa=off: nobody asks the windows', '-cpu max -m 62G', '256M numa=off', 16],
		['less than 64 GiB', '-cpu max -m 32G', '4G', 1]
	])('block size from CXL windows: %s', (_what, words, window, sections) => {
		const [size = '', append = ''] = window.split(' ');
		const cxl = size === '' ? '' : `,cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=${size}`;
		const bridge = size === '' ? '' : ' -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1';
		expect(machine(`-machine q35${cxl} -smp 2 ${words}${bridge}`, append).world.r.oses[0]?.sectionsPerBlock).toBe(sections);
	});
});

test('free chunks of ZONE_DMA are those of every recorded guest', () => {
	const { world } = machine(THREE_NODES);
	const dma = world.r.zones.findIndex((zone) => zone.name === 'DMA' && zone.node === 0);
	expect(freeChunks(world, dma)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 3]);
});

test('words of the command line reach the settings', () => {
	const settings = (append: string) => machine(THREE_NODES, append).world.r.oses[0]?.settings;
	expect(settings('')).toMatchObject({ autoOnline: 'online', onlinePolicy: 'contig-zones', autoMovableRatio: 301, numaBalancing: 1 });
	expect(
		settings('memhp_default_state=online_movable memory_hotplug.online_policy=auto-movable memory_hotplug.auto_movable_ratio=100')
	).toMatchObject({
		autoOnline: 'online_movable',
		onlinePolicy: 'auto-movable',
		autoMovableRatio: 100
	});
	expect(
		settings(
			'memory_hotplug.auto_movable_numa_aware=N memory_hotplug.memmap_on_memory=force numa_balancing=disable transparent_hugepage=never'
		)
	).toMatchObject({
		autoMovableNumaAware: false,
		memmapOnMemory: true,
		numaBalancing: 0,
		thp: 'never'
	});
	expect(settings('memhp_default_state=nonsense')).toMatchObject({ autoOnline: 'online' });
	expect(machine('-machine q35 -smp 2 -m 1G').world.r.oses[0]?.settings.numaBalancing).toBe(0);
});
