import type { MachineStatus } from '../contract/machine-status.ts';
import type { World } from '../state/world.ts';

/** The Linux machines as the page shows them. */
export function machineStatuses(world: World): MachineStatus[] {
	return world.r.oses.map((os, index) => ({
		id: os.id,
		index,
		memory: os.memory,
		state: os.state,
		migrating: os.migrating,
		profile: os.profile,
		memoryBlockBytes: os.sectionsPerBlock * 2 ** 27,
		settings: {
			autoOnline: os.settings.autoOnline,
			onlinePolicy: os.settings.onlinePolicy,
			numaBalancing: os.settings.numaBalancing,
			demotion: os.settings.demotion,
			exmem: os.settings.exmem
		},
		nodes: [],
		memoryBlocks: [],
		processes: [],
		calls: [],
		dimms: [],
		virtioMems: [],
		held: []
	}));
}
