import { expect, test } from 'vitest';
import { machine, THREE_NODES, write } from '../../../support/machines.ts';

test('what each file accepts', () => {
	const simulation = machine(THREE_NODES, '');
	const parameter = '/sys/module/memory_hotplug/parameters';
	for (const [path, value, errno] of [
		['/sys/devices/system/memory/auto_online_blocks', 'online_movable', 'OK'],
		['/sys/devices/system/memory/auto_online_blocks', 'movable', 'EINVAL'],
		[`${parameter}/online_policy`, 'auto-movable', 'OK'],
		[`${parameter}/online_policy`, 'auto', 'EINVAL'],
		[`${parameter}/auto_movable_ratio`, '100', 'OK'],
		[`${parameter}/auto_movable_ratio`, '-1', 'EINVAL'],
		[`${parameter}/auto_movable_numa_aware`, '0', 'OK'],
		[`${parameter}/memmap_on_memory`, '1', 'EACCES'],
		['/proc/sys/kernel/numa_balancing', '2', 'OK'],
		['/proc/sys/kernel/numa_balancing', '5', 'EINVAL'],
		['/sys/kernel/mm/numa/demotion_enabled', 'true', 'OK'],
		['/sys/kernel/mm/numa/demotion_enabled', 'maybe', 'EINVAL'],
		['/proc/sys/vm/watermark_scale_factor', '0', 'EINVAL'],
		['/proc/sys/vm/watermark_scale_factor', '20', 'OK'],
		['/proc/sys/vm/drop_caches', '3', 'OK'],
		['/sys/kernel/mm/transparent_hugepage/enabled', 'never', 'OK'],
		['/sys/kernel/mm/mempolicy/weighted_interleave/node1', '300', 'EINVAL'],
		['/sys/kernel/mm/mempolicy/weighted_interleave/node1', '3', 'OK'],
		['/sys/devices/system/memory/memory1/valid_zones', 'Movable', 'EACCES'],
		['/proc/buddyinfo', '1', 'EIO'],
		['/sys/devices/system/memory/nothing', '1', 'ENOENT']
	] as const)
		expect(`${path} ${value}: ${write(simulation, path, value)}`).toBe(`${path} ${value}: ${errno}`);
	expect(simulation.world.r.oses[0]?.settings).toMatchObject({
		autoOnline: 'online_movable',
		onlinePolicy: 'auto-movable',
		autoMovableRatio: 100,
		autoMovableNumaAware: false,
		numaBalancing: 2,
		demotion: true,
		watermarkScaleFactor: 20,
		thp: 'never',
		weights: [1, 3, 1]
	});
});

test('the file `online` takes a truth value, and what already is goes well', () => {
	const simulation = machine(THREE_NODES, '');
	const online = '/sys/devices/system/memory/memory1/online';
	expect(['1', '0', '0', 'x', '1'].map((value) => write(simulation, online, value))).toEqual(['OK', 'OK', 'OK', 'EINVAL', 'OK']);
});
