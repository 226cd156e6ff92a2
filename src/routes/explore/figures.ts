import type { WorldStatus } from '$lib/engine/contract/status.ts';

/** Which view a state is about: the one that shows what the question turns on. */
export type FigureId = 'rails' | 'fabric' | 'rooms' | 'hosts' | 'super-page' | 'memory';

export const FIGURE_NAMES: Readonly<Record<FigureId, string>> = {
	rails: 'Addresses',
	fabric: 'Fabric',
	rooms: 'Zones',
	hosts: 'Hosts',
	'super-page': 'Super-page',
	memory: 'Memory'
};

/** Steps of a move in which the words of the super-page decide. */
const HAND_OFF: readonly string[] = ['publish', 'handoff'];

/** What a state can be shown as, most telling first. */
export function figuresOf({
	hosts,
	vms,
	memories,
	machines,
	fabric,
	vdpa,
	rack,
	operations
}: WorldStatus): readonly FigureId[] {
	const figures: FigureId[] = [];
	const move = operations.findLast((one) => one.state === 'running');
	const moves = hosts.length >= 2 && vms.length > 0;
	const pool = moves && memories.some((memory) => memory.kind === 'pool');
	if (vdpa !== null && vdpa.nics.length > 0) figures.push('rails');
	if (pool && move && HAND_OFF.includes(move.phase)) figures.push('super-page');
	if (moves && rack !== null) figures.push('hosts');
	if (moves && hosts.length === 2) figures.push('memory');
	if (fabric !== null && fabric.hosts.length > 0) figures.push('fabric');
	if (machines.length > 0) figures.push('rooms');
	if (pool && !figures.includes('super-page')) figures.push('super-page');
	if (moves && !figures.includes('hosts')) figures.push('hosts');
	return figures;
}
