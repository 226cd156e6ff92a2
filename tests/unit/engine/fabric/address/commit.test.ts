import { describe, expect, test } from 'vitest';
import { endpointCommitProblem, portCommitProblem } from '$lib/engine/fabric/address/commit.ts';
import { endpointRegisters, portRegisters } from '$lib/engine/fabric/address/registers.ts';
import type { HdmDecoderRecord, PortDecoderRecord } from '$lib/engine/state/fabric-records.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const decoder = (more: Partial<HdmDecoderRecord> = {}): HdmDecoderRecord => ({
	baseHpa: 8 * GIB,
	bytes: 4 * GIB,
	ways: 0,
	granularity: 0,
	position: 0,
	skip: 0,
	committed: true,
	locked: true,
	backInvalidate: false,
	byHand: true,
	...more
});
const port = (more: Partial<PortDecoderRecord> = {}): PortDecoderRecord => ({
	baseHpa: 8 * GIB,
	bytes: 4 * GIB,
	ways: 1,
	granularity: 0,
	targets: [0, 1],
	committed: true,
	locked: true,
	...more
});

describe('committing a decoder', () => {
	test.each<[string, HdmDecoderRecord[], number, Partial<HdmDecoderRecord>, string | null]>([
		['the first', [], 0, {}, null],
		['not the next one', [], 1, {}, 'committed after the ones below'],
		['twice', [decoder()], 0, {}, 'undefined'],
		['above an uncommitted one', [decoder({ committed: false })], 1, { baseHpa: 16 * GIB }, 'committed after the ones below'],
		['overlapping, locked', [decoder()], 1, { baseHpa: 11 * GIB }, 'overlaps'],
		['overlapping, not locked', [decoder()], 1, { baseHpa: 11 * GIB, locked: false }, null],
		['below the one before', [decoder()], 1, { baseHpa: 4 * GIB, locked: false }, 'lies above'],
		['next to it', [decoder()], 1, { baseHpa: 12 * GIB }, null],
		['base off the unit', [], 0, { baseHpa: 8 * GIB + 4096 }, 'multiples of 256 MiB'],
		['size 0', [], 0, { bytes: 0 }, null],
		['wrap', [], 0, { baseHpa: 2 ** 52 - 2 ** 28, bytes: 2 ** 29 }, 'wraps'],
		['3 ways of a size that is not', [], 0, { ways: 8, bytes: 4 * GIB }, 'multiple of 3'],
		['3 ways of a size that is', [], 0, { ways: 8, bytes: 3 * GIB }, null],
		['no such ways', [], 0, { ways: 6 }, 'ways code 6'],
		['no such granularity', [], 0, { granularity: 7 }, 'granularity code 7'],
		['no such position', [], 0, { ways: 1, position: 2 }, 'position 2'],
		['skip off the unit', [], 0, { skip: 4096 }, 'DPA skip'],
		[
			'an eleventh',
			Array.from({ length: 10 }, (_, index) => decoder({ baseHpa: 8 * GIB + index * 4 * GIB })),
			10,
			{ baseHpa: 64 * GIB },
			'decoders 0 to 9'
		]
	])('%s', (_, below, index, more, problem) => {
		const answer = endpointCommitProblem(below, index, decoder(more), false);
		if (problem === null) expect(answer).toBeNull();
		else expect(answer).toContain(problem);
	});
	test('back-invalidate comes before the commit', () => {
		expect(endpointCommitProblem([], 0, decoder(), true)).toContain('back-invalidate');
		expect(endpointCommitProblem([], 0, decoder({ backInvalidate: true }), true)).toBeNull();
	});
	test.each<[string, Partial<PortDecoderRecord>, string | null]>([
		['two ways', {}, null],
		['three ways', { ways: 8, targets: [0, 1, 2], bytes: 3 * GIB }, 'never 3'],
		['sixteen ways', { ways: 4, targets: [] }, 'never 16'],
		['too few targets', { targets: [0] }, 'need 2 targets'],
		['a target that is not there', { targets: [0, 9] }, 'places 0 to 3'],
		['one target twice, locked', { targets: [1, 1] }, 'stands once'],
		['one target twice, not locked', { targets: [1, 1], locked: false }, null]
	])('a port: %s', (_, more, problem) => {
		const answer = portCommitProblem([], 0, port(more), 4);
		if (problem === null) expect(answer).toBeNull();
		else expect(answer).toContain(problem);
	});
});

describe('registers', () => {
	test('a device', () => {
		expect(endpointRegisters(decoder({ ways: 3, granularity: 1, skip: GIB }), 1)).toEqual({
			offset: '0x30',
			base: '0x0000000200000000',
			size: '0x0000000100000000',
			control: '0x0000000000001731',
			last: '0x0000000040000000'
		});
	});
	test('a port', () => {
		expect(portRegisters(port({ ways: 2, targets: [7, 5, 3, 1] }), 0)).toMatchObject({ offset: '0x10', last: '0x0000000001030507' });
	});
});

test('a second decoder by hand reaches what the first one left', () => {
	const simulation = fabricSimulation({
		hosts: [
			{
				id: 'A',
				windows: [
					{ baseHpa: 0x10_0000_0000, bytes: GIB, targets: ['mem'] },
					{ baseHpa: 0x20_0000_0000, bytes: GIB, targets: ['mem'] }
				]
			}
		],
		devices: [{ id: 'mem', kind: 'sld', hosts: ['A'], staticBytes: 2 * GIB }]
	});
	const at = (hpa: number) => simulation.ask({ kind: 'translate', host: 'A', hpa })?.dpa;
	expect(at(0x10_0000_0000)).toBe(0);
	expect(at(0x20_0000_0000)).toBe(GIB);
	expect(ask(simulation, 'build', 'mem', 'reset-decoder').ok).toBe(true);
	expect(at(0x20_0000_0000)).toBeNull();
	expect(ask(simulation, 'build', 'mem', 'commit-decoder', { 'base-hpa': 0x20_0000_0000, bytes: GIB, ways: 5 }).says).toContain('EINVAL');
	expect(ask(simulation, 'build', 'mem', 'commit-decoder', { 'base-hpa': 0x20_0000_0000, bytes: 2 ** 28, skip: 2 ** 28 }).ok).toBe(true);
	expect(at(0x20_0000_0000)).toBe(GIB + 2 ** 28);
	expect(ask(simulation, 'build', 'mem', 'commit-decoder', { decoder: 1, 'base-hpa': 0x20_0000_0000, bytes: GIB }).says).toContain(
		'error not committed'
	);
});
