/**
 * Goal: QEMU's refusals of a memory device on the command line, text for text (virtio-mem reference 4.1, measured and read).
 * Method: one table; each row is a command line and what QEMU prints. Rows without a text start.
 */
import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '$lib/base/units.ts';
import { Simulation } from '$lib/engine/index.ts';
import type { OsRecord, VirtioMemRecord } from '$lib/engine/state/machine-records.ts';
import { machine } from '../../../support/machines.ts';

const BASE = '-machine q35 -smp 2 -m 2G,slots=4,maxmem=20G';
const MEM0 = '-object memory-backend-ram,id=mem0,size=4G';

function start(words: string): ReturnType<typeof Simulation.open> {
	return Simulation.open({
		scenario: { switchyard: 1, id: 'start', title: 'start', hosts: [], machines: [{ id: 'm', qemuArgs: words.split(/\s+/) }] },
		limitBytes: 2 ** 32
	});
}

/** Words after the common ones; the device, which the text repeats; the text. */
const REFUSED: readonly (readonly [what: string, words: string, device: string, text: string])[] = [
	['block below 1 MiB', MEM0, 'memdev=mem0,block-size=512K', "'block-size' property has to be at least 0x100000"],
	['block no power of two', MEM0, 'memdev=mem0,block-size=3M', "'block-size' property has to be a power of two"],
	[
		'block below the page',
		'-object memory-backend-memfd,id=mem0,size=4G,hugetlb=on,hugetlbsize=1G',
		'memdev=mem0,block-size=2M',
		"'block-size' property has to be at least the page size (0x40000000)"
	],
	[
		'requested size in part blocks',
		MEM0,
		'memdev=mem0,requested-size=3M',
		"'requested-size' property has to be multiples of 'block-size' (0x200000)"
	],
	['address in part blocks', MEM0, 'memdev=mem0,memaddr=0x100100000', 'address must be aligned to 0x200000 bytes'],
	['address off large blocks', MEM0, 'memdev=mem0,block-size=64M,memaddr=0x102000000', 'address must be aligned to 0x4000000 bytes'],
	[
		'backend in part huge pages',
		'-object memory-backend-ram,id=mem0,size=4097M',
		'memdev=mem0',
		'backend memory size must be multiple of 0x200000'
	],
	[
		'backend in part blocks',
		'-object memory-backend-ram,id=mem0,size=300M',
		'memdev=mem0,block-size=8M',
		"'memdev' property memdev size has to be multiples of'block-size' (0x800000)"
	],
	['no backend given', MEM0, 'id=vm0', "'memdev' property must be set"],
	['no such backend', MEM0, 'memdev=mem9', "Device 'mem9' not found"],
	['backend already used', `${MEM0} -device virtio-mem-pci,memdev=mem0`, 'memdev=mem0', "'memdev' property specifies a busy memdev: mem0"],
	[
		'backend of a node',
		'-object memory-backend-ram,id=mem0,size=2G -numa node,memdev=mem0',
		'memdev=mem0',
		"'memdev' property specifies a busy memdev: mem0"
	],
	[
		'backend allocated in advance',
		'-object memory-backend-ram,id=mem0,size=4G,prealloc=on',
		'memdev=mem0',
		"'memdev' property specifies a memdev with preallocation enabled: mem0. Instead, specify 'prealloc=on' for the virtio-mem device. "
	],
	['node without -numa', MEM0, 'memdev=mem0,node=1', "'node' property has value '1', which exceedsthe number of numa nodes: 1"],
	[
		'node beyond -numa',
		`${MEM0} -numa node -numa node`,
		'memdev=mem0,node=2',
		"'node' property has value '2', which exceedsthe number of numa nodes: 2"
	],
	['locked memory', `${MEM0} -overcommit mem-lock=on`, 'memdev=mem0', 'Incompatible with mlock'],
	[
		'network by vhost-vdpa before it',
		`-netdev vhost-vdpa,id=net0,vhostdev=/dev/vhost-vdpa-0 ${MEM0}`,
		'memdev=mem0',
		'Discarding RAM is disabled'
	],
	['encrypted guest', `${MEM0} -object sev-guest,id=sev0`, 'memdev=mem0', 'Discarding RAM is disabled'],
	[
		'memslots that show unplugged memory',
		MEM0,
		'memdev=mem0,dynamic-memslots=on,unplugged-inaccessible=off',
		"'dynamic-memslots' property set to 'on' requires 'unplugged-inaccessible' to be 'on'"
	],
	[
		'too large',
		'-object memory-backend-ram,id=mem0,size=19G',
		'memdev=mem0',
		'not enough space, currently 0x0 in use of total space for memory devices 0x480000000'
	],
	[
		'too large beside another',
		`${MEM0} -object memory-backend-ram,id=mem1,size=16G -device virtio-mem-pci,memdev=mem0`,
		'memdev=mem1',
		'not enough space, currently 0x100000000 in use of total space for memory devices 0x480000000'
	],
	[
		'address before device memory',
		MEM0,
		'memdev=mem0,memaddr=0x80000000',
		"can't add memory device [0x80000000:0x100000000], usable range for memory devices [0x100000000:0x580000000]"
	],
	[
		'address taken',
		`${MEM0} -object memory-backend-ram,id=mem1,size=1G -device virtio-mem-pci,id=vm0,memdev=mem0`,
		'memdev=mem1,memaddr=0x140000000',
		"address range conflicts with memory device id='vm0'"
	],
	['no such bus', MEM0, 'memdev=mem0,bus=rp7', "Bus 'rp7' not found"],
	['no such property', MEM0, 'memdev=mem0,colour=blue', "Property 'virtio-mem-pci.colour' not found"],
	['size given', MEM0, 'memdev=mem0,size=1G', "Property 'virtio-mem.size' is not writable"],
	['not a size', MEM0, 'memdev=mem0,requested-size=much', "Parameter 'requested-size' expects size"],
	['a node that is no number', MEM0, 'memdev=mem0,node=far', "Parameter 'node' expects integer"],
	['a node beyond 32 bits', MEM0, 'memdev=mem0,node=-1', "Parameter 'node' expects uint32_t"],
	['not a switch', MEM0, 'memdev=mem0,prealloc=maybe', "Parameter 'prealloc' expects 'on' or 'off'"],
	['not a choice', MEM0, 'memdev=mem0,unplugged-inaccessible=maybe', "Parameter 'unplugged-inaccessible' does not accept value 'maybe'"]
];

describe('refusals of -device virtio-mem-pci', () => {
	it.each(REFUSED)('%s', (_, words, device, text) => {
		const opened = start(`${BASE} ${words} -device virtio-mem-pci,${device}`);
		expect(opened).toEqual({ ok: false, reason: 'qemu-refuses', detail: `-device virtio-mem-pci,${device}: ${text}` });
	});

	it('without maxmem there is no device memory', () => {
		const opened = start(`-machine q35 -m 2G ${MEM0} -device virtio-mem-pci,memdev=mem0`);
		expect(opened).toMatchObject({ ok: false, detail: expect.stringContaining('consider specifying the maxmem option') as string });
	});

	it.each([
		[
			'a backend without size',
			'-object memory-backend-ram,id=mem0',
			"-object memory-backend-ram,id=mem0: can't create backend with size 0"
		],
		[
			'two devices of one id',
			`${MEM0} -object memory-backend-ram,id=mem1,size=1G -device virtio-mem-pci,id=a,memdev=mem0 -device virtio-mem-pci,id=a,memdev=mem1`,
			"-device virtio-mem-pci,id=a,memdev=mem1: Duplicate ID 'a' for device"
		],
		[
			'nodes that are not the RAM',
			'-object memory-backend-ram,id=b0,size=1G -numa node,memdev=b0',
			'total memory for NUMA nodes (0x40000000) should equal RAM size (0x80000000)'
		]
	])('%s', (_, words, text) => {
		expect(start(`${BASE} ${words}`)).toMatchObject({ ok: false, reason: 'qemu-refuses', detail: text });
	});
});

describe('refusals of -m', () => {
	it.each([
		['-m 2G,slots=2', 'slots specified but no max-size'],
		[
			'-m 2G,slots=2,maxmem=1G',
			'invalid value of maxmem: maximum memory size (0x40000000) must be at least the initial memory size (0x80000000)'
		],
		[
			'-m 2G,slots=2,maxmem=2G',
			'invalid value of maxmem: memory slots were specified but maximum memory size (0x80000000) is equal to the initial memory size (0x80000000)'
		]
	])('%s', (words, text) => {
		expect(start(`-machine q35 ${words}`)).toEqual({ ok: false, reason: 'qemu-refuses', detail: text });
	});
});

describe('what QEMU accepts', () => {
	const devices = (words: string): VirtioMemRecord[] => machine(`${BASE} ${words}`).world.r.virtioMems;

	it('a request above the backend, in silence', () => {
		expect(devices(`${MEM0} -device virtio-mem-pci,memdev=mem0,requested-size=8G`)[0]).toMatchObject({
			requestedBytes: 8 * GIB,
			usableBytes: 4 * GIB
		});
	});

	it('blocks of 1 MiB, with a warning only', () => {
		expect(devices(`${MEM0} -device virtio-mem-pci,memdev=mem0,block-size=1M`)[0]?.blockBytes).toBe(MIB);
	});

	it('default blocks: 2 MiB for base pages, the page for larger ones', () => {
		const huge = '-object memory-backend-memfd,id=mem0,size=4G,hugetlb=on,hugetlbsize=1G';
		expect(devices(`${MEM0} -device virtio-mem-pci,memdev=mem0`)[0]?.blockBytes).toBe(2 * MIB);
		expect(devices(`${huge} -device virtio-mem-pci,memdev=mem0`)[0]?.blockBytes).toBe(GIB);
	});

	it('unplugged-inaccessible=auto is off for private anonymous memory', () => {
		const shared = '-object memory-backend-ram,id=mem0,size=4G,share=on';
		const auto = '-device virtio-mem-pci,memdev=mem0,unplugged-inaccessible=auto';
		expect(devices(`${MEM0} ${auto}`)[0]?.unpluggedInaccessible).toBe('off');
		expect(devices(`${shared} ${auto}`)[0]?.unpluggedInaccessible).toBe('on');
	});

	it('places devices one after the other, from the next GiB above RAM', () => {
		const two = `${MEM0} -object memory-backend-ram,id=mem1,size=1G -device virtio-mem-pci,memdev=mem0 -device virtio-mem-pci,memdev=mem1`;
		expect(devices(two).map((device) => device.addr)).toEqual([0x100000000, 0x200000000]);
	});

	it('the machine of seed S4 has its devices where the mail has them', () => {
		const words = [
			'-m 4G,maxmem=20G -smp sockets=2,cores=2 -numa node,nodeid=0,cpus=0-1 -numa node,nodeid=1,cpus=2-3',
			'-object memory-backend-ram,id=mem0,size=8G -device virtio-mem-pci,id=vm0,memdev=mem0,node=0,requested-size=128M',
			'-object memory-backend-ram,id=mem1,size=8G -device virtio-mem-pci,id=vm1,memdev=mem1,node=1,requested-size=80M'
		].join(' ');
		const simulation = machine(words);
		expect(simulation.world.r.virtioMems.map((device) => device.addr)).toEqual([0x140000000, 0x340000000]);
		simulation.advance(1e9);
		expect(simulation.world.r.virtioMems.map((device) => device.pluggedBytes)).toEqual([128 * MIB, 80 * MIB]);
		expect((simulation.world.r.oses[0] as OsRecord).nodes.map((node) => node.cpus)).toEqual([
			[0, 1],
			[2, 3]
		]);
	});
});

describe('-machine memory-backend', () => {
	const detail = (words: string): string | null => {
		const opened = start(words);
		return opened.ok ? null : opened.detail;
	};
	it('is the RAM, and gives its size', () => {
		expect(detail('-machine q35,memory-backend=r -m 1G -object memory-backend-ram,id=r,size=1G')).toBeNull();
		const opened = start('-machine q35,memory-backend=r -object memory-backend-ram,id=r,size=768M');
		expect(opened.ok && opened.value.status().machines[0]?.memoryBlocks.length).toBe(6);
	});
	it.each([
		['-machine q35,memory-backend=x -m 1G -object memory-backend-ram,id=r,size=1G', "Memory backend 'x' not found"],
		[
			'-machine q35,memory-backend=r -m 2G -object memory-backend-ram,id=r,size=1G',
			'Machine memory size does not match the size of the memory backend'
		],
		[
			'-machine q35,memory-backend=r -m 1G -object memory-backend-ram,id=r,size=1G -numa node,memdev=r',
			"'-machine memory-backend' and '-numa memdev' properties are mutually exclusive"
		],
		[
			'-machine q35,memory-backend=r -m 1G,maxmem=4G -object memory-backend-ram,id=r,size=1G -device virtio-mem-pci,id=v,memdev=r',
			"-device virtio-mem-pci,id=v,memdev=r: 'memdev' property specifies a busy memdev: r"
		],
		[
			'-machine q35 -m 1G,maxmem=4G -object memory-backend-ram,id=r,size=1G -device virtio-mem,id=v,memdev=r',
			"-device virtio-mem,id=v,memdev=r: No 'virtio-bus' bus found for device 'virtio-mem'"
		],
		['-machine q35 -m 1G -object memory-backend-foo,id=r,size=1G', "Parameter 'qom-type' does not accept value 'memory-backend-foo'"]
	])('%s', (words, text) => {
		expect(detail(words)).toContain(text);
	});
});
