/** The machine: what is locked until when, and that decisions can be taken back. */
import { describe, expect, it } from 'vitest';
import { setPoint } from '../../../src/lib/lessons/bet.ts';
import { LESSONS, type Lesson } from '../../../src/lib/lessons/load.ts';
import * as machine from '../../../src/lib/lessons/machine.ts';

const lesson = LESSONS[0] as Lesson;
const axes = machine.axesOf(lesson, 4 * 1024 ** 3);
const fresh = () => machine.startLesson(lesson, axes);
const drawn = () => {
	const state = fresh();
	return machine.drawBet(state, axes, setPoint(state.curve, axes, 12, 0));
};

describe('the bet', () => {
	it('locks Run, Look and Change, and not what spoils nothing', () => {
		expect(machine.runLock(fresh())).toBe('a bet unlocks Run');
		expect(['run', 'look', 'change'].map((step) => machine.stepLock(fresh(), step as 'run'))).toEqual(
			new Array(3).fill('a bet unlocks Run')
		);
		expect(machine.stepLock(fresh(), 'challenge')).toBeNull();
		expect(machine.goTo(fresh(), 'look').step).toBe('bet');
	});

	it('cannot be placed empty', () => {
		expect(machine.placeBet(fresh()).bet).toBeNull();
	});

	it('takes its word from the line, and a word against the line takes the line away', () => {
		const state = drawn();
		expect(state.word).toBe('falls');
		const other = machine.sayWord(state, axes, 'settles');
		expect(other.word).toBe('settles');
		expect(machine.placeBet(other).bet).toEqual({ curve: null, word: 'settles' });
		expect(machine.placeBet(state).bet?.curve?.[12]).toBe(0);
	});

	it('stands once placed, until a new one is wanted', () => {
		const placed = machine.placeBet(drawn());
		expect(placed.step).toBe('run');
		expect(machine.sayWord(placed, axes, 'grows')).toBe(placed);
		expect(machine.drawAgain(placed, axes)).toBe(placed);
		const again = machine.betAgain(machine.ranToEnd(placed), axes);
		expect([again.bet, again.ran, again.step]).toEqual([null, false, 'bet']);
	});

	it('opens Look only after the run has ended', () => {
		const placed = machine.placeBet(drawn());
		expect(machine.stepLock(placed, 'look')).toMatch(/Look/);
		const ran = machine.ranToEnd(placed);
		expect(ran.step).toBe('look');
		expect(machine.stepLock(ran, 'change')).toBeNull();
		expect(machine.ranToEnd(fresh()).ran).toBe(false);
	});
});

describe('the border', () => {
	const tried = (...rates: [number, boolean][]) =>
		rates.reduce(
			(state, [rate, home]) =>
				machine.addTried(state, {
					rateBytesPerSecond: rate,
					home: { precopy: home, transit: true }
				}),
			fresh()
		);

	it('is found when two rates close enough disagree', () => {
		expect(machine.borderOf(lesson, tried([1e9, true])).found).toBe(false);
		expect(machine.borderOf(lesson, tried([1e9, true], [2e9, false])).found).toBe(false);
		expect(machine.borderOf(lesson, tried([1.2e9, true], [1.3e9, false])).found).toBe(true);
	});

	it('keeps one answer per rate', () => {
		expect(tried([1e9, true], [1e9, false]).tried).toHaveLength(1);
	});
});

describe('the challenge', () => {
	it('begins with nothing chosen, undoes, resets and undoes the reset', () => {
		let state = fresh();
		expect(machine.choicesComplete(lesson, state)).toBe(false);
		state = machine.chooseLane(lesson, state, 'calm', 'precopy');
		expect(state.challenge.choices.calm?.settings['downtime-limit']).toBe('default');
		state = machine.chooseSetting(state, 'calm', 'downtime-limit', 'short');
		state = machine.resetChoices(state);
		expect(state.challenge.choices).toEqual({});
		state = machine.undoChoice(state);
		expect(state.challenge.choices.calm?.settings['downtime-limit']).toBe('short');
		state = machine.undoChoice(state);
		expect(state.challenge.choices.calm?.settings['downtime-limit']).toBe('default');
	});

	it('marks attempts made after the solution was shown, and offers it after three', () => {
		let state = fresh();
		const lost = {
			choices: {},
			passed: { calm: [true, false] },
			golf: { stoppedNs: 1, wireBytes: 2, lostWorkNs: 3 }
		};
		for (let n = 0; n < 3; n += 1) {
			expect(machine.solutionOffered(lesson, state)).toBe(false);
			state = machine.addAttempt(state, lost);
		}
		expect(machine.solutionOffered(lesson, state)).toBe(true);
		expect(state.challenge.attempts.map((attempt) => attempt.marked)).toEqual([false, false, false]);
		state = machine.showSolution(lesson, state);
		expect(machine.choicesComplete(lesson, state)).toBe(true);
		state = machine.addAttempt(state, { ...lost, passed: { calm: [true, true] } });
		expect(state.challenge.attempts.at(-1)).toMatchObject({ number: 4, won: true, marked: true });
	});

	it('climbs the ladder of three hints and no further', () => {
		let state = fresh();
		for (let n = 0; n < 5; n += 1) state = machine.nextHint(state);
		expect(state.challenge.hints).toBe(3);
	});

	it('forgets choices with the seed, not attempts', () => {
		let state = machine.chooseLane(lesson, fresh(), 'calm', 'precopy');
		state = machine.addAttempt(state, {
			choices: {},
			passed: {},
			golf: { stoppedNs: null, wireBytes: 0, lostWorkNs: 0 }
		});
		expect(state.challenge.attempts[0]?.won).toBe(false);
		state = machine.reseed(state, 99);
		expect(state.challenge.choices).toEqual({});
		expect(state.challenge.attempts).toHaveLength(1);
	});
});
