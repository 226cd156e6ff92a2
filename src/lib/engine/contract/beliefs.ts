import type { RuleId } from './rules.ts';

/** Wrong beliefs (decision D12): each is a named variant of one rule, and a second world can follow it beside the true one. */
export interface Belief {
	readonly title: string;
	/** What somebody who holds it would say. */
	readonly sentence: string;
	readonly truth: string;
	readonly rule: RuleId;
}

export const BELIEFS = {
	'shared-is-immortal': {
		title: 'Shared memory makes it immortal',
		sentence: 'A VM whose pages all lie on the pool goes on elsewhere when its host dies: everything is still there.',
		truth: 'Its registers and the lines in the caches die with the host; without them the pages are of no use.',
		rule: 'vm-checkpoint'
	},
	'sent-stays-sent': {
		title: 'A page that was sent stays sent',
		sentence: 'Once a page has crossed the wire it is done; what the guest writes later does not matter.',
		truth: 'The dirty log notes the write, and the page goes again.',
		rule: 'precopy-sync'
	},
	'memory-is-memory': {
		title: 'Memory is memory',
		sentence: 'A read takes equally long, on whichever node the page lies.',
		truth: 'Each node has a distance from each CPU, and a read takes that much longer.',
		rule: 'node-distance'
	},
	'held-can-leave': {
		title: 'Everything can be carried out',
		sentence: 'What lies in a memory block can be moved out of it, so a block always goes.',
		truth: 'A page with a reference that its mappings do not explain is put back; its unit stays.',
		rule: 'migrate-reference'
	},
	'movable-is-removable': {
		title: 'Movable means removable',
		sentence: 'What lies in ZONE_MOVABLE can be moved away, whoever holds it.',
		truth: 'The zone keeps kernel pages out. A page with one reference too many stays, there as elsewhere.',
		rule: 'migrate-reference'
	},
	'requested-is-got': {
		title: 'Requested is got',
		sentence: 'The device asks for a size and the driver delivers it: no page in a sub-block stands in the way.',
		truth: 'The driver tries, sub-block by sub-block; one page that cannot move keeps all of its sub-block plugged.',
		rule: 'migrate-reference'
	},
	'distance-tells': {
		title: 'Distance tells what is shared',
		sentence: 'A node that is farther away than DRAM lies outside the host, so another host can go on with it.',
		truth: 'Private and switched memory can be equally far; nothing in Linux says which is which.',
		rule: 'typed-node'
	},
	'pin-and-be-safe': {
		title: 'Pin it and be safe',
		sentence: 'A long-term pin holds a page where it is, in whatever zone that may be.',
		truth: 'Pages of ZONE_MOVABLE are moved out before they are pinned for long.',
		rule: 'long-term-pin'
	},
	'accepted-is-ram': {
		title: 'Accepted capacity is RAM',
		sentence: 'The host asks for memory, gets it, and it is ordinary memory from then on.',
		truth: 'Tagged capacity becomes a DAX device that waits for the application that knows the tag.',
		rule: 'dax-presentation'
	},
	'pool-takes-back': {
		title: 'The pool can always take it back',
		sentence: 'Whatever a host does with the memory, the pool asks and has it back.',
		truth: 'Memory that the kernel uses, or that somebody holds, cannot be emptied; asking changes nothing about that.',
		rule: 'system-ram'
	},
	'door-keeps-all': {
		title: 'The way in does not matter',
		sentence: 'However capacity gets into the VM, it arrives there as what it was outside.',
		truth: 'Each door keeps some of it: the tag, the DAX policy, the guaranteed way back.',
		rule: 'door-into-vm'
	},
	'extents-follow': {
		title: 'Extents follow the VM',
		sentence: 'A VM takes what it uses along: where it arrives, its capacity is.',
		truth: 'Capacity belongs to a host. The VM arrives, and its device is there only if somebody offered it to that host before.',
		rule: 'guest-move'
	},
	'shared-is-fresh': {
		title: 'Shared memory is always fresh',
		sentence: 'Both hosts look at the same memory, so a load sees what was stored last.',
		truth: 'A load looks into the cache of its own host first, and a store stays in the cache of its own.',
		rule: 'line-cache'
	},
	'data-is-there': {
		title: 'The data is there, so B can just run',
		sentence: 'The guest’s memory lies where both hosts reach it, so the other host goes on with the addresses it is told.',
		truth: 'An address means something to the host that has it. Each host takes its own window base away.',
		rule: 'translate'
	},
	'last-runner-owns': {
		title: 'Who ran it last owns it',
		sentence: 'A VM belongs to the host that ran it last: when that host dies, the VM dies with it.',
		truth: 'The owner word says whose it is. In the hand-off nobody runs it, and everything that it is lies in shared memory.',
		rule: 'hand-off'
	},
	'pins-are-free': {
		title: 'Downtime is copying',
		sentence: 'What stands still at the end of a move is what has to be copied; pins and maps of a device take no time.',
		truth: 'The device starts when its guest’s memory is pinned and mapped, and that takes longer the more memory there is.',
		rule: 'vdpa-pin'
	},
	'switch-is-bookkeeping': {
		title: 'The switch is bookkeeping',
		sentence: 'Other rings are other pointers: whatever is unmapped, mapped and pinned on the way takes no time.',
		truth: 'Guest memory gets other device addresses, so all of it is unmapped, let go, mapped and pinned anew.',
		rule: 'svq-strategy'
	},
	'device-writes-are-logged': {
		title: 'What a device writes is logged',
		sentence: 'The dirty log sees every write, so the device may work on the guest’s own rings while memory is copied.',
		truth: 'The log hears of no DMA. Shadow virtqueues mark what was written when a buffer comes back, and that is all there is.',
		rule: 'svq-log'
	},
	'no-error-no-harm': {
		title: 'Nothing broke, so nothing is broken',
		sentence: 'The DIMM was mapped without an error and packets went on, so the device reaches what the guest means.',
		truth: 'Shadow queues look every address up. On the guest’s own addresses a map that was shifted reaches other bytes.',
		rule: 'vdpa-dma'
	}
} as const satisfies Record<string, Belief>;

export type BeliefId = keyof typeof BELIEFS;
