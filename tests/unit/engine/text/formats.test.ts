import { describe, expect, it } from 'vitest';
import { buddyinfo, pagetypeinfo } from '../../../../src/lib/engine/text/buddyinfo.ts';
import { nodeMeminfo, numastat } from '../../../../src/lib/engine/text/counters.ts';
import { kernelLog } from '../../../../src/lib/engine/text/kernel-log.ts';
import { infoMemoryDevices } from '../../../../src/lib/engine/machine/info-memory-devices.ts';
import { numaMaps } from '../../../../src/lib/engine/text/numa-maps.ts';
import { numactlHardware } from '../../../../src/lib/engine/text/numactl.ts';
import { rangeList } from '../../../../src/lib/engine/text/pad.ts';
import { zoneinfo, type ZoneText } from '../../../../src/lib/engine/text/zoneinfo.ts';

/** Every text as a real tool printed it: recorded on Linux 7.2.13, numactl 2.0.19 and QEMU 10.0.13. */
const none = Array.from({ length: 11 }, () => 0);
const tenth = (count: number): number[] => none.map((_, order) => (order === 10 ? count : 0));

describe('buddyinfo', () => {
	it('is the recorded text, blanks at the ends of lines included', () => {
		expect(
			buddyinfo([
				{ node: 0, zone: 'DMA32', chunks: [2, 2, 1, 2, 3, 1, 1, 0, 0, 1, 458] },
				{ node: 1, zone: 'Movable', chunks: tenth(128) }
			])
		).toBe(
			'Node 0, zone    DMA32      2      2      1      2      3      1      1      0      0      1    458 \n' +
				'Node 1, zone  Movable      0      0      0      0      0      0      0      0      0      0    128 \n'
		);
	});
});

describe('pagetypeinfo', () => {
	const zone = { node: 1, zone: 'Movable', chunks: [none, tenth(128), none, none, none, none], blocks: [0, 256, 0, 0, 0, 0] };

	it('has the recorded header, rows and counts of blocks', () => {
		const text = pagetypeinfo([[zone]], 11);
		expect(text.startsWith('Page block order: 9\nPages per block:  512\n\n')).toBe(true);
		const lines = text.split('\n');
		expect(lines[3]).toBe(
			'Free pages count per migrate type at order       0      1      2      3      4      5      6      7      8      9     10 '
		);
		expect(lines[5]).toBe(
			'Node    1, zone  Movable, type      Movable      0      0      0      0      0      0      0      0      0      0    128 '
		);
		expect(text.slice(text.indexOf('\n\nNumber'))).toBe(
			'\n\nNumber of blocks type     Unmovable      Movable  Reclaimable   HighAtomic          CMA      Isolate \n' +
				'Node 1, zone  Movable            0          256            0            0            0            0 \n'
		);
		expect(lines.filter((line) => line.includes(', type ')).map((line) => line.slice(31, 43).trim())).toEqual([
			'Unmovable',
			'Movable',
			'Reclaimable',
			'HighAtomic',
			'CMA',
			'Isolate'
		]);
	});

	it('repeats the whole header for every node, and says nothing for a node without memory', () => {
		const text = pagetypeinfo([[{ ...zone, node: 0 }], [], [zone]], 11);
		expect(text.match(/Page block order/g)).toHaveLength(2);
	});

	it('stops counting at 100000', () => {
		const text = pagetypeinfo([[{ ...zone, chunks: [[100_001, 100_000], ...zone.chunks.slice(1)] }]], 11);
		expect(text).toContain('type    Unmovable >100000 100000      0');
	});
});

describe('zoneinfo', () => {
	const movable: ZoneText = {
		node: 1,
		zone: 'Movable',
		free: 114177,
		boost: 0,
		min: 128,
		low: 885,
		high: 1642,
		promo: 2399,
		spanned: 131072,
		present: 131072,
		managed: 131072,
		protection: [0, 0, 0, 0, 0],
		nodeCounters: [['nr_inactive_anon', 16896]],
		zoneCounters: [
			['nr_free_pages', 114177],
			['nr_free_pages_blocks', 114176]
		],
		startPfn: 1048576
	};
	const empty: ZoneText = {
		...movable,
		zone: 'DMA',
		free: 0,
		min: 0,
		low: 0,
		high: 0,
		promo: 0,
		spanned: 0,
		present: 0,
		managed: 0,
		startPfn: 0
	};

	it('is the recorded text of a movable zone', () => {
		expect(zoneinfo([{ ...movable, node: 1 }])).toBe(
			[
				'Node 1, zone  Movable',
				'  per-node stats',
				'      nr_inactive_anon 16896',
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
				'      nr_free_pages_blocks 114176',
				'  node_unreclaimable:  0',
				'  start_pfn:           1048576',
				'  reserved_highatomic: 0',
				'  free_highatomic:     0',
				''
			].join('\n')
		);
	});

	it('gives an empty zone its first group only, and the node its counters in the first populated one', () => {
		const text = zoneinfo([empty, movable]);
		expect(text.indexOf('per-node stats')).toBeGreaterThan(text.indexOf('zone  Movable'));
		expect(text.split('\n').slice(0, 13).at(-1)).toBe('Node 1, zone  Movable');
		expect(text).toContain('Node 1, zone      DMA\n  pages free     0\n');
	});
});

describe('numactl -H', () => {
	it('is the recorded text', () => {
		expect(
			numactlHardware([
				{ id: 0, cpus: [0, 1], totalBytes: 1904.7 * 2 ** 20, freeBytes: 1702.2 * 2 ** 20, distances: [10, 20] },
				{ id: 1, cpus: [], totalBytes: 512 * 2 ** 20, freeBytes: 446.9 * 2 ** 20, distances: [20, 10] }
			])
		).toBe(
			'available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: 1904 MB\nnode 0 free: 1702 MB\nnode 1 cpus:\nnode 1 size: 512 MB\nnode 1 free: 446 MB\n' +
				'node distances:\nnode     0    1 \n   0:   10   20 \n   1:   20   10 \n'
		);
	});
});

describe('node files', () => {
	it('align the figures of meminfo', () => {
		const text = nodeMeminfo(1, [
			['MemTotal', 131072],
			['MemFree', 114177],
			['MemUsed', 16895],
			['Inactive(anon)', 16384]
		]);
		expect(text.slice(0, text.indexOf('Node 1 HugePages'))).toBe(
			'Node 1 MemTotal:         524288 kB\nNode 1 MemFree:          456708 kB\nNode 1 MemUsed:           67580 kB\nNode 1 Inactive(anon):    65536 kB\n'
		);
	});
	it('have six lines in numastat', () => {
		expect(numastat([1, 2, 3, 4, 5, 6])).toBe('numa_hit 1\nnuma_miss 2\nnuma_foreign 3\ninterleave_hit 4\nlocal_node 5\nother_node 6\n');
	});
	it('print sets as ranges', () => {
		expect(rangeList([3, 0, 1, 2, 7])).toBe('0-3,7');
		expect(rangeList([])).toBe('');
	});
});

describe('numa_maps', () => {
	const line = {
		start: 0x7fd473e00000,
		policy: 'bind:1',
		file: null,
		anonymous: 16384,
		dirty: 16384,
		pages: 16384,
		mapcountMax: 1,
		swapCache: 0,
		active: 0,
		writeback: 0,
		byNode: [[1, 16384]],
		pageKib: 4
	} as const;

	it('is the recorded line', () => {
		expect(numaMaps([line])).toBe('7fd473e00000 bind:1 anon=16384 dirty=16384 active=0 N1=16384 kernelpagesize_kB=4\n');
	});
	it('leaves out what says nothing new, and stops after the policy when nothing is mapped', () => {
		expect(
			numaMaps([
				{
					...line,
					active: 16384,
					mapcountMax: 2,
					byNode: [
						[0, 384],
						[1, 16000]
					]
				}
			])
		).toBe('7fd473e00000 bind:1 anon=16384 dirty=16384 mapmax=2 N0=384 N1=16000 kernelpagesize_kB=4\n');
		expect(numaMaps([{ ...line, start: 0x400000, policy: 'default', anonymous: 0, dirty: 0, pages: 0 }])).toBe('00400000 default\n');
	});
	it('escapes blanks in names and prints mapped when it differs', () => {
		expect(numaMaps([{ ...line, file: '/memfd:a (deleted)', anonymous: 0, dirty: 10, pages: 12, byNode: [[0, 12]] }])).toBe(
			'7fd473e00000 bind:1 file=/memfd:a\\040(deleted) dirty=10 mapped=12 active=0 N0=12 kernelpagesize_kB=4\n'
		);
	});
});

describe('info memory-devices', () => {
	it('is the recorded text', () => {
		expect(
			infoMemoryDevices([
				{
					type: 'virtio-mem',
					id: 'vm0',
					memaddr: 0x140000000,
					node: 0,
					requestedSize: 134217728,
					size: 134217728,
					maxSize: 8589934592,
					blockSize: 2097152,
					memdev: '/objects/mem0'
				}
			])
		).toBe(
			'Memory device [virtio-mem]: "vm0"\n  memaddr: 0x140000000\n  node: 0\n  requested-size: 134217728\n  size: 134217728\n' +
				'  max-size: 8589934592\n  block-size: 2097152\n  memdev: /objects/mem0\n'
		);
	});
	it('prints a DIMM with its slot', () => {
		expect(
			infoMemoryDevices([
				{
					type: 'dimm',
					id: 'dimm0',
					addr: 2 ** 32,
					slot: 0,
					node: 2,
					size: 2 ** 29,
					memdev: '/objects/mem2',
					hotplugged: true,
					hotpluggable: true
				}
			])
		).toBe(
			'Memory device [dimm]: "dimm0"\n  addr: 0x100000000\n  slot: 0\n  node: 2\n  size: 536870912\n  memdev: /objects/mem2\n  hotplugged: true\n  hotpluggable: true\n'
		);
	});
});

describe('the kernel log', () => {
	it('has seconds and microseconds', () => {
		expect(kernelLog([{ atNs: 15_069_183_999, text: 'virtio_mem virtio1: subblock size: 0x200000' }])).toBe(
			'[   15.069183] virtio_mem virtio1: subblock size: 0x200000\n'
		);
	});
});
