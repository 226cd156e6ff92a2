/**
 * Goal: every command of a vDPA device has a line that reads back as itself, and a wrong line says what is wrong. Method: random
 * commands, and the journals of the catalogue.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../../src/lib/engine/contract/commands.ts';
import { VDPA_CATALOGUE } from '../../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../../../src/lib/engine/contract/scenario/read.ts';
import { SWITCH_STRATEGIES } from '../../../../../src/lib/engine/contract/vdpa/choice.ts';
import { NIC_HELP, nicLine, readNicLine } from '../../../../../src/routes/play/nic/lines.ts';

const context = {
	vdpa: { guests: [], nics: [] },
	hosts: ['A', 'B'],
	nic: 'net0',
	vm: 'vm0',
	host: 'A'
};
const read = (line: string) => readNicLine(line, context);
const readCommand = (line: string): Command => {
	const found = read(line);
	if (!found.ok) throw new Error(`${line}: ${found.says}`);
	return found.command;
};
const word = (execute: string, given: Record<string, unknown> = {}): Command =>
	({ name: 'vdpa', vm: 'vm0', nic: 'net0', execute, arguments: given }) as Command;

const bytes = fc.oneof(
	fc.integer({ min: 1, max: 4096 }).map((count) => count * 4096),
	fc.integer({ min: 1, max: 64 }).map((count) => count * 2 ** 30),
	fc.integer({ min: 1, max: 2 ** 40 })
);
const address = fc.nat(2 ** 48).map((value) => `0x${value.toString(16)}`);
const command = fc.oneof(
	bytes.map((count) => word('plug-dimm', { bytes: count })),
	fc.constantFrom('unplug-dimm', 'fail-migration', 'live-update').map((execute) => word(execute)),
	fc.constantFrom(...Object.keys(SWITCH_STRATEGIES)).map((strategy) => word('set-strategy', { strategy })),
	fc.nat(200_000).map((packetsPerSecond) => word('set-traffic', { packetsPerSecond })),
	fc
		.record({
			op: fc.constant('update'),
			asid: fc.nat(8),
			iova: address,
			uaddr: address,
			bytes,
			permission: fc.integer({ min: 1, max: 3 })
		})
		.map((given) => word('message', given)),
	fc.record({ op: fc.constant('invalidate'), asid: fc.nat(8), iova: address, bytes }).map((given) => word('message', given)),
	fc.record({ op: fc.constantFrom('batch-begin', 'batch-end'), asid: fc.nat(8) }).map((given) => word('message', given)),
	fc.record({ call: fc.constant('SET_STATUS'), status: fc.nat(255) }).map((given) => word('call', given)),
	fc.record({ call: fc.constant('SET_VRING_ENABLE'), queue: fc.nat(4), enabled: fc.boolean() }).map((given) => word('call', given)),
	fc.record({ call: fc.constant('SET_BACKEND_FEATURES'), bits: fc.array(fc.nat(8)) }).map((given) => word('call', given)),
	fc.record({ giova: address, gfn: fc.nat(2 ** 20), pages: fc.integer({ min: 1, max: 512 }) }).map((given) => word('viommu-map', given)),
	fc.constantFrom('precopy', 'transit').map((strategy) => ({ name: 'migrate', vm: 'vm0', target: 'B', strategy }) as Command),
	fc
		.nat(2 ** 30)
		.map(
			(maxBandwidthBytesPerSecond) =>
				({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy', parameters: { maxBandwidthBytesPerSecond } }) as Command
		)
);

describe('lines of a vDPA device', () => {
	it('read back as the command they were made of', () => {
		fc.assert(
			fc.property(command, (given) => {
				expect(readCommand(nicLine(given))).toEqual(given);
			})
		);
	});

	it('keep a size to the byte, with a unit where it is a whole one', () => {
		expect(nicLine(word('plug-dimm', { bytes: 2 ** 30 }))).toBe('device_add pc-dimm,size=1G');
		expect(nicLine(word('plug-dimm', { bytes: '1 GiB' }))).toBe('device_add pc-dimm,size=1G');
		expect(nicLine(word('plug-dimm', { bytes: 1.5 * 2 ** 30 }))).toBe('device_add pc-dimm,size=1536M');
		expect(nicLine(word('plug-dimm', { bytes: 2 ** 30 + 1 }))).toBe('device_add pc-dimm,size=1073741825');
	});

	it('do the same as every command of the catalogue', () => {
		let count = 0;
		for (const { scenario } of VDPA_CATALOGUE) {
			const found = readScenario(scenario);
			if (!found.ok) throw new Error(found.detail);
			for (const { command: given } of found.value.journal) {
				const line = nicLine(given);
				count += 1;
				expect(nicLine(readCommand(line)), line).toBe(line);
				expect(line).not.toMatch(/NaN|undefined|\[object/);
			}
		}
		expect(count).toBeGreaterThan(8);
	});

	it('are understood as help shows them', () => {
		for (const { form } of NIC_HELP) expect(read(form), form).toMatchObject({ ok: true });
	});

	it('take the other host where none is named', () => {
		expect(readCommand('migrate')).toMatchObject({ target: 'B' });
	});

	it.each([
		['migrate C', /no host is called "C"; there are A, B/],
		['migrate B sideways', /precopy or transit/],
		['device_add pc-dimm', /size is missing/],
		['device_add pc-dimm,size=much', /size is missing/],
		['strategy', /one of full-remap/],
		['strategy best', /one of full-remap/],
		['traffic', /whole number/],
		['traffic many', /whole number/],
		['ioctl', /which call/],
		['iotlb', /update, invalidate/],
		['iotlb update 0 0x1000', /address space, device address, process address, size/],
		['iotlb update 0 0x1000 0x2000 1G all', /ro, wo or rw/],
		['iotlb invalidate 0 0x1000', /address space, device address, size/],
		['dance', /unknown command: 'dance'/],
		['viommu-map 5', /unknown command/]
	])('%s is refused in words', (line, says) => {
		const found = read(line);
		expect(found.ok).toBe(false);
		if (!found.ok) expect(found.says).toMatch(says);
	});
});
