import { rule, type Rule } from '../rule.ts';

/** Rules of QEMU's migration beyond the ways to move a VM. */
export const MIGRATION_RULES = {
	'wait-unplug': rule(
		'wait-unplug',
		'A network card that has a stand-in is asked to go before anything is sent; whether the guest has let it go is looked at every 250 ms, after a cancel at most 120 times more.',
		'QEMU 10.2.2 migration/migration.c, qemu_savevm_wait_unplug; hw/net/virtio-net.c'
	),
	'failover-plug': rule(
		'failover pair',
		'The target plugs its own card when it loads the stand-in, and pins all memory; where pages are missing that fails. A migration that fails plugs the source’s card in again.',
		'QEMU 10.2.2 hw/net/virtio-net.c, failover_add_primary, failover_replug_primary'
	),
	'dirty-limit': rule(
		'dirty-limit',
		'At two strikes every vCPU gets a quota: who dirties more waits while its ring is full, who does not goes on. It needs KVM’s dirty ring and excludes auto-converge.',
		'QEMU 10.2.2 migration/ram.c, migration_dirty_limit_guest; system/dirtylimit.c'
	),
	'dirty-rate': rule(
		'dirty rate',
		'Pages picked at random are looked at twice, or a log counts for a time, or each vCPU’s ring does; whole MiB a second.',
		'QEMU 10.2.2 migration/dirtyrate.c'
	),
	'announce-self': rule(
		'self-announcement',
		'The guest’s network cards say several times where they are now, so that switches learn it.',
		'QEMU 10.2.2 net/announce.c'
	),
	'metadata-home': rule(
		'where page structures lie',
		'A peer adopts pages by the structures that its dead neighbour’s kernel kept of them. Beside the pages on the device they are in reach; in the neighbour’s DRAM they died with it. A hand-off in good order has the target write them anew.',
		'mail of M. Rapoport, seed S3; Linux 7.2.13 mm/memory_hotplug.c, memmap_on_memory',
		'our design'
	)
} as const satisfies Record<string, Rule>;
