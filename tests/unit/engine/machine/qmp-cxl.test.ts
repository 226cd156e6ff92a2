import { describe, expect, it } from 'vitest';
import type { QmpArguments } from '../../../../src/lib/engine/contract/machine-commands.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { typed } from '../../../support/console.ts';
import { ask, machine } from '../../../support/machines.ts';

/** CXL commands of the monitor: QAPI's refusals in QAPI's order, then the device's. */
const CXL = [
	'-machine q35,cxl=on -cpu max -smp 2 -m 1G -S',
	'-object memory-backend-ram,id=vmem0,size=256M -object memory-backend-ram,id=dc0,size=2G',
	'-object memory-backend-ram,id=vmem1,size=256M',
	'-device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1',
	'-device cxl-rp,port=0,bus=cxl.1,id=rp0,chassis=0,slot=2 -device cxl-rp,port=1,bus=cxl.1,id=rp1,chassis=0,slot=3',
	'-device cxl-type3,bus=rp0,id=dcd0,volatile-memdev=vmem0,volatile-dc-memdev=dc0,num-dc-regions=2,sn=1',
	'-device cxl-type3,bus=rp1,id=plain,volatile-memdev=vmem1,sn=2',
	'-M cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G'
].join(' ');
const MIB = 2 ** 20;

function told(simulation: Simulation, execute: string, args: QmpArguments): string {
	const value = ask(simulation, { name: 'qmp', execute, arguments: args }).value as { error?: { desc: string } } | null;
	return value?.error?.desc ?? 'ok';
}
const ADD = { path: 'dcd0', 'host-id': 0, 'selection-policy': 'prescriptive', region: 0, extents: [] };
const RELEASE = { path: 'dcd0', 'host-id': 0, 'removal-policy': 'prescriptive', region: 0, extents: [] };
const extent = (offset: number, len: number): QmpArguments => ({ offset, len });
const add = (simulation: Simulation, more: QmpArguments): string => told(simulation, 'cxl-add-dynamic-capacity', { ...ADD, ...more });
const without = (args: QmpArguments, name: string): QmpArguments =>
	Object.fromEntries(Object.entries(args).filter(([key]) => key !== name));

describe('arguments', () => {
	it.each([
		[without(ADD, 'path'), "Parameter 'path' is missing"],
		[{ ...ADD, path: 5 }, "Invalid parameter type for 'path', expected: string"],
		[without(without(ADD, 'host-id'), 'region'), "Parameter 'host-id' is missing"],
		[{ ...ADD, 'host-id': '0' }, "Parameter 'host-id' expects uint64"],
		[{ ...ADD, 'host-id': 1.5 }, "Parameter 'host-id' expects uint64"],
		[{ ...ADD, 'host-id': 65536 }, "Parameter 'host-id' expects uint16_t"],
		[{ ...ADD, 'selection-policy': 'best' }, "Parameter 'selection-policy' does not accept value 'best'"],
		[{ ...ADD, region: 256 }, "Parameter 'region' expects uint8_t"],
		[{ ...ADD, tag: null }, "Invalid parameter type for 'tag', expected: string"],
		[without(ADD, 'extents'), "Parameter 'extents' is missing"],
		[{ ...ADD, extents: 3 }, "Invalid parameter type for 'extents', expected: array"],
		[{ ...ADD, extents: [3] }, "Invalid parameter type for 'extents[0]', expected: object"],
		[{ ...ADD, extents: [extent(0, 0), { offset: 0 }] }, "Parameter 'extents[1].len' is missing"],
		[{ ...ADD, extents: [{ ...extent(0, 0), tag: 'x' }] }, "Parameter 'extents[0].tag' is unexpected"],
		[{ ...ADD, sequence: 1 }, "Parameter 'sequence' is unexpected"]
	])('%o', (args, text) => {
		expect(told(machine(CXL), 'cxl-add-dynamic-capacity', args as QmpArguments)).toBe(text);
	});

	it('of a release', () => {
		const simulation = machine(CXL);
		const release = (more: QmpArguments): string => told(simulation, 'cxl-release-dynamic-capacity', { ...RELEASE, ...more });
		expect(release({ 'forced-removal': 'yes' })).toBe("Invalid parameter type for 'forced-removal', expected: boolean");
		expect(release({ 'removal-policy': 'tag-based', 'forced-removal': true })).toBe('Forced removal not supported yet');
		expect(release({ 'removal-policy': 'tag-based' })).toBe('Removal policy not supported');
		expect(release({ extents: [extent(0, 2 * MIB)] })).toBe('cannot release extent with non-existing DPA range');
	});
});

describe('the device', () => {
	it('is found by its path or a part of it', () => {
		const simulation = machine(CXL);
		for (const path of ['dcd0', '/machine/peripheral/dcd0', 'peripheral/dcd0']) expect(add(simulation, { path })).toBe('ok');
		for (const path of ['nothing', '/dcd0', 'dc0', 'rp0', '/machine/peripheral/rp0', ''])
			expect(add(simulation, { path }), path).toBe('Unable to resolve CXL type 3 device');
		expect(add(simulation, { path: 'plain' })).toBe('No dynamic capacity support from the device');
	});

	it('checks in this order', () => {
		const simulation = machine(CXL);
		expect(add(simulation, { 'selection-policy': 'free', path: 'nothing' })).toBe('Selection policy not supported');
		expect(add(simulation, { region: 2 })).toBe('region id is too large');
		expect(add(simulation, { extents: [extent(3, 0)] })).toBe('extent with 0 length is not allowed');
		expect(add(simulation, { extents: [extent(MIB, 2 * MIB)] })).toBe('dpa or len is not aligned to region block size');
		expect(add(simulation, { extents: [extent(0, 3 * MIB)] })).toBe('dpa or len is not aligned to region block size');
		expect(add(simulation, { extents: [extent(1022 * MIB, 4 * MIB)] })).toBe('extent range is beyond the region end');
		expect(add(simulation, { extents: [extent(-1, 2 * MIB)] })).toBe('dpa or len is not aligned to region block size');
		expect(add(simulation, { extents: [extent(-2 * MIB, 2 * MIB)] })).toContain('QEMU itself crashes');
		expect(add(simulation, { extents: [extent(0, 4 * MIB), extent(2 * MIB, 2 * MIB)] })).toBe(
			'duplicate or overlapped extents are detected'
		);
		expect(add(simulation, { extents: [extent(0, 4 * MIB)] })).toBe('ok');
		expect(add(simulation, { extents: [extent(8 * MIB, 2 * MIB), extent(2 * MIB, 2 * MIB)] })).toBe(
			'cannot add DPA again while still pending'
		);
		// What a request refused left nothing behind.
		expect(add(simulation, { extents: [extent(8 * MIB, 2 * MIB)] })).toBe('ok');
	});

	it('cannot track more than 512 extents, and counts those of an answer twice', () => {
		const simulation = machine(CXL);
		const extents = Array.from({ length: 300 }, (_, index) => extent(index * 2 * MIB, 2 * MIB));
		expect(add(simulation, { extents })).toBe('ok');
		const answer = (count: number) =>
			simulation.send({
				name: 'fabric',
				actor: 'host',
				at: 'm',
				execute: 'add-dynamic-capacity-response',
				arguments: {
					device: 'dcd0',
					extents: Array.from({ length: count }, (_, index) => ({ dpa: 256 * MIB + index * 2 * MIB, bytes: 2 * MIB }))
				}
			});
		expect(answer(213)).toMatchObject({ ok: false, detail: expect.stringContaining('(1Dh)') as string });
		expect(answer(212).ok).toBe(true);
		expect(answer(0)).toMatchObject({ ok: false, detail: expect.stringContaining('QEMU itself crashes') as string });
	});
});

describe('errors by the monitor', () => {
	it('poison: aligned, not twice, on a type 3 device', () => {
		const simulation = machine(CXL);
		const poison = (more: QmpArguments): string => told(simulation, 'cxl-inject-poison', { path: 'dcd0', start: 0, length: 64, ...more });
		expect(poison({ length: 65 })).toBe('Poison injection must be in multiples of 64 bytes');
		expect(poison({ start: 32 })).toBe('Poison start address must be 64 byte aligned');
		expect(poison({ path: 'nothing' })).toBe('Unable to resolve path');
		expect(poison({ path: 'rp0' })).toBe('Path does not point to a CXL type 3 device');
		expect(poison({ length: 128 })).toBe('ok');
		expect(poison({ start: 64 })).toBe('Overlap with existing poisoned region not supported');
		for (let index = 1; index <= 256; index += 1) expect(poison({ start: index * 256 })).toBe('ok');
		const device = simulation.world.r.fabric.devices.find((each) => each.id === 'm.dcd0');
		expect(device).toMatchObject({ poisonOverflow: true });
		expect(device?.poison).toHaveLength(256);
	});

	it('events go into the logs they name', () => {
		const simulation = machine(CXL);
		const event = { path: 'dcd0', log: 'failure', flags: 1, dpa: 4096, descriptor: 3, type: 3, 'transaction-type': 1 };
		expect(told(simulation, 'cxl-inject-general-media-event', event)).toBe('ok');
		expect(told(simulation, 'cxl-inject-dram-event', { ...event, bank: 300 })).toBe("Parameter 'bank' expects uint8_t");
		expect(told(simulation, 'cxl-inject-general-media-event', { ...event, log: 'all' })).toBe(
			"Parameter 'log' does not accept value 'all'"
		);
		expect(told(simulation, 'cxl-inject-correctable-error', { path: 'dcd0', type: 'physical' })).toBe('ok');
		expect(simulation.world.r.fabric.devices[0]?.mediaEvents).toMatchObject([{ log: 'failure', what: 'general media', dpa: 4096 }]);
	});

	it('are typed as JSON on the console', () => {
		const simulation = machine(CXL);
		const line = JSON.stringify({ execute: 'cxl-add-dynamic-capacity', arguments: { ...ADD, extents: [extent(0, 2 * MIB)] } });
		expect(JSON.parse(typed(simulation, line))).toEqual({ return: {} });
		expect(JSON.parse(typed(simulation, line))).toEqual({
			error: { class: 'GenericError', desc: 'cannot add DPA again while still pending' }
		});
	});
});
