/** Reading a run's course: rounds, lines, speed by host, and the sentence at the end of a lane. */
import { describe, expect, it } from 'vitest';
import { THIN } from '../../../src/lib/base/format.ts';
import type { RunSummary } from '../../../src/lib/engine/contract/queries.ts';
import { emptyCurve, setPoint, type BetAxes } from '../../../src/lib/lessons/bet.ts';
import {
	comparedRounds,
	laneFacts,
	leftCurve,
	roundEnds,
	sayBet,
	settledBytes,
	speedSpans,
	stillsOf
} from '../../../src/lib/lessons/course.ts';

const course = (change: Partial<RunSummary['operations'][number]> = {}): RunSummary => ({
	nowNs: 4e9,
	operations: [
		{
			id: 1,
			strategy: 'precopy',
			vm: 'vm0',
			phases: [],
			downtime: [],
			downtimeNs: null,
			startNs: 0,
			endNs: null,
			networkBytes: 5e9,
			cxlBytes: 0,
			rounds: [
				{ atNs: 0, leftBytes: 4000, sentBytes: 0 },
				{ atNs: 1e9, leftBytes: 2000, sentBytes: 4000 },
				{ atNs: 2e9, leftBytes: 1500, sentBytes: 6000 },
				{ atNs: 3e9, leftBytes: 1400, sentBytes: 7500 }
			],
			...change
		}
	],
	vms: [
		{
			id: 'vm0',
			atNs: [0, 1e9, 2e9, 2.1e9, 3e9],
			speedPpm: [950_000, 950_000, 0, 400_000, 1_000_000],
			host: [0, 0, -1, 1, 1],
			leftBytes: [4000, 2000, 1500, 1450, 1400],
			bandwidthBytesPerSecond: [0, 0, 0, 0, 0],
			poolPages: [0, 0, 0, 0, 0]
		}
	]
});

describe('rounds', () => {
	it('end at each sync but the first, and know what they carried', () => {
		expect(roundEnds(course()).map((end) => [end.round, end.leftBytes, end.carriedBytes])).toEqual([
			[1, 2000, 4000],
			[2, 1500, 2000],
			[3, 1400, 1500]
		]);
	});

	it('compare only when both are over', () => {
		expect(comparedRounds(course(), 2, 3)).toBe('less');
		expect(comparedRounds(course(), 3, 4)).toBeNull();
		expect(comparedRounds(null, 1, 2)).toBeNull();
	});

	it('settle at the last look of a run that is still under way', () => {
		expect(settledBytes(course())).toBe(1400);
		expect(settledBytes(course({ endNs: 3e9, downtimeNs: 20 }))).toBeNull();
	});
});

describe('speed', () => {
	it('is cut where the host changes, without gaps', () => {
		const spans = speedSpans(course());
		expect(spans.map((span) => span.host)).toEqual([0, -1, 1]);
		expect(spans[0]?.points.at(-1)?.ns).toBe(2e9);
		expect(spans[1]?.points[0]?.ns).toBe(2e9);
	});
});

describe('the lane’s sentence', () => {
	it('says how far it is', () => {
		expect(laneFacts(course())?.sentence).toBe(`not handed off yet, 5${THIN}GB sent so far`);
		expect(laneFacts(course({ downtimeNs: 5e6, networkBytes: 0 }))?.sentence).toBe(`stopped 5${THIN}ms, on B, not all at home yet`);
		expect(laneFacts(course({ downtimeNs: 5e6, endNs: 8.6e8, networkBytes: 0 }))?.sentence).toBe(
			`stopped 5${THIN}ms, home at 860${THIN}ms, 0${THIN}B on the wire`
		);
		expect(laneFacts(course({ endNs: 1e9, networkBytes: 0 }))?.sentence).toContain('gave up');
		expect(laneFacts(null)).toBeNull();
	});
	it('says whose the guest is while it stands still', () => {
		const gap = (host: number, committed: boolean): RunSummary => {
			const run = course({
				downtimeNs: 2e6,
				networkBytes: 0,
				downtime: [
					{ id: 'save', label: 'save', startNs: 0, endNs: 1e6 },
					{ id: 'commit', label: 'commit', startNs: 1e6, endNs: committed ? 2e6 : null }
				]
			});
			const [vm] = run.vms;
			if (!vm) throw new Error('no guest');
			return { ...run, vms: [{ ...vm, host: [...vm.host.slice(0, -1), host] }] };
		};
		expect(laneFacts(gap(-1, false))?.sentence).toBe(`stopped for 2${THIN}ms so far, still A’s`);
		expect(laneFacts(gap(-1, true))?.sentence).toBe(`stopped for 2${THIN}ms so far, B’s, not running yet`);
		expect(laneFacts(gap(1, true))?.sentence).toBe(`stopped 2${THIN}ms, on B, not all at home yet`);
	});
	it('takes the worst speed only from when somebody ran the guest', () => {
		expect(laneFacts(course())?.worstPpm).toBe(400_000);
	});
});

describe('the bet in words', () => {
	const axes: BetAxes = {
		untilNs: 12e9,
		stepNs: 5e8,
		topBytes: 5 * 1024 ** 3,
		startBytes: 4 * 1024 ** 3
	};
	it('is the learner’s own line', () => {
		const curve = setPoint(emptyCurve(axes), axes, 12, 0);
		expect(sayBet({ curve, word: 'falls' }, axes)).toMatch(/^zero at 5\.9/);
		const level = setPoint(emptyCurve(axes), axes, 24, 1024 ** 3);
		expect(sayBet({ curve: level, word: 'settles' }, axes)).toBe(`a level of 1${THIN}GiB`);
	});
	it('or the word', () => {
		expect(sayBet({ curve: null, word: 'grows' }, axes)).toBe('growth');
	});
});

it('the line of what is left follows the course', () => {
	expect(leftCurve(course()).map((point) => point.bytes)).toEqual([4000, 2000, 1500, 1450, 1400]);
	expect(leftCurve(null)).toEqual([]);
});

it('the moments worth a picture are in order and inside the course', () => {
	const stop = { id: 'restore', label: '', startNs: 2e9, endNs: 2.1e9 } as const;
	const stills = stillsOf(
		[
			{ name: 'Pre-copy', course: course() },
			{
				name: 'Nil',
				course: course({ rounds: [], downtime: [stop], downtimeNs: 1e8, endNs: 3e9 })
			},
			{ name: 'Nothing', course: null }
		],
		12e9
	);
	expect(stills.map((still) => still.ns)).toEqual([0, 1e9, 2.1e9, 3e9, 12e9]);
	expect(stills[1]?.label).toBe('Pre-copy: round 1 ends');
	expect(stills[3]?.label).toBe('Nil: home');
});
