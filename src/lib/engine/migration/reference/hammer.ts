import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { ensureDetail } from '../../mm/frames.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import { withRange } from '../../mm/space/runs.ts';
import { blockOfFrame } from '../../mm/zones.ts';
import { emit } from '../../sim/trace.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName } from '../operation.ts';

/** One page that goes away under a guest, by poison. */

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
