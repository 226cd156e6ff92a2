import { rule, type Rule } from './rule.ts';

/** Rules of addresses, switches and G-FAM: part of the fidelity ledger (rules.ts). */
export const ADDRESS_RULES = {
	'hdm-window': rule(
		'memory window',
		'A host’s firmware sets its windows for the whole boot; an address belongs to at most one.',
		'CXL 4.0 9.18.1.3 (CEDT CFMWS); Linux 7.3.4 drivers/cxl/acpi.c'
	),
	'hdm-root': rule(
		'root',
		'The root picks the host bridge by the address over the granularity, modulo the ways.',
		'CXL 4.0 9.18.1.3; QEMU 10.2.2 hw/cxl/cxl-host.c'
	),
	'hdm-xor': rule(
		'XOR at the root',
		'The parity of the masked address bits picks the host bridge; the device knows nothing of it.',
		'Linux 7.3.4 drivers/cxl/acpi.c cxl_do_xormap_calc'
	),
	'hdm-port': rule(
		'decoder of a port',
		'A host bridge or switch picks by bits of the whole address above its granularity: at most 8 ways, powers of two.',
		'CXL 4.0 8.2.4.20'
	),
	'hdm-endpoint': rule(
		'decoder of a device',
		'Address less base, way bits out, plus where the decoder starts in the device.',
		'CXL 4.0 8.2.4.20, implementation note Device Decode Logic'
	),
	'hdm-commit': rule(
		'commit',
		'A decoder is committed after the one below it and lies above that; locked, the hardware checks it.',
		'CXL 4.0 8.2.4.20.12, 8.2.4.20.13'
	),
	'hdm-region': rule(
		'region',
		'Ways are host bridges times a power of two; below the root, granularity is the parent’s times its ways.',
		'Linux 7.3.4 drivers/cxl/core/region.c'
	),
	'hdm-access': rule('access', 'Assigned to this host: the device answers with what it holds.', 'CXL 4.0 Table 8-117'),
	'hdm-miss': rule(
		'no decoder',
		'A load that no decoder claims gives all ones, or poison where the host asked for it; a store is dropped.',
		'CXL 4.0 Table 8-117'
	),
	'hdm-unassigned': rule(
		'not assigned',
		'Never offered, pending, released or taken by force: loads give all ones and stores vanish, without a fault.',
		'CXL 4.0 Table 8-117, 9.13.3'
	),
	'dead-qemu': rule(
		'QEMU’s dead place',
		'QEMU fails the read instead of giving all ones.',
		'QEMU 10.2.2 hw/mem/cxl_type3.c; measured on 11.1.3'
	),
	'hdm-read-only': rule('read-only region', 'Loads are normal; stores are dropped without a word.', 'CXL 4.0 Table 8-117'),
	'hdm-poison': rule(
		'poisoned line',
		'A load brings data with poison; a write of the whole line clears it.',
		'from memory: CXL 4.0 chapter 3, Linux mm/memory-failure.c'
	),
	'hdm-isolation': rule(
		'isolated port',
		'With its link down a root port answers by itself: an exception for a load, a completion for a store.',
		'CXL 4.0 12.3'
	),
	'gfam-fast': rule(
		'edge port',
		'Bits above the segment size pick an entry, which names a device or, by interleave bits, one of a set. The address stays.',
		'CXL 4.0 7.7.2.2'
	),
	'gfam-gdt': rule(
		'G-FAM decoder',
		'Each requester has its own decoders in the device, at most 8; exactly one must claim the address.',
		'CXL 4.0 7.7.2.4'
	),
	'gfam-group': rule('memory group', 'Each block of a media partition belongs to one group.', 'CXL 4.0 7.7.2.5'),
	'gfam-access': rule('access table', 'A requester reaches a group or not at all: one bit, no read-only.', 'CXL 4.0 7.7.2.5, Table 8-376'),
	'gfam-error': rule(
		'access error',
		'No decoder or several, no group or a closed one: the requester gets an error and a notification.',
		'CXL 4.0 7.7.2.4, Table 8-239'
	),
	'gfam-notice': rule(
		'notification',
		'A G-FAM device keeps no log per host: it writes into the host’s ring, and what finds it full is lost and counted.',
		'CXL 4.0 8.2.10.2.11'
	),
	'port-binding': rule(
		'binding',
		'Bind and unbind start in the background; a Virtual CXL Switch event tells how it ended.',
		'CXL 3.2 7.6.7.2; CXL 4.0 7.6.8.2'
	),
	'port-control': rule('port control', 'PERST# and PPB reset work on unbound ports and on ports of an MLD only.', 'CXL 3.2 7.6.7.1.3'),
	'fabric-route': rule(
		'way through the fabric',
		'A message takes the fewest switches; every switch adds its time.',
		'CXL 4.0 7.7; cost model',
		'our simplification'
	),
	'fabric-build': rule(
		'built by hand',
		'Devices are plugged and pulled, regions carved, windows and tables set.',
		'what a learner does',
		'our design'
	)
} as const satisfies Record<string, Rule>;
