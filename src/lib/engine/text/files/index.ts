import type { World } from '../../state/world.ts';
import { busDirectory } from './cxl.ts';
import { driverLoaded, kernelDirectory, moduleDirectory, tieringDirectory } from './kernel.ts';
import { memoryDirectory } from './memory.ts';
import { nodeDirectory } from './nodes.ts';
import { clockDirectory, powerDirectory } from './power.ts';
import { procDirectory } from './proc.ts';
import { directory, lookUp, type Directory, type Found } from './tree.ts';

export { driverLoaded };

/** The files of one machine. */
export function rootOf(world: World, os: number): Directory {
	return directory(() => ({
		proc: procDirectory(world, os),
		sys: directory(() => ({
			...busDirectory(world, os),
			class: directory(() => ({ rtc: clockDirectory(world, os) })),
			devices: directory(() => ({
				system: directory(() => ({ memory: memoryDirectory(world, os), node: nodeDirectory(world, os) })),
				virtual: directory(() => ({ memory_tiering: tieringDirectory(world, os) }))
			})),
			kernel: kernelDirectory(world, os),
			module: moduleDirectory(world, os),
			power: powerDirectory(world, os)
		}))
	}));
}

/** File or folder at a path, and its path without links; null: nothing is there. */
export const entryAt = (world: World, os: number, path: string): Found | null => lookUp(rootOf(world, os), path);

export type FileAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly errno: string };

/** What cat prints, or the error it meets. */
export function readFile(world: World, os: number, path: string): FileAnswer {
	const found = entryAt(world, os, path);
	if (found === null) return { ok: false, errno: 'ENOENT' };
	return found.entry.kind === 'directory' ? { ok: false, errno: 'EISDIR' } : { ok: true, text: found.entry.text() };
}

export interface Listed {
	readonly name: string;
	readonly kind: 'file' | 'directory' | 'link';
	readonly writable: boolean;
}

/** Names in a folder as ls sorts them in the C locale, or null when it is none. */
export function listFolder(world: World, os: number, path: string): Listed[] | null {
	const entry = entryAt(world, os, path)?.entry;
	if (entry?.kind !== 'directory') return null;
	return Object.entries(entry.entries())
		.map(([name, child]): Listed => ({ name, kind: child.kind, writable: child.kind === 'file' && child.writable }))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function readMachineFile(world: World, machine: string, path: string): FileAnswer {
	const os = world.r.oses.findIndex((record) => record.id === machine);
	return os < 0 ? { ok: false, errno: 'ENODEV' } : readFile(world, os, path);
}
