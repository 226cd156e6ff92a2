/**
 * The buddy allocator written for being read: one list of chunk starts per order, one map of what is free. After Linux
 * 7.2.13 mm/page_alloc.c: smallest sufficient order first, lower half first, the upper half back to the head of its list,
 * a freed chunk to the head, or to the tail when the chunk one order up would find its buddy free.
 */
export class SlowBuddy {
	/** Starts of free chunks per order, head of the list first. */
	readonly lists: number[][] = Array.from({ length: 11 }, () => []);
	private readonly orderAt = new Map<number, number>();

	constructor(firstFrame: number, frames: number) {
		for (let at = firstFrame; at < firstFrame + frames; at += 1024) {
			this.lists[10]?.push(at);
			this.orderAt.set(at, 10);
		}
	}

	allocate(order: number): number {
		for (let from = order; from <= 10; from += 1) {
			const list = this.lists[from] as number[];
			const start = list.shift();
			if (start === undefined) continue;
			this.orderAt.delete(start);
			for (let level = from - 1; level >= order; level -= 1) this.insert(start + (1 << level), level, false);
			return start;
		}
		return -1;
	}

	release(frame: number, order: number): void {
		let start = frame;
		let level = order;
		while (level < 10 && this.orderAt.get(start ^ (1 << level)) === level) {
			const buddy = start ^ (1 << level);
			this.remove(buddy, level);
			start = Math.min(start, buddy);
			level += 1;
		}
		this.insert(start, level, level < 9 + 1 && this.mergeLikely(start, level));
	}

	/** Linux's buddy_merge_likely; nothing is above order 10, so at order 9 there is nothing to wait for. */
	private mergeLikely(start: number, order: number): boolean {
		if (order >= 9) return false;
		const combined = start & ~(1 << order);
		return this.orderAt.get(combined ^ (1 << (order + 1))) === order + 1;
	}

	private insert(start: number, order: number, atTail: boolean): void {
		const list = this.lists[order] as number[];
		if (atTail) list.push(start);
		else list.unshift(start);
		this.orderAt.set(start, order);
	}

	private remove(start: number, order: number): void {
		const list = this.lists[order] as number[];
		list.splice(list.indexOf(start), 1);
		this.orderAt.delete(start);
	}
}
