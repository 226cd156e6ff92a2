/**
 * What keeps a VM from migrating, in QEMU's words. Two kinds (QEMU 10.2.2 migration/migration.c, fill_source_migration_info):
 * devices whose state is marked as not migratable, and blockers that a device adds. live-migration reference 1.
 */
export interface BlockingDevice {
	/** How it is called as a type (-device). */
	readonly type: string;
	/** vmstate: marked unmigratable; blocker: adds a reason; none: neither, although many expect one. */
	readonly kind: 'vmstate' | 'blocker' | 'none';
	/** What query-migrate lists: the name of the state, or the reason; {slot}, {path} and {tag} are the machine's. */
	readonly reason: string;
	/** Its guest memory is not among what a migration sends. */
	readonly sentence: string;
	readonly source: string;
}

const device = (type: string, kind: BlockingDevice['kind'], reason: string, sentence: string, source: string): BlockingDevice => ({
	type,
	kind,
	reason,
	sentence,
	source
});

export const BLOCKING_DEVICES = {
	'vfio-pci': device(
		'vfio-pci',
		'blocker',
		'{slot}: VFIO migration is not supported in kernel',
		'A device passed through whose driver cannot hand its state over.',
		'QEMU 10.2.2 hw/vfio/migration.c, vfio_migration_realize'
	),
	nvme: device(
		'nvme',
		'vmstate',
		'{slot}/nvme',
		'QEMU’s NVMe controller does not know how to write its state down.',
		'QEMU 10.2.2 hw/nvme/ctrl.c, nvme_vmstate'
	),
	'ivshmem-plain': device(
		'ivshmem-plain',
		'blocker',
		"Migration is disabled when using feature 'peer mode' in device 'ivshmem'",
		'Memory shared with other VMs; a peer that is not the master stays.',
		'QEMU 10.2.2 hw/misc/ivshmem-pci.c'
	),
	'virtio-9p-mounted': device(
		'virtio-9p-pci',
		'blocker',
		"Migration is disabled when VirtFS export path '{path}' is mounted in the guest using mount_tag '{tag}'",
		'A folder of the host that the guest has mounted.',
		'QEMU 10.2.2 hw/9pfs/9p.c, v9fs_attach'
	),
	'virtio-9p': device(
		'virtio-9p-pci',
		'none',
		'',
		'A folder of the host that the guest has not mounted blocks nothing.',
		'QEMU 11.1.3, recorded: migration case 53'
	),
	invtsc: device(
		'cpu',
		'blocker',
		'State blocked by non-migratable CPU device (invtsc flag)',
		'A time-stamp counter whose rate is promised to be this host’s.',
		'QEMU 10.2.2 target/i386/kvm/kvm.c'
	),
	'virtio-snd': device(
		'virtio-sound-pci',
		'vmstate',
		'virtio-sound-device',
		'QEMU’s sound card does not know how to write its streams down.',
		'QEMU 10.2.2 hw/audio/virtio-snd.c'
	),
	'vhost-user-fs': device(
		'vhost-user-fs-pci',
		'vmstate',
		'vhost-user-fs',
		'A file server beside QEMU that keeps its own state.',
		'QEMU 10.2.2 hw/virtio/vhost-user-fs.c'
	),
	'sev-guest': device(
		'sev-guest',
		'blocker',
		'SEV: Migration is not implemented',
		'Memory that is encrypted with a key of this host.',
		'QEMU 10.2.2 target/i386/sev.c'
	),
	'cxl-type3': device(
		'cxl-type3',
		'none',
		'',
		'Neither its memory nor its decoders are migrated, and nothing says so.',
		'QEMU 11.1.3, recorded: migration case 64'
	)
} as const satisfies Record<string, BlockingDevice>;
export type BlockingDeviceName = keyof typeof BLOCKING_DEVICES;

/** qemu_savevm_state_blocked's words for a state that is not migratable. */
export const stateBlocked = (name: string): string => `State blocked by non-migratable device '${name}'`;
