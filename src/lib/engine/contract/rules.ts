import { HOTPLUG_RULES } from './hotplug-rules.ts';
import { rule, type Rule } from './rule.ts';
import { ADDRESS_RULES } from './address-rules.ts';
import { ALLOCATION_RULES } from './allocation-rules.ts';
import { CAPACITY_RULES } from './capacity-rules.ts';
import { CXL_RULES } from './cxl-rules.ts';
import { DCD_RULES } from './dcd-rules.ts';
import { PROCESS_RULES } from './process-rules.ts';
import { REFERENCE_RULES } from './reference-rules.ts';
import { VIRTIO_RULES } from './virtio-rules.ts';
import { RACK_RULES } from './rack/rules.ts';
import { MIGRATION_RULES } from './migration/rules.ts';
import { VDPA_RULES } from './vdpa/rules.ts';

export type { Rule, RuleLabel } from './rule.ts';

/**
 * The fidelity ledger: every rule of the engine, what it says in one sentence, where it comes from, and which of four
 * labels it wears. Shown beside each trace record and on /model.
 */
export const RULES = {
	command: rule('command', 'A command takes effect after all events at or before its time.', 'decision 5', 'our design'),
	call: rule(
		'call',
		'A system call, a write to sysfs or a monitor command on a machine: short ones end at once, walks go on batch by batch.',
		'decision 5',
		'our design'
	),
	'vcpu-slice': rule(
		'time slice',
		'A vCPU runs in slices of 0.70 ms × (1 + log2 of the CPUs, at most 8); a hand-off stops it at the end of one.',
		'Linux kernel/sched/fair.c'
	),
	'guest-write': rule(
		'guest write',
		'A write lands where the page is mapped, is counted, and is logged while the log is on.',
		'KVM dirty log; content stamps are our own proof',
		'our design'
	),
	brownout: rule(
		'brownout',
		'Progress is 1 / (1 + f · (L/110 − 1) · share): f of the run time scales with memory latency L on the share of pages that lie there.',
		'cost model F2',
		'our simplification'
	),
	'loaded-latency': rule('loaded latency', 'L0 + q·u/(2(1−u)), at most 1200 ns.', 'cost model F1', 'our simplification'),
	'link-sharing': rule(
		'link sharing',
		'Flows share a link max-min fairly; a batch keeps the rate it began with.',
		'our simplification',
		'our simplification'
	),
	'precopy-setup': rule('setup', 'Dirty tracking starts and every page is marked dirty.', 'QEMU 10.2.2 migration/ram.c'),
	'precopy-iterate': rule(
		'RAM iterate',
		'Pages are sent in cyclic order for at most 50 ms at a time, at most max-bandwidth / 10 in a window of 100 ms.',
		'QEMU 10.2.2 migration/migration.c'
	),
	'precopy-sync': rule(
		'bitmap sync',
		'The dirty log is fetched into the bitmap; the count of rounds grows by one.',
		'QEMU 10.2.2 migration/ram.c'
	),
	'precopy-clear': rule(
		'clear log',
		'Write protection is armed again per 1 GiB just before its first page is sent.',
		'QEMU 10.2.2 migration/ram.c, clear_bmap'
	),
	'precopy-converge': rule(
		'convergence test',
		'When what is left fits into bandwidth × downtime-limit, the guest is stopped.',
		'QEMU 10.2.2 migration/migration.c'
	),
	'precopy-final': rule(
		'final pass',
		'With the guest stopped, everything dirty is sent without a rate limit, then the device state.',
		'QEMU 10.2.2 migration/migration.c'
	),
	'shared-file': rule(
		'shared memory left out',
		'A block on a named file that both processes map is not sent; the target compares guest addresses and nothing else.',
		'QEMU 10.2.2 migration/ram.c, ramblock_is_ignored and parse_ramblock'
	),
	'rdma-setup': rule(
		'sizes and addresses',
		'The target learns how much memory is needed, and hands its virtual addresses and keys over.',
		'S0, steps a to c; QEMU 10.2.2 migration/rdma.c'
	),
	'rdma-register': rule(
		'registration',
		'Registering pins: every page gets a frame on both hosts, touched or not, and stays in it.',
		'Linux 7.2.13 drivers/infiniband/core/umem.c; QEMU 10.2.2 migration/rdma.c, rdma-pin-all'
	),
	'postcopy-switch': rule(
		'switch of post-copy',
		'The guest stops, the device state goes in one package, and the guest runs at the target before its memory is there.',
		'QEMU 10.2.2 migration/migration.c, postcopy_start'
	),
	'postcopy-discard': rule(
		'discard',
		'Every stretch of pages that is still to be sent is named, and the target throws away what it has of it.',
		'QEMU 10.2.2 migration/ram.c, ram_postcopy_send_discard_bitmap'
	),
	'postcopy-fault': rule(
		'missing page',
		'A vCPU that touches a missing page waits; the page goes first, and the background goes on behind it.',
		'QEMU 10.2.2 migration/postcopy-ram.c, migration/ram.c get_queued_page'
	),
	'postcopy-push': rule(
		'background stream',
		'What nobody asked for is pushed in cyclic order; each page crosses once, and nothing is logged any more.',
		'QEMU 10.2.2 migration/ram.c'
	),
	'postcopy-pause': rule(
		'paused',
		'A broken stream pauses the migration and never fails it: each side keeps its half of the memory.',
		'QEMU 10.2.2 migration/migration.c, postcopy_pause'
	),
	'postcopy-recover': rule(
		'recovery',
		'The target sends a bitmap of what it has received, and the source rebuilds from it what it still has to send.',
		'QEMU 10.2.2 migration/ram.c, ram_dirty_bitmap_reload'
	),
	'auto-converge': rule(
		'auto-converge',
		'Two strikes, never reset, throttle the vCPUs: 20 %, then 10 % more each time, at most 99 %.',
		'QEMU 10.2.2 migration/ram.c'
	),
	'zero-page': rule('zero page', 'A page of zeroes costs a header and one byte.', 'QEMU 10.2.2 migration/ram.c'),
	'migration-status': rule('status', 'The status changes by compare-and-swap on the old one.', 'QEMU 10.2.2 migration/migration.c'),
	'cxl-not-migrated': rule(
		'a CXL device is not migrated',
		'A cxl-type3 device has no state that is written down and its memory is not sent; nothing refuses.',
		'QEMU 11.1.3 hw/mem/cxl_type3.c'
	),
	'memory-by-descriptor': rule(
		'memory by descriptor',
		'A new process on the same host maps the memory that the old one had; no page moves.',
		'QEMU 10.2.2 migration/cpr-transfer.c'
	),
	cancel: rule('cancel', 'Until the switch-over the source goes on as if nothing had been.', 'QEMU 10.2.2 migration/migration.c'),
	'extent-offer': rule(
		'offer',
		'The fabric manager adds capacity under one tag and both hosts accept it.',
		'CXL 4.0 8.2.10.9.9; timing estimated'
	),
	'extent-online': rule(
		'online',
		'The source onlines the extent block by block as ZONE_MOVABLE of its compute-less node.',
		'Linux 7.2.13 mm/memory_hotplug.c'
	),
	'extent-pass': rule(
		'extent passes',
		'Allocator ownership of the extent passes with the VM; Linux has no such interface.',
		'decision 4',
		'our simplification'
	),
	'extent-release': rule('release', 'The target offlines the empty extent and gives it back.', 'CXL 4.0 8.2.10.9.9'),
	'migrate-batch': rule(
		'page migration',
		'At most 512 base pages at a time: entries are replaced, the content is copied, the new frame is mapped.',
		'Linux 7.2.13 mm/migrate.c'
	),
	'migrate-reference': rule(
		'reference check',
		'A folio with more references than its mappings explain is put back: EAGAIN, tried again in the next of 10 passes.',
		'Linux 7.2.13 mm/migrate.c'
	),
	'migrate-split': rule(
		'THP split',
		'A huge folio without a huge target is split; its pages get one more pass.',
		'Linux 7.2.13 mm/migrate.c'
	),
	'migrate-stall': rule('stall', 'A vCPU that touches a page in flight waits for it and then goes on.', 'Linux 7.2.13 mm/migrate.c'),
	census: rule('census', 'Long-term pins are counted before anything moves.', 'live-migration reference 10, step 1', 'our design'),
	guard: rule('guard', 'mbind and mlock hold the pages on the pool node; tiering is off.', 'Linux 7.2.13 mm/mempolicy.c'),
	publish: rule(
		'publish',
		'Range descriptors name pages by tag and offset, never by a host address.',
		'cxl-fabric reference 10.3; seed S0',
		'our design'
	),
	'hand-off': rule(
		'hand-off',
		'Only the owner word decides; each step makes one access to shared memory.',
		'cxl-fabric reference 10.4',
		'our design'
	),
	'between-slices': rule(
		'between two slices',
		'The vCPU ends its slice on the source and gets its next one on the target.',
		'Stancevic, seed S3',
		'on the list'
	),
	flush: rule(
		'flush',
		'Without hardware coherence the source writes its dirty cache lines back before it commits.',
		'cost model F9; Beluga 2026'
	),
	translate: rule('translation', 'Each host’s own decoder takes its own base away: HPA − base + DPA base.', 'CXL 4.0 7.7.2.4'),
	'second-stage': rule(
		'second stage',
		'KVM’s entry for a guest block is dropped when its page moves and made again at the next touch.',
		'Linux virt/kvm; time from the cost model'
	),
	adopt: rule(
		'adopt',
		'The target takes the frames that the descriptors name as allocated and the rest of the extent as free.',
		'decision 4',
		'our simplification'
	),
	loss: rule('loss', 'What the modelled system would lose is lost here too, and marked.', 'our own rule', 'our design'),
	fault: rule('planted fault', 'A rule was broken on purpose.', 'our own tests', 'our design'),
	...REFERENCE_RULES,
	...PROCESS_RULES,
	...ALLOCATION_RULES,
	...HOTPLUG_RULES,
	...VIRTIO_RULES,
	...CAPACITY_RULES,
	...CXL_RULES,
	...DCD_RULES,
	...ADDRESS_RULES,
	...MIGRATION_RULES,
	...VDPA_RULES,
	...RACK_RULES
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;
