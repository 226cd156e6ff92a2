import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, Migratetype, vmPayload, wordKind } from '../contract/words.ts';
import { forEachDevicePin } from '../hypervisor/device-pins.ts';
import { allocate, release } from '../mm/buddy.ts';
import { copyContent, setWhole, wholeWord } from '../mm/frames.ts';
import { mapWhole, wholeBlockOf } from '../mm/space/mapping.ts';
import { blockOfFrame } from '../mm/zones.ts';
import type { World } from '../state/world.ts';
import type { Fault } from './fault.ts';

/** One broken rule for each statement about pins, maps and queues of vDPA devices. All of them act at once, on the first VM that has a device. */

/** Moves the first whole guest block that a device holds to ZONE_MOVABLE of its host, with everything but the pin. */
function moveAHeldBlock(world: World): void {
	const guest = world.r.vdpa.guests[0];
	const vm = guest && world.r.vms[guest.vm];
	if (!guest || !vm) return;
	let guestBlock = -1;
	forEachDevicePin(world, guest.vm, vm.running, (_nic, firstGfn, pages) => {
		const first = Math.ceil(firstGfn / PAGES_PER_BLOCK);
		if (guestBlock < 0 && (first + 1) * PAGES_PER_BLOCK <= firstGfn + pages) guestBlock = first;
	});
	const source = guestBlock < 0 ? -1 : wholeBlockOf(world, vm, vm.running, guestBlock);
	const zone = world.r.hosts[vm.instances[vm.running] as number]?.movableZone;
	if (source < 0 || zone === undefined) return;
	const huge = wordKind(wholeWord(world, source)) === BlockKind.huge;
	const frame = allocate(world, zone, BLOCK_ORDER, Migratetype.movable);
	if (frame < 0) return;
	const target = blockOfFrame(frame);
	setWhole(world, target, huge ? BlockKind.huge : BlockKind.run, vmPayload(guest.vm, guestBlock));
	copyContent(world, source, target);
	mapWhole(world, vm, vm.running, guestBlock, target, huge ? MapKind.huge : MapKind.run);
	release(world, source * PAGES_PER_BLOCK, BLOCK_ORDER);
}

export const VDPA_FAULTS = {
	'pinned-page-moves': {
		sentence: 'page migration moves what a vDPA device has pinned',
		caughtBy: ['device-pins'],
		strike: moveAHeldBlock
	},
	'unpinned-twice': {
		sentence: 'one entry of a vDPA device is taken off the account of pinned pages twice',
		caughtBy: ['pinned-pages'],
		strike: (world) => {
			const guest = world.r.vdpa.guests[0];
			const instance = guest && guest.pinnedPages[0] > 0 ? 0 : 1;
			if (guest) guest.pinnedPages[instance] -= 1;
		}
	},
	'map-slips': {
		sentence: 'a vDPA device loses the first page of a map of guest memory',
		caughtBy: ['device-maps'],
		strike: (world) => {
			const end = world.r.vdpa.nics[0]?.ends.find((each) => each !== null);
			const entry = end?.kernel.spaces.find((space) => space.asid === 0)?.entries.at(-1);
			if (entry) entry.iova += PAGE_BYTES;
		}
	},
	'packet-vanishes': {
		sentence: 'a packet that came in is counted nowhere',
		caughtBy: ['packets'],
		strike: (world) => {
			const nic = world.r.vdpa.nics[0];
			if (nic) nic.traffic.received -= 1;
		}
	},
	'descriptor-leaks': {
		sentence: 'a driver forgets a descriptor of its ring',
		caughtBy: ['rings'],
		strike: (world) => {
			const ring = world.r.vdpa.nics[0]?.queues.find((queue) => queue.guest.freeCount > 0)?.guest;
			if (ring) ring.freeCount -= 1;
		}
	},
	'element-forgotten': {
		sentence: 'QEMU takes an element off the guest’s ring and forgets it',
		caughtBy: ['rings'],
		strike: (world) => {
			const queue = world.r.vdpa.nics[0]?.queues[0];
			if (queue) queue.guest.lastAvailIndex = (queue.guest.lastAvailIndex + 1) & 0xffff;
		}
	}
} as const satisfies Record<string, Fault>;
