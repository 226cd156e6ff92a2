/**
 * Goal: cxl list shows what was asked for, in the tool's containers and numbers. Method: listings of topologies that no recording
 * has, compared in the parts that matter; the order of directories against a slow obvious version of the kernel's hash.
 */
import { describe, expect, it } from 'vitest';
import { nameHash } from '$lib/engine/cxl/kernfs.ts';
import { size } from '$lib/engine/cxl/tools/human.ts';
import { parseSize } from '$lib/engine/cxl/tools/options.ts';
import { cxlMachine, shell } from '../../../support/cxl.ts';

type Tree = Record<string, unknown>;
const list = (simulation: ReturnType<typeof cxlMachine>, options: string): Tree[] => {
	const { json } = shell(simulation, `cxl list ${options}`);
	return (Array.isArray(json) ? json : [json]) as Tree[];
};

describe('what is listed', () => {
	const simulation = cxlMachine({
		bridges: [[256, 512], [256]],
		windows: [{ targets: [0] }, { targets: [0, 1], granularity: '4k' }],
		extra: '-object memory-backend-ram,id=stray,size=256M -device cxl-type3,bus=pcie.0,volatile-memdev=stray,id=t9,sn=99'
	});

	it('memory devices alone, regions beside them once there are some', () => {
		const memdevs = list(simulation, '');
		expect(memdevs.map((each) => [each['ram_size'], each['serial']]).sort()).toEqual([
			[268435456, 1],
			[268435456, 3],
			[536870912, 2]
		]);
		expect(list(simulation, '-R')).toEqual([]);
		const name = String(memdevs.find((each) => each['serial'] === 2)?.['memdev']);
		expect(list(simulation, `-m ${name}`)).toHaveLength(1);
		expect(list(simulation, '-s 3')).toMatchObject([{ serial: 3 }]);
	});

	it('a device that no CXL port leads to is disabled, and listed with -i only', () => {
		expect(list(simulation, '-M').some((each) => each['serial'] === 99)).toBe(false);
		const both = list(simulation, '-M -i');
		expect(both.map((each) => Object.keys(each)[0])).toEqual(['anon memdevs', 'memdevs']);
		expect(both[0]).toMatchObject({ 'anon memdevs': [{ serial: 99, state: 'disabled' }] });
	});

	it('decoders by kind, idle ones with -i', () => {
		expect(list(simulation, '-D').map((each) => each['decoder'])).toEqual(['decoder0.0', 'decoder0.1']);
		expect(list(simulation, '-D -d decoder0.1')).toMatchObject([{ interleave_ways: 2, interleave_granularity: 4096, nr_targets: 2 }]);
		const idle = list(simulation, '-D -i');
		expect(idle.map((each) => Object.keys(each)[0])).toEqual(['root decoders', 'port decoders', 'endpoint decoders']);
		// One root port alone: a passthrough decoder; two: four decoders; four for every device.
		expect((idle[1]?.['port decoders'] as unknown[]).length).toBe(5);
		expect((idle[2]?.['endpoint decoders'] as unknown[]).length).toBe(12);
	});

	it('ports with their dports only with -T', () => {
		expect(list(simulation, '-P').every((each) => !('dports' in each))).toBe(true);
		expect(
			list(simulation, '-P -T')
				.map((each) => each['nr_dports'])
				.sort()
		).toEqual([1, 2]);
	});

	it('-u: sizes in words, addresses in hexadecimal, one object without its array', () => {
		const { json } = shell(simulation, 'cxl list -D -d decoder0.0 -u');
		expect(json).toMatchObject({ resource: '0x110000000', size: '4.00 GiB (4.29 GB)', max_available_extent: '4.00 GiB (4.29 GB)' });
	});
});

describe('numbers', () => {
	it.each([
		[4096, 4096],
		[268435456, '256.00 MiB (268.44 MB)'],
		[536870912, '512.00 MiB (536.87 MB)'],
		[1073741824, '1024.00 MiB (1073.74 MB)'],
		[2 ** 31, '2.00 GiB (2.15 GB)'],
		[3 * 2 ** 40, '3.00 TiB (3.30 TB)']
	])('%s with -u', (bytes, text) => {
		expect(size(bytes, true)).toBe(text);
	});

	it.each([
		['256M', 268435456],
		['1g', 1073741824],
		['0x10000000', 268435456],
		['17', 17],
		['4 GiB', 4294967296],
		['big', null],
		['', null]
	])('"%s" as a size', (text, bytes) => {
		expect(parseSize(text)).toBe(bytes);
	});
});

/** hash_64 of partial hashes as stringhash.h has them, one bit of care at a time. */
function slowHash(name: string): number {
	const mask = (1n << 64n) - 1n;
	let hash = 0n;
	for (let at = 0; at < name.length; at += 1) {
		const code = BigInt(name.charCodeAt(at));
		hash += code << 4n;
		hash += code >> 4n;
		hash = (hash * 11n) & mask;
	}
	let product = 0n;
	for (let bit = 0n; bit < 64n; bit += 1n) if (((0x61c8864680b583ebn >> bit) & 1n) === 1n) product = (product + (hash << bit)) & mask;
	const folded = Number((product >> 32n) & 0x7fffffffn);
	return folded < 2 ? folded + 2 : Math.min(folded, 0x7ffffffe);
}

describe('order of directories', () => {
	it("is the order of the kernel's hash", () => {
		for (let at = 0; at < 300; at += 1)
			for (const stem of ['memory', 'dport', 'endpoint', 'port', 'mem', 'decoder1.', 'region', ''])
				expect([stem, at, nameHash(`${stem}${at}`)]).toEqual([stem, at, slowHash(`${stem}${at}`)]);
	});
	it('meets memory34 last of four: recorded as what was left online', () => {
		const names = [34, 35, 36, 37].map((id) => `memory${id}`);
		expect([...names].sort((a, b) => nameHash(a) - nameHash(b))).toEqual(['memory37', 'memory35', 'memory36', 'memory34']);
	});
});
