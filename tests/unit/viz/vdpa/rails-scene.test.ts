/**
 * Goal: equal addresses lie on one height, whatever the map; what is shifted is said and never joined to what is not. Method: random
 * maps, and the collision of the catalogue before and after.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BandStatus, DeviceEndStatus, NicGuestStatus } from '../../../../src/lib/engine/contract/vdpa/status.ts';
import { addressLabel, bandsToDraw, offsetWords, railsScene } from '../../../../src/lib/viz/vdpa/rails-scene.ts';
import { bandWords, offNowWords, railsWords } from '../../../../src/lib/viz/vdpa/rails-words.ts';
import { firstNic, nicSimulation } from '../../../support/nic-catalogue.ts';

const GIB = 2 ** 30;
const band = (more: Partial<BandStatus>): BandStatus => ({
	asid: 0,
	gpa: 0,
	iova: 0,
	bytes: GIB,
	kind: 'identity',
	what: 'ram',
	pinnedPages: 0,
	wrong: false,
	...more
});
const endOf = (bands: readonly BandStatus[]) => ({ host: 'A', svq: true, bands }) as unknown as DeviceEndStatus;
const guestOf = (sections: readonly (readonly [number, number])[]) =>
	({
		sections: sections.map(([gpa, bytes], index) => ({ id: `s${index}`, kind: index === 0 ? 'ram' : 'dimm', gpa, bytes })),
		viommu: false
	}) as unknown as NicGuestStatus;

/** Sections one above the other, holes between; each mapped to itself or shifted by some pages. */
const maps = fc
	.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 4 })), {
		minLength: 1,
		maxLength: 6
	})
	.map((rows) => {
		let gpa = 0;
		const sections: [number, number][] = [];
		const bands: BandStatus[] = [];
		for (const [gib, hole, shift] of rows) {
			gpa += hole * GIB;
			sections.push([gpa, gib * GIB]);
			bands.push(band({ gpa, iova: gpa + shift * 65536, bytes: gib * GIB, kind: shift === 0 ? 'identity' : 'shifted' }));
			gpa += gib * GIB + GIB;
		}
		return { sections, bands };
	});

describe('the rails', () => {
	it('draw a map of equal numbers level and a shifted one slanted upwards, all of it on the rails', () => {
		fc.assert(
			fc.property(maps, fc.integer({ min: 200, max: 700 }), ({ sections, bands }, height) => {
				const scene = railsScene(guestOf(sections), endOf(bands), height);
				expect(scene.bands).toHaveLength(bands.length);
				for (const { band: one, left, right } of scene.bands) {
					if (!left) throw new Error('a section of the guest has a place on its rail');
					if (one.kind === 'identity') expect(left).toEqual(right);
					else expect(right[1]).toBeLessThan(left[1]);
					expect(left[0]).toBeLessThan(left[1]);
					for (const y of [...left, ...right]) {
						expect(y).toBeGreaterThanOrEqual(scene.top - 1e-6);
						expect(y).toBeLessThanOrEqual(scene.bottom + 1e-6);
					}
				}
				// Higher addresses stand higher, and no two marks meet.
				const marks = scene.ticks.map((tick) => tick.y).sort((a, b) => a - b);
				for (let index = 1; index < marks.length; index += 1) expect(marks[index]! - marks[index - 1]!).toBeGreaterThanOrEqual(14);
			})
		);
	});

	it('put many bands together by kind, and keep every pin', () => {
		const bands = Array.from({ length: 20 }, (_, index) =>
			band({
				gpa: index * GIB,
				iova: index * GIB + (index < 12 ? 0 : 65536),
				kind: index < 12 ? 'identity' : 'shifted',
				pinnedPages: 10,
				wrong: index === 19
			})
		);
		const { bands: drawn, merged } = bandsToDraw(bands);
		expect(merged).toBe(true);
		expect(drawn.map((one) => [one.kind, one.wrong, one.pinnedPages])).toEqual([
			['identity', false, 120],
			['shifted', false, 70],
			['shifted', true, 10]
		]);
		expect(bandsToDraw(bands.slice(0, 12))).toEqual({ bands: bands.slice(0, 12), merged: false });
	});

	it('merge many stretches without losing one page or joining two kinds', () => {
		const kind = fc.constantFrom('identity' as const, 'shifted' as const);
		fc.assert(
			fc.property(fc.array(fc.tuple(kind, fc.nat(100), fc.boolean()), { minLength: 13, maxLength: 60 }), (rows) => {
				const bands = rows.map(([one, pinnedPages, wrong], index) =>
					band({ gpa: index * GIB, iova: index * GIB + (one === 'identity' ? 0 : 65536), kind: one, pinnedPages, wrong })
				);
				const drawn = bandsToDraw(bands).bands;
				const pins = (list: readonly BandStatus[], pick: (one: BandStatus) => boolean) =>
					list.filter(pick).reduce((sum, one) => sum + one.pinnedPages, 0);
				for (const pick of [
					(one: BandStatus) => one.kind === 'identity',
					(one: BandStatus) => one.kind === 'shifted' && one.wrong,
					(one: BandStatus) => one.kind === 'shifted' && !one.wrong
				])
					expect(pins(drawn, pick)).toBe(pins(bands, pick));
			})
		);
	});

	it('say how far a map is off, and addresses in their shortest form', () => {
		expect(offsetWords(band({}))).toBe('identity');
		expect(offsetWords(band({ gpa: null }))).toBe('rings');
		expect(offsetWords(band({ gpa: GIB, iova: GIB + 65536, kind: 'shifted' }))).toMatch(/^\+ 64\sKiB$/);
		expect(offsetWords(band({ gpa: GIB, iova: GIB - 65536, kind: 'shifted' }))).toMatch(/^− 64\sKiB$/);
		expect(addressLabel(0)).toBe('0');
		expect(addressLabel(6 * GIB)).toMatch(/^6\sGiB$/);
		expect(addressLabel(6 * GIB + 65536)).toBe('0x1_8001_0000');
	});
});

describe('the collision of the catalogue', () => {
	it('is harmless while the shadow queue translates, and says what would come', () => {
		const { nic, guest } = firstNic(nicSimulation('identity-hole-collision', 2.4e9));
		const end = nic.ends[0];
		if (!end) throw new Error('the source has a device');
		expect(end.svq).toBe(true);
		const scene = railsScene(guest, end, 400);
		const dimm = scene.bands.find((one) => one.band.what === 'dimm');
		expect(dimm?.says).toMatch(/^\+ 64\sKiB$/);
		expect(dimm?.band.wrong).toBe(false);
		expect(scene.bands.filter((one) => one.band.asid === 0 && one.left === null).length).toBeGreaterThan(0);
		expect(offNowWords(end)).toMatch(/64\sKiB/);
		expect(railsWords(nic, guest, end)).toContain('through shadow queues of QEMU');
	});

	it('is wrong the moment it stops', () => {
		const { nic, guest } = firstNic(nicSimulation('identity-hole-collision', 6e9));
		const end = nic.ends[0];
		if (!end) throw new Error('the source has a device');
		const wrong = end.bands.filter((one) => one.wrong);
		expect(wrong.map((one) => one.what)).toEqual(['dimm']);
		expect(bandWords(wrong[0]!)).toMatch(
			/^1\sGiB of a DIMM at device address 0x1_8001_0000, for the guest 0x1_8000_0000 \(\+ 64\sKiB\), 262,144 pages pinned\. Wrong:/
		);
		expect(offNowWords(end)).toBeNull();
		expect(railsWords(nic, guest, end)).toContain('on the guest’s own rings');
		expect(railsWords(nic, guest, null)).toContain('no device here');
		expect(railsWords(nic, guest, { ...end, bands: [] })).toContain('nothing is mapped');
	});
});
