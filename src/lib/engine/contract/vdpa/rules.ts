import { rule, type Rule } from '../rule.ts';

/** Rules of vDPA devices and of shadow virtqueues: part of the fidelity ledger (rules.ts). */
export const VDPA_RULES = {
	'vdpa-life': rule(
		'life of a vDPA device',
		'Opened once, owned once; status bits are only added; a reset keeps every map and every pin; closing lets go of all of them.',
		'Linux 7.1.8 drivers/vhost/vdpa.c'
	),
	'vdpa-message': rule(
		'message on the IOTLB',
		'UPDATE never overwrites, INVALIDATE takes every entry that it touches as a whole, and each error reaches the caller as EFAULT.',
		'Linux 7.1.8 drivers/vhost/vdpa.c, vhost.c, iotlb.c'
	),
	'vdpa-pin': rule(
		'pinning',
		'Pages are pinned for long in bites of 512, counted against the memlock limit before the first; each contiguous run is one entry.',
		'Linux 7.1.8 drivers/vhost/vdpa.c'
	),
	'vdpa-evict': rule(
		'leaving ZONE_MOVABLE',
		'A page that is to be pinned for long moves out of ZONE_MOVABLE first.',
		'Linux 7.1.8 mm/gup.c, folio_is_longterm_pinnable'
	),
	'vdpa-keys': rule(
		'keys of the chip',
		'Direct keys of at most 1 GiB, a null key per started GiB of hole, one list of them; old keys are freed 2 s later.',
		'Linux 7.1.8 drivers/vdpa/mlx5/core/mr.c'
	),
	'vdpa-listener': rule(
		'memory listener',
		'Each section of guest RAM is mapped when the listener is registered or the section is plugged, and unmapped when either ends.',
		'QEMU 10.2.2 hw/virtio/vhost-vdpa.c'
	),
	'vdpa-tree': rule(
		'IOVA tree',
		'First fit upwards in one tree that all address spaces share.',
		'QEMU 10.2.2 util/iova-tree.c, hw/virtio/vhost-iova-tree.c'
	),
	'svq-on': rule(
		'shadow virtqueues on',
		'At the set-up of a migration the device is suspended, reset and started again on rings of QEMU; the guest goes on running.',
		'QEMU 10.2.2 net/vhost-vdpa.c, vhost_vdpa_net_migration_state_notifier'
	),
	'svq-off': rule(
		'back to the guest’s rings',
		'When a migration fails, the device is started again on the guest’s own rings.',
		'QEMU 10.2.2 net/vhost-vdpa.c'
	),
	'svq-forward': rule(
		'forwarding',
		'Each descriptor is looked up by its guest address and written into the shadow ring; payloads are not copied.',
		'QEMU 10.2.2 hw/virtio/vhost-shadow-virtqueue.c'
	),
	'svq-log': rule(
		'what was written',
		'A used buffer marks exactly the bytes that the device says it wrote; a device that works on the guest’s rings marks nothing.',
		'QEMU 10.2.2 hw/virtio/vhost-shadow-virtqueue.c, hw/virtio/virtio.c'
	),
	'svq-strategy': rule(
		'how the change is done',
		'What is unmapped, mapped and pinned at the change follows the strategy of the scenario.',
		'S2: Si-Wei Liu and E. Pérez, qemu-devel, July 2023',
		'on the list'
	),
	'vdpa-dma': rule(
		'DMA',
		'The device reaches what its own map says. An address without an entry is a DMA fault; a wrong entry is a write into the wrong page.',
		'Linux 7.1.8 drivers/vhost/vdpa.c; what a device does then is our simplification',
		'our simplification'
	),
	'vdpa-traffic': rule(
		'packets',
		'Packets come and go at an even rate; a queue that nobody serves loses what comes in and keeps what wants to go out.',
		'our simplification',
		'our simplification'
	),
	'vdpa-hotplug': rule(
		'DIMMs',
		'A DIMM goes to the next free address of device memory; QEMU refuses it while a migration runs.',
		'QEMU 10.2.2 system/qdev-monitor.c, hw/mem/memory-device.c'
	),
	'vdpa-discard': rule(
		'no discarding of RAM',
		'A vhost-vdpa device forbids that RAM is given back, so it and virtio-mem exclude each other.',
		'QEMU 10.2.2 hw/virtio/vhost-vdpa.c, hw/virtio/virtio-mem.c'
	),
	'vdpa-viommu': rule(
		'virtual IOMMU',
		'Each map of the guest’s driver is one message, page by page; shadow virtqueues are refused beside it.',
		'QEMU 10.2.2 hw/virtio/vhost-vdpa.c'
	),
	'vdpa-live-update': rule(
		'live update',
		'A new process on the same device gets EPERM for every map: pins belong to the process that set the owner.',
		'Linux 7.1.8 drivers/vhost/vdpa.c; QEMU docs/devel/migration/CPR.rst'
	)
} as const satisfies Record<string, Rule>;
