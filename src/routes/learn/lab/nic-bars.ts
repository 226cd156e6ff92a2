import type { ChangeStatus, NicStatus } from '$lib/engine/contract/vdpa/status.ts';
import { barOf, CHANGE_TITLES, type GapBar } from '$lib/viz/vdpa/gap-scene.ts';

/** Changes of all cards of a lab as bars: those that took time since the first moment. What is to be compared stands together. */
const ORDER: readonly ChangeStatus['kind'][] = [
	'start',
	'init',
	'map-memory',
	'stop',
	'to-svq',
	'to-passthrough'
];

/** `whole`: all of a move; else only the change to shadow virtqueues. */
export function gapBars(nics: readonly NicStatus[], whole: boolean): readonly GapBar[] {
	const kinds = whole ? ORDER : (['to-svq'] as const);
	return kinds.flatMap((kind) =>
		nics.flatMap((nic) =>
			[...nic.changes, ...(nic.change ? [nic.change] : [])]
				.filter((change) => change.kind === kind && change.startNs > 0)
				.map((change) => ({
					...barOf(change, '', whole ? `${nic.vm}: ${CHANGE_TITLES[kind]}` : nic.vm),
					id: `${nic.id} ${change.id}`,
					note: whole ? `host ${change.host}` : ''
				}))
				.filter((bar) => bar.ns > 0)
		)
	);
}
