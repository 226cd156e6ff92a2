import { rule, type Rule } from './rule.ts';

/** Rules of what hosts do with capacity of a pool: presentation, applications, sharing, coherence, recall, failures. */
export const CAPACITY_RULES = {
	'dax-presentation': rule(
		'DAX device',
		'One tagged allocation becomes one DAX device, its ranges in sequence order; untagged, each extent becomes one.',
		'Linux DCD series v11 (not merged), drivers/cxl/core/extent.c'
	),
	'dax-claim': rule(
		'claim by uuid',
		'An application finds its capacity by the tag. A claimed device is not given back until it is let go.',
		'Linux DCD series v11 (not merged), drivers/dax'
	),
	'system-ram': rule(
		'system RAM',
		'Online as ordinary memory it comes back block by block, and only if everything in it can move.',
		'Linux 7.3.4 drivers/dax/kmem.c, mm/memory_hotplug.c; cost model'
	),
	'shared-system-ram': rule(
		'shared memory is no system RAM',
		'The kernel zeroes and reuses what it onlines, whoever else shares it.',
		'famfs README (cxl-micron-reskit/famfs 5d0919f)'
	),
	'app-life': rule(
		'application',
		'It maps, loads its data, runs and closes. It looks at its memory once a millisecond, and all ones kill it.',
		'seed S1, steps 5 and 6; the period is ours',
		'our simplification'
	),
	'plan-step': rule(
		'plan',
		'The orchestrator takes one step after the other; it waits for what the step promised, tries again, or gives up with a reason.',
		'seed S1, seven steps',
		'on the list'
	),
	'serving-order': rule(
		'offer, accept, use, release',
		'Capacity is offered, accepted, launched on, closed and given back, in this order.',
		'seed S1, steps 1 to 7',
		'on the list'
	),
	'recall-ladder': rule(
		'polite ways and big hammers',
		'Ask, force, take away access, unbind, reset, switch off: each rung works more surely and hurts more.',
		'CXL 4.0 9.13.3, 7.6.7; seed S1',
		'on the list'
	),
	'sharing-recipe': rule(
		'sharing recipe',
		'Write once, read many: reference the tag before the writer lets go, or its content dies with the last host.',
		'CXL 4.0 9.13.3.2'
	),
	'content-kept': rule(
		'content',
		'What a medium holds stays until it is written over, sanitized, or its tag dies with nobody holding it.',
		'CXL 4.0 7.6.7.6.6, 9.13.3'
	),
	'guest-program': rule(
		'program of a VM',
		'It maps the DAX device that its host has, works on its data while it runs, and what it changed is written back when it stops.',
		'seed S1, application specific memory in a VM; what it changes last, 2 MiB, is ours',
		'our simplification'
	),
	'guest-move': rule(
		'a VM moves without its extents',
		'Its own memory goes over the network; the target has the extents that were offered to it, and nothing refuses when it has none.',
		'measured with QEMU 10.2.2 (reference, 7.3): completes, no blocker, no extents at the target'
	),
	'guest-prepopulate': rule(
		'prepopulate',
		'Contents go out of the pool through the source, over the network, and into other capacity through the target.',
		'seed S1, section Migration',
		'on the list'
	),
	'guest-ways': rule(
		'three ways to move with extents',
		'Remove them before, prepopulate the target, or let both hosts share the contents for a moment.',
		'seed S1, section Migration',
		'on the list'
	),
	'line-cache': rule(
		'line cache',
		'A host keeps lines of 64 bytes: absent, clean or dirty. Only writing back shows a store to the others.',
		'CXL 3.2 2.4.4'
	),
	'line-flush': rule(
		'flush',
		'A dirty line is written back and kept clean; a fence waits until it has arrived.',
		'CXL 3.2 2.4.4; Intel SDM CLWB and SFENCE, Arm DC CVAC and DSB'
	),
	'line-invalidate': rule(
		'invalidate',
		'The line is dropped, with what was stored in it: the next load asks the device.',
		'CXL 3.2 2.4.4; Arm DC IVAC'
	),
	'clean-writeback': rule(
		'clean writeback',
		'A CPU that writes clean lines back can overwrite newer data although it never stored anything.',
		'CXL 3.2 2.4.4, No Clean Writebacks'
	),
	'back-invalidate': rule(
		'back-invalidate',
		'A coherent device snoops whoever holds the line before it answers: BISnpData for a load, BISnpInv for a store.',
		'CXL 3.2 2.4.4; states as in the coarse table of our reference 5.2',
		'our simplification'
	),
	'dead-place': rule(
		'what is not assigned',
		'A load from a place that is not assigned to this host gives all ones, or poison where that is enabled; a store vanishes.',
		'CXL 4.0 Table 8-117'
	),
	'read-only-region': rule('read-only region', 'A store to a read-only region is dropped without a word.', 'CXL 4.0 Table 8-117, 8-376'),
	'poisoned-line': rule(
		'poison',
		'A poisoned line gives a machine check to whoever loads it; a store of the whole line clears it.',
		'Linux 7.3.4 drivers/cxl/core/mbox.c; effect on the host from memory'
	),
	'link-down': rule(
		'link down',
		'With isolation loads give an exception and stores complete into nothing; who runs on that memory is killed.',
		'CXL 3.2 12.3'
	),
	'device-reset': rule(
		'reset',
		'A reset takes shared capacity away without an event and empties the event log; other capacity is not named by the rule.',
		'CXL 4.0 9.13.3'
	),
	'host-crash': rule(
		'host crash',
		'The device notices nothing: extents stay accepted, lines that were dirty are lost.',
		'CXL 4.0 9.13.3; Linux DCD series v11; measured on QEMU 11.1.3'
	),
	'surprise-removal': rule('surprise removal', 'All logical devices vanish for all hosts at once, without an event.', 'CXL 3.2 7.6.6.8'),
	'manager-restart': rule(
		'manager restart',
		'A new fabric manager learns what is out from the devices: extent lists and tags.',
		'CXL 4.0 7.6.7.6.9'
	),
	'door-into-vm': rule(
		'door into the VM',
		'Hot-plug, an extended virtio-mem and an emulated type 3 keep different parts of what a tagged extent is.',
		'seed S1, virtualization options',
		'on the list'
	)
} as const satisfies Record<string, Rule>;
