import { costNs } from '../../costs/cost-model.ts';
import type { SwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { send } from '../messages.ts';

/** Virtual CXL Switch event records for the fabric manager (CXL 4.0 7.6.8.2): success informational, failure a warning. */
export const SWITCH_EVENTS = ['binding change', 'secondary bus reset', 'link control updated', 'slot control updated'] as const;
const EVENTS_KEPT = 64;

export function tellFabricManager(
	world: World,
	one: SwitchRecord,
	event: {
		readonly type: number;
		readonly log: 'informational' | 'warning';
		readonly text: string;
		readonly payload: Record<string, string | number | boolean | null>;
		readonly cause: number | null;
	}
): void {
	one.events.push({ type: event.type, log: event.log, text: event.text, atNs: world.r.nowNs });
	if (one.events.length > EVENTS_KEPT) one.events.shift();
	send(world, {
		from: one.id,
		to: 'fm',
		opcode: `${event.type.toString(16).padStart(2, '0')}h`,
		what: `Virtual CXL Switch event: ${SWITCH_EVENTS[event.type] ?? 'event'}${event.log === 'warning' ? ' failed' : ''}`,
		payload: { ...event.payload, log: event.log, says: event.text },
		cause: event.cause,
		ns: costNs(world.costs, 'dcdEventIrqUs')
	});
}
