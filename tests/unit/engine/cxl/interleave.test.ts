/**
 * Goal: which devices, ways, granularities, orders and sizes make a region, and what the ports in between are programmed with.
 * Method: a table over topologies that no recording has; the expected answers were worked out from drivers/cxl/core/region.c and
 * hdm.c of Linux 7.2 and from QEMU's decoder capabilities (hw/cxl/cxl-component-utils.c).
 */
import { describe, expect, it } from 'vitest';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { cxl, cxlMachine, memdev, shell, type CxlTopology } from '../../../support/cxl.ts';

const four: CxlTopology = { bridges: [[256, 256, 256, 256]] };
const eight: CxlTopology = { bridges: [[256, 256, 256, 256, 256, 256, 256, 256]] };
const two: CxlTopology = { bridges: [[256, 256]] };
const pair: CxlTopology = {
	bridges: [
		[256, 256],
		[256, 256]
	],
	windows: [{ targets: [0] }, { targets: [1] }, { targets: [0, 1], granularity: '1k' }]
};
const three: CxlTopology = {
	bridges: [[256], [256], [256]],
	windows: [{ targets: [0, 1, 2], gib: 3, granularity: '4k' }, { targets: [0] }]
};
const sixteen: CxlTopology = {
	bridges: [
		[256, 256, 256, 256, 256, 256, 256, 256],
		[256, 256, 256, 256, 256, 256, 256, 256]
	],
	windows: [{ targets: [0, 1], gib: 8, granularity: '1k' }]
};
const six: CxlTopology = {
	bridges: [
		[256, 256],
		[256, 256],
		[256, 256]
	],
	windows: [{ targets: [0, 1, 2], gib: 6, granularity: '512' }]
};
const twelve: CxlTopology = {
	bridges: [
		[256, 256, 256, 256],
		[256, 256, 256, 256],
		[256, 256, 256, 256]
	],
	windows: [{ targets: [0, 1, 2], gib: 6 }]
};
const wide: CxlTopology = {
	bridges: [
		[256, 256],
		[256, 256],
		[256, 256],
		[256, 256]
	],
	windows: [{ targets: [0, 1, 2, 3], granularity: '256' }]
};
const coarse: CxlTopology = {
	bridges: [
		[256, 256],
		[256, 256]
	],
	windows: [{ targets: [0, 1], granularity: '16k' }]
};
const tree: CxlTopology = { bridges: [[256, 256, 256, 256]], switched: true };
const uneven: CxlTopology = { bridges: [[512, 256]] };

type Row = readonly [
	what: string,
	topology: CxlTopology,
	options: string,
	serials: readonly number[],
	answer: string | { ways: number; granularity: number; mib: number }
];

const ROWS: readonly Row[] = [
	['one of four', four, '-d decoder0.0 -w 1', [3], { ways: 1, granularity: 256, mib: 256 }],
	['two of four', four, '-d decoder0.0 -w 2 -g 512', [4, 2], { ways: 2, granularity: 512, mib: 512 }],
	['four of four', four, '-d decoder0.0 -w 4 -g 1024', [2, 4, 1, 3], { ways: 4, granularity: 1024, mib: 1024 }],
	['four ways at 8 KiB reach address bit 14', four, '-d decoder0.0 -w 4 -g 8192', [1, 2, 3, 4], { ways: 4, granularity: 8192, mib: 1024 }],
	['four ways at 16 KiB need bit 15', four, '-d decoder0.0 -w 4 -g 16384', [1, 2, 3, 4], 'region0: failed to set target0 to MEM1'],
	['two ways at 16 KiB', two, '-d decoder0.0 -w 2 -g 16384', [2, 1], { ways: 2, granularity: 16384, mib: 512 }],
	['three ways below one bridge', four, '-d decoder0.0 -w 3', [1, 2, 3], 'region0: set_interleave_ways failed: Invalid argument'],
	['eight ways', eight, '-d decoder0.0 -w 8', [8, 1, 7, 2, 6, 3, 5, 4], { ways: 8, granularity: 256, mib: 2048 }],
	[
		'sixteen ways below two bridges',
		sixteen,
		'-d decoder0.0 -w 16',
		[1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 8, 16],
		{ ways: 16, granularity: 1024, mib: 4096 }
	],
	['eight ways at 4 KiB', eight, '-d decoder0.0 -w 8 -g 4096', [1, 2, 3, 4, 5, 6, 7, 8], { ways: 8, granularity: 4096, mib: 2048 }],
	['eight ways at 8 KiB', eight, '-d decoder0.0 -w 8 -g 8192', [1, 2, 3, 4, 5, 6, 7, 8], 'region0: failed to set target0 to MEM1'],
	['five ways', eight, '-d decoder0.0 -w 5', [1, 2, 3, 4, 5], 'region0: set_interleave_ways failed: Invalid argument'],
	['two bridges, one each', pair, '-d decoder0.2 -w 2', [1, 3], { ways: 2, granularity: 1024, mib: 512 }],
	['two bridges, the wrong way round', pair, '-d decoder0.2 -w 2', [3, 1], 'region2: failed to set target0 to MEM3'],
	['two bridges, both on one', pair, '-d decoder0.2 -w 2', [1, 2], 'region2: failed to set target1 to MEM2'],
	['two bridges, four in turn', pair, '-d decoder0.2 -w 4', [2, 3, 1, 4], { ways: 4, granularity: 1024, mib: 1024 }],
	[
		'two bridges with another granularity',
		pair,
		'-d decoder0.2 -w 2 -g 4096',
		[1, 3],
		'region2: For an x2 root, only root decoder granularity (1024) permitted'
	],
	['one of an interleaved window', pair, '-d decoder0.2 -w 1', [1], 'region2: set_interleave_ways failed: Invalid argument'],
	['a bridge that the window does not reach', pair, '-d decoder0.1 -w 1', [1], 'no active memdevs found: decoder: decoder0.1 filter: MEM1'],
	[
		'one that it reaches and one that it does not',
		pair,
		'-d decoder0.1 -w 2',
		[1, 3],
		'Interleave ways 2 is greater than number of memdevs specified: 1'
	],
	['three bridges in three ways', three, '-d decoder0.0 -w 3', [1, 2, 3], { ways: 3, granularity: 4096, mib: 768 }],
	['three bridges, another order', three, '-d decoder0.0 -w 3', [2, 1, 3], 'region0: failed to set target0 to MEM2'],
	['three bridges, two devices each', six, '-d decoder0.0 -w 6', [1, 3, 5, 2, 4, 6], { ways: 6, granularity: 512, mib: 1536 }],
	[
		'three bridges, four devices each',
		twelve,
		'-d decoder0.0 -w 12',
		[1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12],
		{ ways: 12, granularity: 256, mib: 3072 }
	],
	['four ways below a window of three', six, '-d decoder0.0 -w 4', [1, 3, 5, 2], 'region0: set_interleave_ways failed: Invalid argument'],
	['beside a window of three', three, '-d decoder0.1 -w 1', [1], { ways: 1, granularity: 256, mib: 256 }],
	['four bridges, eight devices', wide, '-d decoder0.0 -w 8', [1, 3, 5, 7, 2, 4, 6, 8], { ways: 8, granularity: 256, mib: 2048 }],
	['four bridges, halves swapped', wide, '-d decoder0.0 -w 8', [2, 3, 6, 7, 1, 4, 5, 8], { ways: 8, granularity: 256, mib: 2048 }],
	['four bridges, not in turn', wide, '-d decoder0.0 -w 8', [1, 2, 3, 4, 5, 6, 7, 8], 'region0: failed to set target1 to MEM2'],
	[
		'bridges at 16 KiB, one device each: the bridge itself would need 32 KiB',
		coarse,
		'-d decoder0.0 -w 2',
		[1, 3],
		'region0: failed to set target1 to MEM3'
	],
	[
		'bridges at 16 KiB: below them 32 KiB would be needed',
		coarse,
		'-d decoder0.0 -w 4',
		[1, 3, 2, 4],
		'region0: failed to set target0 to MEM1'
	],
	['a switch, two devices', tree, '-d decoder0.0 -w 2 -g 2048', [4, 1], { ways: 2, granularity: 2048, mib: 512 }],
	['a switch, all devices', tree, '-d decoder0.0 -w 4', [3, 1, 4, 2], { ways: 4, granularity: 256, mib: 1024 }],
	['a switch, three devices', tree, '-d decoder0.0 -w 3', [1, 2, 3], 'region0: set_interleave_ways failed: Invalid argument'],
	['unlike sizes: the smaller counts', uneven, '-d decoder0.0 -w 2', [1, 2], { ways: 2, granularity: 256, mib: 512 }],
	['more than the smaller has', uneven, '-d decoder0.0 -w 2 -s 1G', [1, 2], 'DECODER2: set_dpa_size failed: No space left on device'],
	['a size between two steps', two, '-d decoder0.0 -w 2 -s 384M', [1, 2], 'region0: set_size failed: Invalid argument'],
	[
		'a size that ways do not divide',
		two,
		'-d decoder0.0 -w 2 -s 268435457',
		[1, 2],
		'size (268435457) is not an integral multiple of interleave-ways (2)'
	],
	[
		'more than the window has',
		two,
		'-d decoder0.0 -w 2 -s 6G',
		[1, 2],
		'decoder0.0: region size 0x180000000 exceeds max available space (0x100000000)'
	],
	['no such decoder', two, '-d decoder0.7 -w 1', [1], 'no active memdevs found: decoder: decoder0.7 filter: MEM1'],
	['no decoder named', two, '-w 1', [1], 'no root decoder specified'],
	['no such size', two, '-d decoder0.0 -w 1 -s big', [1], 'Invalid size: big'],
	['ways 0', two, '-d decoder0.0 -w 0', [1], 'Invalid interleave ways: 0'],
	['fewer ways than devices', two, '-d decoder0.0 -w 1', [1, 2], 'Interleave ways 1 is less than number of memdevs specified: 2'],
	['a type that there is not', two, '-d decoder0.0 -w 1 -t fast', [1], 'unsupported type: fast'],
	[
		'a guest that knows it is one',
		{ ...two, hypervisor: true },
		'-d decoder0.0 -w 2',
		[1, 2],
		'region0: failed to commit decode: No such device or address'
	]
];

describe('cxl create-region', () => {
	it.each(ROWS)('%s', (_what, topology, options, serials, answer) => {
		const simulation = cxlMachine(topology);
		const names = serials.map((serial) => memdev(simulation, serial));
		const type = options.includes('-t ') ? '' : '-t ram';
		const said = shell(simulation, `cxl create-region -m ${type} ${options} ${names.join(' ')}`);
		for (const { id, check } of INVARIANTS) expect([id, check(simulation.world)]).toEqual([id, null]);
		if (typeof answer === 'string') {
			const text = answer
				.replace(/MEM(\d)/, (_, serial: string) => memdev(simulation, Number(serial)))
				.replace(/DECODER(\d)/, (_, serial: string) => firstDecoder(simulation, Number(serial)));
			expect(said.rc).toBe(1);
			expect(said.messages[0]).toContain(`: ${text}`);
			expect(said.messages.at(-1)).toBe('cxl region: cmd_create_region: created 0 regions');
			expect(cxl(simulation).regions).toEqual([]);
			return;
		}
		expect(said.messages).toEqual(['cxl region: cmd_create_region: created 1 region']);
		expect(said.json).toMatchObject({
			size: answer.mib * 2 ** 20,
			interleave_ways: answer.ways,
			interleave_granularity: answer.granularity,
			decode_state: 'commit'
		});
		const { mappings } = said.json as { mappings: { position: number; memdev: string }[] };
		expect([...mappings].sort((a, b) => a.position - b.position).map((each) => each.memdev)).toEqual(names);
	});
});

function firstDecoder(simulation: ReturnType<typeof cxlMachine>, serial: number): string {
	const found = cxl(simulation).memdevs.find((each) => each.serial === serial);
	return `decoder${cxl(simulation).ports[found?.endpoint ?? 0]?.id ?? 0}.0`;
}

describe('ports between', () => {
	it('below four bridges each takes every fourth granule, its two ports take them in turn', () => {
		const simulation = cxlMachine(wide);
		const names = [1, 3, 5, 7, 2, 4, 6, 8].map((serial) => memdev(simulation, serial));
		shell(simulation, `cxl create-region -m -t ram -d decoder0.0 -w 8 ${names.join(' ')}`);
		const bridges = cxl(simulation).decoders.filter((decoder) => cxl(simulation).ports[decoder.port]?.kind === 'bridge' && decoder.enabled);
		expect(bridges.map(({ ways, granularityBytes, targets }) => ({ ways, granularityBytes, targets }))).toEqual(
			[0, 1, 2, 3].map(() => ({ ways: 2, granularityBytes: 1024, targets: [0, 1] }))
		);
	});

	it('a bridge above a switch passes all on, the switch tells apart', () => {
		const simulation = cxlMachine(tree);
		const names = [4, 3, 2, 1].map((serial) => memdev(simulation, serial));
		shell(simulation, `cxl create-region -m -t ram -d decoder0.0 -w 4 -g 512 ${names.join(' ')}`);
		const decoders = cxl(simulation).decoders.filter((decoder) => decoder.region === 0);
		const kinds = decoders.map(
			(decoder) => `${cxl(simulation).ports[decoder.port]?.kind ?? ''} ${decoder.ways} ${decoder.targets.slice(0, decoder.ways).join()}`
		);
		expect(kinds).toContain('bridge 1 0');
		expect(kinds).toContain('switch 4 3,2,1,0');
	});
});
