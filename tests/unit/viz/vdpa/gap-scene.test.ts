/**
 * Goal: a bar is as long as its parts, every part of the engine has a place in it, and the axis ends where the longest bar does.
 * Method: random changes, and the parts by name.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GAP_PARTS, type ChangeStatus, type GapPart } from '../../../../src/lib/engine/contract/vdpa/status.ts';
import {
	axisOf,
	barOf,
	countsOf,
	gapParts,
	GAP_GROUPS,
	gapWords,
	segmentLabel,
	segmentsOf,
	workNs
} from '../../../../src/lib/viz/vdpa/gap-scene.ts';

const PARTS = Object.keys(GAP_PARTS) as GapPart[];
const change = (more: Partial<ChangeStatus>): ChangeStatus =>
	({
		id: 1,
		kind: 'to-svq',
		host: 'A',
		parts: {},
		servedParts: {},
		deadFromNs: null,
		pins: 0,
		unpins: 0,
		rebuilds: 0,
		...more
	}) as unknown as ChangeStatus;

describe('the gap', () => {
	it('has a place for every part, once', () => {
		const placed = Object.values(GAP_GROUPS).flatMap((group) => [...group.parts] as GapPart[]);
		expect([...placed].sort()).toEqual([...PARTS].sort());
	});

	it('loses no nanosecond of its parts', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.constantFrom(...PARTS), fc.nat(10_000_000_000)), (parts) => {
				const segments = segmentsOf(parts);
				const whole = Object.values(parts).reduce((sum, ns) => sum + ns, 0);
				expect(segments.reduce((sum, segment) => sum + segment.ns, 0)).toBe(whole);
				expect(workNs({ parts })).toBe(whole);
				expect(gapParts({ parts, servedParts: parts, deadFromNs: null })).toEqual(parts);
				let end = 0;
				for (const segment of segments) {
					expect(segment.ns).toBeGreaterThan(0);
					expect(segment.from).toBe(end);
					end += segment.ns;
				}
			})
		);
	});

	it('is measured by few round marks within the longest bar', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (most) => {
				const { endNs, marks } = axisOf(most);
				expect(endNs).toBe(most);
				expect(marks.length).toBeGreaterThanOrEqual(2);
				expect(marks.length).toBeLessThanOrEqual(6);
				expect(marks.at(-1)!).toBeLessThanOrEqual(most * 1.0001);
				expect(Number(marks[1]!.toExponential().split('e')[0])).toBeOneOf([1, 2, 5]);
			})
		);
		expect(axisOf(0).marks).toEqual([0]);
	});

	it('leaves out what was done while packets still passed, and says so', () => {
		const bar = barOf(
			change({ parts: { keys: 4_000_000, queues: 9_000_000 }, servedParts: { keys: 4_000_000 }, deadFromNs: 7, rebuilds: 1 })
		);
		expect(bar.ns).toBe(9_000_000);
		expect(bar.segments).toEqual([{ group: 'fixed', ns: 9_000_000, from: 0 }]);
		expect(bar.counts).toMatch(/^keys of guest memory built once, 4\sms of it while packets still pass$/);
	});

	it('writes into a segment what has room there, and never half of it', () => {
		const segment = { group: 'evict', ns: 40_000_000, from: 0 } as const;
		expect(segmentLabel(segment, 400)).toMatch(/^move out of ZONE_MOVABLE 40\sms$/);
		expect(segmentLabel(segment, 60)).toMatch(/^40\sms$/);
		expect(segmentLabel(segment, 30)).toBeNull();
	});

	it('is told with its counts', () => {
		expect(countsOf(change({ pins: 16, unpins: 4, rebuilds: 1 }))).toBe('16 pages pinned anew, 4 let go, keys of guest memory built once');
		expect(countsOf(change({ rebuilds: 12 }))).toBe('keys of guest memory built 12 times');
		expect(countsOf(change({}))).toBe('no guest page pinned, nothing built');
		const bar = barOf(change({ parts: { pin: 3_020_000_000, unpin: 1_170_000_000, suspend: 300_000_000 }, pins: 5 }), 'a');
		expect(gapWords([bar])).toMatch(
			/^a, shadow queues on: 4\.49\ss \(suspend, set up, resume 300\sms, unpin 1\.17\ss, pin 3\.02\ss\); 5 pages pinned anew$/
		);
		expect(gapWords([])).toBe('No change of the device yet.');
	});
});
