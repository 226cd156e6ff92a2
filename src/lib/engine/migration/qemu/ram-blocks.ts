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

export const dimmBytes = (world: World, vmIndex: number): number => world.scenario.vms[vmIndex]?.qemu?.dimmBytes ?? 0;
