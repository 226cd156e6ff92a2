import { MIB } from '../../src/lib/base/units.ts';
import type { BackingPages } from '../../src/lib/engine/contract/vdpa/figures.ts';
import { host, smallWorld, vm } from './worlds.ts';

/** Worlds whose VM has vDPA devices. */

/** One device, or several; what is left out is as in the scenario format. */
export const nic = (more: Record<string, unknown> = {}) => ({ id: 'net0', kind: 'mlx5', preset: 'seed2023', ...more });

export interface NicWorld {
	readonly nics?: readonly Record<string, unknown>[];
	readonly vdpa?: Record<string, unknown>;
	readonly mib?: number;
	readonly pages?: BackingPages;
	/** DRAM of each host, MiB; nearly all of it is ZONE_NORMAL, where pinned pages may lie. */
	readonly hostMib?: number;
	readonly more?: Record<string, unknown>;
}

export function nicWorld({ nics = [nic()], vdpa = {}, mib = 256, pages = 'thp', hostMib = 1024, more = {} }: NicWorld = {}) {
	const normal = { normalBytes: (hostMib - 128) * MIB, kernelBytes: 64 * MIB, otherBytes: 32 * MIB };
	return smallWorld({
		hosts: [
			{ ...host('A', hostMib), ...normal },
			{ ...host('B', hostMib), ...normal }
		],
		vms: [{ ...vm('vm0', 'A', mib), populatedBytes: mib * MIB, pages, vdpa: { nics, ...vdpa } }],
		...more
	});
}

export const vdpa = (execute: string, given: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
	name: 'vdpa',
	vm: 'vm0',
	execute,
	arguments: given,
	...more
});
