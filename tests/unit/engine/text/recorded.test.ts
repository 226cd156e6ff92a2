import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { typed } from '../../../support/console.ts';
import { machine } from '../../../support/machines.ts';

/**
 * Goal: every text of section 13 of the memory reference, byte for byte, out of a run.
 * Method: the machine that printed them (Debian 7.2.13 as a guest of QEMU with its default CPU, 2 vCPUs, 2 GiB on node 0, a
 * virtio-mem device on node 1), and programs that use as much of it, in such pieces, as that guest's did.
 */
const GUEST = [
	'-machine q35 -smp 2 -m 2G,maxmem=18G,slots=4 -object memory-backend-ram,id=ram0,size=2G',
	'-numa node,nodeid=0,cpus=0-1,memdev=ram0 -numa node,nodeid=1',
	'-object memory-backend-ram,id=mem0,size=8G -device virtio-mem-pci,id=vm0,memdev=mem0,node=1'
].join(' ');
const MEMORY = '/sys/devices/system/memory';
const NODE = '/sys/devices/system/node';

function guest(append = 'memhp_default_state=online_movable', mib = 512): Simulation {
	const simulation = machine(GUEST, append);
	typed(simulation, `qom-set vm0 requested-size ${mib}M`);
	simulation.advance(simulation.nowNs + 5e9);
	return simulation;
}

/**
 * 64 MiB of one process at the address of the recording, and the 511 pages that the recorded guest kept in lists per CPU:
 * here another process has them. 147 MiB more are in use on node 0.
 */
function withUsers(): Simulation {
	const simulation = guest();
	leaveTraces(simulation);
	for (const [process, area] of [
		['p0', '64M at 0x7fd473e00000'],
		['p1', '2044K']
	])
		for (const words of [`map a ${area}`, 'nothp a', 'bind a bind 1', 'touch a']) typed(simulation, `${process}: ${words}`);
	for (const words of ['map a 147M', 'touch a']) typed(simulation, `p2: ${words}`);
	return simulation;
}

/**
 * A program that touched 510 MiB in base pages and gave them back, so that its 255 page tables are left, has 3 MiB in pipes
 * and 144 pages of what it mapped next: what the userland of the recorded guest had of node 0, and the pieces that it left.
 */
function leaveTraces(simulation: Simulation): void {
	for (const words of ['map old 510M', 'nothp old', 'touch old', 'free old', 'pipefill 3M', 'map a 1252K', 'nothp a', 'touch a'])
		typed(simulation, `init: ${words}`);
	for (const range of ['420K', '256K@484K']) typed(simulation, `init: unmap a ${range}`);
}

describe('a node of 512 MiB that just came online movable', () => {
	const simulation = guest();
	leaveTraces(simulation);

	it('buddyinfo', () => {
		expect(typed(simulation, 'cat /proc/buddyinfo')).toBe(
			// ZONE_DMA as every recorded guest has it; the excerpt leaves it out.
			'Node 0, zone      DMA      0      0      0      0      0      1      1      1      0      1      3 \n' +
				'Node 0, zone    DMA32      2      2      1      2      3      1      1      0      0      1    458 \n' +
				'Node 1, zone  Movable      0      0      0      0      0      0      0      0      0      0    128 \n'
		);
	});
	it('pagetypeinfo', () => {
		const text = typed(simulation, 'cat /proc/pagetypeinfo');
		expect(text).toContain(
			'Page block order: 9\nPages per block:  512\n\nFree pages count per migrate type at order       0      1      2      3      4      5      6      7      8      9     10 \n'
		);
		expect(text).toContain(
			'Node    1, zone  Movable, type      Movable      0      0      0      0      0      0      0      0      0      0    128 \n'
		);
		expect(text).toContain(
			'\nNumber of blocks type     Unmovable      Movable  Reclaimable   HighAtomic          CMA      Isolate \nNode 1, zone  Movable            0          256            0            0            0            0 \n'
		);
	});
	it('memory blocks', () => {
		expect(typed(simulation, `cat ${MEMORY}/block_size_bytes`)).toBe('8000000\n');
		expect(typed(simulation, `cat ${MEMORY}/auto_online_blocks`)).toBe('online_movable\n');
		const block = (file: string): string => typed(simulation, `cat ${MEMORY}/memory32/${file}`);
		expect([block('state'), block('phys_index'), block('removable'), block('valid_zones'), block('online')]).toEqual([
			'online\n',
			'00000020\n',
			'1\n',
			'Movable\n',
			'1\n'
		]);
		expect(typed(simulation, `cat ${MEMORY}/memory0/valid_zones`)).toBe('none\n');
		expect(typed(simulation, `ls ${MEMORY}/memory32`)).toBe('node1\nonline\nphys_device\nphys_index\nremovable\nstate\nvalid_zones\n');
	});
	it('node masks', () => {
		const mask = (name: string): string => typed(simulation, `cat ${NODE}/${name}`);
		expect([mask('possible'), mask('online'), mask('has_memory'), mask('has_normal_memory'), mask('has_cpu')]).toEqual([
			'0-1\n',
			'0-1\n',
			'0-1\n',
			'0\n',
			'0\n'
		]);
		expect(typed(simulation, `cat ${NODE}/node1/distance`)).toBe('20 10\n');
	});
	it('tiers: a node of virtio-mem is in the tier of DRAM', () => {
		expect(typed(simulation, 'ls /sys/devices/virtual/memory_tiering')).toBe('memory_tier4\n');
		expect(typed(simulation, 'cat /sys/devices/virtual/memory_tiering/memory_tier4/nodelist')).toBe('0-1\n');
	});
	it('settings', () => {
		expect(typed(simulation, 'cat /proc/sys/kernel/numa_balancing')).toBe('0\n');
		expect(typed(simulation, 'cat /sys/kernel/mm/numa/demotion_enabled')).toBe('false\n');
		expect(typed(simulation, 'cat /sys/module/memory_hotplug/parameters/online_policy')).toBe('contig-zones\n');
	});
});

describe('the same node with 64 MiB in use', () => {
	const simulation = withUsers();

	it('zoneinfo', () => {
		const text = typed(simulation, 'cat /proc/zoneinfo');
		const zone = text.slice(text.indexOf('Node 1, zone  Movable'));
		const withoutNodeStats = zone.replace(/ {2}per-node stats\n( {6}\S+ +\d+\n)+/, '');
		expect(withoutNodeStats.split('\n').slice(0, 14)).toEqual([
			'Node 1, zone  Movable',
			'  pages free     114177',
			'        boost    0',
			'        min      128',
			'        low      885',
			'        high     1642',
			'        promo    2399',
			'        spanned  131072',
			'        present  131072',
			'        managed  131072',
			'        cma      0',
			'        protection: (0, 0, 0, 0, 0)',
			'      nr_free_pages 114177',
			'      nr_free_pages_blocks 114176'
		]);
	});
	it('numactl -H', () => {
		expect(typed(simulation, 'numactl -H')).toBe(
			'available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: 1904 MB\nnode 0 free: 1702 MB\nnode 1 cpus:\nnode 1 size: 512 MB\nnode 1 free: 446 MB\n' +
				'node distances:\nnode     0    1 \n   0:   10   20 \n   1:   20   10 \n'
		);
	});
	it('meminfo and numastat of the node', () => {
		expect(typed(simulation, `cat ${NODE}/node1/meminfo`).split('\n').slice(0, 3)).toEqual([
			'Node 1 MemTotal:         524288 kB',
			'Node 1 MemFree:          456708 kB',
			'Node 1 MemUsed:           67580 kB'
		]);
		// Asked for on node 1 and served there, to a CPU of node 0.
		expect(typed(simulation, `cat ${NODE}/node1/numastat`)).toBe(
			'numa_hit 16895\nnuma_miss 0\nnuma_foreign 0\ninterleave_hit 0\nlocal_node 0\nother_node 16895\n'
		);
	});
	it('numa_maps', () => {
		const pid = /(\d+) p0/.exec(typed(simulation, 'ps'))?.[1];
		expect(typed(simulation, `cat /proc/${pid}/numa_maps`)).toBe(
			'7fd473e00000 bind:1 anon=16384 dirty=16384 active=0 N1=16384 kernelpagesize_kB=4\n'
		);
	});
	it('numa_maps goes on saying bind:1 when the pages have gone to node 0, as long as node 1 has memory', () => {
		for (const block of [32, 33, 34]) expect(typed(simulation, `echo offline > ${MEMORY}/memory${block}/state`)).toBe('');
		const pid = /(\d+) p0/.exec(typed(simulation, 'ps'))?.[1];
		expect(typed(simulation, `cat /proc/${pid}/numa_maps`)).toMatch(/bind:1 anon=16384 dirty=16384 active=0 N0=16384 kernelpagesize_kB=4/);
		expect(typed(simulation, `cat ${MEMORY}/memory32/valid_zones`)).toBe('Normal Movable\n');
		expect(typed(simulation, `echo offline > ${MEMORY}/memory32/state`)).toBe('bash: echo: write error: Invalid argument\n');
		expect(typed(simulation, `cat ${NODE}/has_memory`)).toBe('0-1\n');
	});
});

describe('a plain online', () => {
	it('puts a node without boot memory into Normal, and the log says who falls back on whom', () => {
		const simulation = guest('', 80);
		expect(typed(simulation, `cat ${MEMORY}/memory32/valid_zones`)).toBe('Normal\n');
		const log = typed(simulation, 'dmesg');
		expect(log).toContain('] Fallback order for Node 0: 0 1\n');
		expect(log).toContain('] Fallback order for Node 1: 1 0\n');
		// A block that is plugged in part is present as a whole.
		const zone = typed(simulation, 'cat /proc/zoneinfo').split('Node 1, zone   Normal')[1] ?? '';
		expect(zone).toMatch(/present {2}32768\n {8}managed {2}20480\n/);
	});
});

describe('two nodes with HMAT', () => {
	const lb = (target: number, type: string, value: string): string =>
		`-numa hmat-lb,initiator=0,target=${target},hierarchy=memory,data-type=${type},${value}`;
	const simulation = machine(
		[
			'-machine q35,hmat=on -smp 2 -m 2G -object memory-backend-ram,id=r0,size=1G -object memory-backend-ram,id=r1,size=1G',
			'-numa node,nodeid=0,cpus=0-1,memdev=r0,initiator=0 -numa node,nodeid=1,memdev=r1,initiator=0',
			lb(0, 'access-latency', 'latency=100'),
			lb(0, 'access-bandwidth', 'bandwidth=20G'),
			lb(1, 'access-latency', 'latency=250'),
			lb(1, 'access-bandwidth', 'bandwidth=10G')
		].join(' ')
	);

	it('have tiers 4 and 22, weights 21 and 10, and their figures in access0', () => {
		expect(typed(simulation, 'ls /sys/devices/virtual/memory_tiering')).toBe('memory_tier22\nmemory_tier4\n');
		expect(typed(simulation, 'cat /sys/devices/virtual/memory_tiering/memory_tier22/nodelist')).toBe('1\n');
		expect(
			typed(simulation, 'cat /sys/kernel/mm/mempolicy/weighted_interleave/node0 /sys/kernel/mm/mempolicy/weighted_interleave/node1')
		).toBe('21\n10\n');
		expect(typed(simulation, `ls ${NODE}/node1/access0/initiators`)).toBe(
			'node0\nread_bandwidth\nread_latency\nwrite_bandwidth\nwrite_latency\n'
		);
		expect(typed(simulation, `cat ${NODE}/node1/access0/initiators/read_latency ${NODE}/node1/access0/initiators/read_bandwidth`)).toBe(
			'250\n10240\n'
		);
		expect(typed(simulation, 'cat /proc/sys/kernel/numa_balancing')).toBe('1\n');
	});
});
