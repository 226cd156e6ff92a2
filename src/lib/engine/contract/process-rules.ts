import { rule, type Rule } from './rule.ts';

/** Rules of processes, page movement and pins on Linux machines: part of the fidelity ledger (rules.ts). */
export const PROCESS_RULES = {
	'page-fault': rule(
		'page fault',
		'A page comes into being when it is first written: a huge folio where a whole aligned 2 MiB step allows it, else base pages; reading shows the shared zero page.',
		'Linux 7.2.13 mm/memory.c, mm/huge_memory.c'
	),
	'copy-on-write': rule(
		'copy on write',
		'After a fork private pages are shared until one process writes; the writer gets its own copy.',
		'Linux 7.2.13 mm/memory.c, do_wp_page'
	),
	fork: rule(
		'fork',
		'Page table entries of private memory are copied, those of shared memory are not: the child finds these pages when it touches them.',
		'Linux 7.2.13 mm/memory.c, vma_needs_copy'
	),
	'move-pages': rule(
		'move_pages',
		'Consecutive entries with one target are one run; a failing run leaves its status untouched and the rest is not attempted.',
		'Linux 7.2.13 mm/migrate.c, do_pages_move'
	),
	mbind: rule(
		'mbind',
		'The policy rules later allocations; only with a move flag present pages follow, and STRICT says EIO when one did not.',
		'Linux 7.2.13 mm/mempolicy.c, do_mbind'
	),
	'migrate-pages': rule(
		'migrate_pages',
		'Everything of a process moves from old to new nodes, pair by pair, so that no page moves twice.',
		'Linux 7.2.13 mm/mempolicy.c, do_migrate_pages'
	),
	'long-term-pin': rule(
		'long-term pin',
		'No long-term pin in ZONE_MOVABLE: such pages are moved off first, to kernel zones of their own node or by its fallback; if that fails nothing is pinned: ENOMEM.',
		'Linux 7.2.13 mm/gup.c, check_and_migrate_movable_pages'
	),
	'ring-exit': rule(
		'ring exit',
		'Registered buffers of a dead process are unpinned by deferred work, here 12 s later.',
		'Linux 7.2.13 io_uring/io_uring.c, io_ring_exit_work; delay fitted on one recording (pins were still there after 12 s)',
		'our simplification'
	),
	'pipe-reference': rule(
		'pipe reference',
		'A page in a pipe carries one extra reference: no mover can move it until the pipe is read empty.',
		'vmsplice(2); Linux 7.2.13 mm/migrate.c'
	),
	'process-exit': rule(
		'exit',
		'Areas are unmapped and pages freed; what a pin or a pipe still holds stays until that is gone.',
		'Linux 7.2.13 kernel/exit.c, mm/mmap.c'
	)
} as const satisfies Record<string, Rule>;
