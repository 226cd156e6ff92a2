/**
 * Goal: a region built by hand, in right and in wrong orders: every file of sysfs answers the kernel's errno.
 * Method: scripts of writes with the expected errno of each, worked out from drivers/cxl/core/region.c, port.c and hdm.c of
 * Linux 7.2; two devices of 256 MiB below one bridge, so decoder2.x and decoder3.x are theirs.
 */
import { describe, expect, it } from 'vitest';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { write } from '../../../support/machines.ts';
import { cxl, cxlMachine, poke, shell } from '../../../support/cxl.ts';

const SIZE = '0x20000000';
const HALF = '0x10000000';
type Script = readonly (readonly [path: string, value: string, errno: string])[];
const made: Script = [
	['decoder0.0/create_ram_region', 'region0', 'OK'],
	['region0/interleave_ways', '2', 'OK'],
	['region0/interleave_granularity', '256', 'OK'],
	['region0/size', SIZE, 'OK']
];
const memory: Script = [
	['decoder2.0/mode', 'ram', 'OK'],
	['decoder2.0/dpa_size', HALF, 'OK'],
	['decoder3.0/mode', 'ram', 'OK'],
	['decoder3.0/dpa_size', HALF, 'OK']
];
const placed: Script = [
	['region0/target0', 'decoder2.0', 'OK'],
	['region0/target1', 'decoder3.0', 'OK']
];

const SCRIPTS: readonly (readonly [what: string, script: Script])[] = [
	['in order', [...made, ...memory, ...placed, ['region0/commit', '1', 'OK'], ['region0/commit', '1', 'OK']]],
	['another region than the one offered', [['decoder0.0/create_ram_region', 'region3', 'EBUSY']]],
	['a name that is none', [['decoder0.0/create_ram_region', 'memory', 'EINVAL']]],
	[
		'size before ways and granularity',
		[made[0] as Script[0], ['region0/size', SIZE, 'ENXIO'], ['region0/interleave_ways', '2', 'OK'], ['region0/size', SIZE, 'ENXIO']]
	],
	[
		'ways after the size',
		[
			...made,
			['region0/interleave_ways', '1', 'EBUSY'],
			['region0/interleave_granularity', '512', 'EBUSY'],
			['region0/size', '0x40000000', 'EBUSY'],
			['region0/size', SIZE, 'OK']
		]
	],
	[
		'ways that there are not',
		[
			made[0] as Script[0],
			['region0/interleave_ways', '0', 'EINVAL'],
			['region0/interleave_ways', '5', 'EINVAL'],
			['region0/interleave_ways', '3', 'EINVAL'],
			['region0/interleave_ways', 'two', 'EINVAL']
		]
	],
	[
		'granularities that there are not',
		[
			made[0] as Script[0],
			['region0/interleave_granularity', '128', 'EINVAL'],
			['region0/interleave_granularity', '300', 'EINVAL'],
			['region0/interleave_granularity', '32768', 'EINVAL']
		]
	],
	['sizes that do not fit', [...made.slice(0, 3), ['region0/size', HALF, 'EINVAL'], ['region0/size', '0x140000000', 'ERANGE']]],
	['a target before the size', [...made.slice(0, 3), ...memory, ['region0/target0', 'decoder2.0', 'ENXIO']]],
	['a target without mode', [...made, ['region0/target0', 'decoder2.0', 'ENODEV']]],
	['a target without device memory', [...made, ['decoder2.0/mode', 'ram', 'OK'], ['region0/target0', 'decoder2.0', 'ENXIO']]],
	['a target position beyond the ways', [...made, ...memory, ['region0/target2', 'decoder2.0', 'ENOENT']]],
	[
		'a target that is no endpoint decoder',
		[
			...made,
			['region0/target0', 'decoder1.0', 'EINVAL'],
			['region0/target0', 'mem0', 'EINVAL'],
			['region0/target0', 'decoder9.9', 'ENODEV']
		]
	],
	[
		'one device twice',
		[
			...made,
			...memory,
			['region0/target0', 'decoder2.0', 'OK'],
			['region0/target1', 'decoder2.0', 'EBUSY'],
			['region0/target0', 'decoder2.0', 'EBUSY']
		]
	],
	['a taken position', [...made, ...memory, ['region0/target0', 'decoder2.0', 'OK'], ['region0/target0', 'decoder3.0', 'EBUSY']]],
	[
		'too little device memory',
		[
			...made,
			['decoder2.0/mode', 'ram', 'OK'],
			['decoder2.0/dpa_size', '0x20000000', 'ENOSPC'],
			['decoder2.0/dpa_size', '0x8000000', 'EINVAL']
		]
	],
	[
		'device memory before the mode',
		[
			['decoder2.0/dpa_size', HALF, 'EBUSY'],
			['decoder2.0/mode', 'pmem', 'EINVAL'],
			['decoder2.0/mode', 'fast', 'EINVAL']
		]
	],
	[
		'decoders out of their order',
		[
			['decoder2.1/mode', 'ram', 'OK'],
			['decoder2.1/dpa_size', HALF, 'EBUSY'],
			['decoder2.0/mode', 'ram', 'OK'],
			['decoder2.0/dpa_size', HALF, 'OK'],
			['decoder2.1/dpa_size', HALF, 'ENOSPC']
		]
	],
	[
		'commit before the targets',
		[
			...made,
			...memory,
			['region0/commit', '1', 'ENXIO'],
			['region0/target0', 'decoder2.0', 'OK'],
			['region0/commit', '1', 'ENXIO'],
			['region0/commit', 'perhaps', 'EINVAL'],
			['region0/commit', '0', 'OK']
		]
	],
	[
		'device memory of a decoder that is in a region',
		[
			...made,
			...memory,
			...placed,
			['decoder2.0/dpa_size', '0', 'EBUSY'],
			['decoder2.0/mode', 'ram', 'OK'],
			['region0/commit', '1', 'OK'],
			['decoder2.0/mode', 'ram', 'EBUSY']
		]
	],
	[
		'all and back',
		[
			...made,
			...memory,
			...placed,
			['region0/commit', '1', 'OK'],
			['region0/commit', '0', 'OK'],
			['region0/target0', '', 'OK'],
			['region0/target1', '', 'OK'],
			['decoder2.0/dpa_size', '0', 'OK'],
			['decoder3.0/dpa_size', '0', 'OK'],
			['region0/size', '0', 'OK'],
			['region0/interleave_ways', '1', 'OK'],
			['decoder0.0/delete_region', 'region0', 'OK'],
			['decoder0.0/create_ram_region', 'region0', 'OK']
		]
	],
	['address space of an active region', [...made, ...memory, ...placed, ['region0/size', '0', 'EBUSY']]],
	[
		'a target taken and given back is one too many',
		[...made, ...memory, ...placed, ['region0/target1', '', 'OK'], ['region0/target1', 'decoder3.0', 'EINVAL']]
	],
	['deleting what is not there', [['decoder0.0/delete_region', 'region4', 'ENODEV']]],
	[
		'files that are only for reading',
		[
			...made,
			['region0/resource', '0', 'EACCES'],
			['region0/uuid', 'x', 'EACCES'],
			['decoder1.0/target_list', '0', 'EACCES'],
			['region0/colour', 'red', 'ENOENT'],
			['region7/size', '1', 'ENOENT']
		]
	],
	[
		'a persistent region needs a uuid first',
		[
			['decoder0.0/create_pmem_region', 'region0', 'OK'],
			['region0/interleave_ways', '1', 'OK'],
			['region0/interleave_granularity', '256', 'OK'],
			['region0/size', HALF, 'ENXIO'],
			['region0/uuid', 'no', 'EINVAL'],
			['region0/uuid', '11111111-2222-4333-8444-555555555555', 'OK'],
			['region0/size', HALF, 'OK'],
			['region0/uuid', '11111111-2222-4333-8444-555555555556', 'OK'],
			['decoder2.0/mode', 'ram', 'OK'],
			['decoder2.0/dpa_size', HALF, 'OK'],
			['region0/target0', 'decoder2.0', 'EINVAL']
		]
	]
];

describe('files of a region', () => {
	it.each(SCRIPTS)('%s', (_what, script) => {
		const simulation = cxlMachine({ bridges: [[256, 256]] });
		for (const [path, value, errno] of script) {
			expect([path, value, poke(simulation, path, value)]).toEqual([path, value, errno]);
			for (const { id, check } of INVARIANTS) expect([id, check(simulation.world)]).toEqual([id, null]);
		}
	});

	it('its driver binds once the decoders are committed, and not before', () => {
		const simulation = cxlMachine({ bridges: [[256, 256]] });
		const bind = (): string => write(simulation, '/sys/bus/cxl/drivers/cxl_region/bind', 'region0');
		for (const [path, value] of [...made, ...memory, ...placed]) poke(simulation, path, value);
		expect(bind()).toBe('ENXIO');
		poke(simulation, 'region0/commit', '1');
		expect(bind()).toBe('OK');
		expect(simulation.status().machines[0]?.memoryBlocks.filter((block) => block.node === 1)).toHaveLength(4);
		expect(write(simulation, '/sys/bus/cxl/drivers/cxl_region/unbind', 'region0')).toBe('OK');
		expect(cxl(simulation).daxes).toEqual([]);
	});
});

describe('decoders of a port are used in order', () => {
	const quarter = (simulation: ReturnType<typeof cxlMachine>, device: string): number =>
		shell(simulation, `cxl create-region -m -t ram -d decoder0.0 -w 1 -s 256M ${device}`).rc;

	it('what was destroyed out of order blocks new regions until the later one goes too', () => {
		const simulation = cxlMachine({ bridges: [[256, 512]] });
		expect([quarter(simulation, 'mem0'), quarter(simulation, 'mem1')]).toEqual([0, 0]);
		expect(shell(simulation, 'cxl destroy-region -f region0').rc).toBe(0);
		// region1 lies above the gap, and decoder1.0 is free below decoder1.1.
		expect(shell(simulation, 'cxl create-region -m -t ram -d decoder0.0 -w 1 -s 256M mem0').messages[0]).toMatch(/failed to set target0/);
		expect(shell(simulation, 'cxl destroy-region -f region1').rc).toBe(0);
		expect(quarter(simulation, 'mem0')).toBe(0);
	});

	it('device memory is given back from the top only', () => {
		const simulation = cxlMachine({ bridges: [[512, 256]] });
		expect([quarter(simulation, 'mem0'), quarter(simulation, 'mem0')]).toEqual([0, 0]);
		const said = shell(simulation, 'cxl destroy-region -f region0');
		expect(said.rc).toBe(1);
		expect(said.messages[0]).toBe('cxl region: destroy_region: decoder2.0: set_dpa_size failed: Device or resource busy');
		expect(said.messages.at(-1)).toBe('cxl region: cmd_destroy_region: destroyed 0 regions');
	});
});
