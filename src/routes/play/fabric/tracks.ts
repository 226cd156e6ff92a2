import type { FabricStatus } from '$lib/engine/contract/fabric-status.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import type { TrackBar, TrackLanes } from '../kinds/track-bar.ts';
import { fabricLine } from './lines.ts';

/** The newest plans a lane each, one for what was ordered, one for messages by their sender's kind. */
export function fabricTracks(
	fabric: FabricStatus,
	journal: readonly JournalEntry[],
	nowNs: number,
	mostLanes: number
): TrackLanes {
	const bars: TrackBar[] = [];
	const plans = fabric.plans.slice(-Math.max(1, mostLanes - 2));
	for (const plan of plans)
		bars.push({
			key: `plan ${plan.id}`,
			lane: `${plan.plan} ${plan.id}`,
			startNs: plan.startNs,
			endNs: plan.endNs,
			state: plan.state,
			words: `plan ${plan.plan}: ${plan.state === 'running' ? (plan.steps[plan.step] ?? 'under way') : plan.state}${plan.reason === null ? '' : `, ${plan.reason}`}`,
			object: { type: 'fabric', thing: 'plan', id: String(plan.id) }
		});
	journal.forEach(({ atNs, command }, index) => {
		if (command.name !== 'fabric') return;
		bars.push({
			key: `command ${index}`,
			lane: 'commands',
			startNs: atNs,
			endNs: atNs,
			state: atNs > nowNs ? 'coming' : 'done',
			words: fabricLine(command),
			object: null
		});
	});
	for (const message of fabric.messages)
		bars.push({
			key: `message ${message.id}`,
			lane: 'messages',
			startNs: message.sentNs,
			endNs: message.arriveNs,
			state: message.state === 'flying' ? 'running' : message.state === 'lost' ? 'failed' : 'done',
			words: `${message.from} to ${message.to}: ${message.what}`,
			object: { type: 'fabric', thing: 'message', id: String(message.id) }
		});
	const lanes = [
		...plans.map((plan) => `${plan.plan} ${plan.id}`),
		...(bars.some((bar) => bar.lane === 'commands') ? ['commands'] : []),
		...(bars.some((bar) => bar.lane === 'messages') ? ['messages'] : [])
	];
	return { lanes, bars };
}
