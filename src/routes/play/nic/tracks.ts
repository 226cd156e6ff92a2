import { formatNs } from '$lib/base/format.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import type { NicStatus } from '$lib/engine/contract/vdpa/status.ts';
import { CHANGE_TITLES, workNs } from '$lib/viz/vdpa/gap-scene.ts';
import type { TrackBar, TrackLanes } from '../kinds/track-bar.ts';
import { nicLine } from './lines.ts';

/** Changes of each device a lane, its gaps another, and what was ordered. */
export function nicTracks(
	nics: readonly NicStatus[],
	journal: readonly JournalEntry[],
	nowNs: number,
	mostLanes: number
): TrackLanes {
	const bars: TrackBar[] = [];
	const lanes: string[] = [];
	for (const nic of nics.slice(0, Math.max(1, Math.floor((mostLanes - 1) / 2)))) {
		const lane = nic.id;
		lanes.push(lane);
		for (const change of [...nic.changes, ...(nic.change ? [nic.change] : [])])
			bars.push({
				key: `${nic.id} ${change.id}`,
				lane,
				startNs: change.startNs,
				endNs: change.endNs,
				state: change.endNs === null ? 'running' : change.errors.length > 0 ? 'failed' : 'done',
				words: `${CHANGE_TITLES[change.kind]} on ${change.host}: ${formatNs(workNs(change))}`,
				object: { type: 'nic', nic: nic.id, part: 'change', id: String(change.id) }
			});
		if (nic.traffic.gaps.length === 0 || lanes.length >= mostLanes - 1) continue;
		const gaps = `${nic.id}, no packets`;
		lanes.push(gaps);
		for (const gap of nic.traffic.gaps)
			bars.push({
				key: `${nic.id} gap ${gap.fromNs}`,
				lane: gaps,
				startNs: gap.fromNs,
				endNs: gap.toNs,
				state: gap.toNs === null ? 'running' : 'failed',
				words: `no packet passed for ${formatNs((gap.toNs ?? nowNs) - gap.fromNs)}, ${gap.lost} lost`,
				object: { type: 'nic', nic: nic.id, part: 'device', id: nic.id }
			});
	}
	lanes.push('commands');
	journal.forEach(({ atNs, command }, index) =>
		bars.push({
			key: `command ${index}`,
			lane: 'commands',
			startNs: atNs,
			endNs: atNs,
			state: atNs > nowNs ? 'coming' : 'done',
			words: nicLine(command),
			object: null
		})
	);
	return { lanes, bars };
}
