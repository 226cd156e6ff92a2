import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareVirtioStep } from './compare-virtio.ts';
import { openMachine, type Machine } from './machine.ts';
import { device, deviceBlocks, meminfo, zonesPages } from './observe.ts';
import { attempt, differenceAt, OBSERVING, refusedToStart, wordsOf } from './play-zones.ts';
import { shellAnswer } from './shell.ts';

/** Plays a case of the family virtio-mem: sizes asked for, what the guest plugs, what stays. */

const TENTH_NS = 100_000_000;
/** A size that has not changed for so long has settled, as the recordings judge it. */
const STABLE_NS = 10_000_000_000;
/** A watch goes on for so long when nothing happens: long enough to see the driver's first retry (38 s after it began, recorded). */
const WATCH_NS = 41_000_000_000;

export function playVirtio(recorded: RecordedCase): Answer {
	const opened = openMachine(recorded);
	if (!opened.ok) return refusedToStart(recorded, opened.text);
	const { machine } = opened;
	const refusal = recorded.steps.find((step) => step.op === 'start')?.['result'] as { ok?: boolean; text?: string } | undefined;
	if (refusal?.ok === false) {
		const steps = recorded.steps.map((step) => ({ op: step.op, result: { ok: true } }));
		return {
			results: steps.map((step) => step.result),
			steps,
			outcome: { ok: true },
			unobserved: [],
			unanswered: [],
			difference: `the machine starts, recorded "${refusal.text ?? ''}"`
		};
	}
	machine.advance(TENTH_NS);
	const answer: Answer = { results: [], steps: [], outcome: null, unobserved: [], unanswered: [], difference: null };
	const errors: string[] = [];
	let difference: string | null = null;
	let reached = true;
	const loads: Loads = { count: 0, running: [] };
	recorded.steps.forEach((step, index) => {
		const mine = attempt(answer, index, step, () => playStep(machine, step, loads));
		answer.steps.push(mine);
		if ('result' in step) answer.results.push(mine?.['result'] ?? null);
		if (mine === null) {
			if (OBSERVING.has(step.op)) answer.unobserved.push(`${step.op}: ${String(step['what'] ?? '')}`);
			else answer.unanswered.push(step.op);
			return;
		}
		const result = mine['result'] as { ok?: boolean; text?: string } | undefined;
		if (result?.ok === false) errors.push(result.text ?? '');
		if (typeof mine['reached'] === 'boolean') reached = mine['reached'];
		difference ??= differenceAt(index, step, compareVirtioStep(step, mine));
	});
	const id = machine.status().virtioMems[0]?.id ?? '';
	const last = device(machine.status(), id);
	const pick = (key: string): Json => last?.[key] ?? null;
	return {
		...answer,
		outcome: {
			final: {
				size: pick('size'),
				'requested-size': pick('requested-size'),
				'max-size': pick('max-size'),
				'block-size': pick('block-size')
			},
			reached,
			size_change_events: machine.status().virtioMems.reduce((sum, each) => sum + each.eventsSent, 0),
			errors
		},
		difference
	};
}

/** Load processes so far, and those that still run, the latest last. */
interface Loads {
	count: number;
	readonly running: string[];
}

function playStep(machine: Machine, step: RecordedStep, loads: Loads): JsonObject | null {
	const id = String(step['device_id'] ?? machine.status().virtioMems[0]?.id ?? '');
	switch (step.op) {
		case 'start':
			return { op: 'start', device: device(machine.status(), id) };
		case 'set-requested-size':
			return setRequested(machine, step, id);
		case 'watch': {
			const seen = watch(machine, id, WATCH_NS);
			return { op: 'watch', ...seen, device: device(machine.status(), id), reached: isReached(machine, id) };
		}
		case 'guest-state':
			return {
				op: step.op,
				meminfo_kB: meminfo(machine.status()),
				zones_pages: zonesPages(machine.status(), false),
				device_memory_blocks: deviceBlocks(machine, id)
			};
		case 'guest-process': {
			const name = `load${(loads.count += 1)}`;
			loads.running.push(name);
			return { op: step.op, what: step['what'] ?? null, out: machine.words(name, wordsOf(step)) };
		}
		case 'guest-process-ends':
			machine.endProcess(loads.running.pop() ?? 'load0');
			return { op: step.op };
		case 'qmp': {
			const before = machine.simulation.nowNs;
			const result = machine.qmp(String(step['command']), (step['arguments'] ?? {}) as QmpArguments);
			if (machine.simulation.nowNs === before) machine.advance(1_000_000);
			return { op: 'qmp', what: step['what'] ?? null, command: step['command'] ?? null, result };
		}
		case 'devices-left':
			return { op: step.op, types: machine.status().virtioMems.map(() => 'virtio-mem') };
		case 'events':
			return {
				op: step.op,
				events: machine.simulation.world.r.virtioMems.flatMap((each) =>
					each.events.map(({ atNs, size }) => ({ t: atNs / 1e9, event: 'MEMORY_DEVICE_SIZE_CHANGE', size }))
				)
			};
		case 'kernel-log':
			return { op: step.op, lines: (machine.simulation.world.r.oses[0]?.log ?? []).map((line) => line.text) };
		case 'guest-shell':
			return shellAnswer(machine, String(step['what'] ?? ''));
		default:
			return null;
	}
}

function setRequested(machine: Machine, step: RecordedStep, id: string): JsonObject {
	const value = Number(step['value']);
	const result = machine.qmp('qom-set', { path: `/machine/peripheral/${id}`, property: 'requested-size', value });
	const { ok, class: kind, text } = result as { ok: boolean; class?: string; text?: string };
	const short: JsonObject = ok ? { ok } : { ok, class: kind ?? '', text: text ?? '' };
	if (!('size_over_time' in step) && !('device' in step)) return { op: step.op, value, result: short };
	const seen = ok ? watch(machine, id, STABLE_NS) : { seconds: 0, size_over_time: [] };
	return { op: step.op, value, result: short, ...seen, device: device(machine.status(), id), reached: isReached(machine, id) };
}

function isReached(machine: Machine, id: string): boolean {
	const found = machine.status().virtioMems.find((each) => each.id === id);
	return found !== undefined && found.pluggedBytes === found.requestedBytes;
}

/** Looks at the size every tenth of a second until it is what was asked for, or has settled. */
function watch(machine: Machine, id: string, patienceNs: number): { seconds: number; size_over_time: Json[] } {
	const size = (): number => machine.status().virtioMems.find((each) => each.id === id)?.pluggedBytes ?? 0;
	const fromNs = machine.simulation.nowNs;
	const seen: [number, number][] = [[0, size()]];
	let changedNs = fromNs;
	let changes = 0;
	while (!isReached(machine, id)) {
		const patience = changes === 0 ? patienceNs : STABLE_NS;
		if (machine.simulation.nowNs - changedNs >= patience) break;
		machine.advance(TENTH_NS);
		const now = size();
		if (now !== seen.at(-1)?.[1]) {
			seen.push([Math.round((machine.simulation.nowNs - fromNs) / 1e7) / 100, now]);
			changedNs = machine.simulation.nowNs;
			changes += 1;
		}
	}
	return { seconds: seen.at(-1)?.[0] ?? 0, size_over_time: seen };
}
