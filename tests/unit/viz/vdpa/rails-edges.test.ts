import { describe, expect, it } from 'vitest';
import type { BandStatus, DeviceEndStatus, NicGuestStatus } from '../../../../src/lib/engine/contract/vdpa/status.ts';
import { railsScene, ringsWithoutPlace } from '../../../../src/lib/viz/vdpa/rails-scene.ts';
import { bandWords, railsWords } from '../../../../src/lib/viz/vdpa/rails-words.ts';
import { migrate, open } from '../../../support/worlds.ts';
import { nic, nicWorld } from '../../../support/nics.ts';

/** Edges of the picture: more maps than can be told apart, and rings that nobody has a place for. */
const PAGE = 4096;
const pagesMapped = (count: number): BandStatus[] =>
	Array.from({ length: count }, (_, index) => ({
		asid: 0,
		gpa: index * 16 * PAGE,
		iova: index * 16 * PAGE,
		bytes: PAGE,
		kind: 'identity',
		what: 'ram',
		pinnedPages: 1,
		wrong: false
	}));
const guest = {
	sections: [{ id: 'ram-low', kind: 'ram', gpa: 0, bytes: 2 ** 28, firstGfn: 0, hva: [0, 0] }],
	viommu: true
} as unknown as NicGuestStatus;
const endOf = (bands: readonly BandStatus[]) => ({ host: 'A', svq: false, bands }) as unknown as DeviceEndStatus;

describe('a guest that maps page by page', () => {
	it('shows a strip of where maps lie once they are drawn together, none while each is drawn', () => {
		const many = railsScene(guest, endOf(pagesMapped(300)), 400);
		expect(many.merged).toBe(true);
		expect(many.density.length).toBeGreaterThan(20);
		for (const y of many.density) expect(y >= many.top - 1 && y <= many.bottom + 1).toBe(true);
		expect(railsScene(guest, endOf(pagesMapped(5)), 400).density).toEqual([]);
	});
});

describe('maps of single pages, each shifted by itself', () => {
	const scattered = pagesMapped(200).map((band, index): BandStatus => ({
		...band,
		iova: 2 ** 33 + index * 8 * PAGE,
		kind: 'shifted',
		gpa: ((index * 77) % 400) * PAGE
	}));
	it('are one fan with its count, and a wrong one among them stays alone', () => {
		const scene = railsScene(guest, endOf(scattered), 400);
		expect(scene.bands.map(({ says }) => says)).toEqual(['200 maps']);
		expect(scene.bands[0]?.band.pinnedPages).toBe(200);
		const bent = scattered.map((band, index) => ({ ...band, wrong: index === 90 }));
		expect(railsScene(guest, endOf(bent), 400).bands.map(({ band, says }) => (band.wrong ? 'wrong' : says))).toEqual([
			'90 maps',
			'wrong',
			'109 maps'
		]);
		const [first] = scene.bands;
		expect(bandWords(first!.band)).toMatch(/^200 maps from device address 0x2_0000_0000 to .*200 pages pinned$/);
	});
});

describe('rings without a place', () => {
	it('are told, in the picture and in words, when the device’s addresses end below all that could be plugged', () => {
		const simulation = open(
			nicWorld({
				nics: [nic({ strategy: 'identity-high', iovaLast: 2 ** 33 - 1 })],
				vdpa: { maxBytes: 16 * 2 ** 30, slots: 2 },
				more: { untilNs: 20e9 }
			})
		);
		const before = simulation.status().vdpa?.nics[0];
		expect(before && ringsWithoutPlace(before)).toBeNull();
		simulation.send(migrate('precopy'));
		simulation.advance(10e9, Infinity, (world) => world.r.vdpa.nics[0]?.changes.some((change) => change.kind === 'to-svq') ?? false);
		const after = simulation.status().vdpa;
		const device = after?.nics[0];
		if (!device || !after.guests[0]) throw new Error('no device');
		expect(ringsWithoutPlace(device)).toContain('no room for the rings');
		expect(railsWords(device, after.guests[0], device.ends[0])).toContain('have no place');
		// Without rings nobody serves the queues, and nothing is written behind the back of the log.
		expect(device.broken).not.toBeNull();
	});
});
