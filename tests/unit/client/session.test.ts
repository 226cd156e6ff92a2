/**
 * Goal: the page's side of the turn: one call at a time, the last seek wins, commands can be taken back, and neither a lost
 * nor a broken engine loses the run. Method: the session over a test double of the port, on both kinds of memory.
 */
import { describe, expect, it } from 'vitest';
import { Session } from '../../../src/lib/client/session.svelte.ts';
import { PLAIN_VIEW } from '../../../src/lib/client/permalink.ts';
import { FakeEngine } from './fake-port.ts';
import { migrate, playOut, settled, spec, start } from './sessions.ts';

const word = (session: Session, index = 0): number => session.worlds[index]?.views.columns.blockWord[0] as number;

describe.each(['shared', 'transferred'] as const)('a session on %s memory', (memory) => {
	it('opens, plays to the end, and has shown every turn', async () => {
		const engine = new FakeEngine();
		const session = await start(engine, memory);
		expect(session.memory).toBe(memory);
		expect(session.untilNs).toBe(1_100_000_000);
		const turnBefore = session.turn;
		session.play();
		const frames = await playOut(session);
		expect(session.nowNs).toBe(session.untilNs);
		expect(session.state).toBe('paused');
		expect(session.turn - turnBefore).toBeGreaterThan(frames / 4);
		expect(session.worlds[0]?.course.operations[0]?.phases).toHaveLength(3);
		expect(engine.mostOutstanding).toBe(1);
		await session.close();
	});

	it('reaches the same state by play, by seek and by steps', async () => {
		const session = await start(new FakeEngine(), memory);
		session.play();
		await playOut(session);
		const played = word(session);
		await session.seek(0);
		expect(word(session)).not.toBe(played);
		await session.seek(session.untilNs);
		expect(word(session)).toBe(played);
		await session.rewind();
		while (session.nowNs < session.untilNs) await session.step('phase');
		expect(word(session)).toBe(played);
	});

	it('steps by event, phase and commit, and back again', async () => {
		const session = await start(new FakeEngine(), memory);
		await session.step('event');
		expect(session.nowNs).toBe(1_000_000);
		await session.step('phase');
		expect(session.nowNs).toBe(100_000_000);
		await session.step('commit');
		expect(session.nowNs).toBe(105_000_000);
		await session.stepBack('phase');
		expect(session.nowNs).toBe(100_000_000);
		await session.step('event');
		await session.step('event');
		expect(session.nowNs).toBe(102_000_000);
		await session.stepBack('event');
		expect(session.nowNs).toBe(101_000_000);
		await session.stepBack('event');
		await session.stepBack('event');
		expect(session.nowNs).toBe(0);
	});

	it('keeps what was shown before a jump, and its picture', async () => {
		const session = await start(new FakeEngine(), memory);
		const shown = word(session);
		session.reducedMotion = false;
		await session.seek(50_000_000);
		const world = session.worlds[0]?.world as number;
		expect(session.before?.statuses.get(world)?.nowNs).toBe(0);
		expect(session.before?.blockWords.get(world)?.[0]).toBe(shown);
		expect(session.settlePhase).toBe(0);
		for (let frame = 0; frame <= 16; frame += 1) session.tick(frame * 16);
		expect(session.settlePhase).toBe(1);
		await session.seek(60_000_000, { scrubbing: true });
		expect(session.settlePhase).toBe(1);
	});

	it('works out what lies ahead when the page lets it, and what it has come to itself not at all', async () => {
		const engine = new FakeEngine();
		const opened = () => engine.calls.filter((call) => call === 'open').length;
		let isHeld = true;
		const session = await start(engine, memory, [spec, spec], { withoutForecast: () => isHeld });
		expect([opened(), session.worlds.map((world) => world.forecast)]).toEqual([2, [null, null]]);
		isHeld = false;
		session.wake();
		await settled(session);
		expect([opened(), session.worlds.map((world) => world.forecast?.nowNs)]).toEqual([4, [1_100_000_000, 1_100_000_000]]);
		await session.close();

		isHeld = true;
		const other = await start(engine, memory, [spec, spec], { withoutForecast: () => isHeld });
		await other.seek(other.untilNs);
		isHeld = false;
		other.wake();
		await settled(other);
		expect(opened()).toBe(6);
		expect(other.worlds.map((world) => world.forecast)).toEqual(other.worlds.map((world) => world.course));
		await other.seek(0);
		expect(other.worlds.map((world) => world.forecast?.nowNs)).toEqual([1_100_000_000, 1_100_000_000]);
		await other.close();
	});

	it('gives up a twin that is half done when the world itself has come to its end', async () => {
		const engine = new FakeEngine();
		const count = (name: string) => engine.calls.filter((call) => call === name).length;
		let isReleased = false;
		const session = await start(engine, memory, [spec], { withoutForecast: () => !isReleased && count('open') > 1 });
		await session.seek(session.untilNs);
		expect(session.worlds[0]?.forecast).toEqual(session.worlds[0]?.course);
		expect([count('open'), count('close')]).toEqual([2, 0]);
		isReleased = true;
		session.wake();
		await settled(session);
		expect([count('open'), count('close')]).toEqual([2, 1]);
		await session.close();
	});

	it('lets the last of many seeks win', async () => {
		const engine = new FakeEngine();
		const session = await start(engine, memory);
		const before = engine.calls.filter((call) => call === 'seek').length;
		await Promise.all(Array.from({ length: 50 }, (_, index) => session.seek(index * 1_000_000)));
		expect(session.nowNs).toBe(49_000_000);
		expect(engine.calls.filter((call) => call === 'seek').length - before).toBeLessThanOrEqual(3);
	});

	it('sends, takes back and sends again', async () => {
		const session = await start(new FakeEngine(), memory);
		await session.seek(300_000_000);
		expect(session.canUndo()).toBe(false);
		expect((await session.send(0, migrate)).ok).toBe(true);
		expect(session.worlds[0]?.journal).toHaveLength(2);
		expect(session.untilNs).toBe(1_400_000_000);
		const after = word(session);
		await settled(session);
		expect(session.worlds[0]?.forecast?.operations).toHaveLength(2);
		await session.seek(350_000_000);
		await session.undo();
		expect(session.nowNs).toBe(300_000_000);
		expect(session.worlds[0]?.journal).toHaveLength(1);
		expect(session.canRedo()).toBe(true);
		await session.redo();
		expect(session.worlds[0]?.journal).toHaveLength(2);
		expect(word(session)).toBe(after);
		expect(await session.send(0, { ...migrate, vm: 'nobody' })).toMatchObject({
			ok: false,
			reason: 'unknown-vm'
		});
	});

	it('brings back commands that a new one had cut off', async () => {
		const scenario = {
			...(spec.scenario as object),
			journal: [{ atNs: 500_000_000, command: migrate }]
		};
		const session = await start(new FakeEngine(), memory, [{ scenario }]);
		await session.seek(100_000_000);
		await session.send(0, migrate);
		expect(session.worlds[0]?.journal.map((entry) => entry.atNs)).toEqual([100_000_000]);
		await session.undo();
		expect(session.worlds[0]?.journal.map((entry) => entry.atNs)).toEqual([500_000_000]);
		expect(session.nowNs).toBe(100_000_000);
	});

	it('keeps several worlds on one clock', async () => {
		const session = await start(new FakeEngine(), memory, [spec, { ...spec, belief: 'copy' }]);
		const times = () => session.worlds.map((world) => world.status.nowNs);
		await session.step('event');
		expect(times()).toEqual([1_000_000, 1_000_000]);
		await session.step('phase');
		expect(times()).toEqual([100_000_000, 100_000_000]);
		await session.send(1, migrate);
		await session.seek(400_000_000);
		await session.undo();
		expect(times()).toEqual([100_000_000, 100_000_000]);
	});

	it('survives the loss of the worker in every kind of call, at the same moment and state', async () => {
		for (const call of ['advance', 'seek', 'step', 'send', 'undo', 'ask'] as const) {
			const engine = new FakeEngine();
			const session = await start(engine, memory);
			await session.seek(120_000_000);
			await session.send(0, migrate);
			const expected = word(session);
			engine.trouble = { call, what: 'die' };
			if (call === 'advance') {
				session.play();
				session.tick(0);
				session.tick(16);
				await settled(session);
			} else if (call === 'seek') await session.seek(120_000_000);
			else if (call === 'step') await session.step('event');
			else if (call === 'send') await session.send(0, { name: 'migrate-cancel', vm: 'vm0' });
			else if (call === 'undo') await session.undo();
			else await session.ask(0, { kind: 'summary' });
			await settled(session);
			expect([call, engine.trouble, engine.starts]).toEqual([call, null, 2]);
			expect(session.state).toBe('paused');
			expect(session.message).toMatch(/was started again/);
			if (call === 'advance' || call === 'seek' || call === 'ask') {
				expect(session.nowNs).toBe(120_000_000);
				expect(word(session)).toBe(expected);
			}
			if (call === 'step') expect(session.nowNs).toBe(121_000_000);
			if (call === 'send') expect(session.worlds[0]?.journal).toHaveLength(3);
			if (call === 'undo') expect(session.worlds[0]?.journal).toHaveLength(1);
			await session.close();
		}
	});

	it('says so when the engine cannot be started again, and still shows the last state', async () => {
		const engine = new FakeEngine();
		const session = await start(engine, memory);
		engine.trouble = { call: 'seek', what: 'die' };
		engine.deadStarts = 9;
		await session.seek(10_000_000);
		expect(session.state).toBe('crashed');
		expect(session.message).toMatch(/could not be started again/);
		expect(session.worlds).toHaveLength(1);
	});

	it('stops on a broken promise, at the last good state, with a report', async () => {
		const engine = new FakeEngine();
		const session = await start(engine, memory);
		await session.seek(100_000_000);
		const good = word(session);
		engine.crashAtNs = 150_000_000;
		await session.seek(200_000_000);
		await settled(session);
		expect(session.state).toBe('crashed');
		expect(session.crash).toMatchObject({ atNs: 150_000_000, message: 'planted: proof differs' });
		expect(session.nowNs).toBe(100_000_000);
		expect(session.readable).toBe(true);
		expect(word(session)).toBe(good);
		// The past stays open, the future does not.
		await session.seek(50_000_000);
		expect(session.nowNs).toBe(50_000_000);
		await session.seek(900_000_000);
		expect(session.nowNs).toBe(100_000_000);
		expect(await session.send(0, migrate)).toMatchObject({ ok: false, reason: 'no-engine' });
		session.play();
		expect(session.state).toBe('crashed');
	});

	it('reports a command that breaks the engine together with that command', async () => {
		const engine = new FakeEngine();
		const session = await start(engine, memory);
		await session.seek(20_000_000);
		engine.trouble = { call: 'send', what: 'throw' };
		await session.send(0, { name: 'migrate-cancel', vm: 'vm0' });
		expect(session.crash?.journal.at(-1)).toEqual({
			atNs: 20_000_000,
			command: { name: 'migrate-cancel', vm: 'vm0' }
		});
		expect(session.state).toBe('crashed');
	});

	it('survives a question that cannot be answered', async () => {
		const engine = new FakeEngine();
		const session = await start(engine, memory);
		engine.trouble = { call: 'ask', what: 'throw' };
		await expect(session.ask(0, { kind: 'check' })).rejects.toThrow('planted');
		await settled(session);
		expect(session.state).toBe('paused');
		expect(session.readable).toBe(true);
		await session.step('event');
		expect(session.nowNs).toBe(1_000_000);
	});
});

describe('a session', () => {
	it('falls back to a transferred buffer when the worker has no shared memory', async () => {
		const engine = new FakeEngine();
		engine.sharedMemory = false;
		const session = await start(engine, 'shared');
		expect(session.memory).toBe('transferred');
	});

	it('tries a second start, then refuses with a sentence', async () => {
		const once = new FakeEngine();
		once.deadStarts = 1;
		expect((await Session.open([spec], { memory: 'shared', connect: once.connect })).ok).toBe(true);
		const never = new FakeEngine();
		never.deadStarts = 9;
		expect(await Session.open([spec], { memory: 'shared', connect: never.connect })).toMatchObject({
			ok: false,
			reason: 'no-engine'
		});
		expect(never.starts).toBe(2);
	});

	it('refuses a scenario that cannot be read', async () => {
		const outcome = await Session.open([{ scenario: {} }], {
			memory: 'shared',
			connect: new FakeEngine().connect
		});
		expect(outcome).toMatchObject({ ok: false, reason: 'bad-scenario' });
	});

	it('slows down in the hand-off so that 5 ms take at least 1.5 s on the wall', async () => {
		const session = await start(new FakeEngine());
		session.speedIndex = 6;
		await session.seek(99_000_000, { scrubbing: true });
		session.play();
		let inside = 0;
		for (let frame = 0; session.state === 'playing' && session.nowNs < 106_000_000; frame += 1) {
			session.tick(frame * 16);
			await settledTurn();
			if (session.nowNs > 100_000_000 && session.nowNs < 105_000_000) inside += 1;
		}
		expect(inside * 16).toBeGreaterThan(1450);
		session.pause();
		await settled(session);
		session.slowAtBorders = false;
		await session.seek(99_000_000, { scrubbing: true });
		session.play();
		session.tick(1e6);
		session.tick(1e6 + 16);
		await settledTurn();
		expect(session.nowNs).toBeGreaterThan(105_000_000);
	});

	it('opens a link at its moment and says when the state is another one', async () => {
		const first = await start(new FakeEngine());
		await first.seek(123_000_000);
		const link = await first.linkState({ ...PLAIN_VIEW, compare: true });
		expect(link).toMatchObject({ positionNs: 123_000_000, view: { compare: true, speedIndex: 5 } });
		const same = await Session.openLink(link, {
			memory: 'shared',
			connect: new FakeEngine().connect
		});
		expect(same.ok && same.value.nowNs).toBe(123_000_000);
		expect(same.ok && same.value.notes).toEqual([]);
		const other = await Session.openLink({ ...link, fingerprints: ['ffffffff'] }, { memory: 'shared', connect: new FakeEngine().connect });
		expect(other.ok && other.value.notes.map((note) => note.reason)).toEqual(['fingerprint-mismatch']);
	});

	it('proves a state once, and not while it is about to be left', async () => {
		const engine = new FakeEngine();
		const session = await start(engine);
		const asked = () => engine.calls.filter((call) => call === 'ask').length;
		const [proof] = await session.fingerprints();
		const once = asked();
		expect(await session.fingerprints()).toEqual([proof]);
		expect(asked()).toBe(once);
		const moving = session.step('event');
		const late = session.fingerprints();
		const moved = session.step('event');
		await Promise.all([moving, moved]);
		expect(await late).toEqual([null]);
		// A mere question beside it takes nothing away.
		const beside = session.ask(0, { kind: 'summary' });
		const [after] = await session.fingerprints();
		await beside;
		expect(after).toMatch(/^[0-9a-f]{16}$/);
		expect(after).not.toBe(proof);
	});

	it('takes back commands that came with a link', async () => {
		const first = await start(new FakeEngine());
		await first.seek(50_000_000);
		await first.send(0, migrate);
		await first.seek(80_000_000);
		await first.send(0, { name: 'migrate-cancel', vm: 'vm0' });
		const link = await first.linkState(PLAIN_VIEW);
		const second = await Session.openLink(link, {
			memory: 'shared',
			connect: new FakeEngine().connect
		});
		if (!second.ok) throw new Error(second.detail);
		const session = second.value;
		await session.undo();
		await session.undo();
		expect(session.worlds[0]?.journal).toHaveLength(1);
		expect(session.nowNs).toBe(50_000_000);
		// What the scenario itself does is not somebody's command.
		expect(session.canUndo()).toBe(false);
	});

	it('ends quietly: what is still wanted is skipped', async () => {
		const session = await start(new FakeEngine());
		const waiting = [session.seek(5_000_000), session.step('event'), session.send(0, migrate)];
		await session.close();
		await Promise.all(waiting);
		expect(session.state).toBe('closed');
	});
});

async function settledTurn(): Promise<void> {
	for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
