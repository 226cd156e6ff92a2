import { expect, it } from 'vitest';
import type { RunSummary } from '../../../src/lib/engine/contract/queries.ts';
import { nsAtWall, paceAtNs, placeAtNs, stopAtNs, STORY_MS, tellStory, wallAtNs } from '../../../src/routes/story.ts';

/** Goal: the front page tells the run's own times, within five seconds. Method: a course with round numbers. */
const run = (more: Partial<RunSummary['operations'][number]> = {}): RunSummary => ({
	nowNs: 900,
	vms: [],
	operations: [
		{
			id: 1,
			strategy: 'transit',
			vm: 'vm0',
			startNs: 0,
			endNs: 900,
			downtimeNs: 10,
			networkBytes: 0,
			cxlBytes: 0,
			rounds: [],
			phases: [
				{ id: 'prepare', label: '', startNs: 0, endNs: 60 },
				{ id: 'staging', label: '', startNs: 60, endNs: 460 },
				{ id: 'handoff', label: '', startNs: 460, endNs: 470 },
				{ id: 'unstaging', label: '', startNs: 470, endNs: 890 },
				{ id: 'release', label: '', startNs: 890, endNs: 900 }
			],
			downtime: [
				{ id: 'save', label: '', startNs: 460, endNs: 464 },
				{ id: 'commit', label: '', startNs: 464, endNs: 465 },
				{ id: 'restore', label: '', startNs: 465, endNs: 470 }
			],
			...more
		}
	]
});

it('takes its stops from the phases and the commit', () => {
	const story = tellStory(run());
	expect(story?.stops.map((stop) => stop.atNs)).toEqual([0, 60, 465, 470]);
	expect(story?.stops[2]).toMatchObject({ fromNs: 460, stillNs: 465 });
	expect(story?.endNs).toBe(900);
});

it('is told in five seconds, forwards, and every moment has one place', () => {
	const story = tellStory(run())!;
	const told = Array.from({ length: 101 }, (_, step) => nsAtWall(story, (step / 100) * STORY_MS));
	expect(told).toEqual(told.toSorted((a, b) => a - b));
	expect(told.at(0)).toBe(0);
	expect(told.at(-1)).toBe(900);
	expect(nsAtWall(story, wallAtNs(story, 465))).toBe(465);
	expect(paceAtNs(story, 200)).toBeGreaterThan(paceAtNs(story, 464) * 5);
});

it('passes each dot at its moment', () => {
	const story = tellStory(run())!;
	expect(story.stops.map((stop) => placeAtNs(story, stop.atNs))).toEqual([0, 0.25, 0.5, 0.75]);
	expect(placeAtNs(story, 900)).toBe(1);
	expect([0, 59, 60, 464, 465, 469, 470, 900].map((ns) => stopAtNs(story, ns))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
});

it('tells nothing of a run that did not get there', () => {
	expect(tellStory(run({ endNs: null }))).toBeNull();
	expect(tellStory(run({ downtime: [] }))).toBeNull();
	expect(tellStory({ nowNs: 0, vms: [], operations: [] })).toBeNull();
});
