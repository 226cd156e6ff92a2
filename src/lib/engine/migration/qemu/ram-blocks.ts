import type { QemuRecord } from '../../state/qemu-records.ts';
import type { World } from '../../state/world.ts';

/**
 * RAM blocks of a q35 machine beside its memory (QEMU 11.1.3): firmware 256 KiB, option ROMs 128 KiB, ACPI tables 128 KiB, their
 * loader and root pointer 4 KiB each. 130 pages, of which 49 are not zero, in every recording (migration cases 3, 36, 38).
 */
export const OTHER_BLOCKS = { pages: 130, normalPages: 49 } as const;

export type Backend = 'ram' | 'ram-shared' | 'memfd' | 'file';

/** How the guest's memory is backed. */
export function backendOf(world: World, vmIndex: number): Backend {
	const scenario = world.scenario.vms[vmIndex];
	if (scenario?.qemu?.backend) return scenario.qemu.backend;
	const memory = (scenario?.ways as { memory?: string } | undefined)?.memory;
	return memory === 'shared-file' ? 'file' : memory === 'shared-anonymous' ? 'ram-shared' : 'ram';
}

/**
 * Whether the guest's memory is left out (migration/ram.c, migrate_ram_is_ignored): the capability is on, and the block is shared
 * and has a name that another process can open. Shared memory without a name is copied all the same.
 */
export const sharedFile = (world: World, process: QemuRecord): boolean =>
	process.capabilities.includes('x-ignore-shared') && backendOf(world, process.vm) === 'file';

/** What the block of the guest's memory is called. */
export const memoryNameOf = (world: World, vmIndex: number): string => world.scenario.vms[vmIndex]?.qemu?.memoryName ?? 'pc.ram';

/** The block that says "not compatible" last, and so first: the youngest without a shared descriptor, the root pointer of the tables. */
const YOUNGEST_AUX = '/rom@etc/acpi/rsdp';

/**
 * A block of memory that another process cannot map again stands against cpr-transfer (QEMU 11.0.50 system/physmem.c,
 * ram_block_add_cpr_blocker): the guest's own, when it is not shared by descriptor, and the firmware's, unless aux-ram-share=on.
 */
export function cprProblem(world: World, vmIndex: number): string | null {
	const qemu = world.scenario.vms[vmIndex]?.qemu;
	const backend = backendOf(world, vmIndex);
	const region = qemu?.auxRamShare === false ? YOUNGEST_AUX : backend === 'ram' ? memoryNameOf(world, vmIndex) : null;
	if (region === null) return null;
	return `Memory region ${region} is not compatible with CPR. share=on is required for memory-backend objects, and aux-ram-share=on is required.`;
}

/** Pages of it that are not zero. */
export const dimmNormalPages = (world: World, vmIndex: number): number =>
	Math.ceil((world.scenario.vms[vmIndex]?.qemu?.dimmWrittenBytes ?? 0) / 4096);

export const dimmBytes = (world: World, vmIndex: number): number => world.scenario.vms[vmIndex]?.qemu?.dimmBytes ?? 0;

const MIB = 1024 * 1024;
/** Sizes of the other blocks, in the order in which they are written. */
const OTHER_BYTES = [256 * 1024, 128 * 1024, 128 * 1024, 4096, 4096];
/** What they are on the wire: 8 bytes before a page, 9 in place of a zero page. */
const OTHER_WIRE_BYTES = OTHER_BLOCKS.normalPages * (4096 + 8) + (OTHER_BLOCKS.pages - OTHER_BLOCKS.normalPages) * 9;
/** Device state behind the memory (QEMU 11.1.3, q35 without devices of its own). */
const STATE_BYTES = 125_402;

/**
 * Size of the file in which a VM lies. With mapped-ram every block begins at a whole MiB behind its header and bitmap and every
 * page has its place, whether it was ever sent or not (QEMU 11.1.3 migration/ram.c, mapped_ram_setup_ramblock).
 */
export function stateFileBytes(world: World, process: QemuRecord): number {
	const operation = world.r.operations[process.operation - 1];
	const vm = world.r.vms[process.vm];
	if (!operation || !vm) return 0;
	if (!process.capabilities.includes('mapped-ram')) return operation.networkBytes + OTHER_WIRE_BYTES + STATE_BYTES;
	let end = 0;
	for (const bytes of [vm.pageCount * 4096, ...OTHER_BYTES]) end = (Math.floor(end / MIB) + 1) * MIB + bytes;
	return end + STATE_BYTES;
}
