/**
 * Goal: the session over the real engine: play, seek, steps, undo, links and both kinds of memory come to the same
 * fingerprint, and the forecast is what then happens. Method: the engine in the same thread, messages cloned.
 */
import { describe, expect, it } from 'vitest';
import { decodeLink, encodeLink, PLAIN_VIEW } from '../../../src/lib/client/permalink.ts';
import { Session, type SessionOptions, type WorldSpec } from '../../../src/lib/client/session.svelte.ts';
import { catalogueScenario } from '../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../src/lib/engine/contract/scenario/read.ts';
import { isSettled } from '../../../src/lib/engine/contract/views.ts';
import { connectInProcess } from './in-process.ts';

async function start(specs: readonly WorldSpec[], options: SessionOptions = {}) {
	const opened = await Session.open(specs, {
		memory: 'shared',
		connect: connectInProcess,
		withoutForecast: true,
		...options
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	opened.value.reducedMotion = true;
	await settled(opened.value);
	return opened.value;
}

async function settled(session: Session): Promise<void> {
	while (!session.idle) await new Promise((resolve) => setImmediate(resolve));
}

async function playOut(session: Session): Promise<void> {
	session.speedIndex = 8;
	session.slowAtBorders = false;
	session.play();
	for (let frame = 0; session.state === 'playing'; frame += 1) {
		session.tick(frame * 16);
		await new Promise((resolve) => setImmediate(resolve));
		expect(session.readable ? session.worlds.every((world) => isSettled(world.views)) : true).toBe(true);
	}
	await settled(session);
	if (session.state !== 'paused') throw new Error(session.message ?? session.state);
}

/** Cut short: the rest of a longer run teaches this test nothing. */
const spec = (id: string, mostNs = 2e9): WorldSpec => {
	const read = readScenario(catalogueScenario(id));
	if (!read.ok) throw new Error(read.detail);
	return { scenario: { ...read.value, untilNs: Math.min(mostNs, read.value.untilNs) } };
};

describe.each(['two-hosts', 'two-hosts-by-copy', 'held-page'])('%s', (id) => {
	it('comes to one fingerprint by play, seek and both memories, as forecast', { timeout: 180_000 }, async () => {
		const shared = await start([spec(id, 5e8)], { withoutForecast: false });
		const forecast = shared.worlds[0]?.forecast;
		expect(forecast?.nowNs).toBe(shared.untilNs);
		await playOut(shared);
		const [played] = await shared.fingerprints();
		expect(shared.worlds[0]?.course).toEqual(forecast);

		const transferred = await start([spec(id, 5e8)], { memory: 'transferred' });
		await transferred.seek(transferred.untilNs);
		expect(await transferred.fingerprints()).toEqual([played]);
		await transferred.seek(transferred.untilNs / 2);
		await shared.seek(shared.untilNs / 2);
		expect(await transferred.fingerprints()).toEqual(await shared.fingerprints());
		await shared.seek(shared.untilNs);
		expect(await shared.fingerprints()).toEqual([played]);
	});
});

describe('two movers on one clock', () => {
	const specs = [spec('two-hosts'), spec('two-hosts-by-copy')];

	it('step by phase to the same moments, and back', { timeout: 180_000 }, async () => {
		const session = await start(specs, { withoutForecast: false });
		const moments: number[] = [];
		while (session.nowNs < session.untilNs && moments.length < 60) {
			await session.step('phase');
			moments.push(session.nowNs);
			expect(session.worlds.map((world) => world.status.nowNs)).toEqual([session.nowNs, session.nowNs]);
		}
		expect(moments.length).toBeGreaterThan(6);
		for (const expected of moments.slice(0, -1).reverse()) {
			await session.stepBack('phase');
			expect(session.nowNs).toBe(expected);
		}
	});

	it('take commands and give them back', { timeout: 180_000 }, async () => {
		const session = await start(specs);
		await session.seek(100_000_000);
		const before = await session.fingerprints();
		const outcome = await session.send(1, { name: 'migrate-cancel', vm: 'vm0' });
		expect(outcome.ok).toBe(true);
		expect(await session.fingerprints()).not.toEqual(before);
		await session.seek(150_000_000);
		await session.undo();
		expect(session.nowNs).toBe(100_000_000);
		expect(await session.fingerprints()).toEqual(before);
		await session.redo();
		expect(session.worlds[1]?.journal.at(-1)?.command.name).toBe('migrate-cancel');
	});

	it('travel in a link', { timeout: 180_000 }, async () => {
		const session = await start(specs);
		await session.seek(287_310_000);
		await session.send(0, { name: 'set-workload', vm: 'vm0', workload: { kind: 'database' } });
		await session.seek(300_000_000);
		const fragment = await encodeLink(await session.linkState({ ...PLAIN_VIEW, compare: true }));
		console.log(`two worlds, three commands: ${fragment.length} characters`);
		const link = await decodeLink(fragment);
		if (!link.ok) throw new Error(link.detail);
		const other = await Session.openLink(link.value, {
			memory: 'shared',
			connect: connectInProcess,
			withoutForecast: true
		});
		if (!other.ok) throw new Error(other.detail);
		expect(other.value.nowNs).toBe(300_000_000);
		expect(other.value.notes).toEqual([]);
		expect(await other.value.fingerprints()).toEqual(await session.fingerprints());
	});
});

describe('steps', () => {
	it('by commit stop where the owner word or the switch-over decides', { timeout: 180_000 }, async () => {
		const session = await start([spec('two-hosts')]);
		await session.step('commit');
		const [world] = session.worlds;
		expect(session.nowNs).toBeGreaterThan(0);
		expect(session.nowNs).toBeLessThan(session.untilNs);
		expect(world?.status.vms[0]?.ownerChangedNs).toBe(session.nowNs);
	});

	it('by event go on one by one, and come back', { timeout: 180_000 }, async () => {
		const session = await start([spec('two-hosts')]);
		await session.seek(50_000_000);
		const moments = [session.nowNs];
		for (let times = 0; times < 20; times += 1) {
			await session.step('event');
			moments.push(session.nowNs);
		}
		const ascending = [...new Set(moments)];
		expect(ascending.length).toBeGreaterThan(3);
		while (session.nowNs > 50_000_000) await session.stepBack('event');
		expect(session.nowNs).toBe(50_000_000);
	});
});

describe('two worlds', () => {
	it('stand at one moment when play is paused in the middle of a slice', { timeout: 180_000 }, async () => {
		const session = await start([spec('two-hosts'), spec('two-hosts-by-copy'), spec('held-page')]);
		await session.seek(30_000_000);
		session.speedIndex = 7;
		session.slowAtBorders = false;
		let unequal = 0;
		for (let times = 0; times < 8; times += 1) {
			session.play();
			session.tick(times * 1000);
			session.tick(times * 1000 + 16);
			for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
			session.pause();
			const moments = () => new Set(session.worlds.map((world) => world.status.nowNs));
			if (moments().size > 1) unequal += 1;
			await settled(session);
			expect(moments().size).toBe(1);
			expect([...moments()]).toEqual([session.nowNs]);
		}
		// Otherwise nothing was tried.
		expect(unequal).toBeGreaterThan(0);
	});
});
