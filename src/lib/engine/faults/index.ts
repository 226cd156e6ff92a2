import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BLOCK_ORDER, UseClass, usePayload, BlockKind, OwnerState, packOwner, Migratetype } from '../contract/words.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { frameOf, mappingRow, wholeBlockOf } from '../mm/space/mapping.ts';
import { allocate, release } from '../mm/buddy.ts';
import { ensureDetail, setWhole } from '../mm/frames.ts';
import { blockOfFrame } from '../mm/zones.ts';
import { emit } from '../sim/trace.ts';
import type { World } from '../state/world.ts';
import { FABRIC_FAULTS } from './fabric.ts';
import type { Fault } from './fault.ts';
import { RACK_FAULTS } from './rack.ts';
import { REFERENCE_FAULTS } from './reference.ts';
import { VDPA_FAULTS } from './vdpa.ts';

export type { Fault } from './fault.ts';
import { ownerIndex, ownerOf, rangesIndex } from '../superpage/words.ts';

export const FAULTS = {
	'drop-dirty-bit': { sentence: 'the dirty log forgets one write', caughtBy: ['content', 'dirty-or-equal'], strike: null },
	'skip-last-sync': { sentence: 'the last bitmap sync is left out', caughtBy: ['content'], strike: null },
	'lost-page': { sentence: 'one page is counted as sent and never was', caughtBy: ['content', 'dirty-or-equal'], strike: null },
	'stale-resend': { sentence: 'an older copy of a page arrives last', caughtBy: ['content', 'dirty-or-equal'], strike: null },
	'foreign-page': { sentence: 'a neighbour’s content arrives instead', caughtBy: ['content', 'dirty-or-equal'], strike: null },
	'source-keeps-running': {
		sentence: 'the guest is not stopped for the final pass',
		caughtBy: ['content', 'stopped-in-switch-over'],
		strike: null
	},
	'wrong-window-base': { sentence: 'the target takes away the wrong window base', caughtBy: ['content', 'frame-owner'], strike: null },
	'two-frames-swapped': { sentence: 'two guest blocks are mapped crosswise', caughtBy: ['content', 'frame-owner'], strike: null },
	'double-adoption': { sentence: 'both hosts’ allocators keep the extents', caughtBy: ['zone-counters', 'one-allocator'], strike: null },
	'skip-flush': { sentence: 'a dirty cache line is not written back', caughtBy: ['content'], strike: null },
	'stale-discard': { sentence: 'post-copy keeps one page that was sent and written again', caughtBy: ['content'], strike: null },
	'placed-twice': { sentence: 'post-copy places a page again that the guest has written', caughtBy: ['content'], strike: null },
	stop: { sentence: 'the source does not stop its vCPUs', caughtBy: ['one-runner'], strike: null },
	'flip-content': {
		sentence: 'one page of memory changes by itself',
		caughtBy: ['content'],
		strike: (world) => {
			const vm = world.r.vms[0];
			if (!vm) return;
			const frame = frameOf(world, vm, vm.running, 1234 % vm.populatedPages);
			const at = ensureDetail(world, blockOfFrame(frame)) * PAGES_PER_BLOCK + (frame % PAGES_PER_BLOCK);
			world.c.contentStamp.set(at, (world.c.contentStamp.get(at) ^ 1) >>> 0);
		}
	},
	'free-while-mapped': {
		sentence: 'a folio is freed while the guest maps it',
		caughtBy: ['frame-owner'],
		strike: (world) => {
			const vm = world.r.vms[0];
			const block = vm ? wholeBlockOf(world, vm, vm.running, 2) : -1;
			if (block >= 0) release(world, block * PAGES_PER_BLOCK, BLOCK_ORDER);
		}
	},
	'leak-folio': {
		sentence: 'a folio is taken from the allocator and given to nobody',
		caughtBy: ['every-frame-owned'],
		strike: (world) => {
			const zone = world.r.hosts[0]?.movableZone ?? 0;
			const frame = allocate(world, zone, BLOCK_ORDER, Migratetype.movable);
			if (frame >= 0) setWhole(world, blockOfFrame(frame), BlockKind.incoming, 0);
		}
	},
	'counter-drift': {
		sentence: 'a zone counts one free page too many',
		caughtBy: ['zone-counters'],
		strike: (world) => world.c.zoneFreePages.set(0, world.c.zoneFreePages.get(0) + 1)
	},
	'map-twice': {
		sentence: 'two guest blocks map the same frames',
		caughtBy: ['frame-owner', 'content'],
		strike: (world) => {
			const vm = world.r.vms[0];
			if (!vm) return;
			world.c.mapWord.set(mappingRow(vm, vm.running, 1), world.c.mapWord.get(mappingRow(vm, vm.running, 0)));
		}
	},
	'kernel-in-movable': {
		sentence: 'a kernel allocation lands in ZONE_MOVABLE',
		caughtBy: ['kernel-zone'],
		strike: (world) => {
			const zone = world.r.hosts[0]?.movableZone ?? 0;
			const frame = allocate(world, zone, BLOCK_ORDER, Migratetype.movable);
			if (frame >= 0) setWhole(world, blockOfFrame(frame), BlockKind.use, usePayload(UseClass.kernel, 0));
		}
	},
	'owner-stolen': {
		sentence: 'somebody overwrites the owner word without compare-and-swap',
		caughtBy: ['one-runner'],
		strike: (world) => {
			const owner = ownerOf(world, 0);
			world.c.superpageWord.set(ownerIndex(0), packOwner({ ...owner, owner: owner.owner === 0 ? 1 : 0, state: OwnerState.active }));
		}
	},
	...REFERENCE_FAULTS,
	'torn-descriptor': {
		sentence: 'the checksum of the ranges does not fit them',
		caughtBy: ['descriptors'],
		strike: (world) => {
			world.c.superpageWord.set(rangesIndex(0), world.c.superpageWord.get(rangesIndex(0)) ^ 1n);
		}
	}
} as const satisfies Record<string, Fault>;

export type FaultId = keyof typeof FAULTS;

/** Plants a fault; it is marked at once and for good, so that no broken run can pass for a true one. */
export function plantFault(
	world: World,
	name: string,
	accepted: (words: string) => number
): Outcome<{ readonly operation: number | null }, ReasonId> {
	const all: Readonly<Record<string, Fault>> = { ...FAULTS, ...FABRIC_FAULTS, ...VDPA_FAULTS, ...RACK_FAULTS };
	const fault = Object.hasOwn(all, name) ? all[name] : undefined;
	if (!fault) return refused('unknown-fault', `no fault is called "${name}"; there are ${Object.keys(all).join(', ')}`);
	world.r.vms.forEach((_, index) => catchUp(world, index));
	const cause = accepted(`planted: ${fault.sentence}`);
	world.r.marks.push(`planted fault: ${fault.sentence}`);
	emit(world, { kind: 'fault', rule: 'fault', cause, values: { fault: name }, text: fault.sentence });
	if (fault.strike) fault.strike(world);
	else world.r.faults.push(name);
	return ok({ operation: null });
}
