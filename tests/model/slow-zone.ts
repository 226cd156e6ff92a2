/**
 * One zone of a machine written for being read: free chunks as plain lists per type and order, a type per pageblock, a set of
 * isolated pageblocks. After Linux 7.2.13 mm/page_alloc.c (__rmqueue, __free_one_page) and mm/page_isolation.c.
 */
export const UNMOVABLE = 0;
export const MOVABLE = 1;
export const RECLAIMABLE = 2;
export const ISOLATE = 3;

const FALLBACKS = [
	[RECLAIMABLE, MOVABLE],
	[RECLAIMABLE, UNMOVABLE],
	[UNMOVABLE, MOVABLE]
];

interface Chunk {
	start: number;
	order: number;
	type: number;
}

export class SlowZone {
	/** Free chunks, per list from head to tail. */
	private readonly lists = new Map<string, Chunk[]>();
	private readonly chunkAt = new Map<number, Chunk>();
	readonly types = new Map<number, number>();
	readonly isolated = new Set<number>();
	/** Frames in use that are on an LRU list. */
	readonly movableUsed = new Set<number>();

	/** A chunk that stands at the tail of a list when the zone is first looked at. */
	begin(type: number, order: number, start: number): void {
		this.insert({ start, order, type }, true);
	}

	starts(type: number, order: number): number[] {
		return this.list(type, order).map((chunk) => chunk.start);
	}

	freePages(): number {
		return [...this.chunkAt.values()].reduce((sum, chunk) => sum + 2 ** chunk.order, 0);
	}

	allocate(order: number, type: number, noFragment: boolean): number {
		const own = this.smallest(order, type);
		if (own >= 0) return own;
		const claimed = this.claim(order, type, noFragment);
		if (claimed >= 0 || noFragment) return claimed;
		for (let from = order; from <= 10; from += 1)
			for (const foreign of FALLBACKS[type] as number[]) {
				const chunk = this.list(foreign, from)[0];
				if (chunk) return this.split(chunk, order, foreign);
			}
		return -1;
	}

	private smallest(order: number, type: number): number {
		for (let from = order; from <= 10; from += 1) {
			const chunk = this.list(type, from)[0];
			if (chunk) return this.split(chunk, order, type);
		}
		return -1;
	}

	private claim(order: number, type: number, noFragment: boolean): number {
		for (let from = 10; from >= (noFragment ? Math.max(order, 9) : order); from -= 1) {
			if (from < 4 && type === MOVABLE) return -1;
			const foreign = (FALLBACKS[type] as number[]).find((other) => this.list(other, from).length > 0);
			if (foreign === undefined) continue;
			const chunk = this.list(foreign, from)[0] as Chunk;
			const block = Math.floor(chunk.start / 512);
			if (from >= 9) {
				for (let at = 0; at < 2 ** (from - 9); at += 1) this.types.set(block + at, type);
				return this.split(chunk, order, type);
			}
			const inside = this.chunksOf(block);
			const free = inside.reduce((sum, each) => sum + 2 ** each.order, 0);
			let movable = 0;
			for (let frame = block * 512; frame < (block + 1) * 512; frame += 1) if (this.movableUsed.has(frame)) movable += 1;
			const alike = type === MOVABLE ? movable : foreign === MOVABLE ? 512 - free - movable : 0;
			if (free + alike < 256) continue;
			this.types.set(block, type);
			for (const each of inside) this.move(each, type);
			return this.smallest(order, type);
		}
		return -1;
	}

	private split(chunk: Chunk, order: number, type: number): number {
		this.remove(chunk);
		for (let level = chunk.order - 1; level >= order; level -= 1)
			this.insert({ start: chunk.start + 2 ** level, order: level, type }, false);
		return chunk.start;
	}

	release(frame: number, order: number, toTail = false): void {
		if (order === 10) {
			this.release(frame, 9, toTail);
			this.release(frame + 512, 9, toTail);
			return;
		}
		const type = this.typeAt(frame);
		let start = frame;
		let level = order;
		while (level < 10) {
			const buddy = this.chunkAt.get(this.buddyOf(start, level));
			if (buddy?.order !== level) break;
			if (level >= 9 && (buddy.type === ISOLATE) !== (type === ISOLATE)) break;
			this.remove(buddy);
			if (level >= 9 && type !== ISOLATE) this.types.set(Math.floor(buddy.start / 512), type);
			start = Math.min(start, buddy.start);
			level += 1;
		}
		this.insert({ start, order: level, type }, toTail || this.mergeLikely(start, level));
	}

	isolate(block: number): void {
		this.splitTen(block);
		this.isolated.add(block);
		for (const chunk of this.chunksOf(block)) this.move(chunk, ISOLATE);
	}

	unisolate(block: number): void {
		const split = this.splitTen(block);
		this.isolated.delete(block);
		for (const chunk of this.chunksOf(block)) {
			if (chunk.order < 9) {
				this.move(chunk, this.types.get(block) as number);
				continue;
			}
			this.remove(chunk);
			this.release(chunk.start, 9, !split);
		}
	}

	private splitTen(block: number): boolean {
		const even = block - (block % 2);
		const chunk = this.chunkAt.get(even * 512);
		if (chunk?.order !== 10) return false;
		this.remove(chunk);
		for (const half of [even, even + 1]) this.insert({ start: half * 512, order: 9, type: this.typeAt(half * 512) }, false);
		return true;
	}

	private chunksOf(block: number): Chunk[] {
		return [...this.chunkAt.values()].filter((chunk) => Math.floor(chunk.start / 512) === block).sort((a, b) => a.start - b.start);
	}

	private typeAt(frame: number): number {
		const block = Math.floor(frame / 512);
		return this.isolated.has(block) ? ISOLATE : (this.types.get(block) as number);
	}

	private buddyOf(start: number, order: number): number {
		const size = 2 ** order;
		return Math.floor(start / size) % 2 === 0 ? start + size : start - size;
	}

	private mergeLikely(start: number, order: number): boolean {
		if (order >= 9) return false;
		const combined = start - (start % 2 ** (order + 1));
		return this.chunkAt.get(this.buddyOf(combined, order + 1))?.order === order + 1;
	}

	private move(chunk: Chunk, type: number): void {
		this.remove(chunk);
		this.insert({ ...chunk, type }, true);
	}

	private list(type: number, order: number): Chunk[] {
		const key = `${type}/${order}`;
		const list = this.lists.get(key) ?? [];
		this.lists.set(key, list);
		return list;
	}

	private insert(chunk: Chunk, atTail: boolean): void {
		const list = this.list(chunk.type, chunk.order);
		if (atTail) list.push(chunk);
		else list.unshift(chunk);
		this.chunkAt.set(chunk.start, chunk);
	}

	private remove(chunk: Chunk): void {
		const list = this.list(chunk.type, chunk.order);
		list.splice(list.indexOf(chunk), 1);
		this.chunkAt.delete(chunk.start);
	}
}
