import * as v from 'valibot';
import { BLOCKING_DEVICES } from '../migration/blockers.ts';
import { bytes, text, whole } from './fields.ts';

const DEVICE_NAMES = Object.keys(BLOCKING_DEVICES) as [keyof typeof BLOCKING_DEVICES, ...(keyof typeof BLOCKING_DEVICES)[]];

/** How the QEMU of a VM was started, where that matters to a migration. */
export const qemuSchema = v.strictObject({
	/** -S: the guest has never run. */
	stopped: v.optional(v.boolean()),
	/** -m of the QEMU that waits at the target, where it is another one. */
	targetBytes: v.optional(bytes),
	/** What else is another one there: its machine (of two names), a block of memory or a device's state that it does not know. */
	target: v.optional(
		v.strictObject({
			machine: v.optional(v.strictObject({ received: text(40), local: text(40) })),
			lacksBlock: v.optional(text(80)),
			lacksState: v.optional(v.strictObject({ name: text(80), instance: v.pipe(v.number(), v.integer(), v.minValue(0)) }))
		})
	),
	/** Devices that have a say in a migration. */
	devices: v.optional(
		v.pipe(v.array(v.picklist(DEVICE_NAMES, `a device is one of ${DEVICE_NAMES.join(', ')}`)), v.maxLength(16, 'at most 16 devices'))
	),
	/** Where each of them sits, in the same order, as QEMU names it (domain:bus:slot.function); slots from 1 on unless said. */
	deviceAddresses: v.optional(v.pipe(v.array(text(40)), v.maxLength(16, 'at most 16 devices'))),
	/** The folder that a virtio-9p device exports, and the tag under which the guest mounts it. */
	exports: v.optional(v.strictObject({ path: text(200), tag: text(32) })),
	/** Address in the host of a device that is passed through; 0000:3b:00.0 where absent. */
	passedThrough: v.optional(v.pipe(text(12), v.regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/, 'a PCI address, as in 0000:3b:00.0'))),
	/** -accel kvm,dirty-ring-size=N: entries of each vCPU’s ring of dirtied pages. */
	dirtyRing: v.optional(
		v.pipe(
			whole(1024, 65_536),
			v.check((entries) => (entries & (entries - 1)) === 0, 'a power of two')
		)
	),
	/** -only-migratable. */
	onlyMigratable: v.optional(v.boolean()),
	/** How the memory is backed: private, shared and nameless, shared by descriptor, or shared in a named file. */
	backend: v.optional(v.picklist(['ram', 'ram-shared', 'memfd', 'file'], 'a backend is ram, ram-shared, memfd or file')),
	/** Whether the firmware's memory is shared too (-machine aux-ram-share=on); so unless said. */
	auxRamShare: v.optional(v.boolean()),
	/** What the block of the guest's memory is called: pc.ram, or the id of its memory-backend. */
	memoryName: v.optional(text(40)),
	/** Private memory plugged in beside it, and how much of it the guest has written once. */
	dimmBytes: v.optional(bytes),
	dimmWrittenBytes: v.optional(bytes),
	/** Volatile memory of a cxl-type3 device of the guest, and how much of it a program of the guest has written. */
	cxl: v.optional(v.strictObject({ bytes, writtenBytes: bytes }))
});
export type QemuScenario = v.InferOutput<typeof qemuSchema>;
