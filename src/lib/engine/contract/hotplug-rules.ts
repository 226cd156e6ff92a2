import { rule, type Rule } from './rule.ts';

/** Rules of memory blocks and DIMMs: part of the fidelity ledger (rules.ts). */
export const HOTPLUG_RULES = {
	'memory-boot': rule(
		'boot',
		'Zones, memory blocks and what never enters the buddy follow from the firmware’s map; what the kernel itself takes is a fitted profile.',
		'Linux 7.2.13 mm/mm_init.c; profile: decision 15',
		'our simplification'
	),
	'memory-add': rule(
		'add',
		'New memory blocks start offline; their struct pages cost 2 MiB per 128 MiB in the node’s own kernel zone or the nearest one.',
		'Linux 7.2.13 mm/memory_hotplug.c, add_memory_resource'
	),
	'memory-online': rule(
		'online',
		'A block joins one zone: the one asked for, or the one that its policy finds.',
		'Linux 7.2.13 mm/memory_hotplug.c, online_pages'
	),
	'memory-offline': rule(
		'offline',
		'All pageblocks are isolated, then everything movable goes to other nodes, pass after pass, until nothing is left.',
		'Linux 7.2.13 mm/memory_hotplug.c, offline_pages'
	),
	'offline-unmovable': rule(
		'unmovable page',
		'A page that cannot be moved in its zone fails the isolation at once: EBUSY.',
		'Linux 7.2.13 mm/page_isolation.c, page_is_unmovable'
	),
	'offline-retry': rule(
		'tries for ever',
		'A movable page that will not move is no error: offlining tries again until it goes or a signal comes.',
		'Linux 7.2.13 mm/memory_hotplug.c, offline_pages'
	),
	'memory-remove': rule(
		'remove',
		'Memory blocks can be taken away once all of them are offline; a node without blocks and CPUs goes too.',
		'Linux 7.2.13 mm/memory_hotplug.c, try_remove_memory'
	),
	'poisoned-page': rule(
		'poisoned page',
		'A page with a hardware error leaves the free lists for good; offlining passes over it, and its block does not come online again: EHWPOISON.',
		'Linux 7.2.13 mm/memory-failure.c; drivers/base/memory.c, memory_block_online'
	),
	'contig-range': rule(
		'exact range',
		'A range is emptied by isolating it and moving what is in it, five tries a batch; whatever stays makes it EBUSY.',
		'Linux 7.2.13 mm/page_alloc.c, alloc_contig_range'
	),
	dimm: rule(
		'DIMM',
		'A DIMM comes by device_add and an ACPI event; to go, all of its blocks must go offline first.',
		'Linux 7.2.13 drivers/acpi/acpi_memhotplug.c, drivers/acpi/scan.c'
	)
} as const satisfies Record<string, Rule>;
