import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { BLOCKS_PER_MEMORY_BLOCK, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { OwnerState, packOwner } from '../../contract/words.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { endPins } from '../../hypervisor/pins.ts';
import { ensureDetail } from '../../mm/frames.ts';
import { freeGuestBlock } from '../../mm/space/give-back.ts';
import { frameOf, wholeBlockOf } from '../../mm/space/mapping.ts';
import { withRange } from '../../mm/space/runs.ts';
import { blockOfFrame } from '../../mm/zones.ts';
import { emit } from '../../sim/trace.ts';
import type { ExtentRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { ownerIndex, ownerOf } from '../../superpage/words.ts';
import { recount } from '../instances.ts';
import { hostName } from '../operation.ts';
import { offlineBlock, ownExtents } from '../residence.ts';
import { isOnPool } from './place.ts';
import { forgetSplit } from './split.ts';

/** Memory that goes away under a guest: one page by poison, or all that lies on the pool by a forced release. */

/** −EHWPOISON for one page: its content is gone, the guest loses what it wrote there and goes on (our simplification). */
export function poisonPage(world: World, vmIndex: number, gfn: number): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	catchUp(world, vmIndex);
	const frame = frameOf(world, vm, vm.running, gfn);
	world.c.contentStamp.set(ensureDetail(world, blockOfFrame(frame)) * PAGES_PER_BLOCK + (frame % PAGES_PER_BLOCK), 0);
	vm.lostPages = withRange(vm.lostPages ?? [], gfn, 1);
	world.r.marks.push(`lost: gfn ${gfn} of ${vm.id} was poisoned; what it held is gone`);
	emit(world, {
		kind: 'loss',
		rule: 'poison',
		cause: null,
		vm: vm.id,
		host: hostName(world, vm.instances[vm.running] as number),
		values: { gfn, errno: 'EHWPOISON' },
		text: `gfn ${gfn}: a load gets no data, and this page is lost; all others are whole`
	});
}

/** The big hammer: the fabric manager takes the extents back while the guest is mapped on them. */
export function forceRelease(world: World, vmIndex: number): Outcome<number, 'already-there' | 'already-running'> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const host = vm.instances[vm.running] as number;
	const running = world.r.operations.find((operation) => operation.vm === vmIndex && operation.state === 'running');
	if (running) return refused('already-running', `operation ${running.id} moves ${vm.id}`);
	const extents = ownExtents(world, vmIndex, host);
	if (extents.length === 0) return refused('already-there', `nothing of ${vm.id} is on the pool`);
	catchUp(world, vmIndex);
	endPins(world, vmIndex);
	const pages = dropPoolPages(world, vm);
	for (const index of extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		for (let at = 0; at < extent.onlineBlocks; at += BLOCKS_PER_MEMORY_BLOCK) offlineBlock(world, extent, at);
		extent.state = 'released';
		extent.onlineOn = -1;
	}
	vm.vcpuState = 'stopped';
	forgetSplit(world, vmIndex);
	recount(world, vm);
	const owner = ownerOf(world, vmIndex);
	world.c.superpageWord.set(ownerIndex(vmIndex), packOwner({ ...owner, state: OwnerState.orphan, token: owner.token + 1 }));
	world.r.marks.push(`lost: ${vm.id} lived in extents that were taken back; ${pages} pages and the guest are gone`);
	vm.causeSeq = emit(world, {
		kind: 'loss',
		rule: 'forced-release',
		cause: null,
		vm: vm.id,
		host: hostName(world, host),
		values: { pages, extents: extents.length },
		text: `${extents.length} ${extents.length === 1 ? 'extent goes' : 'extents go'} while mapped: ${pages} pages answer with faults, ${vm.id} is gone`
	});
	return ok(extents.length);
}

function dropPoolPages(world: World, vm: VmRecord): number {
	let pages = 0;
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		const gfn = guestBlock * PAGES_PER_BLOCK;
		const whole = wholeBlockOf(world, vm, vm.running, guestBlock);
		let onPool = 0;
		if (whole >= 0) onPool = isOnPool(world, whole * PAGES_PER_BLOCK) ? PAGES_PER_BLOCK : 0;
		else
			for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
				const frame = frameOf(world, vm, vm.running, gfn + row);
				if (frame >= 0 && isOnPool(world, frame)) onPool += 1;
			}
		if (onPool === 0) continue;
		// A guest that is gone needs none of the block: what of it lay in DRAM is freed with the rest.
		freeGuestBlock(world, vm, vm.running, guestBlock);
		vm.lostPages = withRange(vm.lostPages ?? [], gfn, PAGES_PER_BLOCK);
		pages += onPool;
	}
	return pages;
}
