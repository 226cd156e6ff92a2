import { assert } from '../../base/assert.ts';
import type { NicGuestRecord, NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { worldPages } from './pages/world-pages.ts';
import type { NicContext } from './ports.ts';
import { worldQueues } from './queues/port.ts';

/** Records of a world as the parts of `vdpa` take them. */

export function guestOf(world: World, vm: number): NicGuestRecord {
	const guest = world.r.vdpa.guests.find((record) => record.vm === vm);
	assert(guest !== undefined, `VM ${vm} has no vDPA device`);
	return guest;
}

/** The device end of one process with everything that a step of a change needs. */
export function contextOf(world: World, nicIndex: number, instance: 0 | 1): NicContext {
	const nic = world.r.vdpa.nics[nicIndex] as NicRecord;
	const end = nic.ends[instance];
	assert(end !== null, `${nic.id} has no end on instance ${instance}`);
	const guest = guestOf(world, nic.vm);
	return {
		guest,
		nic,
		end,
		pages: worldPages(world, guest, instance),
		queues: worldQueues(world),
		nowNs: world.r.nowNs,
		belief: world.r.belief
	};
}
