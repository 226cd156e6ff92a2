import { costNs } from '../../costs/cost-model.ts';
import type { World } from '../../state/world.ts';
import { send } from '../messages.ts';
import { DC_EVENT_NAMES, eventOpcode } from './log.ts';
import { deviceAt, ldAt } from './rows.ts';

/** Events for the fabric manager, types 04h and 05h (CXL 4.0 table 8-229). QEMU has nobody to tell. */
export function tellManager(
	world: World,
	device: number,
	ld: number,
	type: number,
	about: { readonly group: number; readonly tag: string; readonly extents: number; readonly bytes: number; readonly forced?: boolean },
	cause: number | null
): void {
	const { id, machine } = deviceAt(world, device);
	if (machine >= 0) return;
	send(world, {
		from: id,
		to: 'fm',
		opcode: eventOpcode(type),
		what: DC_EVENT_NAMES[type] ?? 'event',
		tag: about.tag,
		payload: {
			device: id,
			ld,
			host: ldAt(world, device, ld).host,
			group: about.group,
			extents: about.extents,
			bytes: about.bytes,
			forced: about.forced ?? false
		},
		cause,
		ns: costNs(world.costs, 'dcdEventIrqUs')
	});
}
