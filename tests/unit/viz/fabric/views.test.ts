/**
 * Goal: map, address ladder and caches show what the engine says, and put apart digits give the engine's figures again. Method:
 * fabrics of the engine are asked and drawn; worked vectors of the reference (3.4); random addresses through the engine.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TranslationAnswer } from '../../../../src/lib/engine/contract/fabric-status.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { buildCoherence, coherenceWords } from '../../../../src/lib/viz/fabric/coherence-scene.ts';
import { addressParts, bitsOf, decodersWords, splitAddress, whichDevice } from '../../../../src/lib/viz/fabric/decoders-scene.ts';
import { layoutMap } from '../../../../src/lib/viz/fabric/map-layout.ts';
import { mapWords, partWords } from '../../../../src/lib/viz/fabric/map-words.ts';
import { mediaShares } from '../../../../src/lib/viz/fabric/media.ts';
import { drawnDevice, drawnHost, drawnTranslation, EMPTY_FABRIC } from '../../../../src/lib/viz/fixtures/fabric.ts';
import { ask, fabricSimulation } from '../../../support/fabric-worlds.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const translate = (simulation: Simulation, host: string, hpa: number): TranslationAnswer =>
	simulation.ask({ kind: 'translate', host, hpa }) as TranslationAnswer;

function fourGfds(): Simulation {
	const regions = [{ bytes: 64 * GIB, blockBytes: 128 * MIB, sharable: true, baseDpa: 0x40_0000_0000 }];
	const targets = ['gfd0', 'gfd1', 'gfd2', 'gfd3'];
	return fabricSimulation({
		switches: [
			{
				id: 'sw0',
				kind: 'pbr',
				hosts: [
					{ host: 'A', port: 0 },
					{ host: 'B', port: 1 }
				]
			}
		],
		devices: targets.map((id, at) => ({ id, kind: 'gfd', at: { switch: 'sw0', port: 8 + at }, regions })),
		hosts: [
			{ id: 'A', windows: [{ baseHpa: 0x1000_0000_0000, bytes: 64 * GIB, targets }] },
			{ id: 'B', windows: [{ baseHpa: 0x2c00_0000_0000, bytes: 64 * GIB, targets }] }
		]
	});
}

describe('the address ladder', () => {
	it('takes the drawn address apart as in the mock-up', () => {
		const parts = addressParts(drawnTranslation('A', 0x1000_0000_0000, 0x10))!;
		expect(parts).toMatchObject({ base: '0x1000', way: 2, highText: '0x48D15', lowText: '0x78', start: 0x40_0000_0000 });
		expect(parts.inDevice).toBe(0x48d_1578);
		expect(bitsOf(0x678, 11, 4)).toEqual([0, 1, 1, 0]);
		expect(splitAddress(0x2c00_1234_5678, 2 ** 36)).toEqual({ base: '0x2c00', rest: '_1234_5678' });
		// An offset that reaches into the base's group of digits: what is marked belongs to the base alone.
		expect(splitAddress(0x1004_8ce7_0678, 2 ** 36, 0x1000_0000_0000)).toEqual({ base: '0x100', rest: '4_8ce7_0678' });
		expect(splitAddress(0x1000_0000_0000, 2 ** 36, 0x1004_8ce7_0678)).toEqual({ base: '0x100', rest: '0_0000_0000' });
	});

	it('gives the engine’s device address again, for any address of any host', () => {
		const simulation = fourGfds();
		fc.assert(
			fc.property(fc.constantFrom('A', 'B'), fc.integer({ min: 0, max: 2 ** 36 - 1 }), (host, offset) => {
				const base = host === 'A' ? 0x1000_0000_0000 : 0x2c00_0000_0000;
				const answer = translate(simulation, host, base + offset);
				const parts = addressParts(answer)!;
				expect(answer.device).toBe(`gfd${parts.way}`);
				expect(((parts.high * parts.ways + parts.way) * parts.granularity + parts.low) % 2 ** 36).toBe(offset);
				expect(parts.start + parts.inDevice).toBe(answer.dpa);
				expect(parts.start).toBe(0x40_0000_0000);
			}),
			{ numRuns: 60 }
		);
	});

	it('says which device, and where nothing answers', () => {
		const simulation = fourGfds();
		const answer = translate(simulation, 'A', 0x1000_1234_5678);
		expect(whichDevice(answer)).toBe('Which device? Two bits of the address say it.');
		expect(decodersWords([answer])).toContain('way 2 of 4, minus base gives 0x1234_5678, without the way offset 0x48D_1578');
		const outside = translate(simulation, 'A', 0x7000_0000_0000);
		expect(addressParts(outside)).toBeNull();
		expect(decodersWords([outside])).toContain('no window covers it');
	});
});

describe('the map', () => {
	const simulation = fabricSimulation({
		switches: [
			{
				id: 'sw0',
				hosts: [
					{ host: 'A', port: 0 },
					{ host: 'B', port: 1 }
				],
				bound: [{ host: 'A', vppb: 0, port: 8, ld: 0 }]
			}
		],
		devices: [
			{ id: 'mem0', kind: 'mld', lds: 4, at: { switch: 'sw0', port: 8 }, regions: [{ bytes: GIB }] },
			{ id: 'mem1', kind: 'sld', hosts: ['B'], regions: [{ bytes: GIB }] }
		],
		hosts: [{ id: 'A' }, { id: 'B' }]
	});
	const fabric = () => simulation.status().fabric!;

	it('draws links where something is plugged, and bindings from the host’s port', () => {
		const layout = layoutMap(1010, 528, fabric());
		expect(layout.links.map((link) => link.key).toSorted()).toEqual(['mem1/0', 'sw0:0', 'sw0:1', 'sw0:8']);
		expect(layout.switches[0]?.bindings.map((binding) => [binding.host, binding.ld, binding.pending])).toEqual([['A', 0, false]]);
		expect(partWords(fabric(), 'port', 'sw0:8').long).toContain('bound to vPPB 0 of Host A, logical device 0');
		expect(mapWords(fabric())).toContain('Device mem1: SLD, one host, 1\u2009GiB of 1\u2009GiB free.');
	});

	it('shows a link that is cut and what a host holds', () => {
		expect(ask(simulation, 'fm', 'mem1', 'initiate-dynamic-capacity-add', { host: 'B', length: 256 * MIB, tag: 'b0b0' }).says).toBe('');
		simulation.advance(200_000_000);
		expect(mediaShares(fabric(), fabric().devices[1]!).map((share) => [share.fill, share.bytes])).toEqual([['host-b', 256 * MIB]]);
		expect(ask(simulation, 'fault', 'mem1', 'cut-link').says).toBe('');
		expect(layoutMap(1010, 528, fabric()).links.find((link) => link.key === 'mem1/0')?.down).toBe(true);
	});

	it('has room for 64 hosts and many devices', () => {
		const many = {
			...EMPTY_FABRIC,
			hosts: Array.from({ length: 64 }, (_, at) => drawnHost(`h${at}`, at)),
			devices: Array.from({ length: 32 }, (_, at) => drawnDevice(`mem${at}`, 'sld', []))
		};
		const layout = layoutMap(1010, 528, many);
		const boxes = [...layout.hosts, ...layout.devices].map((one) => one.box);
		expect(layout.denseHosts && layout.denseDevices).toBe(true);
		for (const [at, one] of boxes.entries()) {
			expect(one.x).toBeGreaterThanOrEqual(0);
			expect(one.x + one.width).toBeLessThanOrEqual(1010);
			for (const other of boxes.slice(at + 1))
				expect(
					one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y
				).toBe(true);
		}
	});
});

describe('caches', () => {
	it('show a ghost, a store that is only here, and who is right', () => {
		const simulation = fabricSimulation({
			devices: [{ id: 'mem0', kind: 'mh-sld', hosts: ['A', 'B'], regions: [{ bytes: GIB, sharable: true }] }],
			hosts: [{ id: 'A' }, { id: 'B' }]
		});
		const fm = (parameters: Record<string, unknown>) =>
			expect(ask(simulation, 'fm', 'mem0', 'initiate-dynamic-capacity-add', parameters).says).toBe('');
		fm({ host: 'A', length: 256 * MIB, tag: '3f9c' });
		simulation.advance(100_000_000);
		fm({ host: 'B', policy: 'enable-shared-access', tag: '3f9c' });
		simulation.advance(200_000_000);
		const act = (host: string, word: string, offset = 0) =>
			expect(ask(simulation, 'host', host, word, { tag: '3f9c', offset }).ok).toBe(true);
		act('B', 'load');
		act('A', 'store');
		const before = buildCoherence(simulation.status().fabric!, 10);
		expect(before.ghosts).toBe(1);
		expect(before.rows[0]?.isBehind).toBe(true);
		act('A', 'flush');
		act('A', 'store', 64);
		const after = buildCoherence(simulation.status().fabric!, 10);
		expect(after.ghosts).toBe(1);
		expect(after.rows.map((row) => row.copies.map((copy) => copy?.state ?? null))).toEqual([
			['clean', 'clean'],
			['dirty', null]
		]);
		expect(coherenceWords(after)).toContain('Host B: zeroes, clean copy, stale: the newest store is store 1 of A');
		act('B', 'invalidate');
		act('B', 'load');
		expect(buildCoherence(simulation.status().fabric!, 10).ghosts).toBe(0);
	});
});
