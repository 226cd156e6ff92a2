/**
 * A network device and its driver as somebody would write them down who has time: lists of buffers, one packet after the
 * other. It knows nothing of rings, indices, columns or slices.
 */
const DEVICE_NS = 5_000;
const S = 1_000_000_000n;

interface Pending {
	readonly slot: number;
	readonly sinceNs: number;
	readonly dueNs: number;
}

class PlainReceive {
	/** Slots that the driver has offered, oldest first, and those that it has back, the newest last. */
	offered: number[];
	back: number[] = [];
	pending: Pending[] = [];
	/** Page of each slot now. Every 64th buffer gets a new page: the old one stays with a program. */
	readonly pages: number[];
	private offers: number;
	private readonly newPage: () => number;
	constructor(pages: readonly number[], newPage: () => number) {
		this.pages = [...pages];
		this.offers = pages.length;
		this.newPage = newPage;
		this.offered = pages.map((_, slot) => slot);
	}
	fill(): void {
		if (this.back.length <= Math.min(64, this.pages.length) / 2) return;
		while (this.back.length > 0) {
			const slot = this.back.pop() as number;
			this.offers += 1;
			if (this.offers % 64 === 0) this.pages[slot] = this.newPage();
			this.offered.push(slot);
		}
	}
}

class PlainTransmit {
	waiting: { sinceNs: number; dueNs: number }[] = [];
	freeNs = 0;
}

export type Mode = 'none' | 'direct' | 'shadow';

export class PlainNic {
	readonly writes = new Map<number, number>();
	readonly logged = new Set<number>();
	readonly gaps: { fromNs: number; toNs: number | null; lost: number }[] = [];
	arrived = 0;
	received = 0;
	sent = 0;
	lost = 0;
	duplicates = 0;
	worstDelayNs = 0;
	logging = false;
	private mode: Mode = 'direct';
	private runs = true;
	private nowNs = 0;
	private readonly receive: PlainReceive[];
	private readonly transmit: PlainTransmit[];
	private threadFreeNs = 0;
	private gap: { fromNs: number; lost: number } | null = null;
	private rate: number;
	private share: number;
	private readonly entries: number;
	private readonly shadowNs: number;
	private rateSinceNs = 0;
	private count = 1n;
	private shareRest = 0;
	private nextIn = 0;
	private nextOut = 0;

	/** `newPage`: the page that the driver of a queue pair draws next. */
	constructor(
		pages: readonly (readonly number[])[],
		newPage: (pair: number) => number,
		entries: number,
		rate: number,
		share: number,
		shadowNs: number
	) {
		this.receive = pages.map((list, pair) => new PlainReceive(list, () => newPage(pair)));
		this.transmit = pages.map(() => new PlainTransmit());
		this.entries = entries;
		this.rate = rate;
		this.share = share;
		this.shadowNs = shadowNs;
	}

	private get live(): boolean {
		return this.runs && this.mode !== 'none';
	}

	waiting(): number {
		return this.transmit.reduce((sum, queue) => sum + queue.waiting.length, 0);
	}
	returning(): number {
		return this.receive.reduce((sum, queue) => sum + queue.pending.length, 0);
	}

	passTo(nowNs: number): void {
		while (this.rate > 0) {
			// The k-th packet of a rate comes at its k-th fraction, rounded down.
			const at = this.rateSinceNs + Number((this.count * S) / BigInt(this.rate));
			if (at > nowNs) break;
			this.packet(at);
			this.count += 1n;
		}
		for (const queue of this.receive) this.returnTo(queue, nowNs);
		for (const queue of this.transmit) this.sendTo(queue, nowNs);
		this.nowNs = nowNs;
	}

	private packet(at: number): void {
		this.shareRest += this.share;
		if (this.shareRest >= 1000) {
			this.shareRest -= 1000;
			const queue = this.receive[this.nextIn] as PlainReceive;
			this.nextIn = (this.nextIn + 1) % this.receive.length;
			this.arrived += 1;
			this.comeIn(queue, at);
			return;
		}
		const queue = this.transmit[this.nextOut] as PlainTransmit;
		this.nextOut = (this.nextOut + 1) % this.transmit.length;
		if (!this.runs) return;
		this.arrived += 1;
		this.sendTo(queue, at);
		if (queue.waiting.length === this.entries) this.lose();
		else queue.waiting.push({ sinceNs: at, dueNs: this.live ? this.due(queue, at) : -1 });
	}

	private comeIn(queue: PlainReceive, at: number): void {
		if (!this.live) return this.lose();
		this.returnTo(queue, at);
		const slot = queue.offered.shift();
		if (slot === undefined) return this.lose();
		const page = queue.pages[slot] as number;
		this.writes.set(page, (this.writes.get(page) ?? 0) + 1);
		if (this.mode === 'shadow') {
			this.threadFreeNs = Math.max(at, this.threadFreeNs) + this.shadowNs;
			queue.pending.push({ slot, sinceNs: at, dueNs: this.threadFreeNs });
			return;
		}
		this.received += 1;
		this.delay(DEVICE_NS);
		queue.back.push(slot);
		queue.fill();
	}

	private returnTo(queue: PlainReceive, until: number): void {
		for (;;) {
			const [first] = queue.pending;
			if (first === undefined || first.dueNs > until) return;
			this.returnFirst(queue, first.dueNs);
			if (this.runs) queue.fill();
		}
	}

	private returnFirst(queue: PlainReceive, at: number): void {
		const { slot, sinceNs } = queue.pending.shift() as Pending;
		if (this.logging) this.logged.add(queue.pages[slot] as number);
		this.received += 1;
		this.delay(at - sinceNs);
		queue.back.push(slot);
	}

	private due(queue: PlainTransmit, at: number): number {
		if (this.mode === 'shadow') return (this.threadFreeNs = Math.max(at, this.threadFreeNs) + this.shadowNs);
		return (queue.freeNs = Math.max(at, queue.freeNs) + DEVICE_NS);
	}

	private sendTo(queue: PlainTransmit, until: number): void {
		while (this.live && queue.waiting.length > 0) {
			const first = queue.waiting[0] as { sinceNs: number; dueNs: number };
			if (first.dueNs > until) return;
			queue.waiting.shift();
			this.sent += 1;
			this.delay(first.dueNs - first.sinceNs);
		}
	}

	private delay(ns: number): void {
		this.worstDelayNs = Math.max(this.worstDelayNs, ns);
	}

	private lose(): void {
		this.lost += 1;
		if (this.gap) this.gap.lost += 1;
	}

	private settle(known: boolean): void {
		const serviceNs = this.mode === 'shadow' ? this.shadowNs : DEVICE_NS;
		for (const queue of this.receive) while (queue.pending.length > 0) this.returnFirst(queue, this.nowNs);
		for (const queue of this.transmit) {
			const [first] = queue.waiting;
			if (first && first.dueNs >= 0 && first.dueNs - serviceNs < this.nowNs) {
				if (known) {
					queue.waiting.shift();
					this.sent += 1;
					this.delay(this.nowNs - first.sinceNs);
				} else this.duplicates += 1;
			}
			for (const packet of queue.waiting) packet.dueNs = -1;
			queue.freeNs = this.nowNs;
		}
		this.gap = { fromNs: this.nowNs, lost: 0 };
	}

	private wake(): void {
		for (const queue of this.receive) queue.fill();
		const all = this.transmit.flatMap((queue) => queue.waiting.map((packet) => ({ queue, packet })));
		all.sort((a, b) => a.packet.sinceNs - b.packet.sinceNs);
		for (const { queue, packet } of all) packet.dueNs = this.due(queue, this.nowNs);
		// What has no length is no gap.
		if (this.gap && this.nowNs > this.gap.fromNs) this.gaps.push({ fromNs: this.gap.fromNs, toNs: this.nowNs, lost: this.gap.lost });
		this.gap = null;
	}

	/** From now on the device is served so; `known`: it told its indices when it stopped. */
	serve(mode: Mode, known: boolean): void {
		if (this.live) this.settle(known);
		this.mode = mode;
		if (mode !== 'none') this.threadFreeNs = this.nowNs;
		if (this.live) this.wake();
	}

	setRuns(runs: boolean): void {
		const was = this.live;
		if (was && !runs) this.settle(true);
		this.runs = runs;
		if (!was && this.live) this.wake();
	}

	setRate(rate: number, share: number): void {
		this.rate = rate;
		this.share = share;
		this.rateSinceNs = this.nowNs;
		this.count = 1n;
	}

	openGap(): { fromNs: number; toNs: null; lost: number } | null {
		return this.gap ? { fromNs: this.gap.fromNs, toNs: null, lost: this.gap.lost } : null;
	}
}
