import { Session, type SessionOptions, type WorldSpec } from '../../../src/lib/client/session.svelte.ts';
import type { Command } from '../../../src/lib/engine/contract/commands.ts';
import { catalogueScenario } from '../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import type { FakeEngine } from './fake-port.ts';

/** Sessions over the double of the engine, for the tests of what a page can do with them. */
export const spec: WorldSpec = { scenario: catalogueScenario('two-hosts') };
export const migrate = { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'transit' } as const satisfies Command;

export async function start(engine: FakeEngine, memory: 'shared' | 'transferred' = 'shared', specs = [spec], more: SessionOptions = {}) {
	const outcome = await Session.open(specs, { memory, connect: engine.connect, ...more });
	if (!outcome.ok) throw new Error(outcome.detail);
	const session = outcome.value;
	session.reducedMotion = true;
	await settled(session);
	return session;
}

/** Nothing outstanding: what `data-idle` says on a page. */
export async function settled(session: Session): Promise<void> {
	while (!session.idle) await new Promise((resolve) => setImmediate(resolve));
}

/** Frames of 16 ms until the session says it is not playing. */
export async function playOut(session: Session, framesAtMost = 10_000): Promise<number> {
	let frame = 0;
	for (; frame < framesAtMost && session.state === 'playing'; frame += 1) {
		session.tick(frame * 16);
		await new Promise((resolve) => setImmediate(resolve));
		await new Promise((resolve) => setImmediate(resolve));
	}
	await settled(session);
	return frame;
}
