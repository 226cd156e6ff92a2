import type { ObjectName } from '$lib/engine/contract/queries.ts';
import type { WorldStatus } from '$lib/engine/contract/status.ts';

export interface StageObject {
	readonly label: string;
	readonly object: ObjectName;
}

/** What of a lane's picture may be asked "why?": its last migration first, then the guest, its word, the pool, the hosts. */
export function stageObjects(status: WorldStatus): readonly StageObject[] {
	const objects: StageObject[] = [];
	const operation = status.operations.at(-1);
	const vm = status.vms[0];
	const extent = status.extents.at(-1);
	if (operation !== undefined)
		objects.push({ label: 'move', object: { type: 'operation', operation: operation.id } });
	if (vm !== undefined) objects.push({ label: 'guest', object: { type: 'vm', vm: vm.id } });
	if (vm !== undefined && operation?.strategy === 'transit')
		objects.push({ label: 'owner word', object: { type: 'ownerWord', vm: vm.id } });
	if (extent !== undefined)
		objects.push({ label: 'pool', object: { type: 'extent', extent: extent.id } });
	for (const host of status.hosts)
		objects.push({ label: host.id, object: { type: 'host', host: host.id } });
	return objects;
}
