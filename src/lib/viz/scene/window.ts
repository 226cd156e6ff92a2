import type { ExtentStatus, HostStatus, WorldStatus } from '../../engine/contract/status.ts';
import { CellKind, type MemoryCells } from './cells.ts';

/** A part of a host's window that decodes to an extent, as shares of the window; `used` are the runs that hold pages. */
export interface WindowPart {
	readonly extent: ExtentStatus;
	readonly start: number;
	readonly end: number;
	readonly used: readonly (readonly [number, number])[];
}

/** What is at most 1/500 of the window apart is shown as one run: a strip is some 270 px wide. */
const NEAR = 1 / 500;

/** The window shows the device addresses one to one from its base, so shares of the pool are shares of the window. */
export function windowParts(
	host: HostStatus,
	status: WorldStatus,
	pool: MemoryCells
): WindowPart[] {
	const whole = pool.kind.length;
	return status.extents.flatMap((extent) => {
		if (
			extent.memory !== pool.memory.id ||
			extent.state === 'released' ||
			!extent.acceptedBy.includes(host.id)
		)
			return [];
		const runs: [number, number][] = [];
		// Only the host in whose allocator the extent is online reaches the pages through it.
		if (extent.onlineOn === host.id)
			for (
				let block = extent.firstBlock;
				block < extent.firstBlock + extent.blockCount;
				block += 1
			) {
				const kind = pool.kind[block] as number;
				if (kind !== CellKind.vm && kind !== CellKind.leaving) continue;
				const last = runs.at(-1);
				if (last !== undefined && block / whole - last[1] <= NEAR) last[1] = (block + 1) / whole;
				else runs.push([block / whole, (block + 1) / whole]);
			}
		return [
			{
				extent,
				start: extent.firstBlock / whole,
				end: (extent.firstBlock + extent.blockCount) / whole,
				used: runs
			}
		];
	});
}
