import { popcount } from '../../base/bitmap.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import { firstWord } from '../hypervisor/dirty-log.ts';
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
	if (operation.strategy === 'transit') {
		const pool = r.memories.findIndex((memory) => memory.kind === 'pool');
		const onPool = vm.pagesByMemory[pool] ?? 0;
		return (operation.phase === 'unstaging' || operation.phase === 'release' ? onPool : vm.populatedPages - onPool) * PAGE_BYTES;
	}
	let pages = 0;
	const first = firstWord(vm);
	for (let word = first; word < first + (vm.pageCount >>> 5); word += 1) {
		// Pages of a chunk not yet re-armed stand in both; the union counts them once.
		pages += popcount((c.qemuBitmap.get(word) | c.kvmLog.get(word)) >>> 0);
	}
	return pages * PAGE_BYTES;
}
