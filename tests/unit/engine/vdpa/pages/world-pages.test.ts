/**
 * Goal: a long-term pin finds every page backed and outside ZONE_MOVABLE, with the content that it had, or fails.
 * Method: small worlds of huge and of base pages; random ranges against a walk over single pages; all statements of a world
 * after every pin (vdpa-svq reference 5).
 */
import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/base/units.ts';
import { BLOCK_ORDER, Migratetype, RowKind } from '$lib/engine/contract/words.ts';
import { addPin, dropPin } from '$lib/engine/hypervisor/pins.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { allocate, release, zoneOfBlock } from '$lib/engine/mm/buddy.ts';
import { ensureRows, setFolio } from '$lib/engine/mm/frames.ts';
import { frameOf, wholeBlockOf } from '$lib/engine/mm/space/mapping.ts';
import type { VmRecord } from '$lib/engine/state/records.ts';
import type { NicGuestRecord } from '$lib/engine/state/vdpa-records.ts';
import { worldPages } from '$lib/engine/vdpa/pages/world-pages.ts';
import type { Pages, PinResult } from '$lib/engine/vdpa/ports.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';
import { expectPinsKnown, expectSound, host, migrate, open, smallWorld, vm } from '../../../../support/worlds.ts';

const PAGE = 4096;
const GUEST_MIB = 128;
const PAGES = (GUEST_MIB * MIB) / PAGE;
const HVA = [0x7000_0000_0000, 0x6000_0000_0000] as const;
const OWN_HVA = 0x5000_0000_0000;

interface Made {
	readonly simulation: Simulation;
	readonly vm: VmRecord;
	readonly pages: Pages;
	readonly target: Pages;
}

/** A guest of 128 MiB in ZONE_MOVABLE of host A; both hosts have room for it in ZONE_NORMAL. */
function made(kind: 'thp' | '4k', normalMiB = 256, more: Record<string, unknown> = {}, forceDetail = false): Made {
	const simulation = open(
		smallWorld({
			hosts: [host('A', 512, { normalBytes: normalMiB * MIB }), host('B', 512, { normalBytes: 256 * MIB })],
			vms: [vm('vm0', 'A', GUEST_MIB, { pages: kind, ...more })],
			untilNs: 2_000_000_000
		}),
		{ forceDetail }
	);
	const section = (id: string, firstGfn: number, mib: number) => ({
		id,
		kind: 'ram' as const,
		gpa: firstGfn * PAGE,
		bytes: mib * MIB,
		firstGfn,
		hva: [HVA[0] + firstGfn * PAGE, HVA[1] + firstGfn * PAGE] as [number, number]
	});
	const guest = { vm: 0, sections: [section('low', 0, 16), section('high', 4096, 112)] } as unknown as NicGuestRecord;
	const { world } = simulation;
	return { simulation, vm: world.r.vms[0] as VmRecord, pages: worldPages(world, guest, 0), target: worldPages(world, guest, 1) };
}

const hvaOf = (gfn: number): number => HVA[0] + gfn * PAGE;

function pinned(result: PinResult): Extract<PinResult, { readonly ok: true }> {
	if (!result.ok) throw new Error(result.detail);
	return result;
}

/** Guest pages whose frame may not be pinned for long, or that have none. */
function unfit({ simulation, vm: record }: Made, from = 0, to = PAGES, instance = 0): number {
	const { world } = simulation;
	let count = 0;
	for (let gfn = from; gfn < to; gfn += 1) {
		const frame = frameOf(world, record, instance, gfn);
		if (frame < 0 || world.r.zones[zoneOfBlock(world, Math.floor(frame / 512))]?.name !== 'NORMAL') count += 1;
	}
	return count;
}

function slowRuns({ simulation, vm: record }: Made, from: number, to: number): number[] {
	const runs: number[] = [];
	let last = -2;
	for (let gfn = from; gfn < to; gfn += 1) {
		const frame = frameOf(simulation.world, record, 0, gfn);
		if (frame === last + 1) runs[runs.length - 1] = (runs.at(-1) as number) + PAGE;
		else runs.push(PAGE);
		last = frame;
	}
	return runs;
}

describe.each(['thp', '4k'] as const)('a guest of %s pages', (kind) => {
	it('leaves ZONE_MOVABLE as a whole, once', () => {
		const one = made(kind);
		expect(unfit(one)).toBe(PAGES);
		const first = pinned(one.pages.pin(hvaOf(0), PAGES * PAGE));
		const huge = kind === 'thp' ? PAGES : 0;
		expect(first).toMatchObject({ coldPages: 0, evictedPages: PAGES, huge: { pages: huge, coldPages: 0 } });
		expect(first.runs).toEqual(slowRuns(one, 0, PAGES));
		expect(unfit(one)).toBe(0);
		expectSound(one.simulation);
		for (let block = 0; block < PAGES / 512; block += 1) expect(wholeBlockOf(one.simulation.world, one.vm, 0, block)).toBeGreaterThan(0);
		const again = pinned(one.pages.pin(hvaOf(0), PAGES * PAGE));
		expect(again).toEqual({ ...first, evictedPages: 0 });
		expect(one.pages.unpin(hvaOf(0), PAGES * PAGE)).toBe(huge);
		expect(one.vm.pagesByMemory).toEqual([PAGES, 0, 0]);
	});

	it('goes on writing where its pages are now', () => {
		const one = made(kind);
		one.simulation.advance(20_000_000);
		pinned(one.pages.pin(hvaOf(0), PAGES * PAGE));
		one.simulation.advance(60_000_000);
		expectSound(one.simulation);
		expect(unfit(one)).toBe(0);
	});

	it('moves for one page what one page needs', () => {
		const one = made(kind);
		const { evictedPages, runs } = pinned(one.pages.pin(hvaOf(700), PAGE));
		expect(evictedPages).toBe(kind === 'thp' ? 512 : 1);
		expect(runs).toEqual([PAGE]);
		expect(unfit(one, 700, 701)).toBe(0);
		expectSound(one.simulation);
	});

	it('is faulted in where nobody touched it: cold, in ZONE_NORMAL of the target', () => {
		const one = made(kind);
		one.vm.instances[1] = 1;
		const first = pinned(one.target.pin(HVA[1], PAGES * PAGE));
		const huge = kind === 'thp' ? PAGES : 0;
		expect(first).toMatchObject({ coldPages: PAGES, evictedPages: 0, huge: { pages: huge, coldPages: huge } });
		expect(unfit(one, 0, PAGES, 1)).toBe(0);
		expect(pinned(one.target.pin(HVA[1], PAGES * PAGE))).toEqual({ ...first, coldPages: 0, huge: { pages: huge, coldPages: 0 } });
		expect(one.vm.pagesByMemory).toEqual([PAGES, 0, 0]);
		expectSound(one.simulation);
	});

	it('fails without room in ZONE_NORMAL, and no page is lost', () => {
		const tight = made(kind, 128);
		for (let gfn = 0; gfn < PAGES; gfn += 4096) addPin(tight.simulation.world, 0, gfn, 'short', 1_000);
		expect(tight.pages.pin(hvaOf(0), PAGES * PAGE)).toMatchObject({ ok: false, errno: 'ENOMEM' });
		expect(unfit(tight)).toBe(PAGES / 2);
		expectPinsKnown(tight.simulation);
		expectSound(tight.simulation);
		const full = made(kind);
		while (allocateKernel(full) >= 0);
		expect(full.pages.pin(hvaOf(0), PAGE)).toMatchObject({ ok: false, errno: 'ENOMEM' });
		expect(unfit(full)).toBe(PAGES);
		expectSound(full.simulation);
	});

	it('stays where somebody refers to it for long, and the pin fails', () => {
		const one = made(kind);
		addPin(one.simulation.world, 0, 5_000, 'long', -1);
		expect(one.pages.pin(hvaOf(0), PAGES * PAGE)).toMatchObject({ ok: false, errno: 'ENOMEM' });
		expect(unfit(one, 5_000, 5_001)).toBe(1);
		expectSound(one.simulation);
		expectPinsKnown(one.simulation);
	});

	it('waits for short references, as long as ten passes last', () => {
		const one = made(kind);
		const { world } = one.simulation;
		const brief = addPin(world, 0, 3, 'short', world.r.nowNs + 1_000);
		pinned(one.pages.pin(hvaOf(0), 512 * PAGE));
		expectPinsKnown(one.simulation);
		dropPin(world, brief.id);
		pinned(one.pages.pin(hvaOf(1024), 256 * PAGE));
		for (const gfn of [1025, 1300]) addPin(world, 0, gfn, 'short', world.r.nowNs + 1_000);
		pinned(one.pages.pin(hvaOf(1024), 512 * PAGE));
		expectPinsKnown(one.simulation);
		addPin(world, 0, 600, 'short', world.r.nowNs + 60_000_000_000);
		expect(one.pages.pin(hvaOf(512), 512 * PAGE).ok).toBe(false);
		expectPinsKnown(one.simulation);
		expectSound(one.simulation);
	});

	it.each([1, 2, 3])('has its runs and its pages right after any pins, seed %i', (base) => {
		const chance = new Chance(seedOr(base));
		const one = made(kind);
		scatter(one, chance);
		for (let round = 0; round < 25; round += 1) {
			const from = chance.whole(0, PAGES - 1);
			const to = chance.once(3) ? Math.min(PAGES, from + 512 * chance.whole(1, 6)) : Math.min(PAGES, from + chance.whole(1, 900));
			const label = `seed ${chance.seed} round ${round}: ${from} to ${to}`;
			const { runs, coldPages } = pinned(one.pages.pin(hvaOf(from), (to - from) * PAGE));
			expect(runs, label).toEqual(slowRuns(one, from, to));
			expect(one.pages.runsOf(hvaOf(from), (to - from) * PAGE), label).toEqual(runs);
			expect(coldPages).toBe(0);
			expect(unfit(one, from, to), label).toBe(0);
			if (round % 5 === 0) expectSound(one.simulation, label);
		}
		expect(one.vm.pagesByMemory).toEqual([PAGES, 0, 0]);
		expectSound(one.simulation, `seed ${chance.seed}`);
	});
});

/** One page of ZONE_NORMAL for the kernel; −1 when there is none. */
function allocateKernel({ simulation: { world } }: Made): number {
	const frame = allocate(world, (world.r.hosts[0] as { normalZone: number }).normalZone, 0, Migratetype.unmovable);
	if (frame < 0) return -1;
	ensureRows(world, Math.floor(frame / 512));
	setFolio(world, Math.floor(frame / 512), frame % 512, 0, RowKind.kernel, -1, 0);
	return frame;
}

/** Single pages of ZONE_NORMAL are used all over, so that few chunks are large. */
function scatter(one: Made, chance: Chance): void {
	const taken = Array.from({ length: 12_000 }, () => allocateKernel(one)).filter((frame) => frame >= 0);
	for (const frame of taken) if (!chance.once(300)) release(one.simulation.world, frame, 0);
}

describe('a guest in huge pages', () => {
	it('is split where ZONE_NORMAL has no huge page left', () => {
		const one = made('thp');
		const { world } = one.simulation;
		const zone = (world.r.hosts[0] as { normalZone: number }).normalZone;
		const taken: number[] = [];
		for (let frame = allocateKernel(one); frame >= 0; frame = allocateKernel(one)) taken.push(frame);
		for (const frame of taken) if (frame % 512 !== 0) release(world, frame, 0);
		expect(allocate(world, zone, BLOCK_ORDER, Migratetype.unmovable)).toBe(-1);
		const { evictedPages, runs } = pinned(one.pages.pin(hvaOf(0), 1024 * PAGE));
		expect(evictedPages).toBe(1024);
		expect(runs).toEqual(slowRuns(one, 0, 1024));
		expect(runs.length).toBeGreaterThan(1);
		expectSound(one.simulation);
	});

	it('cannot be pinned where page migration has it in hand', () => {
		const one = made('thp');
		one.simulation.send(migrate('transit'));
		const batch = () => one.simulation.world.r.operations[0]?.batch;
		while (!batch()) one.simulation.step('event');
		const block = batch()?.guestBlock ?? -1;
		expect(one.pages.pin(hvaOf(block * 512), PAGE)).toMatchObject({ ok: false, errno: 'ENOMEM' });
		expectSound(one.simulation);
	});

	it('comes back from the pool when it is pinned', () => {
		const one = made('thp');
		one.simulation.send(migrate('transit', { stayOnPool: true }));
		one.simulation.advance(1_500_000_000);
		expect(one.vm.running).toBe(1);
		expect(one.vm.pagesByMemory).toEqual([0, 0, PAGES]);
		expect(pinned(one.target.pin(HVA[1], PAGES * PAGE)).evictedPages).toBe(PAGES);
		expect(one.vm.pagesByMemory).toEqual([0, PAGES, 0]);
		expect(unfit(one, 0, PAGES, 1)).toBe(0);
		expectSound(one.simulation);
	});
});

describe('memory of QEMU itself', () => {
	it('is one run and costs no frame', () => {
		const one = made('thp');
		const free = () => one.simulation.world.c.zoneFreePages.data.slice(0, 4).join();
		const before = free();
		expect(one.pages.pin(OWN_HVA, 6 * PAGE)).toEqual({
			ok: true,
			runs: [6 * PAGE],
			coldPages: 0,
			evictedPages: 0,
			huge: { pages: 0, coldPages: 0 }
		});
		expect(free()).toBe(before);
	});

	it('before, between and behind sections is told apart from them', () => {
		const one = made('thp');
		const { runs } = pinned(one.pages.pin(hvaOf(-2), (PAGES + 5) * PAGE));
		expect(runs[0]).toBe(2 * PAGE);
		expect(runs.at(-1)).toBe(3 * PAGE);
		expect(runs.slice(1, -1)).toEqual(slowRuns(one, 0, PAGES));
	});
});

describe('how pages are represented', () => {
	it.each([
		['thp', 256],
		['4k', 256],
		['thp', 128],
		['4k', 128]
	] as const)('never shows: %s pages, %i MiB of ZONE_NORMAL', (kind, normalMiB) => {
		const [plain, detailed] = [made(kind, normalMiB), made(kind, normalMiB, {}, true)];
		for (const one of [plain, detailed]) {
			one.vm.instances[1] = 1;
			one.simulation.advance(10_000_000);
		}
		const both = (ask: (one: Made) => unknown): void => expect(ask(detailed)).toEqual(ask(plain));
		both((one) => one.pages.pin(hvaOf(100), 3_000 * PAGE));
		both((one) => one.target.pin(HVA[1] + 100 * PAGE, 3_000 * PAGE));
		both((one) => one.pages.pin(hvaOf(0), PAGES * PAGE));
		both((one) => one.target.pin(HVA[1], PAGES * PAGE));
		for (const one of [plain, detailed]) one.simulation.advance(30_000_000);
		both((one) => one.simulation.fingerprint());
		expectSound(detailed.simulation);
	});
});
