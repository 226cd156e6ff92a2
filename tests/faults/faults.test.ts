import { describe, expect, test } from 'vitest';
import { FAULTS, type Fault, type FaultId } from '$lib/engine/faults/index.ts';
import type { PhaseId } from '$lib/engine/contract/status.ts';
import type { StrategyId } from '$lib/engine/contract/commands.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { broken, smallWorld } from './worlds.ts';

/** When a fault has something to break: in which migration, and from which phase on. null = at rest, before any. */
interface Moment {
	readonly strategy: StrategyId;
	readonly phase: PhaseId | null;
}

const before = (strategy: StrategyId): Moment => ({ strategy, phase: null });
const MOMENTS: Readonly<Record<FaultId, Moment>> = {
	'drop-dirty-bit': { strategy: 'precopy', phase: 'round' },
	'skip-last-sync': { strategy: 'precopy', phase: 'round' },
	'lost-page': { strategy: 'precopy', phase: 'round' },
	'stale-resend': { strategy: 'precopy', phase: 'round' },
	'foreign-page': { strategy: 'precopy', phase: 'round' },
	'source-keeps-running': { strategy: 'precopy', phase: 'round' },
	'wrong-window-base': { strategy: 'transit', phase: 'staging' },
	'two-frames-swapped': { strategy: 'transit', phase: 'staging' },
	'double-adoption': { strategy: 'transit', phase: 'staging' },
	'skip-flush': { strategy: 'transit', phase: 'staging' },
	stop: { strategy: 'transit', phase: 'staging' },
	'stale-discard': { strategy: 'postcopy', phase: 'round' },
	'placed-twice': { strategy: 'postcopy', phase: 'fetch' },
	'flip-content': before('precopy'),
	'free-while-mapped': before('transit'),
	'leak-folio': before('transit'),
	'counter-drift': before('precopy'),
	'map-twice': before('precopy'),
	'kernel-in-movable': before('precopy'),
	'owner-stolen': before('transit'),
	'secure-on-pool': { strategy: 'transit', phase: 'publish' },
	'guard-forgets': { strategy: 'transit', phase: 'publish' },
	'pin-stays': { strategy: 'transit', phase: 'publish' },
	'tag-given-twice': { strategy: 'transit', phase: 'publish' },
	'primary-stays': { strategy: 'precopy', phase: 'setup' },
	'vcpu-off-the-map': before('transit'),
	'torn-descriptor': { strategy: 'transit', phase: 'publish' }
};

function runTo(simulation: Simulation, phase: PhaseId): void {
	while (simulation.status().operations[0]?.phase !== phase) {
		const { settled } = simulation.status();
		if (settled && simulation.nowNs > 2_000_000) throw new Error(`the run ended before ${phase}`);
		simulation.step('event');
	}
}

function planted(fault: FaultId): Simulation {
	const { strategy, phase } = MOMENTS[fault];
	const rounds = strategy === 'postcopy' && phase === 'round';
	const ways = fault === 'primary-stays' ? { ways: { failover: {} } } : {};
	const simulation = smallWorld({ strategy, ...ways, ...(rounds ? { parameters: { precopyPasses: 1 } } : {}) });
	if (phase !== null) runTo(simulation, phase);
	expect(broken(simulation)).toEqual([]);
	expect(simulation.send({ name: 'plant', fault }).ok).toBe(true);
	return simulation;
}

/** Goes on event by event until a check does not hold or the migration is over. */
function firstBroken(simulation: Simulation): { id: string; found: string }[] {
	for (;;) {
		const found = broken(simulation);
		if (found.length > 0) return found;
		if (simulation.status().operations[0] && simulation.status().settled) return [];
		simulation.step('event');
	}
}

/** To the very end of the migration: later the guest may write over the damage. */
function runToEnd(simulation: Simulation): void {
	while (simulation.status().operations[0]?.state !== 'completed' && simulation.nowNs < 2_000_000_000) simulation.step('event');
}

/** Every message names where: a guest page, a guest or physical block, a zone, a VM. */
const PLACE = /\b(gfn|guest block|block|zone) \d+|\bvm0\b/;

describe('a planted fault is caught', () => {
	test('there are at least twelve of them', () => {
		expect(Object.keys(FAULTS).length).toBeGreaterThanOrEqual(12);
	});

	test.each(Object.keys(FAULTS) as FaultId[])('%s', (id) => {
		const fault: Fault = FAULTS[id];
		const simulation = planted(id);
		const found = firstBroken(simulation);
		const caught = found.filter((check) => fault.caughtBy.includes(check.id));
		expect(caught, `${id}: found ${JSON.stringify(found)}`).not.toHaveLength(0);
		for (const check of caught) expect(check.found).toMatch(PLACE);
		expect(simulation.status().marks[0]).toBe(`planted fault: ${fault.sentence}`);
	});

	test('every check that a fault names exists', () => {
		const ids = smallWorld()
			.check()
			.checks.map((check) => check.id);
		for (const fault of Object.values(FAULTS) as Fault[]) for (const name of fault.caughtBy) expect(ids).toContain(name);
	});
});

describe('without a fault', () => {
	test.each([['precopy'], ['transit'], ['postcopy']] as const)('every check holds after every event of %s', (strategy) => {
		const simulation = smallWorld({ strategy });
		expect(firstBroken(simulation)).toEqual([]);
		expect(simulation.status().operations[0]?.state).toBe('completed');
		expect(simulation.status().marks).toEqual([]);
	});
});

describe('what the damage leads to', () => {
	test.each(['lost-page', 'foreign-page', 'skip-last-sync', 'source-keeps-running'] as const)(
		'%s: the guest at the target reads something else than it wrote',
		(fault) => {
			const simulation = planted(fault);
			runToEnd(simulation);
			expect(simulation.status().operations[0]?.state).toBe('completed');
			expect(broken(simulation).map((check) => check.id)).toContain('content');
		}
	);

	test('a dropped dirty bit of the last round is a lost write', () => {
		const simulation = smallWorld({ strategy: 'precopy', parameters: { downtimeLimitNs: 30_000_000 } });
		runTo(simulation, 'round');
		while (simulation.status().operations[0]?.round === 1 && simulation.status().operations[0]?.phase === 'round') {
			simulation.send({ name: 'plant', fault: 'drop-dirty-bit' });
			simulation.step('event');
		}
		runToEnd(simulation);
		const content = broken(simulation).find((check) => check.id === 'content');
		expect(content?.found).toMatch(/vm0 gfn \d+: holds the guest’s write \d+ of \d+, stale/);
	});

	test('torn ranges are refused by the target, and the pages go home unharmed', () => {
		const simulation = planted('torn-descriptor');
		expect(broken(simulation).map((check) => check.id)).toEqual(['descriptors']);
		simulation.advance(2_000_000_000);
		const operation = simulation.status().operations[0];
		expect(operation?.state).toBe('failed');
		expect(operation?.reason).toBe('checksum-mismatch');
		expect(simulation.status().vms[0]?.runsOn).toBe('A');
		expect(broken(simulation)).toEqual([]);
		expect(simulation.status().marks).toHaveLength(1);
	});

	test('an unknown fault is refused and leaves no mark', () => {
		const simulation = smallWorld();
		const outcome = simulation.send({ name: 'plant', fault: 'no-such-fault' });
		expect(outcome).toMatchObject({ ok: false, reason: 'unknown-fault' });
		expect(simulation.status().marks).toEqual([]);
		expect(broken(simulation)).toEqual([]);
	});
});
