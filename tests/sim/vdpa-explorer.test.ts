import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/lib/base/units.ts';
import type { SwitchStrategyId } from '../../src/lib/engine/contract/vdpa/choice.ts';
import { COLLISION_ACTIONS, type CollisionAction } from '../../src/lib/engine/contract/vdpa/collision.ts';
import type { NicGuestRecord, NicRecord } from '../../src/lib/engine/state/vdpa-records.ts';
import { exploreCollisions } from '../../src/lib/engine/vdpa/explore/explore.ts';
import { migrate, open } from '../support/worlds.ts';
import { nic, nicWorld, vdpa } from '../support/nics.ts';
import { misplacedPages } from './random-nics.ts';

/** What the explorer says on paper, against the same actions in time: every sequence up to a length, judged by a model of its own. */
const LENGTH = 3;
const worldOf = (strategy: SwitchStrategyId) =>
	open(
		nicWorld({
			mib: 256,
			hostMib: 4096,
			nics: [nic({ strategy, preset: 'ideal', traffic: { packetsPerSecond: 0 } })],
			vdpa: { maxBytes: 4 * GIB, slots: 2, hotplugWhileMigrating: true },
			more: { untilNs: 1e12 }
		}),
		{ checkpointBytes: 0 }
	);
type Played = ReturnType<typeof open>;

/** One action in time, until it has had its effect; false when it cannot happen. */
function act(simulation: Played, action: CollisionAction): boolean {
	const quiet = (): void => {
		simulation.advance(simulation.nowNs + 60e9, Infinity, (world) => {
			const { guests, nics } = world.r.vdpa;
			return nics.every((one) => one.change === null) && guests.every((one) => one.jobs.length === 0);
		});
	};
	const { r } = simulation.world;
	const running = r.operations.some((one) => one.state === 'running');
	switch (action) {
		case 'start': {
			const [record] = r.vms;
			const target = record?.instances[record.running] === 0 ? 'B' : 'A';
			// Slow on purpose: the migration is still under way when the next action comes.
			if (running || !simulation.send(migrate('precopy', { maxBandwidthBytesPerSecond: 1_000_000 }, 'vm0', target)).ok) return false;
			simulation.advance(simulation.nowNs + 60e9, Infinity, (world) => world.r.vms[0]?.status === 'active');
			return true;
		}
		case 'hotplug':
			return simulation.send(vdpa('plug-dimm', { bytes: GIB })).ok;
		case 'unplug':
			return simulation.send(vdpa('unplug-dimm')).ok;
		case 'fail':
			if (!simulation.send(vdpa('fail-migration')).ok) return false;
			quiet();
			return true;
		case 'finish': {
			if (!running) return false;
			simulation.send({ name: 'migrate-set-parameters', vm: 'vm0', maxBandwidthBytesPerSecond: 0, downtimeLimitNs: 2e9 });
			simulation.advance(simulation.nowNs + 120e9, Infinity, (world) => world.r.operations.at(-1)?.state !== 'running');
			expect(r.operations.at(-1)?.state).toBe('completed');
			return true;
		}
	}
}

/** Sequences that can happen, with the shortest wrong beginning of each, or null. */
function judged(
	strategy: SwitchStrategyId
): { readonly path: readonly CollisionAction[]; readonly wrong: readonly CollisionAction[] | null }[] {
	const verdicts: { path: readonly CollisionAction[]; wrong: readonly CollisionAction[] | null }[] = [];
	let front: readonly (readonly CollisionAction[])[] = [[]];
	for (let length = 1; length <= LENGTH; length += 1) {
		const next: CollisionAction[][] = [];
		for (const before of front)
			for (const action of COLLISION_ACTIONS) {
				const path = [...before, action];
				const simulation = worldOf(strategy);
				if (!path.every((one) => act(simulation, one))) continue;
				const wrong = misplacedPages(simulation.world).length > 0;
				verdicts.push({ path, wrong: wrong ? path : null });
				if (!wrong) next.push(path);
			}
		front = next;
	}
	return verdicts;
}

describe(`sequences of at most ${LENGTH} actions, in time and on paper`, () => {
	it.each(['identity-hole', 'full-remap', 'own-asid'] as const)('%s', (strategy) => {
		const { vdpa: records } = worldOf(strategy).world.r;
		const answer = exploreCollisions(records.guests[0] as NicGuestRecord, records.nics[0] as NicRecord, LENGTH);
		const verdicts = judged(strategy);
		const wrong = verdicts.flatMap((one) => (one.wrong ? [one.wrong.join(' ')] : []));
		expect(verdicts.length).toBeGreaterThan(20);
		expect(wrong).toEqual(answer.path === null ? [] : [answer.path.join(' ')]);
	});
});
