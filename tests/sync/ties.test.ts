import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/lib/engine/contract/commands.ts';
import { HANDLERS } from '../../src/lib/engine/handlers.ts';
import { EventKind } from '../../src/lib/engine/sim/event-kinds.ts';
import { nextEventNs, schedule, takeEvent, type PendingEvent } from '../../src/lib/engine/sim/event-queue.ts';
import { fingerprintOf } from '../../src/lib/engine/whole/fingerprint.ts';
import { host, migrate, open, smallWorld, vm } from '../support/worlds.ts';

/** Two VMs that leave at once: their batches end at equal times, in one class. */
const twins = smallWorld({
	hosts: [host('A', 768), host('B', 768)],
	pool: { bytes: 768 * 1024 * 1024 },
	vms: [vm('vm0', 'A', 128, { workload: { kind: 'idle' } }), vm('vm1', 'A', 128, { workload: { kind: 'idle' } })],
	journal: [
		{ atNs: 0, command: migrate('transit') },
		{ atNs: 0, command: migrate('transit', {}, 'vm1') }
	]
});

/** A test double of the run loop: with `swap`, the n-th pair of equal time and kind runs the other way round. */
function runDouble(swap: number | null, untilNs: number): { print: string; pairs: number } {
	const simulation = open(twins);
	const { world } = simulation;
	let pairs = 0;
	const handle = (event: PendingEvent): void => {
		world.r.nowNs = event.atNs;
		HANDLERS.event(world, event);
	};
	for (;;) {
		const at = nextEventNs(world);
		const entry = world.journal[world.r.journalNext] as JournalEntry | undefined;
		if (entry && (at === null || at > entry.atNs)) {
			world.r.nowNs = entry.atNs;
			world.r.journalNext += 1;
			HANDLERS.command(world, entry);
			continue;
		}
		if (at === null || at > untilNs) break;
		const first = takeEvent(world);
		const second = nextEventNs(world) === first.atNs ? takeEvent(world) : null;
		if (second === null) {
			handle(first);
			continue;
		}
		if (second.kind !== first.kind) {
			handle(first);
			schedule(world, second.atNs, second.kind, second.a, second.b);
			continue;
		}
		pairs += 1;
		const turned = pairs === swap;
		handle(turned ? second : first);
		handle(turned ? first : second);
	}
	world.r.nowNs = untilNs;
	return { print: fingerprintOf(world), pairs };
}

describe('equal times', () => {
	const untilNs = 70_000_000;
	const right = runDouble(null, untilNs);

	it('occur, and the double without a swap repeats itself', () => {
		expect(right.pairs).toBeGreaterThan(3);
		expect(runDouble(null, untilNs).print).toBe(right.print);
	});

	it('run the other way round give another fingerprint', () => {
		const noticed = [1, 2, 3, right.pairs].filter((pair) => runDouble(pair, untilNs).print !== right.print);
		expect(noticed).toEqual([1, 2, 3, right.pairs]);
	});
});

describe('classes', () => {
	it('order equal times whatever the order of scheduling', () => {
		const kinds = [EventKind.sample, EventKind.handOff, EventKind.transit, EventKind.pinEnd];
		const orders = [kinds, [...kinds].reverse(), [kinds[1], kinds[3], kinds[0], kinds[2]] as typeof kinds];
		for (const order of orders) {
			const { world } = open(smallWorld());
			while (nextEventNs(world) !== null) takeEvent(world);
			for (const kind of order) schedule(world, 5, kind, 0, 0);
			expect(order.map(() => takeEvent(world).kind)).toEqual([EventKind.pinEnd, EventKind.transit, EventKind.handOff, EventKind.sample]);
		}
	});
});
