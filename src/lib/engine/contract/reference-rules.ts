import { rule, type Rule } from './rule.ts';

/** Rules of moves by reference beyond the hand-off itself. */
export const REFERENCE_RULES = {
	quiesce: rule(
		'quiesce',
		'The guest is stopped before its pages move: no reference stands in the way, and every page moved is downtime.',
		'seed S0, “contiguous ranges … needs a quiesce”',
		'on the list'
	),
	'dax-copy': rule(
		'copy into device-dax',
		'Memory of a DAX mapping does not migrate: the source copies into it with dirty tracking, round by round, the rest with the guest stopped.',
		'Linux 7.2.13 mm/migrate.c (EFAULT), drivers/dax/device.c; live-migration reference 10',
		'our design'
	),
	tiering: rule(
		'tiering',
		'The kernel promotes, demotes or swaps a folio by itself, unless a reference, a policy or a lock is in the way.',
		'Linux 7.2.13 mm/memory-tiers.c, mm/vmscan.c, mm/migrate.c'
	),
	'published-page': rule(
		'published page that moved',
		'A range goes on naming the frame that the page left; what is written after the move is not there for the target.',
		'seed S0, point 2; live-migration reference 9, row 3',
		'on the list'
	),
	leftovers: rule(
		'mixed mode',
		'Folios that would not move are copied while the guest is stopped; their pins end with the process of the source.',
		'live-migration reference 10, step 2',
		'our design'
	),
	'hand-off-time-out': rule(
		'the source waits no longer',
		'A target that is silent for as many beats as may be missed gets neither proposal nor VM: the source takes them back by compare-and-swap.',
		'live-migration reference 10, steps 5, 6 and 7’; cost model 3.7',
		'our design'
	),
	'last-look': rule(
		'last look',
		'With the guest stopped and before it gives the VM up, the source looks at devices and at its own page tables once more.',
		'live-migration reference 10, step 7',
		'our design'
	),
	'dead-on-target': rule(
		'dead on the target',
		'Behind the commit there is no way back: a state that cannot be loaded, or memory that is not the guest’s, ends the VM.',
		'live-migration reference 10, steps 8 and 9',
		'our design'
	),
	'pin-moves-first': rule(
		'pin moves first',
		'A long-term pin on a page of ZONE_MOVABLE moves the page out of it before it holds.',
		'Linux 7.2.13 mm/gup.c, migrate_longterm_unpinnable_folios'
	),
	poison: rule(
		'poison',
		'A load from poisoned memory gets no data: the page is gone for the guest, and only that page.',
		'Linux 7.2.13 mm/memory-failure.c (EHWPOISON)'
	),
	'forced-release': rule(
		'forced release',
		'Capacity that is taken back while it is mapped answers with faults; the guest on it is gone.',
		'CXL 4.0 8.2.10.9.9.5, Forced Removal'
	),
	'split-vcpus': rule(
		'split vCPUs',
		'Each interrupt between the hosts and each TLB shootdown costs a round trip over the fabric; the map of vCPUs says who runs which.',
		'live-migration reference 10, approach 2 with split vCPUs',
		'our simplification'
	)
} as const satisfies Record<string, Rule>;
