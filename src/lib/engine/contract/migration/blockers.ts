/**
 * What keeps a VM from migrating, in QEMU's words. Two kinds (QEMU 11.0.50 of 19 June 2026, on the way to 11.1,
 * migration/migration.c, fill_source_migration_info): devices whose state is marked as not migratable, and blockers that a device
 * adds. live-migration reference 1.
 */
export interface BlockingDevice {
	/** How it is called as a type (-device). */
	readonly type: string;
	/** vmstate: marked unmigratable; blocker: adds a reason; none: neither, although many expect one. */
	readonly kind: 'vmstate' | 'blocker' | 'none';
	/** What query-migrate lists: the name of the state, or the reason; {slot}, {path}, {tag} and {host} are the machine's. */
	readonly reason: string;
	readonly sentence: string;
	readonly source: string;
	/** Modes of migration that it blocks: the usual one only, or every one (migrate_add_blocker_normal, migrate_add_blocker). */
	readonly modes: 'normal' | 'all';
	/** The blocker comes when the guest does something, not when QEMU starts. */
	readonly byGuest: boolean;
	/** What post-copy or a background snapshot meets with it, beside its kind (vfio_save_prepare). */
	readonly needsPrecopy: boolean;
	/** Type of the object that carries the state, where it lies inside the device: what --only-migratable names. */
	readonly inner?: string;
}

const V = 'QEMU 11.0.50';

const NOT: Pick<BlockingDevice, 'modes' | 'byGuest' | 'needsPrecopy'> = { modes: 'all', byGuest: false, needsPrecopy: false };

/** migrate_add_blocker; migrate_add_blocker_normal where `more` says so. */
const blocker = (type: string, reason: string, sentence: string, file: string, more: Partial<BlockingDevice> = {}): BlockingDevice => ({
	type,
	kind: 'blocker',
	reason,
	sentence,
	source: `${V} ${file}`,
	...NOT,
	...more
});
const NORMAL = { modes: 'normal' } as const;
const unmigratable = (type: string, reason: string, sentence: string, file: string, inner = type): BlockingDevice => ({
	type,
	kind: 'vmstate',
	reason,
	sentence,
	source: `${V} ${file}`,
	inner,
	...NOT
});
const nothing = (type: string, sentence: string, source: string): BlockingDevice => ({
	type,
	kind: 'none',
	reason: '',
	sentence,
	source,
	...NOT
});

const PEER = "Migration is disabled when using feature 'peer mode' in device 'ivshmem'";

export const BLOCKING_DEVICES = {
	'vfio-pci': blocker(
		'vfio-pci',
		'{host}: VFIO migration is not supported in kernel',
		'A device passed through whose driver cannot hand its state over.',
		'hw/vfio/migration.c, vfio_migration_realize',
		NORMAL
	),
	nvme: unmigratable(
		'nvme',
		'{slot}/nvme',
		'QEMU’s NVMe controller does not know how to write its state down.',
		'hw/nvme/ctrl.c, nvme_vmstate'
	),
	'ivshmem-plain': blocker(
		'ivshmem-plain',
		PEER,
		'Memory shared with other VMs; a peer that is not the master stays.',
		'hw/misc/ivshmem-pci.c, ivshmem_common_realize'
	),
	'virtio-9p-mounted': blocker(
		'virtio-9p-pci',
		"Migration is disabled when VirtFS export path '{path}' is mounted in the guest using mount_tag '{tag}'",
		'A folder of the host that the guest has mounted.',
		'hw/9pfs/9p.c, v9fs_attach',
		{ byGuest: true }
	),
	'virtio-9p': nothing(
		'virtio-9p-pci',
		'A folder of the host that the guest has not mounted blocks nothing.',
		'QEMU 11.1.3, recorded: migration case 53'
	),
	invtsc: blocker(
		'cpu',
		'State blocked by non-migratable CPU device (invtsc flag)',
		'A time-stamp counter whose rate is promised to be this host’s. An emulated processor has none.',
		'target/i386/kvm/kvm.c, kvm_arch_init_vcpu'
	),
	'virtio-snd': unmigratable(
		'virtio-sound-pci',
		'{slot}/virtio-sound-device',
		'QEMU’s sound card does not know how to write its streams down.',
		'hw/audio/virtio-snd.c, vmstate_virtio_snd',
		'virtio-sound-device'
	),
	'vhost-user-fs': nothing(
		'vhost-user-fs-pci',
		'A file server beside QEMU: it is asked for its own state when the migration comes to it.',
		'QEMU 11.0.50 hw/virtio/vhost-user-fs.c, vuf_vmstate'
	),
	'sev-guest': blocker(
		'sev-guest',
		'SEV: Migration is not implemented',
		'Memory that is encrypted with a key of this host.',
		// Added when the guest first runs; where it may not be, that is the end of QEMU (error_fatal).
		'target/i386/sev.c, sev_vm_state_change'
	),
	'cxl-type3': nothing(
		'cxl-type3',
		'Neither its memory nor its decoders are migrated, and nothing says so.',
		'QEMU 11.1.3, recorded: migration case 64'
	),
	'ivshmem-doorbell': blocker(
		'ivshmem-doorbell',
		PEER,
		'The same with interrupts: a peer that is not the master stays.',
		'hw/misc/ivshmem-pci.c, ivshmem_common_realize'
	),
	'virtio-crypto': unmigratable(
		'virtio-crypto-pci',
		'{slot}/virtio-crypto',
		'Sessions of the guest’s ciphers live in what stands behind the device.',
		'hw/virtio/virtio-crypto.c, vmstate_virtio_crypto',
		'virtio-crypto-device'
	),
	rocker: unmigratable(
		'rocker',
		'{slot}/rocker',
		'A switch whose tables of flows are not written down.',
		'hw/net/rocker/rocker.c, rocker_vmsd'
	),
	'usb-mtp': unmigratable(
		'usb-mtp',
		'{slot}/{port}/usb-mtp',
		'A folder of the host as a USB camera shows it.',
		'hw/usb/dev-mtp.c, vmstate_usb_mtp'
	),
	'usb-audio': unmigratable(
		'usb-audio',
		'{slot}/{port}/usb-audio',
		'A USB sound card in the middle of its stream.',
		'hw/usb/dev-audio.c, vmstate_usb_audio'
	),
	'usb-net': unmigratable(
		'usb-net',
		'{slot}/{port}/usb-net',
		'A USB network card with half a message inside.',
		'hw/usb/dev-network.c, vmstate_usb_net'
	),
	'usb-serial': unmigratable(
		'usb-serial',
		'{slot}/{port}/usb-serial',
		'A USB serial line with its buffer.',
		'hw/usb/dev-serial.c, vmstate_usb_serial'
	),
	'usb-wacom': unmigratable('usb-wacom-tablet', '{slot}/{port}/usb-wacom', 'A drawing tablet.', 'hw/usb/dev-wacom.c, vmstate_usb_wacom'),
	'usb-uas': unmigratable('usb-uas', '{slot}/{port}/usb-uas', 'A USB disk with commands under way.', 'hw/usb/dev-uas.c, vmstate_usb_uas'),
	'vhost-vdpa-device': unmigratable(
		'vhost-vdpa-device-pci',
		'{slot}/vhost-vdpa-device',
		'A device of any kind behind vDPA, of which QEMU knows no state.',
		'hw/virtio/vdpa-dev.c, vmstate_vhost_vdpa_device',
		'vhost-vdpa-device'
	),
	'vhost-user-vsock': unmigratable(
		'vhost-user-vsock-pci',
		'{slot}/vhost-user-vsock',
		'Connections that end in a process of this host.',
		'hw/virtio/vhost-user-vsock.c, vuv_vmstate',
		'vhost-user-vsock-device'
	),
	'vhost-user-rng': unmigratable(
		'vhost-user-rng-pci',
		'{slot}/vhost-user-rng',
		'Random numbers from a process of this host.',
		'hw/virtio/vhost-user-rng.c, vu_rng_vmstate',
		'vhost-user-rng'
	),
	'vhost-scsi': blocker(
		'vhost-scsi-pci',
		"vhost-scsi does not support migration in all cases. When external environment supports it (Orchestrator migrates target SCSI device state or use shared storage over network), set 'migratable' property to true to enable migration.",
		'Disks that the kernel of this host serves.',
		'hw/scsi/vhost-scsi.c, vhost_scsi_realize',
		NORMAL
	),
	'vhost-user-net': blocker(
		'virtio-net-pci',
		'Migration disabled: vhost-user backend lacks VHOST_USER_PROTOCOL_F_LOG_SHMFD feature.',
		'A card served by a process beside QEMU that does not say what it writes.',
		'hw/virtio/vhost-user.c, vhost_user_backend_init',
		NORMAL
	),
	'vhost-unlogged': blocker(
		'virtio-net-pci',
		'Migration disabled: vhost lacks VHOST_F_LOG_ALL feature.',
		'A card served by a kernel that does not say what it writes.',
		'hw/virtio/vhost.c, vhost_dev_init',
		NORMAL
	),
	'virtio-gpu-gl': blocker(
		'virtio-gpu-gl-pci',
		'virgl is not yet migratable',
		'Pictures of the guest live in the graphics card of this host.',
		'hw/display/virtio-gpu-base.c, virtio_gpu_base_device_realize'
	),
	'amd-iommu': unmigratable(
		'amd-iommu',
		'amd-iommu',
		'AMD’s IOMMU, unless its PCI part is a device of its own.',
		'hw/i386/amd_iommu.c, vmstate_amdvi_sysbus'
	),
	'vfio-pci-untracked': blocker(
		'vfio-pci',
		"{host}: VFIO device doesn't support device and IOMMU dirty tracking",
		'A device passed through that can hand its state over, and nobody counts which pages it writes.',
		'hw/vfio/migration.c, vfio_migration_realize',
		NORMAL
	),
	'vfio-pci-off': blocker(
		'vfio-pci',
		'{host}: Migration is disabled for VFIO device',
		'A device passed through with enable-migration=off.',
		'hw/vfio/migration.c, vfio_migration_realize',
		NORMAL
	),
	'vfio-pci-migratable': {
		...nothing(
			'vfio-pci',
			'A device passed through that migrates by pre-copy. Its IOMMU takes no faults: post-copy would leave it without pages.',
			'QEMU 11.0.50 hw/vfio/migration.c, vfio_save_prepare'
		),
		needsPrecopy: true
	},
	'tdx-guest': blocker(
		'tdx-guest',
		'State blocked by non-migratable CPU device (invtsc flag)',
		'Memory that is encrypted with a key of this host. It has no reason of its own: its time-stamp counter, which TDX fixes on, is in the way.',
		'target/i386/kvm/tdx.c (fixed bits of leaf 0x80000007), target/i386/kvm/kvm.c'
	)
} as const satisfies Record<string, BlockingDevice>;
/** Types that take no PCI slot. */
export const OFF_THE_BUS: readonly string[] = ['cpu', 'sev-guest', 'tdx-guest', 'amd-iommu'];

export type BlockingDeviceName = keyof typeof BLOCKING_DEVICES;

/** qemu_savevm_state_blocked's words for a state that is not migratable. */
export const stateBlocked = (name: string): string => `State blocked by non-migratable device '${name}'`;

/** vfio_save_prepare: what a device that can migrate says to a way that it does not know. */
export const needsPrecopyText = (host: string, way: string): string => `${host}: VFIO migration is not supported with ${way}`;
