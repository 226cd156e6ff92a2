import { rule, type Rule } from './rule.ts';

/** Rules of virtio-mem and of the QEMU monitor: part of the fidelity ledger (rules.ts). */
export const VIRTIO_RULES = {
	monitor: rule(
		'monitor',
		'A command of the monitor is answered at once; what the guest makes of it shows later, or never.',
		'QEMU 10.0.13 monitor/'
	),
	'memory-device': rule(
		'memory device',
		'A device gets the first gap of device memory that fits, aligned to its blocks and its backend.',
		'QEMU 10.0.13 hw/mem/memory-device.c'
	),
	'requested-size': rule(
		'requested size',
		'The requested size is a wish: it raises a configuration interrupt, even when nothing changed.',
		'QEMU 10.0.13 hw/virtio/virtio-mem.c'
	),
	'usable-region': rule(
		'usable region',
		'Requested size and 256 MiB more, at most the region, 0 for 0; it shrinks only on UNPLUG_ALL and on a system reset.',
		'QEMU 10.0.13 hw/virtio/virtio-mem.c'
	),
	'virtio-request': rule(
		'request',
		'The guest asks for a range of device blocks; the device checks it and answers ACK, NACK, BUSY or ERROR.',
		'QEMU 10.0.13 hw/virtio/virtio-mem.c; virtio specification'
	),
	'virtio-busy': rule('busy', 'While a migration runs every plug and unplug is answered BUSY.', 'QEMU 10.0.13 hw/virtio/virtio-mem.c'),
	'size-event': rule('size event', 'At most one event a second and device; the last value is delivered.', 'QEMU 10.0.13 monitor/monitor.c'),
	'driver-run': rule(
		'driver run',
		'One work item: leftovers, configuration, then plug or unplug; one request at a time.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	'driver-plug': rule(
		'plug order',
		'Partly plugged blocks first, kernel zone before movable before offline, then unused and new ones, ascending.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	'driver-unplug': rule(
		'unplug order',
		'Offline blocks first, partial before full, movable before kernel, descending; a busy sub-block is skipped.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	'driver-retry': rule(
		'retry',
		'After a failure the driver sleeps 50 s, doubled each time up to 300 s; freed memory does not wake it, a new request does.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	'driver-threshold': rule(
		'offline threshold',
		'Memory that nobody onlines is not piled up: at most 1 GiB, or two memory blocks.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	'big-block': rule(
		'big block',
		'Only whole big blocks come and go; one busy section and all of it stays.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	'rfc-v4': rule(
		'RFC v4',
		'Sub-blocks of 4 MiB, unplug from kernel zones only, one by one: the series as it was posted in December 2019.',
		'virtio-mem RFC v4, seed S4',
		'changed since'
	),
	suspend: rule(
		'suspend',
		'Asleep in RAM virtio-mem keeps everything plugged; waking up is a reset that it takes no notice of, and the driver then looks what changed. With CXL memory devices there is no sleep to RAM.',
		'QEMU 10.0.13 hw/virtio/virtio-mem.c, VIRTIO_MEM_F_PERSISTENT_SUSPEND; Linux 7.2.13 drivers/virtio/virtio_mem.c, drivers/cxl/core/suspend.c'
	),
	'system-reset': rule(
		'system reset',
		'The machine starts anew; every virtio-mem device unplugs all and shrinks its usable region, unless it is busy.',
		'QEMU 10.0.13 hw/virtio/virtio-mem.c'
	)
} as const satisfies Record<string, Rule>;
