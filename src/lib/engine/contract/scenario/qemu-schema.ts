import * as v from 'valibot';
import { BLOCKING_DEVICES } from '../migration/blockers.ts';
import { bytes, text } from './fields.ts';

const DEVICE_NAMES = Object.keys(BLOCKING_DEVICES) as [keyof typeof BLOCKING_DEVICES, ...(keyof typeof BLOCKING_DEVICES)[]];

/** How the QEMU of a VM was started, where that matters to a migration. */
export const qemuSchema = v.strictObject({
	/** -S: the guest has never run. */
	stopped: v.optional(v.boolean()),
	/** -m of the QEMU that waits at the target, where it is another one. */
	targetBytes: v.optional(bytes),
	/** Devices that have a say in a migration. */
	devices: v.optional(
		v.pipe(v.array(v.picklist(DEVICE_NAMES, `a device is one of ${DEVICE_NAMES.join(', ')}`)), v.maxLength(16, 'at most 16 devices'))
	),
	/** The folder that a virtio-9p device exports, and the tag under which the guest mounts it. */
	exports: v.optional(v.strictObject({ path: text(200), tag: text(32) })),
	/** -only-migratable. */
	onlyMigratable: v.optional(v.boolean()),
	/** How the memory is backed: private, shared and nameless, shared by descriptor, or shared in a named file. */
	backend: v.optional(v.picklist(['ram', 'ram-shared', 'memfd', 'file'], 'a backend is ram, ram-shared, memfd or file')),
	/** Private memory plugged in beside it, and how much of it the guest has written once. */
	dimmBytes: v.optional(bytes),
	dimmWrittenBytes: v.optional(bytes),
	/** Volatile memory of a cxl-type3 device of the guest, and how much of it a program of the guest has written. */
	cxl: v.optional(v.strictObject({ bytes, writtenBytes: bytes }))
});
export type QemuScenario = v.InferOutput<typeof qemuSchema>;
