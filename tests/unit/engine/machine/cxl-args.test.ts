/**
 * Goal: the CXL part of a command line is read as it stands, and QEMU's refusals of it come with QEMU's texts.
 * Method: tables of command lines; expected sizes and texts were written down from the sources named in cxl-startup.ts and
 * from recordings of QEMU 11.1.3.
 */
import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '$lib/base/units.ts';
import { Simulation } from '$lib/engine/index.ts';
import { readCxlArguments } from '$lib/engine/machine/cxl-args.ts';
import { readQemuArgs, type QemuMachine } from '$lib/engine/machine/qemu-args.ts';

const read = (words: string): QemuMachine => {
	const machine = readQemuArgs(words.split(/\s+/));
	if (!machine.ok) throw new Error(machine.detail);
	return machine.value;
};

describe('reading', () => {
	it('takes windows, static and dynamic parts, backends and serial numbers', () => {
		const machine = read(
			[
				'-machine q35,cxl=on -m 1G -object memory-backend-ram,id=v,size=256M -object memory-backend-ram,id=p,size=512M',
				'-object memory-backend-ram,id=l,size=1M -object memory-backend-ram,id=dc,size=2G',
				'-device pxb-cxl,bus_nr=12,bus=pcie.0,id=hb0 -device pxb-cxl,bus_nr=100,bus=pcie.0,id=hb1',
				'-device cxl-rp,port=0,bus=hb0,id=rp0,chassis=0,slot=0 -device cxl-rp,port=0,bus=hb1,id=rp1,chassis=1,slot=0',
				'-device cxl-type3,bus=rp0,id=a,volatile-memdev=v,persistent-memdev=p,lsa=l,sn=0x17',
				'-device cxl-type3,bus=rp1,id=b,volatile-dc-memdev=dc,num-dc-regions=2',
				'-M cxl-fmw.0.targets.0=hb0,cxl-fmw.0.targets.1=hb1,cxl-fmw.0.size=4G,cxl-fmw.0.interleave-granularity=8k'
			].join(' ')
		);
		expect(machine.chipset).toBe('q35');
		const { enabled, windows, memdevs } = readCxlArguments(machine);
		expect(enabled).toBe(true);
		expect(windows).toEqual([{ index: 0, targets: ['hb0', 'hb1'], bytes: 4 * GIB, granularityBytes: 8192 }]);
		expect(memdevs).toMatchObject([
			{ id: 'a', bus: 'rp0', serial: 23, volatileBytes: 256 * MIB, persistentBytes: 512 * MIB, dynamicBytes: 0, dynamicRegions: 0 },
			{ id: 'b', bus: 'rp1', serial: null, volatileBytes: 0, dynamicBytes: 2 * GIB, dynamicRegions: 2, dynamicBackend: 'dc' }
		]);
	});

	it('knows -machine words in any order, the type named or not', () => {
		expect(read('-M cxl-fmw.0.size=4G -machine q35,cxl=on').chipset).toBe('q35');
		expect(read('-machine type=q35 -M cxl=on').chipset).toBe('q35');
		expect(read('-M cxl=on').chipset).toBe('pc');
		expect(readCxlArguments(read('-machine q35,cxl=on -M cxl=off')).enabled).toBe(false);
	});
});

const BASE = '-machine q35,cxl=on -m 1G -object memory-backend-ram,id=cm0,size=512M -object memory-backend-ram,id=dc0,size=2G';
const BRIDGES = '-device pxb-cxl,bus_nr=12,bus=pcie.0,id=hb0 -device pxb-cxl,bus_nr=100,bus=pcie.0,id=hb1';
const PORT = '-device cxl-rp,port=0,bus=hb0,id=rp0,chassis=0,slot=0';
const targets = (count: number): string => Array.from({ length: count }, (_, at) => `cxl-fmw.0.targets.${at}=hb${at % 2}`).join(',');

/** What it is, words after the common ones, the text; null: it starts. */
const STARTS: readonly (readonly [what: string, words: string, text: string | null])[] = [
	['three bridges', `${BRIDGES} -M ${targets(3)},cxl-fmw.0.size=4G`, null],
	['five bridges', `${BRIDGES} -M ${targets(5)},cxl-fmw.0.size=4G`, 'Interleave ways: 5 not supported'],
	['seven bridges', `${BRIDGES} -M ${targets(7)},cxl-fmw.0.size=4G`, 'Interleave ways: 7 not supported'],
	['twelve bridges', `${BRIDGES} -M ${targets(12)},cxl-fmw.0.size=4G`, null],
	['a bridge that is not there', `${BRIDGES} -M cxl-fmw.0.targets.0=hb7,cxl-fmw.0.size=4G`, 'Could not resolve CXLFM target hb7'],
	['an odd size', `${BRIDGES} -M ${targets(1)},cxl-fmw.0.size=300M`, 'Size of a CXL fixed memory window must be a multiple of 256MiB'],
	['the smallest size', `${BRIDGES} -M ${targets(1)},cxl-fmw.0.size=256M`, null],
	['no size', `${BRIDGES} -M ${targets(1)}`, "Parameter 'cxl-fmw.0.size' is missing"],
	['no targets', `${BRIDGES} -M cxl-fmw.0.size=4G`, "Parameter 'cxl-fmw.0.targets' is missing"],
	[
		'granularity 128',
		`${BRIDGES} -M ${targets(2)},cxl-fmw.0.size=4G,cxl-fmw.0.interleave-granularity=128`,
		'Interleave granularity: 128 invalid'
	],
	[
		'granularity 32k',
		`${BRIDGES} -M ${targets(2)},cxl-fmw.0.size=4G,cxl-fmw.0.interleave-granularity=32k`,
		'Interleave granularity: 32768 invalid'
	],
	['granularity 16k', `${BRIDGES} -M ${targets(2)},cxl-fmw.0.size=4G,cxl-fmw.0.interleave-granularity=16k`, null],
	['cxl off', `-M cxl=off ${BRIDGES}`, 'CXL host bridges present, but cxl=off'],
	[
		'a device on a host bridge',
		`${BRIDGES} -device cxl-type3,bus=hb0,volatile-memdev=cm0,id=t0`,
		'-device cxl-type3,bus=hb0,volatile-memdev=cm0,id=t0: PCI: Only PCI/PCIe bridges can be plugged into pxb-cxl'
	],
	['a device on the root bus', `${BRIDGES} -device cxl-type3,bus=pcie.0,volatile-memdev=cm0,id=t0`, null],
	[
		'a bus that is not there',
		`${BRIDGES} -device cxl-type3,bus=rp9,volatile-memdev=cm0,id=t0`,
		"-device cxl-type3,bus=rp9,volatile-memdev=cm0,id=t0: Bus 'rp9' not found"
	],
	[
		'the same bus number',
		'-device pxb-cxl,bus_nr=12,id=hb0 -device pxb-cxl,bus_nr=12,id=hb1',
		'-device pxb-cxl,bus_nr=12,id=hb1: Bus 12 is already in use'
	],
	[
		'the same slot',
		`${BRIDGES} ${PORT} -device cxl-rp,port=1,bus=hb0,id=rp1`,
		"-device cxl-rp,port=1,bus=hb0,id=rp1: Can't add chassis slot, error -16"
	],
	[
		'no memory',
		`${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,id=t0`,
		'-device cxl-type3,bus=rp0,id=t0: at least one memdev property must be set'
	],
	[
		'no labels',
		`${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,persistent-memdev=cm0`,
		'-device cxl-type3,bus=rp0,persistent-memdev=cm0: lsa property must be set for persistent devices'
	],
	[
		'one backend twice',
		`${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,volatile-memdev=cm0,persistent-memdev=cm0,lsa=dc0`,
		"-device cxl-type3,bus=rp0,volatile-memdev=cm0,persistent-memdev=cm0,lsa=dc0: memory backend cm0 can't be used multiple times."
	],
	[
		'no such backend',
		`${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,volatile-memdev=cm9`,
		"-device cxl-type3,bus=rp0,volatile-memdev=cm9: Device 'cm9' not found"
	],
	[
		'a word that is none',
		`${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,volatile-memdev=cm0,colour=red`,
		"-device cxl-type3,bus=rp0,volatile-memdev=cm0,colour=red: Property 'cxl-type3.colour' not found"
	],
	[
		'dynamic capacity in three regions',
		`${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,volatile-memdev=cm0,volatile-dc-memdev=dc0,num-dc-regions=3`,
		'-device cxl-type3,bus=rp0,volatile-memdev=cm0,volatile-dc-memdev=dc0,num-dc-regions=3: backend size is not multiple of region len: 0x2aaaaaab\nsetup DC regions failed'
	],
	['dynamic capacity in four regions', `${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,volatile-dc-memdev=dc0,num-dc-regions=4`, null],
	[
		'dynamic capacity from nothing',
		`${BRIDGES} ${PORT} -device cxl-type3,bus=rp0,num-dc-regions=1`,
		'-device cxl-type3,bus=rp0,num-dc-regions=1: dynamic capacity must have a backing device'
	]
];

describe('starting', () => {
	it.each(STARTS)('%s', (_what, words, text) => {
		const opened = Simulation.open({
			scenario: {
				switchyard: 1,
				id: 'start',
				title: 'start',
				hosts: [],
				machines: [{ id: 'm', qemuArgs: `${BASE} ${words}`.split(/\s+/) }]
			},
			limitBytes: 2 ** 32
		});
		expect(opened.ok ? null : opened.detail).toBe(text);
	});
});
