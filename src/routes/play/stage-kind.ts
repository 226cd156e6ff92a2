import type { WorldStatus } from '$lib/engine/contract/status.ts';

/** Which stage a world has: VMs that move, Linux machines, or the fabric of a scenario (not that of a QEMU machine). */
export type StageKind = 'vms' | 'machine' | 'fabric';

export function stageKind(status: WorldStatus | undefined): StageKind {
	if (!status || status.vms.length > 0) return 'vms';
	if (status.machines.length > 0) return 'machine';
	return status.fabric !== null && status.fabric.hosts.length > 0 ? 'fabric' : 'vms';
}
