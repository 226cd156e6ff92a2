import { MEMORY_BLOCK_BYTES } from '../../base/units.ts';
import type { MachineStatus } from '../contract/machine-status.ts';
import type { OsRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { heldOf } from '../text/world/runs.ts';
import { partsOf } from './machine-blocks.ts';
import { machineCxlStatus } from './machine-cxl.ts';
import { virtioMemStatuses } from './machine-devices.ts';
import { callStatuses, heldStatuses, processStatuses } from './machine-processes.ts';

/** The Linux machines as the page shows them. */
export function machineStatuses(world: World): MachineStatus[] {
	return world.r.oses.map((os, index) => machineStatus(world, os, index));
}

function machineStatus(world: World, os: OsRecord, index: number): MachineStatus {
	const held = heldOf(world, index);
	return {
		id: os.id,
		index,
		memory: os.memory,
		state: os.state,
		migrating: os.migrating,
		profile: os.profile,
		memoryBlockBytes: os.sectionsPerBlock * MEMORY_BLOCK_BYTES,
		settings: {
			autoOnline: os.settings.autoOnline,
			onlinePolicy: os.settings.onlinePolicy,
			numaBalancing: os.settings.numaBalancing,
			demotion: os.settings.demotion,
			exmem: os.settings.exmem
		},
		...partsOf(world, index, held),
		processes: processStatuses(world, index, held),
		calls: callStatuses(world, index),
		dimms: world.r.dimms
			.filter((dimm) => dimm.os === index && dimm.state !== 'gone')
			.map(({ id, node, addr, bytes, state }) => ({ id, node, addr, bytes, state })),
		virtioMems: virtioMemStatuses(world, index),
		cxl: machineCxlStatus(world, index),
		held: heldStatuses(held)
	};
}
