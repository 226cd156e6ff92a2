/**
 * Memory blocks, slow and obvious: every question is answered by looking at all blocks. Linux 7.2.13 mm/memory_hotplug.c as
 * the reference tells it (linux-memory 9.3, 9.4), for machines without processes.
 */
export interface SlowBlock {
	readonly id: number;
	readonly node: number;
	/** −1: boot memory. */
	readonly group: number;
	/** null: offline. "none": boot block that spans several zones. */
	zone: 'DMA32' | 'NORMAL' | 'MOVABLE' | 'none' | null;
	/** Something in it can never move. */
	stuck: boolean;
	/** It has holes. */
	readonly holes: boolean;
}
export interface SlowPolicy {
	readonly auto: boolean;
	readonly ratio: number;
	readonly numaAware: boolean;
	readonly movableNode: boolean;
}

const PAGES = 32_768;

export class SlowBlocks {
	readonly blocks: SlowBlock[];
	private readonly policy: SlowPolicy;
	/** Boot pages in kernel zones outside whole blocks, by node: DMA, the rest of block 0, the block with holes. */
	private readonly fixedEarly: readonly number[];

	constructor(blocks: SlowBlock[], policy: SlowPolicy, fixedEarly: readonly number[]) {
		this.blocks = blocks;
		this.policy = policy;
		this.fixedEarly = fixedEarly;
	}

	find(id: number): SlowBlock | undefined {
		return this.blocks.find((block) => block.id === id);
	}

	/** Does the span of the zone cover the block? Block 0 counts as DMA32 here: its upper part is. */
	private covers(node: number, zone: string, id: number): boolean {
		const ids = this.blocks
			.filter((block) => block.node === node && (block.zone === zone || (zone === 'DMA32' && block.zone === 'none')))
			.map((block) => block.id);
		return ids.length > 0 && id >= Math.min(...ids) && id <= Math.max(...ids);
	}

	private kernel(block: SlowBlock): 'DMA32' | 'NORMAL' {
		return this.covers(block.node, 'DMA32', block.id) ? 'DMA32' : 'NORMAL';
	}

	choose(block: SlowBlock, word: string): 'DMA32' | 'NORMAL' | 'MOVABLE' {
		const kernel = this.kernel(block);
		if (word === 'online_kernel') return kernel;
		if (word === 'online_movable') return 'MOVABLE';
		if (this.policy.auto) return this.movableFits(block) ? 'MOVABLE' : kernel;
		const inKernel = this.covers(block.node, kernel, block.id);
		const inMovable = this.covers(block.node, 'MOVABLE', block.id);
		if (inKernel && !inMovable) return kernel;
		if (inMovable && !inKernel) return 'MOVABLE';
		return this.policy.movableNode ? 'MOVABLE' : kernel;
	}

	private movableFits(block: SlowBlock): boolean {
		if (this.policy.ratio === 0) return false;
		const mates = block.group < 0 ? [] : this.blocks.filter((other) => other.group === block.group);
		if (mates.some((mate) => mate.zone === 'NORMAL' || mate.zone === 'DMA32')) return false;
		const wanted = block.group < 0 ? PAGES : mates.filter((mate) => mate.zone === null).length * PAGES;
		const fits = (which: (node: number) => boolean): boolean => {
			const early =
				this.fixedEarly.reduce((sum, pages, node) => sum + (which(node) ? pages : 0), 0) +
				this.blocks.filter((each) => each.group < 0 && each.zone === 'DMA32' && !each.holes && which(each.node)).length * PAGES;
			const movable = this.blocks.filter((each) => each.zone === 'MOVABLE' && which(each.node)).length * PAGES;
			return early > 0 && movable + wanted <= Math.floor((this.policy.ratio * early) / 100);
		};
		return fits(() => true) && (!this.policy.numaAware || fits((node) => node === block.node));
	}

	write(id: number, word: string): string {
		const block = this.find(id);
		if (!block) return 'ENOENT';
		if (!['offline', 'online', 'online_kernel', 'online_movable'].includes(word)) return 'EINVAL';
		if (word === 'offline') {
			if (block.zone === null || block.zone === 'none' || block.holes) return 'EINVAL';
			if (block.stuck) return 'EBUSY';
			block.zone = null;
			return 'OK';
		}
		if (block.zone !== null) return 'EINVAL';
		const zone = this.choose(block, word);
		const first = !this.blocks.some((other) => other.node === block.node && other.zone === zone);
		block.zone = zone;
		// The first block of a kernel zone attracts slab.
		if (first && zone !== 'MOVABLE') block.stuck = true;
		return 'OK';
	}

	valid(block: SlowBlock): string {
		if (block.zone === 'none') return '';
		if (block.zone !== null) return block.zone;
		const first = this.choose(block, 'online');
		return [first, this.kernel(block), 'MOVABLE'].filter((zone, at, all) => all.indexOf(zone) === at).join(' ');
	}

	/** spanned and present pages of a zone that holds only whole blocks. */
	size(node: number, zone: string): [number, number] {
		const ids = this.blocks.filter((block) => block.node === node && block.zone === zone).map((block) => block.id);
		return ids.length === 0 ? [0, 0] : [(Math.max(...ids) - Math.min(...ids) + 1) * PAGES, ids.length * PAGES];
	}
}
