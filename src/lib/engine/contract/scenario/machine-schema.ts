import * as v from 'valibot';
import { jsonArguments } from './json.ts';

/** The part of the scenario format that describes Linux machines, and what may be asked of them. */

const name = v.pipe(
	v.string('expected a name'),
	v.regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, 'a name is a letter and up to 31 letters, digits or hyphens')
);
const text = (longest: number) => v.pipe(v.string('expected a text'), v.maxLength(longest, `at most ${longest} characters`));

/**
 * A machine is what its QEMU command line says: `-m`, `-smp`, `-numa`, `-object memory-backend-ram`, `-device pc-dimm` and
 * `virtio-mem-pci`, and CXL: `-machine cxl=on,cxl-fmw.0.…`, `pxb-cxl`, `cxl-rp`, `cxl-upstream`, `cxl-downstream`, `cxl-type3`. What the
 * engine does not know is refused with its name (machine/qemu-args.ts).
 */
export const machineSchema = v.strictObject({
	id: name,
	qemuArgs: v.pipe(v.array(text(1000)), v.maxLength(400, 'at most 400 words')),
	/** The kernel's command line: memhp_default_state=, memory_hotplug.*, virtio_mem.*, kernelcore=, movable_node, transparent_hugepage= … */
	append: v.optional(text(600), ''),
	/** virtio_mem is loaded when the machine starts. */
	driverLoaded: v.optional(v.boolean(), true),
	profile: v.optional(v.picklist(['linux-7.2', 'rfc-v4-2020']), 'linux-7.2'),
	swapBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 40)), 0),
	/** Seeded chance, parts per million, that a folio carries a passing reference when a mover looks at it. */
	transientChancePpm: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000)), 0),
	/**
	 * Proposals of the list that no kernel has: ZONE_EXMEM, typed nodes (append typed_node=2:switched names them) and several CXL
	 * channels as one node (append grouped_node=2:2-4) of seed S3.
	 */
	proposals: v.optional(v.array(v.picklist(['exmem', 'typed-nodes', 'grouped-nodes'])), []),
	/** Memory that processes may map at most, for the size of the world. */
	processBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 42))),
	/** Words of processes at time 0, before anything else: [process, words]. */
	boot: v.optional(v.pipe(v.array(v.strictTuple([name, text(200)])), v.maxLength(200)), [])
});

export const machineCommandSchemas = [
	v.strictObject({ name: v.literal('process'), machine: name, process: name, words: text(200) }),
	v.strictObject({ name: v.literal('process-end'), machine: name, process: name }),
	v.strictObject({ name: v.literal('write-file'), machine: name, path: text(200), value: text(200) }),
	v.strictObject({
		name: v.literal('qmp'),
		machine: name,
		execute: text(80),
		arguments: v.optional(jsonArguments)
	}),
	v.strictObject({
		name: v.literal('module'),
		machine: name,
		module: v.picklist(['virtio_mem'], 'only virtio_mem can be loaded'),
		do: v.picklist(['load', 'unload'])
	}),
	v.strictObject({ name: v.literal('shell'), machine: name, line: text(300) }),
	v.strictObject({
		name: v.literal('signal'),
		machine: name,
		call: v.pipe(v.number(), v.integer(), v.minValue(1))
	})
] as const;
