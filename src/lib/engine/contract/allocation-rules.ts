import { rule, type Rule } from './rule.ts';

/** Rules of allocation, reclaim and tiering on Linux machines: part of the fidelity ledger (rules.ts). */
export const ALLOCATION_RULES = {
	spill: rule(
		'spill',
		'The whole fallback list is tried at LOW before anybody reclaims: an unbound allocation goes to the next node.',
		'Linux 7.2.13 mm/page_alloc.c, get_page_from_freelist'
	),
	'node-distance': rule(
		'distance',
		'A read takes what HMAT says of the node; where firmware says nothing, a local read times the distance from the CPU’s node, over 10.',
		'ACPI 6.5 5.2.17 (SLIT) and 5.2.29 (HMAT); Linux 7.2.13 Documentation/admin-guide/mm/numaperf.rst',
		'our simplification'
	),
	'typed-node': rule(
		'typed node',
		'Nothing falls back to a node of switched or shared memory: only who names it gets pages there.',
		'Stancevic, seed S3; private memory nodes, RFC v4 of February 2026; in no kernel',
		'on the list'
	),
	'grouped-node': rule(
		'grouped node',
		'Several CXL channels are one node: sizes and bandwidths add up, of distance and latency only the largest is told; pages still lie in one channel each.',
		'Kim, seed S3 (SMDK); in no kernel',
		'on the list'
	),
	compaction: rule(
		'compaction',
		'Base pages from the low end of a zone go to free pages of partly used blocks at its high end, until the two meet; held pages and huge folios stay.',
		'Linux 7.2.13 mm/compaction.c, compact_zone'
	),
	kswapd: rule(
		'kswapd',
		'Only when every allowed zone is below LOW is kswapd woken; it reclaims until one zone of its node is above HIGH, here at once.',
		'Linux 7.2.13 mm/page_alloc.c, mm/vmscan.c',
		'our simplification'
	),
	demotion: rule(
		'demotion',
		'With demotion on, reclaim moves the coldest pages to the nearest node of the next lower tier; policies do not stop it.',
		'Linux 7.2.13 mm/vmscan.c, demote_folio_list'
	),
	'swap-out': rule(
		'swap-out',
		'Reclaim on the lowest tier writes the coldest anonymous pages to swap; locked and held pages stay.',
		'Linux 7.2.13 mm/vmscan.c'
	),
	'oom-kill': rule(
		'OOM killer',
		'When reclaim gets nowhere, a small request that is not bound to one node by its flags kills the largest process.',
		'Linux 7.2.13 mm/oom_kill.c, mm/page_alloc.c'
	),
	promotion: rule(
		'NUMA balancing',
		'A page that is touched from another node moves to it, unless a policy without the balancing flag, a pin or a watermark forbids it.',
		'Linux 7.2.13 kernel/sched/fair.c, mm/mempolicy.c'
	),
	'policy-rebind': rule(
		'policies follow nodes',
		'When a node gains its first or loses its last memory, node sets of policies are mapped anew by position; pages stay.',
		'Linux 7.2.13 mm/mempolicy.c, mpol_rebind_nodemask'
	),
	'huge-pool': rule(
		'hugetlb pool',
		'Huge pages of 2 MiB kept apart: in ZONE_MOVABLE too, moved whole or not at all; a block that goes offline takes free ones along unless they are reserved, and then it is EBUSY.',
		'Linux 7.2.13 mm/hugetlb.c, dissolve_free_hugetlb_folios'
	)
} as const satisfies Record<string, Rule>;
