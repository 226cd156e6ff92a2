import { lineOf } from '$lib/engine/contract/console-lines.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import { isMachineCommand } from '$lib/engine/contract/machine-commands.ts';
import type { CallStatus, MachineStatus } from '$lib/engine/contract/machine-status.ts';
import type { TrackBar, TrackLanes } from '../kinds/track-bar.ts';

/**
 * Past calls solid, those of the journal that are still to come dashed. Lanes in the order in which their callers first
 * acted; at most `most`, the rest share the last.
 */
export function callBars(
	machine: MachineStatus,
	journal: readonly JournalEntry[],
	nowNs: number,
	most: number
): TrackLanes {
	const bars: TrackBar[] = [];
	const shown = new Set<string>();
	for (const call of machine.calls) {
		shown.add(`${call.startNs}`);
		bars.push({
			key: `c${call.id}`,
			lane: call.actor,
			startNs: call.startNs,
			endNs: call.endNs,
			words: call.text,
			state: stateOf(call),
			object: { type: 'call', machine: machine.id, call: call.id }
		});
	}
	journal.forEach(({ atNs, command }, index) => {
		if (!isMachineCommand(command) || command.machine !== machine.id || command.name === 'signal')
			return;
		const lane =
			command.name === 'process' || command.name === 'process-end'
				? command.process
				: command.name === 'qmp'
					? 'qmp'
					: 'shell';
		if (atNs > nowNs)
			bars.push({
				key: `j${index}`,
				lane,
				startNs: atNs,
				endNs: atNs,
				words: lineOf(command),
				state: 'coming',
				object: null
			});
		// Calls that ended long ago are no longer in the status: their commands are still in the journal.
		else if (!shown.has(`${atNs}`))
			bars.push({
				key: `j${index}`,
				lane,
				startNs: atNs,
				endNs: atNs,
				words: lineOf(command),
				state: 'done',
				object: null
			});
	});
	bars.sort((a, b) => a.startNs - b.startNs);
	const lanes = [...new Set(bars.map((bar) => bar.lane))];
	if (lanes.length <= most) return { lanes, bars };
	const kept = lanes.slice(0, most - 1);
	return {
		lanes: [...kept, 'others'],
		bars: bars.map((bar) => (kept.includes(bar.lane) ? bar : { ...bar, lane: 'others' }))
	};
}

const stateOf = (call: CallStatus): TrackBar['state'] =>
	call.state === 'running' ? 'running' : call.errno === null ? 'done' : 'failed';
