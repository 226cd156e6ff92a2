import { GIB, MIB } from '../../base/units.ts';
import { ByteWriter } from './bytes.ts';
import { Expectation, RangeEncoder } from './range-coder.ts';
import { SCENARIO_SHAPES } from './scenario-shape.ts';

/**
 * What a link of version 1 takes for granted: how bytes usually are at each place, learnt from a typical scenario and from
 * words that titles are made of. Frozen: one changed letter here and no old link can be read.
 */
const WORDS = [
	'two hosts and a switch, one guest leaves host by the network or through the pool',
	'a web server moves while it writes; the same move by copy, by reference, in small pages',
	'three guests, busy database, first try, my run, lesson, what if, slow wire, fast link',
	'pre-copy that never ends; nil-migration with a held page; evening, morning, test, seed'
];

const move = { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'transit' };
const journal = [
	{ atNs: 0, command: move },
	{
		atNs: 120_000_000,
		command: { name: 'set-workload', vm: 'vm0', workload: { kind: 'database' } }
	},
	{
		atNs: 287_300_000,
		command: { name: 'pin', vm: 'vm0', gfn: 434_688, term: 'short', forNs: 200_000 }
	},
	{ atNs: 401_250_000, command: { name: 'migrate-cancel', vm: 'vm0' } },
	{ atNs: 440_000_000, command: { ...move, vm: 'vm1', strategy: 'precopy' } },
	{
		atNs: 513_700_000,
		command: {
			name: 'migrate-set-parameters',
			vm: 'vm1',
			maxBandwidthBytesPerSecond: 1_250_000_000
		}
	},
	{
		atNs: 566_660_000,
		command: {
			name: 'set-workload',
			vm: 'vm1',
			workload: { kind: 'memory-muncher', rateBytesPerSecond: 500_000_000 }
		}
	},
	{ atNs: 633_333_000, command: { name: 'set-workload', vm: 'vm0', workload: { kind: 'web' } } },
	{ atNs: 702_040_000, command: { name: 'migrate-cancel', vm: 'vm1' } },
	{ atNs: 755_000_000, command: { ...move, vm: 'vm1', target: 'A' } }
];

const scenario = {
	switchyard: 1,
	id: 'own-run',
	title: 'A web server leaves host A',
	about: '',
	seed: 7,
	hosts: [
		{
			id: 'A',
			cpus: 8,
			dramBytes: 16 * GIB,
			normalBytes: 4 * GIB,
			kernelBytes: 408 * MIB,
			otherBytes: 320 * MIB,
			windowBaseHpa: 0x20_0000_0000
		},
		{
			id: 'B',
			cpus: 8,
			dramBytes: 16 * GIB,
			normalBytes: 4 * GIB,
			kernelBytes: 274 * MIB,
			otherBytes: 448 * MIB,
			windowBaseHpa: 0x28_0000_0000
		}
	],
	pool: {
		id: 'pool',
		bytes: 16 * GIB,
		reach: 'switched',
		hardwareCoherent: false,
		peerBytes: GIB,
		peerLayout: 'together'
	},
	vms: [
		{
			id: 'vm0',
			host: 'A',
			bytes: 8 * GIB,
			vcpus: 4,
			pages: 'thp',
			workload: { kind: 'web' },
			pins: []
		},
		{
			id: 'vm1',
			host: 'A',
			bytes: 4 * GIB,
			vcpus: 2,
			pages: 'thp',
			workload: { kind: 'memory-muncher' },
			pins: []
		}
	],
	networkBytesPerSecond: 2_937_500_000,
	untilNs: 2_000_000_000,
	journal,
	costs: {},
	descriptorLimit: 4096,
	machines: [],
	fabric: null,
	rack: null
};

let learnt: Expectation | null = null;

/** A fresh copy of what is taken for granted, to be grown by one link. */
export function primed(): Expectation {
	if (learnt === null) {
		learnt = new Expectation();
		const out = new ByteWriter(new RangeEncoder(learnt).put);
		for (const words of WORDS) out.text(words);
		SCENARIO_SHAPES['1'].write(out, scenario, undefined);
	}
	return new Expectation(learnt);
}
