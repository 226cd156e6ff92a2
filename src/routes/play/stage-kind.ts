import type { WorldStatus } from '$lib/engine/contract/status.ts';

/** Which stage a world has: VMs that move, Linux machines, or the fabric of a scenario (not that of a QEMU machine). */
export type StageKind = 'vms' | 'machine' | 'fabric';

export const KIND_WORDS: Readonly<Record<StageKind, string>> = {
	vms: 'VMs that move',
	machine: 'Linux machines',
	fabric: 'Fabric'
};

/** All that a world has something to show for; a world of nothing has the stage of VMs. */
export function stageKinds(status: WorldStatus | undefined): readonly StageKind[] {
	if (!status) return ['vms'];
	const kinds: StageKind[] = [];
	if (status.vms.length > 0) kinds.push('vms');
	if (status.machines.length > 0) kinds.push('machine');
	if (status.fabric !== null && status.fabric.hosts.length > 0) kinds.push('fabric');
	return kinds.length === 0 ? ['vms'] : kinds;
}

/** The wanted one where the world has it, else its first. */
export function stageKind(
	status: WorldStatus | undefined,
	wanted: StageKind | null = null
): StageKind {
	const kinds = stageKinds(status);
	return wanted !== null && kinds.includes(wanted) ? wanted : (kinds[0] as StageKind);
}
