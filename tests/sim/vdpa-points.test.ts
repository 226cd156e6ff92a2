import { describe, expect, it } from 'vitest';
import type { ChangeStatus } from '../../src/lib/engine/contract/vdpa/status.ts';
import { LISTENER_POINTS, type ListenerPoint } from '../../src/lib/engine/contract/vdpa/choice.ts';
import { checkAll } from '../../src/lib/engine/sim/invariants.ts';
import { INVARIANTS } from '../../src/lib/engine/whole/index.ts';
import { migrate, open } from '../support/worlds.ts';
import { nic, nicWorld, vdpa } from '../support/nics.ts';

/** When guest memory is mapped, under each point of registration (vDPA reference 12), and what a live update finds (19). */
const PAGES = 256 * 256;
const world = (choice: Record<string, unknown>, more: Record<string, unknown> = {}) =>
	open(nicWorld({ pages: '4k', nics: [nic({ choice, ...more })], more: { untilNs: 20e9, pool: null } }));
const changesOf = (simulation: ReturnType<typeof open>): readonly ChangeStatus[] => simulation.world.r.vdpa.nics[0]?.changes ?? [];
const last = (simulation: ReturnType<typeof open>, kind: ChangeStatus['kind'], host: string): ChangeStatus | undefined =>
	changesOf(simulation).findLast((change) => change.kind === kind && change.host === host);

function moved(listener: ListenerPoint) {
	const simulation = world({ listener });
	simulation.send(migrate('precopy'));
	simulation.advance(20e9, Infinity, (now) => now.r.operations[0]?.state !== 'running');
	expect(simulation.world.r.operations[0]?.state).toBe('completed');
	expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
	return simulation;
}

describe('the target pins guest memory', () => {
	const WHERE: Readonly<Record<ListenerPoint, ChangeStatus['kind']>> = {
		'dev-start': 'start',
		'init-if-incoming': 'init',
		'load-setup': 'map-memory',
		init: 'init',
		'set-owner': 'init'
	};
	it.each(Object.keys(LISTENER_POINTS) as ListenerPoint[])('%s', (listener) => {
		const simulation = moved(listener);
		const pinned = (['init', 'map-memory', 'start'] as const).filter((kind) => (last(simulation, kind, 'B')?.pins ?? 0) >= PAGES);
		expect(pinned).toEqual([WHERE[listener]]);
		// Only what is pinned at the start of the device lies inside the downtime.
		const [operation] = simulation.world.r.operations;
		const part = operation?.downtime.find((one) => one.id === 'nic-start');
		const start = last(simulation, 'start', 'B');
		expect((part?.endNs ?? 0) - (part?.startNs ?? 0)).toBe((start?.endNs ?? 0) - (start?.startNs ?? 0));
		expect((start?.parts.pin ?? 0) > 1e6).toBe(listener === 'dev-start');
	});

	it('while the stream comes in, where a thread does it', () => {
		const simulation = moved('load-setup');
		const mapping = last(simulation, 'map-memory', 'B');
		const [operation] = simulation.world.r.operations;
		const stopped = operation?.stoppedNs ?? 0;
		expect(mapping?.startNs).toBeGreaterThan(operation?.startNs ?? Infinity);
		expect(mapping?.endNs).toBeLessThanOrEqual(stopped);
	});

	it('cold pages cost more than warm ones: pinning earlier moves the cost, and raises it', () => {
		const cold = last(moved('set-owner'), 'init', 'B')?.parts.pin ?? 0;
		const warm = last(moved('dev-start'), 'start', 'B')?.parts.pin ?? 0;
		expect(cold / warm).toBeGreaterThan(2);
	});

	it('a boot waits for it too, unless only an incoming migration does', () => {
		const pinsAtBoot = (listener: ListenerPoint): number =>
			changesOf(world({ listener })).find((change) => change.kind === 'init')?.pins ?? 0;
		expect([pinsAtBoot('set-owner'), pinsAtBoot('init-if-incoming'), pinsAtBoot('dev-start')]).toEqual([PAGES, 0, 0]);
	});
});

describe('a live update', () => {
	const updated = (choice: Record<string, unknown>) => {
		const simulation = world(choice);
		expect(simulation.send(vdpa('live-update')).ok).toBe(true);
		simulation.advance(simulation.nowNs + 10e9, Infinity, (now) => now.r.vdpa.nics[0]?.change === null);
		expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
		const change = changesOf(simulation).findLast((one) => one.kind === 'live-update');
		expect(change?.errors).toEqual([]);
		return { simulation, change };
	};
	it('today lets go of every page and pins it again', () => {
		const { change } = updated({});
		expect(change?.unpins).toBeGreaterThanOrEqual(PAGES);
		expect(change?.pins).toBeGreaterThanOrEqual(PAGES);
	});
	it('with the proposed call inherits all of them', () => {
		const { simulation, change } = updated({ liveUpdate: 'inherits' });
		expect([change?.pins, change?.unpins]).toEqual([0, 0]);
		const before = simulation.world.r.vdpa.nics[0]?.traffic.received ?? 0;
		simulation.advance(simulation.nowNs + 1e9);
		expect(simulation.world.r.vdpa.nics[0]?.traffic.received ?? 0).toBeGreaterThan(before);
	});
});

describe('x-svq', () => {
	it('shadows from the start, and a migration changes nothing at its beginning', () => {
		const simulation = world({}, { alwaysShadow: true });
		expect(simulation.status().vdpa?.nics[0]?.ends[0]?.svq).toBe(true);
		simulation.send(migrate('precopy'));
		simulation.advance(20e9, Infinity, (now) => now.r.operations[0]?.state !== 'running');
		expect(changesOf(simulation).some((change) => change.kind === 'to-svq')).toBe(false);
		expect(simulation.status().vdpa?.nics[0]?.ends[1]?.svq).toBe(true);
		expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
	});
});
