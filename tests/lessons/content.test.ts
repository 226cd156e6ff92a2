/**
 * What every lesson's files promise, without running anything: prose short enough, every hint, term, lane, figure and
 * setting resolves, every check can be said in words.
 */
import { describe, expect, it } from 'vitest';
import { describe as inWords } from '../../src/lib/lessons/checks/index.ts';
import { drawGuests } from '../../src/lib/lessons/family.ts';
import { LESSONS } from '../../src/lib/lessons/load.ts';
import { laneScenario } from '../../src/lib/lessons/scenario.ts';
import { HINT_IDS, STEP_IDS, type Choice } from '../../src/lib/lessons/schema.ts';
import { wordCount } from '../../src/lib/lessons/prose.ts';
import { FIGURES } from '../../src/lib/lessons/figures.ts';

const MOST_WORDS = 60;
/** One of the bet's words holds, and at the end everything else that prose may wait for. */
const WORDS = ['falls', 'settles', 'grows'];
const CONDITIONS = [...WORDS, 'border'];

describe.each(LESSONS.map((lesson) => [lesson.id, lesson] as const))('lesson %s', (_id, lesson) => {
	it('has the six steps in order, each with prose', () => {
		expect(lesson.steps.steps.map((step) => step.id)).toEqual([...STEP_IDS]);
		expect(lesson.prose.steps.map((step) => step.id)).toEqual([...STEP_IDS]);
	});

	it.each(STEP_IDS.map((step) => [step]))(`step %s says it in ${MOST_WORDS} words, with something to read now`, (id) => {
		const step = lesson.prose.steps.find((each) => each.id === id);
		if (!step) throw new Error(`no step ${id}`);
		for (const word of WORDS) {
			expect(wordCount(step, (when) => when === word || when === 'border')).toBeLessThanOrEqual(MOST_WORDS);
			expect(step.paragraphs.some((each) => each.now && (each.when === null || each.when === word))).toBe(true);
		}
	});

	it('uses only terms, figures and conditions that exist, and every term', () => {
		const terms = new Set<string>();
		for (const step of lesson.prose.steps)
			for (const paragraph of step.paragraphs) {
				if (paragraph.when !== null) expect(CONDITIONS).toContain(paragraph.when);
				for (const inline of paragraph.inlines) {
					if (inline.kind === 'figure') expect(Object.keys(FIGURES)).toContain(inline.name);
					if (inline.kind === 'term') {
						expect(Object.keys(lesson.steps.terms)).toContain(inline.term);
						terms.add(inline.term);
					}
				}
			}
		expect([...terms].sort()).toEqual(Object.keys(lesson.steps.terms).sort());
	});

	it('names lanes that exist, and opens each as a scenario', () => {
		const lanes = lesson.steps.lanes.map((lane) => lane.id);
		const { bet, seen, belief, challenge, make } = lesson.steps;
		for (const lane of [bet.lane, seen.lane, belief.lane, ...challenge.settings.map((each) => each.lane)]) expect(lanes).toContain(lane);
		for (const lane of lanes) expect(laneScenario(lesson, lane).journal).toHaveLength(1);
		for (const idea of make) for (const lane of idea.lanes) expect(() => laneScenario(lesson, lane, { change: idea.change })).not.toThrow();
	});

	it('has three hints that do not repeat each other', () => {
		const hints = HINT_IDS.map((id) => lesson.steps.challenge.hints[id]);
		expect(new Set(hints).size).toBe(3);
		for (const hint of hints) expect(hint.split(/\s+/).length).toBeGreaterThan(5);
	});

	it('has a witness and at least two decoys that choose for every guest, from the settings that exist', () => {
		const { witness, decoys, guests, settings } = lesson.steps.challenge;
		const choices: Record<string, Choice>[] = [witness, ...decoys.map((decoy) => decoy.choices)];
		expect(decoys.length).toBeGreaterThanOrEqual(2);
		for (const each of choices)
			for (const guest of guests) {
				const choice = each[guest.id];
				if (!choice) throw new Error(`nothing is chosen for ${guest.id}`);
				const own = settings.filter((setting) => setting.lane === choice.lane);
				expect(Object.keys(choice.settings).sort()).toEqual(own.map((setting) => setting.id).sort());
				for (const setting of own) expect(setting.options.map((option) => option.id)).toContain(choice.settings[setting.id]);
			}
	});

	it('says every check in words with the limits of a seed', () => {
		for (const guest of drawGuests(lesson, lesson.steps.challenge.firstSeed).guests)
			for (const check of lesson.steps.challenge.checks) {
				const sentence = inWords(check.expression, guest.limits);
				expect(sentence).not.toMatch(/limit for|undefined|NaN/);
				expect(sentence.length).toBeGreaterThan(8);
			}
	});
});
