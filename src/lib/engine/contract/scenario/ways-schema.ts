import * as v from 'valibot';
import { bytes, duration, whole } from './fields.ts';

/** How a VM lives, beyond its size and its work. Whatever is absent is as it always was. */
export const waysSchema = v.strictObject({
	/** Where its memory is from the start: DRAM of its host, or the pool (seed S3, approach 2). */
	lives: v.optional(v.picklist(['dram', 'pool'])),
	/** On the pool: in folios of a node, or in a mapping of device-dax. */
	backing: v.optional(v.picklist(['node', 'dax'])),
	/** On the pool from the start: guest pages lie together in runs of so many, and the runs out of order. */
	runPages: v.optional(whole(1, 2 ** 28)),
	/** Confidential memory: neither movable nor on CXL. */
	secure: v.optional(v.boolean()),
	/** A VFIO device, which holds all memory by long-term pins. */
	passThrough: v.optional(v.boolean()),
	/** A virtio-net card that stands in for the VFIO device while it migrates, and how long the guest takes to let go of that. */
	failover: v.optional(
		v.strictObject({
			standby: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z][\w-]{0,31}$/, 'an id of a device')), 'standby0'),
			primary: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z][\w-]{0,31}$/, 'an id of a device')), 'primary0'),
			letsGoNs: v.optional(v.union([duration, v.literal('never')], 'a time, or "never"'), 5_000_000_000)
		})
	),
	/**
	 * Where its host's kernel keeps the page structures of its extents, and with them what it knows of these pages: on the device
	 * beside them (memmap_on_memory), or in its own DRAM.
	 */
	metadata: v.optional(v.picklist(['device', 'host'])),
	/** What its RAM is for QEMU: memory of the process, a named file with share=on, memory that is shared without a name. */
	memory: v.optional(v.picklist(['private', 'shared-file', 'shared-anonymous'])),
	/** Host pages behind its RAM as QEMU sees them: base pages (huge folios of the kernel are those), or hugetlbfs of 2 MiB. */
	hostPages: v.optional(v.picklist(['4k', '2m'])),
	/** The target's machine lays the RAM block so far away from where the source's has it; 0 where absent. */
	targetRamBase: v.optional(bytes),
	/** RLIMIT_MEMLOCK of its QEMU process; no limit where absent. */
	memlockBytes: v.optional(bytes),
	/** A device that will not stop, or whose state the target cannot load. */
	device: v.optional(v.picklist(['refuses-stop', 'incompatible'])),
	/** The kernel moves a random folio of the VM every so often: promotes, demotes or swaps it. */
	tiering: v.optional(
		v.strictObject({ everyNs: v.pipe(duration, v.minValue(10_000, 'at least 10 us')), to: v.picklist(['dram', 'pool', 'swap']) })
	)
});
export type WaysScenario = v.InferOutput<typeof waysSchema>;
