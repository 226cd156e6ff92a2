/**
 * Goal: maps, pins and builds are those of a slow model that is plainly right, on every kind of device, after any messages.
 * Method: the model holds a page of the device address space per slot and a count of pins per page of the process, and walks
 * over all of them; random messages of two processes, batches, limits, pages that cannot be pinned, held ranges, resets.
 */
import { describe, expect, it } from 'vitest';
import { DEVICE_KINDS, type DeviceKind } from '$lib/engine/contract/vdpa/kinds.ts';
import type { IotlbMessage } from '$lib/engine/vdpa/kernel/result.ts';
import { hvaBehind } from '$lib/engine/vdpa/kernel/translate.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';
import { PAGE, ready, type Bench } from './fixture.ts';

/** Pages of each address space and of the process. */
const SLOTS = 48;
const FIRST = 4;
const LAST = 43;

interface Slot {
	/** Entries are numbers: whoever has the same one goes with it. */
	readonly entry: number;
	readonly page: number;
	readonly own: boolean;
	/** The driver has dropped its map since. */
	readonly lost?: boolean;
}

/** The device and its process, page by page. */
class Model {
	readonly spaces = new Map<number, (Slot | null)[]>();
	readonly pins = new Array<number>(SLOTS * 2).fill(0);
	readonly held = new Array<boolean>(SLOTS * 2).fill(false);
	batch = -1;
	builds = 0;
	private nextEntry = 1;
	private readonly kind: DeviceKind;
	private readonly frames: readonly number[];
	private readonly refuse: ReadonlySet<number>;
	private readonly limit: number | null;

	constructor(kind: DeviceKind, frames: readonly number[], refuse: ReadonlySet<number>, limit: number | null) {
		this.kind = kind;
		this.frames = frames;
		this.refuse = refuse;
		this.limit = limit;
	}

	total(): number {
		return this.pins.reduce((sum, count) => sum + count, 0);
	}

	/** What the kernel says, as one word. */
	send(message: IotlbMessage, instance: number): string {
		const { useVa, addressSpaces, translation } = DEVICE_KINDS[this.kind].traits;
		const changes = translation === 'set-map' && this.batch < 0 ? 1 : 0;
		if (message.op === 'update' && message.bytes === 0) return 'EINVAL';
		if (instance !== 0) return 'EPERM';
		if (message.op === 'update' || message.op === 'batch-begin' || message.op === 'invalidate-and-update-all') {
			if (message.asid >= addressSpaces) return 'EINVAL';
			if (!this.spaces.has(message.asid)) this.spaces.set(message.asid, new Array<Slot | null>(SLOTS).fill(null));
		}
		const space = this.spaces.get(message.asid);
		if (!space || (this.batch >= 0 && this.batch !== message.asid)) return 'EINVAL';
		switch (message.op) {
			case 'batch-begin':
				this.batch = message.asid;
				return 'ok';
			case 'batch-end':
				if (this.batch >= 0 && translation === 'set-map') this.builds += 1;
				this.batch = -1;
				return 'ok';
			case 'invalidate': {
				this.drop(space, message.iova / PAGE, (message.iova + message.bytes) / PAGE);
				this.builds += changes;
				return 'ok';
			}
			case 'update': {
				const slots = slotsOf(message);
				if (slots.some(([slot]) => slot < FIRST || slot > LAST)) return 'EINVAL';
				if (slots.some(([slot]) => space[slot] !== null)) return 'EEXIST';
				const pinned = useVa ? [] : slots.filter(([, page]) => !this.held[page]).map(([, page]) => page);
				if (this.limit !== null && pinned.length + this.total() > this.limit) return 'ENOMEM';
				if (pinned.some((page) => this.refuse.has(page))) {
					this.builds += changes;
					return 'ENOMEM';
				}
				const runs = this.put(space, slots, !useVa);
				this.builds += changes * runs;
				return 'ok';
			}
			case 'invalidate-and-update-all': {
				const rows = message.table.map(slotsOf);
				const all = rows.flat();
				if (all.some(([slot]) => slot < FIRST || slot > LAST)) return 'EINVAL';
				if (new Set(all.map(([slot]) => slot)).size < all.length) return 'EEXIST';
				const wanted = new Array<number>(SLOTS * 2).fill(0);
				for (const [, page] of useVa ? [] : all) if (!this.held[page]) wanted[page] = (wanted[page] as number) + 1;
				const present = new Array<number>(SLOTS * 2).fill(0);
				for (const slot of space) if (slot?.own) present[slot.page] = (present[slot.page] as number) + 1;
				const more = wanted.map((count, page) => Math.max(0, count - (present[page] as number)));
				if (this.limit !== null && this.total() + more.reduce((sum, count) => sum + count, 0) > this.limit) return 'ENOMEM';
				if (more.some((count, page) => count > 0 && this.refuse.has(page))) return 'ENOMEM';
				this.drop(space, 0, SLOTS);
				for (const row of rows) this.put(space, row, !useVa);
				this.builds += changes;
				return 'ok';
			}
		}
	}

	/** Whole entries that have a slot in [from, to). */
	private drop(space: (Slot | null)[], from: number, to: number): void {
		const gone = new Set(space.slice(Math.floor(from), Math.ceil(to)).map((slot) => slot?.entry ?? 0));
		space.forEach((slot, at) => {
			if (!slot || !gone.has(slot.entry)) return;
			if (slot.own) this.pins[slot.page] = (this.pins[slot.page] as number) - 1;
			space[at] = null;
		});
	}

	/** One entry per stretch of frames; where pins are held by a range of their own, another begins. Returns how many. */
	private put(space: (Slot | null)[], slots: readonly (readonly [number, number])[], pins: boolean): number {
		let runs = 0;
		slots.forEach(([slot, page], index) => {
			const own = pins && !this.held[page];
			const before = slots[index - 1];
			const goesOn =
				before !== undefined &&
				(!pins || ((this.frames[page] as number) === (this.frames[before[1]] as number) + 1 && this.held[before[1]] === this.held[page]));
			if (!goesOn) {
				this.nextEntry += 1;
				runs += 1;
			}
			space[slot] = { entry: this.nextEntry, page, own };
			if (own) this.pins[page] = (this.pins[page] as number) + 1;
		});
		return runs;
	}

	/** Devices that offer IOTLB_PERSIST have agreed on it here. */
	reset(): void {
		if (DEVICE_KINDS[this.kind].traits.keepsMap) return;
		for (const space of this.spaces.values()) space.forEach((slot, at) => slot && (space[at] = { ...slot, lost: true }));
	}

	hold(page: number, pages: number, on: boolean): void {
		for (let at = page; at < page + pages; at += 1) {
			this.held[at] = on;
			this.pins[at] = (this.pins[at] as number) + (on ? 1 : -1);
		}
	}
}

/** Slots with the page behind each. */
function slotsOf({
	iova,
	bytes,
	uaddr
}: {
	readonly iova: number;
	readonly bytes: number;
	readonly uaddr: number;
}): (readonly [number, number])[] {
	return Array.from({ length: bytes / PAGE }, (_, index) => [iova / PAGE + index, uaddr / PAGE + index] as const);
}

function randomMessage(chance: Chance): IotlbMessage {
	const asid = chance.once(5) ? chance.whole(0, 2) : 0;
	const slot = chance.whole(0, SLOTS - 1);
	const pages = Math.min(SLOTS - slot, chance.whole(chance.once(20) ? 0 : 1, 9));
	const row = (at: number, count: number) =>
		({ iova: at * PAGE, bytes: count * PAGE, uaddr: chance.whole(0, SLOTS) * PAGE, permission: chance.pick([1, 3] as const) }) as const;
	switch (chance.whole(0, 9)) {
		case 0:
			return { op: 'batch-begin', asid };
		case 1:
			return { op: 'batch-end', asid };
		case 2:
		case 3:
		case 4:
			return { op: 'invalidate', asid, iova: slot * PAGE, bytes: Math.max(1, pages) * PAGE };
		case 5: {
			const table: ReturnType<typeof row>[] = [];
			for (let at = chance.whole(0, 12); at < SLOTS - 10 && table.length < 5; at += chance.whole(3, 14))
				table.push(row(at, chance.whole(1, 5)));
			return { op: 'invalidate-and-update-all', asid, table };
		}
		default:
			return { op: 'update', asid, ...row(slot, pages) };
	}
}

function expectAlike(made: Bench, model: Model, label: string): void {
	const { spaces } = made.context.end.kernel;
	expect(
		spaces.map((space) => space.asid),
		label
	).toEqual([...model.spaces.keys()].sort());
	for (const space of spaces) {
		const slots = model.spaces.get(space.asid) as (Slot | null)[];
		const reached = slots.map((_, slot) => hvaBehind(space.entries, slot * PAGE, 1));
		expect(reached, label).toEqual(slots.map((slot) => (slot && !slot.lost ? slot.page * PAGE : -1)));
		const entries = new Map<number, number>();
		for (const slot of slots) if (slot) entries.set(slot.entry, (entries.get(slot.entry) ?? 0) + 1);
		expect(
			space.entries.map((entry) => entry.bytes / PAGE),
			label
		).toEqual([...entries.values()]);
	}
	const pins = model.pins.flatMap((count, page) => (count > 0 ? [[page, count] as const] : []));
	expect(
		[...made.pages.pins].sort((a, b) => a[0] - b[0]),
		label
	).toEqual(pins);
	expect(made.context.guest.pinnedPages, label).toEqual([model.total(), 0]);
	expect(
		spaces.reduce((sum, space) => sum + (space.keys?.builds ?? 0), 0),
		label
	).toBe(model.builds);
}

const KINDS = Object.keys(DEVICE_KINDS) as DeviceKind[];

describe.each(KINDS)('any messages to a device of kind %s', (kind) => {
	it.each([1, 2, 3, 4, 5, 6])('leave what the model has, seed %i', (base) => {
		const chance = new Chance(seedOr(base * 101 + KINDS.indexOf(kind)));
		const frames = Array.from({ length: SLOTS * 2 }, (_, page) => page);
		for (let cut = chance.whole(0, 20); cut > 0; cut -= 1) {
			const at = chance.whole(1, frames.length - 1);
			for (let page = at; page < frames.length; page += 1) frames[page] = (frames[page] as number) + 10;
		}
		const limit = chance.once(2) ? chance.whole(10, 60) : null;
		const made = ready(kind, {
			guest: { memlockPages: limit },
			nic: { iovaFirst: FIRST * PAGE, iovaLast: (LAST + 1) * PAGE - 1 },
			frameOf: (page) => frames[page] as number
		});
		for (let count = chance.whole(0, 3); count > 0; count -= 1) made.pages.refuse.add(chance.whole(0, SLOTS));
		const model = new Model(kind, frames, made.pages.refuse, limit);
		const outcomes: Record<string, number> = {};
		for (let round = 0; round < 400; round += 1) {
			const label = `seed ${chance.seed} round ${round}`;
			if (chance.once(25) && !DEVICE_KINDS[kind].traits.useVa) {
				const page = chance.whole(0, SLOTS);
				const pages = chance.whole(1, 8);
				const pinned = made.call({ call: 'PIN_PAGES', hva: page * PAGE, bytes: pages * PAGE });
				if (pinned.kernel === null) model.hold(page, pages, true);
			} else if (chance.once(25)) {
				const before = [...made.context.end.kernel.heldRanges];
				const freed = made.call({ call: 'UNPIN_PAGES', hva: chance.whole(0, SLOTS) * PAGE, bytes: PAGE });
				const after = made.context.end.kernel.heldRanges;
				expect(before.length - after.length, label).toBeLessThanOrEqual(freed.kernel === null ? 1 : 0);
				for (const range of before) if (!after.includes(range)) model.hold(range.hva / PAGE, range.bytes / PAGE, false);
			} else if (chance.once(40)) {
				made.call({ call: 'SET_STATUS', status: 0 });
				model.reset();
			} else {
				const message = randomMessage(chance);
				const instance = chance.once(30) ? 1 : 0;
				const answer = made.message(message, instance);
				const said = model.send(message, instance);
				expect(answer.kernel ?? 'ok', `${label} ${JSON.stringify(message)} ${answer.detail}`).toBe(said);
				outcomes[said] = (outcomes[said] ?? 0) + 1;
				const malformed = message.op === 'update' && message.bytes === 0;
				expect(answer.caller, label).toBe(said === 'ok' ? null : malformed ? 'EINVAL' : 'EFAULT');
			}
			expectAlike(made, model, label);
		}
		made.call({ call: 'close' });
		expect(made.pages.total(), `seed ${chance.seed}`).toBe(0);
		expect(made.context.guest.pinnedPages).toEqual([0, 0]);
		for (const word of ['ok', 'EINVAL', 'EEXIST', 'EPERM']) expect(outcomes[word] ?? 0, `seed ${chance.seed}: ${word}`).toBeGreaterThan(0);
	});
});
