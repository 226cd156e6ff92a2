/**
 * Goal: the extents' figure names the same byte as the engine does. Method: a fabric drawn by hand with the numbers of the
 * reference (5.4), and the same allocation made by the engine; scene, places and sentences are compared with both.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutExtents } from '../../../../src/lib/viz/fabric/extents-layout.ts';
import { buildExtents, placeOf, someOffset, type ExtentsChoice } from '../../../../src/lib/viz/fabric/extents-scene.ts';
import { bracketWords, extentsWords, tagSentence, threadSentence } from '../../../../src/lib/viz/fabric/extents-words.ts';
import { messageRows, shortLabel } from '../../../../src/lib/viz/fabric/message-rows.ts';
import { railScale, xOfDpa } from '../../../../src/lib/viz/fabric/rail-scale.ts';
import { tagFace, tagNumber } from '../../../../src/lib/viz/fabric/tags.ts';
import { drawnMessage, EMPTY_FABRIC, twoOrders } from '../../../../src/lib/viz/fixtures/fabric.ts';
import { ask, fabricSimulation } from '../../../support/fabric-worlds.ts';

const ANY: ExtentsChoice = { device: null, tag: null, hosts: [null, null] };
const L = 0x1234_5000;
const MIB = 2 ** 20;

describe('the line of a tag', () => {
	it('gives one byte the names of the reference on both hosts', () => {
		const { line } = buildExtents(twoOrders(), { ...ANY, tag: '3f9c' });
		expect(placeOf(line?.views[0] ?? null, L)).toEqual({ dpa: 0x2_4234_5000, hpa: 0x10_c234_5000, sequence: 1 });
		expect(placeOf(line?.views[1] ?? null, L)).toEqual({ dpa: 0xa234_5000, hpa: 0x48_6234_5000, sequence: 0 });
		expect(placeOf(line?.views[0] ?? null, 0x3000_0000)?.dpa).toBe(0x1_8000_0000);
		expect(placeOf(line?.views[1] ?? null, 0x3000_0000)?.dpa).toBe(0x5000_0000);
	});

	it('gives it the same names when the engine has made the allocation', () => {
		const simulation = fabricSimulation({
			devices: [
				{
					id: 'mem0',
					kind: 'mh-sld',
					hosts: ['A', 'B'],
					ldBases: [0x1_8000_0000, 0x4000_0000],
					regions: [{ bytes: 4096 * MIB, sharable: true }]
				}
			],
			hosts: [
				{ id: 'A', windows: [{ baseHpa: 0x10_0000_0000, bytes: 4096 * MIB, targets: ['mem0'] }] },
				{ id: 'B', windows: [{ baseHpa: 0x48_0000_0000, bytes: 4096 * MIB, targets: ['mem0'] }] }
			]
		});
		const extent = (dpa: number, mib: number, sequence: number) => ({ dpa, bytes: mib * MIB, sequence });
		const add = ask(simulation, 'fm', 'mem0', 'initiate-dynamic-capacity-add', {
			host: 'A',
			policy: 'prescriptive',
			length: 1024 * MIB,
			tag: '3f9c',
			extents: [extent(0x2_4000_0000, 512, 1), extent(0x2_0000_0000, 256, 0), extent(0x1_8000_0000, 256, 2)]
		});
		expect(add.says).toBe('');
		simulation.advance(500_000_000);
		const fabric = simulation.status().fabric!;
		const { line, rails } = buildExtents(fabric, { ...ANY, tag: '3f9c' });
		expect(placeOf(line?.views[0] ?? null, L)).toEqual({ dpa: 0x2_4234_5000, hpa: 0x10_c234_5000, sequence: 1 });
		expect(rails[0]?.pieces.map((piece) => piece.came)).toEqual([3, 2, 1]);
		expect(line?.views[1]).toBeNull();
		expect(rails[0]?.pieces.every((piece) => piece.fill === 'host-a')).toBe(true);
	});

	it('begins with a byte inside the line', () => {
		expect(someOffset(1024 * MIB)).toBe(0x1233_9000);
		expect(someOffset(4096)).toBe(0);
	});

	it('is not whole while a sequence number is missing', () => {
		const fabric = twoOrders();
		const tag = fabric.tags[0]!;
		const view = { ...tag.views[0]!, complete: false, missing: [1], pieces: tag.views[0]!.pieces.filter((one) => one.sequence !== 1) };
		const scene = buildExtents({ ...fabric, tags: [{ ...tag, views: [view, tag.views[1]!] }] }, ANY);
		expect(placeOf(scene.line?.views[0] ?? null, L)).toBeNull();
		const layout = layoutExtents(1010, 528, scene, () => 40);
		expect(layout.line?.rows[0]?.gaps.map((gap) => gap.sequence)).toEqual([1]);
		expect(layout.line?.bands.some((band) => band.host === 0)).toBe(false);
		expect(layout.line?.bands.filter((band) => band.host === 1)).toHaveLength(2);
		expect(tagSentence(scene.line!.tag, scene.line)).toContain('waiting for number 1');
	});

	it('says that data are gone when nobody holds or keeps them', () => {
		const fabric = twoOrders();
		const lost = { ...fabric.tags[0]!, holders: [], offered: [], referenced: false };
		expect(buildExtents({ ...fabric, tags: [lost] }, ANY).line?.fill).toBeNull();
		expect(buildExtents({ ...fabric, tags: [{ ...lost, referenced: true }] }, ANY).line?.fill).toBe('pool');
		expect(tagSentence(lost, null)).toContain('its data is gone');
	});
});

describe('rails', () => {
	const scene = buildExtents(twoOrders(), ANY);

	it('put A above B and tell pieces by who may touch them', () => {
		expect(scene.rails.map((rail) => rail?.hostName)).toEqual(['A', 'B']);
		expect(scene.rails[0]?.pieces.map((piece) => piece.fill)).toEqual(['shared', 'host-a', 'shared', 'shared']);
		expect(scene.rails[1]?.pieces.map((piece) => [piece.state, piece.fill])).toEqual([
			['accepted', 'shared'],
			['accepted', 'shared'],
			['forced', null],
			['offered', 'pool']
		]);
	});

	it('name what is unusual at its bracket, and the order of arrival at the tag in focus', () => {
		const words = scene.rails[0]!.pieces.map((piece) => bracketWords(piece, piece.tag === '3f9c'));
		expect(words).toEqual(['came 3rd', 'releasing', 'came 2nd', 'came 1st']);
	});

	it('keep the order of addresses however thin the pieces are, or give up for runs', () => {
		const random = fc.array(fc.record({ gap: fc.nat(2 ** 30), bytes: fc.integer({ min: 1, max: 2 ** 30 }) }), { maxLength: 14 });
		fc.assert(
			fc.property(random, fc.integer({ min: 200, max: 1200 }), (list, width) => {
				let dpa = 4096;
				const pieces = list.map(({ gap, bytes }) => {
					const piece = { dpa: dpa + gap, bytes };
					dpa += gap + bytes;
					return piece;
				});
				const scale = railScale(10, width, 4096, dpa + 1, pieces);
				if (scale === null) {
					expect(pieces.length * 34).toBeGreaterThan(width - 10 * (pieces.length + 1) - 1);
					return;
				}
				let last = 10;
				for (const piece of pieces) {
					const from = xOfDpa(scale, piece.dpa);
					const to = xOfDpa(scale, piece.dpa + piece.bytes);
					expect(from).toBeGreaterThanOrEqual(last - 0.01);
					expect(to - from).toBeGreaterThan(33.9);
					last = to;
				}
				expect(last).toBeLessThanOrEqual(10 + width + 0.01);
			})
		);
	});

	it('fold thousands into runs and never fold what is not accepted into what is', () => {
		const fabric = twoOrders();
		const many = Array.from({ length: 200 }, (_, at) => ({
			...fabric.devices[0]!.lds[0]!.extents[0]!,
			row: at,
			dpa: 0x1_8000_0000 + at * 16 * MIB,
			bytes: 16 * MIB,
			tag: null,
			state: at === 77 ? ('forced' as const) : ('accepted' as const)
		}));
		const device = fabric.devices[0]!;
		const folded = buildExtents(
			{ ...fabric, tags: [], devices: [{ ...device, lds: [{ ...device.lds[0]!, extents: many }, device.lds[1]!] }] },
			ANY
		);
		const layout = layoutExtents(1010, 528, folded, () => 40);
		const bins = layout.rails[0]!.bins;
		expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(200);
		expect(bins.filter((bin) => bin.state === 'forced').map((bin) => bin.count)).toEqual([1]);
		expect(bins.length).toBeLessThan(6);
		expect(bins.every((bin) => bin.box.width >= 3)).toBe(true);
	});
});

describe('words', () => {
	const scene = buildExtents(twoOrders(), ANY);
	it('say orders, the byte and what flies', () => {
		const words = extentsWords(scene, twoOrders(), L);
		expect(words).toContain('Host A: 3 extents, in order of arrival number 1, 0, 2');
		expect(words).toContain('Host B: 2 extents, in order of arrival number 1, 0');
		expect(words).toContain('1 message under way');
		expect(threadSentence(scene, L)).toContain('0x2_4234_5000 on Host A');
		expect(extentsWords(buildExtents(EMPTY_FABRIC, ANY), EMPTY_FABRIC, 0)).toBe('This world has no device with dynamic capacity.');
	});
});

describe('messages', () => {
	it('stand between three columns, the newest that fit', () => {
		const { rows, earlier } = messageRows(twoOrders(), 6_500_000, 4);
		expect(earlier).toBe(3);
		expect(rows.map((row) => [row.from, row.to, row.host])).toEqual([
			['device', 'hosts', 'B'],
			['manager', 'device', null],
			['device', 'hosts', 'B']
		]);
		expect(rows.at(-1)?.share).toBeCloseTo(0.5);
		expect(rows.map((row) => row.label)).toEqual(['02h Forced Release', '5604h Add', '00h Add']);
	});
	it('have short names', () => {
		expect(shortLabel(drawnMessage(1, 'A', 'mem0', '4802h', 'Add Dynamic Capacity Response'))).toBe('4802h Add answer');
		expect(shortLabel(drawnMessage(1, 'mem0', 'A', '', 'BISnpInv'))).toBe('BISnpInv');
	});
});

describe('tags', () => {
	it('have a face by their digits, or by their name', () => {
		expect(tagFace('3f9c').digits).toBe('3f9c');
		expect(tagNumber('3f9c1111-0000-0000-0000-000000000001')).toBe(0x3f9c);
		expect(tagNumber('00000000-0000-0000-0000-00000000beef')).toBe(0xbeef);
		expect(tagNumber('database')).toBe(tagNumber('database'));
		expect(tagFace('database').digits).toBe('database');
		expect(tagFace('T').words).toMatch(/^\w+-\w+ T$/);
		expect(tagFace('a longer name').digits).toMatch(/^[0-9a-f]{4}$/);
		expect(tagNumber('0x12')).toBe(0x12);
	});
});
