/**
 * Every refusal and every unhappy end, with its errno where one exists, one sentence and its source.
 * A test demands that each reason is produced by some run.
 */
export interface Reason {
	readonly errno: string | null;
	readonly sentence: string;
	readonly source: string;
}

const reason = (errno: string | null, sentence: string, source: string): Reason => ({
	errno,
	sentence,
	source
});

export const REASONS = {
	'bad-scenario': reason('EINVAL', 'The scenario cannot be read as it stands.', 'our own format'),
	'newer-scenario': reason('EINVAL', 'The scenario was written for a newer version.', 'our own format'),
	'too-large': reason('ENOMEM', 'The world would need more memory than this page may take.', 'our simplification'),
	'bad-quantity': reason('EINVAL', 'An amount is not a number with a known unit.', 'our own format'),
	'bad-command': reason('EINVAL', 'The command cannot be read as it stands.', 'our own format'),
	'unknown-vm': reason('ENOENT', 'No VM has this name.', 'our own format'),
	'unknown-host': reason('ENOENT', 'No host has this name.', 'our own format'),
	'unknown-cost': reason('EINVAL', 'No figure of the cost model has this name.', 'our own format'),
	'cost-out-of-range': reason('ERANGE', 'A figure of the cost model lies outside its range.', 'our own format'),
	'already-running': reason('EBUSY', 'A migration of this VM is already running.', 'QEMU 10.2.2 migration/migration.c'),
	'no-migration': reason('EINVAL', 'No migration of this VM is running.', 'QEMU 10.2.2 migration/migration.c'),
	'same-host': reason('EINVAL', 'The VM already runs on that host.', 'our own rule'),
	'vm-not-running': reason('EINVAL', 'The VM does not run.', 'QEMU 10.2.2 migration/migration.c'),
	'no-room-target': reason('ENOMEM', 'The target has not enough free memory for the VM.', 'Linux 7.2.13 mm/page_alloc.c'),
	'no-room-pool': reason('ENOMEM', 'The pool has not enough free capacity for the VM.', 'CXL 4.0 8.2.10.9.9, Resources Exhausted'),
	'no-shared-memory': reason('ENODEV', 'No shared memory device is reachable from both hosts.', 'our design (live-migration reference 10)'),
	'not-switched': reason('EXDEV', 'The target reaches the pool through no decoder that covers the extent.', 'CXL 4.0 7.7.2.4'),
	migrating: reason('EBUSY', 'Nothing is plugged while a migration is running.', 'QEMU 10.2.2 system/qdev-monitor.c'),
	'migration-blocked': reason(
		'EBUSY',
		'A device of the VM forbids its migration: shadow queues cannot carry what driver and device agreed on.',
		'QEMU 10.2.2 net/vhost-vdpa.c, hw/virtio/vhost-shadow-virtqueue.c'
	),
	'nic-busy': reason('EBUSY', 'QEMU’s main thread is in the middle of a change of a device.', 'QEMU 10.2.2 net/vhost-vdpa.c'),
	'no-slot': reason('ENOSPC', 'No slot, or no room in device memory, is left for a DIMM.', 'QEMU 10.2.2 hw/mem/memory-device.c'),
	'no-dimm': reason('ENOENT', 'The VM has no DIMM to take out.', 'our own rule'),
	'no-nic': reason('ENODEV', 'The VM has no vDPA device of this name.', 'our own format'),
	'discard-disabled': reason(
		'EBUSY',
		'Discarding RAM is disabled: a vhost-vdpa device of the VM forbids it.',
		'QEMU 10.2.2 hw/virtio/virtio-mem.c, hw/virtio/vhost-vdpa.c'
	),
	'need-not-met': reason(
		'EOPNOTSUPP',
		'The device, the guest or the kernel does not have what the strategy needs.',
		'S2: Si-Wei Liu and E. Pérez, qemu-devel, July 2023'
	),
	'monitor-refused': reason(
		'EINVAL',
		'QEMU’s monitor says no, in its own words.',
		'QEMU 10.2.2 migration/migration.c, migration/options.c'
	),
	'target-lost': reason('EPIPE', 'The target went away; the guest goes on at the source.', 'QEMU 10.2.2 migration/migration.c'),
	'host-lost': reason(
		'EHOSTDOWN',
		'The host that ran the VM is gone, and the migration with it.',
		'our design (cxl-fabric reference 10.6)'
	),
	'host-not-up': reason('EHOSTDOWN', 'The host does not run, or does not serve.', 'our design (cxl-fabric reference 10.6)'),
	'host-not-paused': reason('EINVAL', 'The host does not stand still.', 'our own rule'),
	'host-not-down': reason('EINVAL', 'The host runs.', 'our own rule'),
	'link-state': reason('EALREADY', 'It is in that state already, or the way that is needed is cut.', 'our own rule'),
	'pool-lost': reason('EIO', 'The pool failed with all that lay on it.', 'our design (cxl-fabric reference 10.6)'),
	'fabric-manager-lost': reason(
		'ENODEV',
		'No fabric manager answers: nobody is cut off and no capacity is given out.',
		'our design (cxl-fabric reference 10.6)'
	),
	'not-on-pool': reason(
		'EINVAL',
		'Pages of the VM are in DRAM: registers alone would bring nothing back.',
		'our design (cxl-fabric reference 10.6)'
	),
	'vm-not-lost': reason('EBUSY', 'Somebody runs the VM: it is not to be recovered.', 'our design (cxl-fabric reference 10.5, I1)'),
	'unmovable-page': reason('EBUSY', 'A page of the VM cannot be moved: somebody holds a long-term pin on it.', 'Linux 7.2.13 mm/migrate.c'),
	'page-stayed': reason('EAGAIN', 'A page kept an extra reference through ten passes and did not move.', 'Linux 7.2.13 mm/migrate.c'),
	'secure-memory': reason(
		'EBUSY',
		'The VM has secure memory: no kernel may move it, and none of it may lie on CXL.',
		'seed S0, point 1; Linux 7.2.13 mm/secretmem.c'
	),
	'not-resident': reason('EINVAL', 'Only a VM that lives on the pool changes hands without its pages moving.', 'seed S3, approach 2'),
	'already-there': reason('EALREADY', 'The page, or the VM, is where it was to go.', 'our own rule'),
	'not-a-folio': reason(
		'EFAULT',
		'Memory of a DAX mapping is none of the kernel’s folios and cannot be moved.',
		'Linux 7.2.13 mm/migrate.c'
	),
	'held-by-policy': reason(
		'EPERM',
		'A policy or a lock of the VM’s process forbids what the kernel wanted with its page.',
		'Linux 7.2.13 mm/mempolicy.c'
	),
	'page-moved': reason(
		'ESTALE',
		'A page moved after its range was published: the range names the frame that it left.',
		'our design (live-migration reference 10, step 4)'
	),
	'no-contiguous-run': reason('ENOMEM', 'The pool has the capacity, but not in one piece.', 'seed S0, point 4.3'),
	'capacity-declined': reason('ENOSPC', 'A host declined the capacity that it was offered.', 'CXL 4.0 8.2.10.9.9.4'),
	'beyond-address-width': reason(
		'E2BIG',
		'The capacity would lie at addresses that the CPUs of the host cannot say.',
		'Linux 7.2.13 mm/memory_hotplug.c, mhp_range_allowed'
	),
	'capacity-taken': reason(
		'ENODEV',
		'The fabric manager took the capacity back by force before the VM lay in it, or after.',
		'CXL 4.0 8.2.10.9.9.5, Forced Removal'
	),
	'wrong-memory': reason(
		'EFAULT',
		'The target reached other memory than the source meant: the guest does not find itself.',
		'seed S0, point 3'
	),
	'device-refuses': reason(
		'EBUSY',
		'A device of the VM did not stop, so its state could not be taken.',
		'QEMU 10.2.2 system/cpus.c, vm_stop'
	),
	'device-incompatible': reason('EINVAL', 'The target cannot load the state of a device of the VM.', 'QEMU 10.2.2 migration/savevm.c'),
	'vcpus-split': reason(
		'EBUSY',
		'The vCPUs of the VM run on two hosts; they have to come together first.',
		'live-migration reference 10, approach 2'
	),
	'no-coherence': reason(
		'EOPNOTSUPP',
		'The vCPUs of one VM on two hosts need caches that the device keeps coherent.',
		'live-migration reference 10, approach 2'
	),
	'too-many-ranges': reason('E2BIG', 'The pages lie in more ranges than the super-page has descriptors.', 'our design (decision 4)'),
	'too-many-vcpus': reason('E2BIG', 'The super-page has not enough free vCPU state slots.', 'our design (decision 4)'),
	'checksum-mismatch': reason(
		'EBADMSG',
		'The ranges or the vCPU state do not match their checksum.',
		'our design (cxl-fabric reference 10.4)'
	),
	'commit-lost': reason(
		'ECANCELED',
		'The compare-and-swap found another owner word: the other side was first.',
		'our design (cxl-fabric reference 10.4)'
	),
	'too-late': reason(
		'EALREADY',
		'The owner word is already the target’s; there is nothing left to cancel.',
		'our design (live-migration reference 10, step 8)'
	),
	cancelled: reason('ECANCELED', 'The migration was cancelled.', 'QEMU 10.2.2 migration/migration.c'),
	'bad-parameter': reason('EINVAL', 'A migration parameter is outside its legal range.', 'QEMU 10.2.2 migration/options.c'),
	settled: reason(
		'EBUSY',
		'What a move by reference is laid out by is settled when it begins.',
		'our own rule, as QEMU 10.2.2 migration/options.c has it for capabilities'
	),
	'not-pinned': reason('EINVAL', 'No such pin is held.', 'Linux 7.2.13 mm/gup.c'),
	'not-backed': reason('EFAULT', 'The guest page has no frame behind it.', 'Linux 7.2.13 mm/gup.c'),
	'capacity-events': reason('ENOSPC', 'The queue of pending events is full.', 'limit of the scenario'),
	'qemu-refuses': reason(
		'EINVAL',
		'QEMU itself refuses to start with this command line; the detail is its own text.',
		'QEMU 10.0.13 and 11.1.3'
	),
	'fabric-refuses': reason('EINVAL', 'The fabric refuses: the detail names the return code or the rule.', 'CXL 4.0 8.2.10 and 7.6.7'),
	'no-call': reason('ESRCH', 'No call with this number runs.', 'our own format'),
	'not-shared': reason('EINVAL', 'The memory is on no file that both hosts map.', 'QEMU 10.2.2 migration/ram.c, ramblock_is_ignored'),
	'mismatched-gpas': reason(
		'EINVAL',
		'A block that is left out lies elsewhere in the guest’s address space at the target.',
		'QEMU 10.2.2 migration/ram.c, parse_ramblock'
	),
	'two-runners': reason('ENOTUNIQ', 'Both hosts run the VM on the same memory.', 'live-migration reference 5 and 10, errno ours'),
	memlock: reason(
		'ENOMEM',
		'Registering would lock more memory than the limit allows.',
		'Linux 7.2.13 drivers/infiniband/core/umem.c, RLIMIT_MEMLOCK'
	),
	'no-room-source': reason(
		'ENOMEM',
		'The source has not enough free memory to back what the guest never touched.',
		'Linux 7.2.13 mm/gup.c'
	),
	'pins-missing': reason(
		'EFAULT',
		'A vDPA device would pin memory at the target before it has come: post-copy and such a device do not go together.',
		'Linux 7.2.13 drivers/vhost/vdpa.c vhost_vdpa_pa_map, fs/userfaultfd.c handle_userfault; QEMU 10.2.2 migration/postcopy-ram.c'
	),
	'not-paused': reason('EINVAL', 'No post-copy migration is paused.', 'QEMU 10.2.2 migration/migration.c'),
	'stream-cut': reason('EHOSTUNREACH', 'The network between the two hosts is down: nothing can be connected.', 'Linux errno EHOSTUNREACH'),
	'stream-broken': reason(
		'EPIPE',
		'The connection of the migration broke before the switch; the guest goes on at the source.',
		'QEMU 10.2.2 migration/migration.c'
	),
	'unknown-fault': reason('EINVAL', 'No fault has this name.', 'our own format')
} as const satisfies Record<string, Reason>;

export type ReasonId = keyof typeof REASONS;
