import { formatBytesBinary } from '../../base/format.ts';
import type { FabricHostStatus, FabricStatus } from '../../engine/contract/fabric-status.ts';
import { hostTitle } from './extents-scene.ts';

export type DaxStatus = FabricHostStatus['dax'][number];

/** What a host made of the capacity that it accepted, in the names that Linux uses. */
export const USE_WORDS: Readonly<Record<DaxStatus['use'], string>> = {
	devdax: 'DAX device',
	famfs: 'famfs file system',
	'system-ram': 'ZONE_MOVABLE',
	'system-ram-normal': 'ZONE_NORMAL',
	none: 'no driver'
};

export const isSystemRam = (dax: DaxStatus): boolean => dax.use.startsWith('system-ram');

/** How much of it is in use: pages of ordinary memory, the kernel’s own among them, or all of what a program has mapped. */
export const usedBytes = (dax: DaxStatus): number =>
	isSystemRam(dax)
		? Math.min(dax.bytes, dax.occupiedBytes + dax.stuckBytes)
		: dax.state === 'claimed'
			? dax.bytes
			: 0;

/** One line below the bar. */
export function fullness(dax: DaxStatus): string {
	const size = formatBytesBinary(dax.bytes);
	if (!isSystemRam(dax))
		return dax.state === 'claimed' ? `${size}, mapped` : `${size}, nobody maps it`;
	const used = usedBytes(dax);
	return used === 0 ? `0 of ${size} used` : `${formatBytesBinary(used)} of ${size} used`;
}

/** What happens to it just now, or why it stays. */
export function daxMoment(dax: DaxStatus): string | null {
	if (dax.stays !== null) return `stays: ${dax.stays}`;
	if (dax.emptyNs !== null) return 'being emptied';
	return dax.state === 'releasing' ? 'asked for' : null;
}

export function daxWords(host: FabricHostStatus): string {
	if (host.dax.length === 0) return `${hostTitle(host.id)} has nothing of the pool.`;
	return host.dax
		.map((dax) => {
			const moment = daxMoment(dax);
			return `${hostTitle(host.id)}, ${dax.id}: ${USE_WORDS[dax.use]}, ${fullness(dax)}${moment === null ? '' : `, ${moment}`}.`;
		})
		.join(' ');
}

/** The newest plan that speaks of this host: the step that runs, or why it failed. */
export function planWords(fabric: FabricStatus, host: string): string | null {
	const named = new RegExp(`\\b${host}\\b`);
	const plan = fabric.plans.findLast((each) => each.steps.some((step) => named.test(step)));
	if (!plan) return null;
	if (plan.state === 'running') return plan.steps[plan.step] ?? null;
	return plan.state === 'failed' ? (plan.reason ?? 'failed') : null;
}
