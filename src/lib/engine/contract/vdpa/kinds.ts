/**
 * Kinds of vDPA devices and what their parent drivers offer (Linux 7.1.8 drivers/vdpa, drivers/vhost/vdpa.c). A scenario may
 * set each trait otherwise.
 */
export interface DeviceTraits {
	/** Virtqueue groups: 0 data queues, 1 control queue, 2 descriptors of the data queues. */
	readonly groups: number;
	/** Address spaces. */
	readonly addressSpaces: number;
	/** Who programs the translation: the platform's IOMMU, a callback per entry, or a rebuild of the whole address space. */
	readonly translation: 'iommu' | 'dma-map' | 'set-map';
	/** Works on the owner's page tables: nothing is pinned. */
	readonly useVa: boolean;
	readonly suspend: boolean;
	readonly resume: boolean;
	/** The parent can tell a group of descriptors apart (get_vq_desc_group). */
	readonly descriptorGroup: boolean;
	/** The parent keeps its map over a reset (reset_map, or no map of its own). */
	readonly keepsMap: boolean;
	readonly enableAfterDriverOk: boolean;
	/** Entries that one address space holds; 0 = no limit. */
	readonly entryLimit: number;
}

export const DEVICE_KINDS = {
	platform: {
		title: 'behind the platform’s IOMMU',
		sentence: 'The kernel maps each contiguous run through the IOMMU of the host.',
		source: 'Linux 7.1.8 drivers/vhost/vdpa.c',
		traits: {
			groups: 1,
			addressSpaces: 1,
			translation: 'iommu',
			useVa: false,
			suspend: true,
			resume: true,
			descriptorGroup: false,
			keepsMap: true,
			enableAfterDriverOk: false,
			entryLimit: 0
		}
	},
	mlx5: {
		title: 'with an IOMMU on the chip (mlx5)',
		sentence: 'Every change that is not batched builds the keys of the whole address space again.',
		source: 'Linux 7.1.8 drivers/vdpa/mlx5',
		traits: {
			groups: 3,
			addressSpaces: 2,
			translation: 'set-map',
			useVa: false,
			suspend: true,
			resume: true,
			descriptorGroup: true,
			keepsMap: true,
			enableAfterDriverOk: true,
			entryLimit: 0
		}
	},
	'dma-map': {
		title: 'with a callback per mapping',
		sentence: 'The parent driver maps and unmaps entry by entry, and a batch changes nothing.',
		source: 'Linux 7.1.8 drivers/vhost/vdpa.c',
		traits: {
			groups: 1,
			addressSpaces: 1,
			translation: 'dma-map',
			useVa: false,
			suspend: true,
			resume: false,
			descriptorGroup: false,
			keepsMap: false,
			enableAfterDriverOk: false,
			entryLimit: 0
		}
	},
	sim: {
		title: 'the simulator, which pins nothing (vdpa_sim)',
		sentence: 'It walks the owner’s page tables: nothing is pinned, and only shared mappings of files are mapped.',
		source: 'Linux 7.1.8 drivers/vdpa/vdpa_sim',
		traits: {
			groups: 2,
			addressSpaces: 2,
			translation: 'set-map',
			useVa: true,
			suspend: true,
			resume: true,
			descriptorGroup: false,
			keepsMap: true,
			enableAfterDriverOk: true,
			entryLimit: 2048
		}
	}
} as const satisfies Record<string, { title: string; sentence: string; source: string; traits: DeviceTraits }>;
export type DeviceKind = keyof typeof DEVICE_KINDS;

/** Backend features of vhost-vdpa (Linux 7.1.8 include/uapi/linux/vhost_types.h), and whether QEMU 10.2.2 acknowledges them. */
export const BACKEND_FEATURES = [
	{ bit: 1, name: 'IOTLB_MSG_V2', qemu: true },
	{ bit: 2, name: 'IOTLB_BATCH', qemu: true },
	{ bit: 3, name: 'IOTLB_ASID', qemu: true },
	{ bit: 4, name: 'SUSPEND', qemu: true },
	{ bit: 5, name: 'RESUME', qemu: false },
	{ bit: 6, name: 'ENABLE_AFTER_DRIVER_OK', qemu: false },
	{ bit: 7, name: 'DESC_ASID', qemu: false },
	{ bit: 8, name: 'IOTLB_PERSIST', qemu: false }
] as const;
export type BackendFeature = (typeof BACKEND_FEATURES)[number]['name'];

/** Bits of the virtio device status (virtio 1.2, 2.1). */
export const VirtioStatus = { acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8, needsReset: 64, failed: 128 } as const;

/** Permission of a mapping as in the message: 1 read, 2 write, 3 both. */
export type Permission = 1 | 2 | 3;

/** Operations of a message on the IOTLB (Linux 7.1.8 include/uapi/linux/vhost_types.h). */
export const IOTLB_OPERATIONS = { update: 2, invalidate: 3, 'batch-begin': 5, 'batch-end': 6 } as const;
export type IotlbOperation = keyof typeof IOTLB_OPERATIONS | 'invalidate-and-update-all';

/**
 * Features that driver and device may have agreed on, and whether a shadow queue can stand between them. What it cannot is a
 * migration blocker (QEMU 10.2.2 hw/virtio/vhost-shadow-virtqueue.c, vhost_svq_valid_features; net/vhost-vdpa.c).
 */
export const GUEST_FEATURES = {
	'any-layout': { name: 'ANY_LAYOUT', shadow: true },
	'event-idx': { name: 'RING_EVENT_IDX', shadow: true },
	indirect: { name: 'RING_INDIRECT_DESC', shadow: false },
	packed: { name: 'RING_PACKED', shadow: false },
	'in-order': { name: 'IN_ORDER', shadow: false },
	'order-platform': { name: 'ORDER_PLATFORM', shadow: false },
	mac: { name: 'NET_F_MAC', shadow: true },
	mq: { name: 'NET_F_MQ', shadow: true },
	status: { name: 'NET_F_STATUS', shadow: true },
	'guest-announce': { name: 'NET_F_GUEST_ANNOUNCE', shadow: false }
} as const satisfies Record<string, { name: string; shadow: boolean }>;
export type GuestFeature = keyof typeof GUEST_FEATURES;

/** Agreed features that shadow queues cannot carry. */
export const shadowBlockers = (features: readonly GuestFeature[]): readonly GuestFeature[] =>
	features.filter((feature) => !GUEST_FEATURES[feature].shadow);
