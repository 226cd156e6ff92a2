import type { OsRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { osRecord } from '../os/os.ts';

/**
 * Typed nodes, a proposal that no kernel has (seed S3: "switched/shared CXL.mem would have to be indicated as such"; the modern
 * form are private memory nodes, RFC v4 of February 2026). The node carries the type. Nothing falls back to a typed node, nothing
 * is demoted to it or pulled off it by itself: only who names it gets memory there. A scenario switches the proposal on and says
 * which nodes on the kernel's command line, a word of our own: typed_node=2:switched,3:shared.
 */
export function readTypedNodes(world: World, os: number): void {
	if (!world.scenario.machines[os]?.proposals.includes('typed-nodes')) return;
	const record = osRecord(world, os);
	const word = record.append.split(/\s+/).find((each) => each.startsWith('typed_node='));
	for (const part of word?.slice('typed_node='.length).split(',') ?? []) {
		const [id, type] = part.split(':');
		const node = record.nodes.find((each) => String(each.id) === id);
		if (node && (type === 'switched' || type === 'shared')) node.typed = type;
	}
}

export function isTyped(record: OsRecord, node: number): boolean {
	const found = record.nodes.find((each) => each.id === node);
	return found?.typed === 'switched' || found?.typed === 'shared';
}

/**
 * Whether another host can go on with what lies on a node when this one dies: switched memory is handed to it, shared memory it
 * reaches already. Distance says nothing about it; who believes so is shown wrong (wrong belief "distance-tells").
 */
export function outlivesHost(world: World, os: number, node: number): boolean {
	const record = osRecord(world, os);
	if (world.r.belief !== 'distance-tells') return isTyped(record, node);
	const at = record.nodes.findIndex((each) => each.id === node);
	return (record.nodes[0]?.distances[at] ?? 0) > (record.nodes[0]?.distances[0] ?? 0);
}
