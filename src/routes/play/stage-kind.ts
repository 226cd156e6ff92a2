import type { WorldStatus } from '$lib/engine/contract/status.ts';

/** Which stage a world has: VMs that move, their vDPA devices, Linux machines, or the fabric of a scenario (not that of a QEMU machine). */
export type StageKind = 'vms' | 'nic' | 'machine' | 'fabric';

export const KIND_WORDS: Readonly<Record<StageKind, string>> = {
	vms: 'VMs that move',
	nic: 'Network devices',
	machine: 'Linux machines',
	fabric: 'Fabric'
};

/** All that a world has something to show for; a world of nothing has the stage of VMs. */
export function stageKinds(status: WorldStatus | undefined): readonly StageKind[] {
	if (!status) return ['vms'];
	const kinds: StageKind[] = [];
	if (status.vms.length > 0) kinds.push('vms');
	if (status.vdpa !== null) kinds.push('nic');
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
	if (wanted !== null && kinds.includes(wanted)) return wanted;
	// A world whose VMs have such devices is about them.
	return kinds.includes('nic') ? 'nic' : (kinds[0] as StageKind);
}
