import { passesByCopy } from '../contract/migration/strategies.ts';
import { popcount } from '../../base/bitmap.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { WORDS_PER_BLOCK } from '../hypervisor/dirty-log.ts';
import type { World } from '../state/world.ts';

/**
 * Bytes that the VM's running migration still has before it: for pre-copy unsent plus written since the last look (the union
 * of bitmap and log), for transit the pages on the wrong side. 0 without a migration.
 */
export function bytesLeft(world: World, vmIndex: number): number {
	const { c, r } = world;
	const vm = r.vms[vmIndex];
	const operation = r.operations.find((candidate) => candidate.vm === vmIndex && candidate.state === 'running');
	if (!vm || !operation) return 0;
	if (!passesByCopy(operation.strategy)) {
		const pool = r.memories.findIndex((memory) => memory.kind === 'pool');
		const onPool = vm.pagesByMemory[pool] ?? 0;
		return (operation.phase === 'unstaging' || operation.phase === 'release' ? onPool : vm.populatedPages - onPool) * PAGE_BYTES;
	}
	let pages = 0;
	for (let block = vm.firstGuestBlock; block < vm.firstGuestBlock + vm.guestBlockCount; block += 1) {
		const dirty = c.guestDirtyCount.data[block] as number;
		const logged = c.guestLoggedCount.data[block] as number;
		// Pages of a chunk not yet re-armed stand in both; the union counts them once.
		if (dirty === PAGES_PER_BLOCK || logged === PAGES_PER_BLOCK) pages += PAGES_PER_BLOCK;
		else if (dirty > 0 && logged > 0) pages += union(world, block);
		else pages += dirty + logged;
	}
	return pages * PAGE_BYTES;
}

function union(world: World, block: number): number {
	const { c } = world;
	let pages = 0;
	for (let word = block * WORDS_PER_BLOCK; word < (block + 1) * WORDS_PER_BLOCK; word += 1)
		pages += popcount(((c.qemuBitmap.data[word] as number) | (c.kvmLog.data[word] as number)) >>> 0);
	return pages;
}
