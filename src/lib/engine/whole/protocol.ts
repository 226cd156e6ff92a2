import { passesByCopy } from '../contract/migration/strategies.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { OwnerState } from '../contract/words.ts';
import { linkLoad } from '../fabric/links.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { popcount } from '../../base/bitmap.ts';
import { firstWord, WORDS_PER_BLOCK } from '../hypervisor/dirty-log.ts';
import type { World } from '../state/world.ts';
import { checksum, describedInstance, descriptorSlots, frameNamed } from '../superpage/descriptors.ts';
import { ownerOf, rangesIndex } from '../superpage/words.ts';

/** Statements about who runs, who owns and what was published. */

/** A VM runs on one host at most: the one that its owner word names; in the hand-off nobody runs it. */
export function oneRunner(world: World): string | null {
	for (const [index, vm] of world.r.vms.entries()) {
		const owner = ownerOf(world, index);
		const host = vm.instances[vm.running] as number;
		// A hand-off that somebody laid may break it, and is marked where it costs something: that is what it is for.
		if (vm.vcpuState !== 'running' || world.r.rack?.vms[index]?.laid) continue;
		if (owner.state === OwnerState.handoff) return `${vm.id} runs although its owner word says that nobody may`;
		if (owner.owner !== host && world.scenario.pool && !world.r.rack?.poolLost)
			return `${vm.id} runs on host ${host}, its owner word names ${owner.owner}`;
	}
	return null;
}

/** In the switch-over of pre-copy the guest does not run. */
export function stoppedInSwitchOver(world: World): string | null {
	for (const operation of world.r.operations) {
		const vm = world.r.vms[operation.vm];
		if (
			operation.state === 'running' &&
			passesByCopy(operation.strategy) &&
			operation.phase === 'switchover' &&
			vm?.vcpuState === 'running'
		)
			return `${vm.id} runs during the final pass`;
	}
	return null;
}

/** While ranges are published they name every backed page once, at its place, and their checksum fits. */
export function descriptorsFit(world: World): string | null {
	for (const operation of world.r.operations) {
		if (passesByCopy(operation.strategy) || operation.state !== 'running') continue;
		if (operation.phase !== 'publish' && operation.phase !== 'handoff') continue;
		const vm = world.r.vms[operation.vm];
		const pool = world.r.memories.find((memory) => memory.kind === 'pool');
		if (!vm || !pool) continue;
		if (Number(world.c.superpageWord.get(rangesIndex(operation.vm))) !== checksum(world, operation.vm))
			return `${vm.id}: the checksum of its ranges does not fit them`;
		// After the commit of a copy the process that it was made for is the one that runs.
		const instance = vm.instances.indexOf(operation.target) === vm.running ? vm.running : describedInstance(vm, operation.parameters);
		const moved = new Map(
			operation.moved?.flatMap(({ gfn, pages: count, frame }) =>
				Array.from({ length: count }, (_, page) => [gfn + page, frame + page] as const)
			)
		);
		let pages = 0;
		for (const slot of descriptorSlots(world, operation.vm)) {
			const gfn = world.c.descriptorFirstGfn.get(slot);
			const count = world.c.descriptorPages.get(slot);
			pages += count;
			for (const at of [0, count - 1]) {
				const frame = frameNamed(world, operation.extents, operation.parameters.naming, world.c.descriptorOffset.get(slot) + at);
				const place = moved.get(gfn + at) ?? frameOf(world, vm, instance, gfn + at);
				// Ranges stay as they are until the clean-up (cxl-fabric reference 10.5, I6); where a page lies is the owner's own business
				// from the commit on: what the target's kernel took to the target's DRAM (a long-term pin does) is not at its place any more.
				if (vm.ownerHost === operation.target && isInDramOf(world, place, operation.target)) continue;
				if (place !== pool.firstBlock * PAGES_PER_BLOCK + frame) return `${vm.id} gfn ${gfn + at}: its range points elsewhere`;
			}
		}
		if (pages !== vm.populatedPages && operation.parameters.leftovers === 'roll-back')
			return `${vm.id}: ranges name ${pages} of ${vm.populatedPages} pages`;
	}
	return null;
}

/** The frame is in the DRAM of this host. */
function isInDramOf({ r }: World, frame: number, host: number): boolean {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	return r.memories.some(
		(memory) =>
			memory.kind === 'dram' && memory.host === host && block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount
	);
}

/** No link carries more than it can. */
export function linksFit(world: World): string | null {
	for (const [index, link] of world.r.links.entries()) {
		const load = linkLoad(world, index);
		if (load > link.capacity + 1) return `link ${link.id} carries ${load} of ${link.capacity} B/s`;
	}
	return null;
}

/** Bits and their counts beside each guest block agree. */
export function dirtyCounts(world: World): string | null {
	const { c } = world;
	for (const vm of world.r.vms) {
		if (!vm.logging) continue;
		for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
			let dirty = 0;
			let logged = 0;
			const first = firstWord(vm) + guestBlock * WORDS_PER_BLOCK;
			for (let word = first; word < first + WORDS_PER_BLOCK; word += 1) {
				dirty += popcount(c.qemuBitmap.get(word));
				logged += popcount(c.kvmLog.get(word));
			}
			const at = vm.firstGuestBlock + guestBlock;
			if (dirty !== c.guestDirtyCount.get(at) || logged !== c.guestLoggedCount.get(at))
				return `${vm.id} guest block ${guestBlock}: ${dirty} dirty and ${logged} logged by bits, ${c.guestDirtyCount.get(at)} and ${c.guestLoggedCount.get(at)} by counts`;
		}
	}
	return null;
}

/** The heap of pending events is one, and nothing lies in the past. */
export function eventOrder(world: World): string | null {
	const { c, r } = world;
	for (let row = 0; row < r.eventPending; row += 1) {
		if (c.eventTime.get(row) < r.nowNs) return `an event at ${c.eventTime.get(row)} lies before now, ${r.nowNs}`;
		if (row > 0 && c.eventTime.get((row - 1) >> 1) > c.eventTime.get(row)) return `row ${row} of the event heap is earlier than its parent`;
	}
	return null;
}
