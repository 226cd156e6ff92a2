import { describe, expect, it } from 'vitest';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '../../../../../src/lib/engine/contract/vdpa/choice.ts';
import { exploreCollisions } from '../../../../../src/lib/engine/vdpa/explore/explore.ts';
import type { NicGuestRecord, NicRecord } from '../../../../../src/lib/engine/state/vdpa-records.ts';
import { GIB } from '../../../../../src/lib/base/units.ts';
import { open } from '../../../../support/worlds.ts';
import { nic, nicWorld } from '../../../../support/nics.ts';

/** Sequences of start, hotplug, unplug, fail and finish, up to 8 (lesson 17). */
const LONGEST = 8;
const world = (more: Record<string, unknown> = {}, mib = 4096) =>
	open(
		nicWorld({
			mib,
			hostMib: mib + 1024,
			nics: [nic({ kind: 'mlx5', ...more })],
			vdpa: { maxBytes: 8 * GIB, slots: 3, hotplugWhileMigrating: true }
		})
	).world;
const explore = (strategy: SwitchStrategyId, length = LONGEST, more: Record<string, unknown> = {}) => {
	const { vdpa } = world({ strategy, ...more }).r;
	return exploreCollisions(vdpa.guests[0] as NicGuestRecord, vdpa.nics[0] as NicRecord, length);
};

describe('collisions up to eight actions', () => {
	it('an identity map with rings in the hole above loses in three', () => {
		const answer = explore('identity-hole');
		expect(answer.path).toEqual(['start', 'hotplug', 'fail']);
		expect(answer.found).toContain('dimm0 belongs at');
	});
	// Up to three DIMMs, and whether a migration runs: eight states, whatever the order was.
	it.each(['full-remap', 'identity-high', 'identity-top', 'own-asid', 'update-all', 'pin-call', 'rings-first'] as const)(
		'%s never does',
		(strategy) => {
			const answer = explore(strategy);
			expect(answer.path).toBeNull();
			expect(answer.states).toBe(8);
		}
	);
	it('a range that ends below all that could be plugged has no room above it', () => {
		// The rings find no place: the switch says so, and no map of guest memory moves.
		const answer = explore('identity-high', 4, { iovaLast: 2 ** 34 - 1 });
		expect(answer.path).toBeNull();
	});
	it('looks at equal states once, and knows how many sequences they stand for', () => {
		const short = explore('own-asid', 3);
		const long = explore('own-asid', LONGEST);
		expect(long.sequences).toBeGreaterThan(short.sequences * 10);
		expect(long.states).toBeLessThan(long.sequences);
	});
	it('another choice than the device has is looked at as if it had it', () => {
		const { vdpa } = world({ strategy: 'identity-hole' }).r;
		for (const strategy of ['full-remap', 'identity-high', 'own-asid', 'update-all'] as const) {
			const own = explore(strategy, 5);
			const [guest, device] = [vdpa.guests[0] as NicGuestRecord, vdpa.nics[0] as NicRecord];
			expect(exploreCollisions(guest, device, 5, SWITCH_STRATEGIES[strategy].choice)).toEqual(own);
		}
	});
	it('changes nothing of what it was given', () => {
		const { vdpa } = world({ strategy: 'identity-hole' }).r;
		const before = JSON.stringify(vdpa);
		exploreCollisions(vdpa.guests[0] as NicGuestRecord, vdpa.nics[0] as NicRecord, 5, SWITCH_STRATEGIES['full-remap'].choice);
		expect(JSON.stringify(vdpa)).toBe(before);
	});
});
