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
	)
} as const satisfies Record<string, Rule>;
