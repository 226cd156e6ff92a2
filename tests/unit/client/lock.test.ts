/** Worlds that are held together by phase instead of by time; the session over a double of the engine, on both kinds of memory. */
import { expect, it } from 'vitest';
import { PLAIN_VIEW } from '../../../src/lib/client/permalink.ts';
import { Session } from '../../../src/lib/client/session.svelte.ts';
import { FakeEngine } from './fake-port.ts';
import { migrate, playOut, settled, spec, start } from './sessions.ts';

it.each(['shared', 'transferred'] as const)('the first leads, the others stand where it is in its move, on %s memory', async (memory) => {
	const later = { ...(spec.scenario as object), journal: [{ atNs: 300_000_000, command: migrate }] };
	const session = await start(new FakeEngine(), memory, [spec, { scenario: later }]);
	const times = () => session.worlds.map((world) => world.status.nowNs / 1e6);
	await session.seek(50_000_000);
	await session.lockBy('phase');
	expect(times()).toEqual([50, 350]);
	await session.seek(102_000_000);
	expect(times()).toEqual([102, 402]);
	expect(session.nowNs).toBe(102_000_000);
	await session.step('phase');
	expect(times()).toEqual([105, 405]);
	await session.stepBack('phase');
	expect(times()).toEqual([100, 400]);
	const link = await session.linkState(PLAIN_VIEW);
	expect(link).toMatchObject({ positionNs: 100_000_000, view: { byPhase: true } });
	expect(link.fingerprints.map((digits) => digits !== null)).toEqual([true, false]);

	session.slowAtBorders = false;
	session.speedIndex = 7;
	session.play();
	await playOut(session);
	expect(session.nowNs).toBe(session.untilNs);
	expect(session.worlds[1]?.status.nowNs).toBeGreaterThan(400_000_000);

	// A command is given at one moment of all.
	await session.seek(102_000_000);
	expect((await session.send(1, migrate)).ok).toBe(true);
	expect(session.lock).toBe('time');
	expect(times()).toEqual([402, 402]);
	expect(session.worlds[1]?.journal.at(-1)?.atNs).toBe(402_000_000);

	const opened = await Session.openLink(link, { memory, connect: new FakeEngine().connect });
	if (!opened.ok) throw new Error(opened.detail);
	await settled(opened.value);
	expect(opened.value.lock).toBe('phase');
	expect(opened.value.worlds.map((world) => world.status.nowNs / 1e6)).toEqual([100, 400]);
	expect(opened.value.notes).toEqual([]);
	await opened.value.close();
	await session.close();
});
