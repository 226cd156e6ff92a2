import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareZonesStep } from './compare-zones.ts';
import { openMachine, type Machine } from './machine.ts';
import { blockGroups, blockText, buddyFree, nodeMasks, zonesPages } from './observe.ts';
import { shellAnswer } from './shell.ts';

/** Plays a case of the family zones-hotplug: DIMMs, writes to memory blocks, probe processes. */
export function playZones(recorded: RecordedCase): Answer {
	const opened = openMachine(recorded);
	if (!opened.ok) return refusedToStart(recorded, opened.text);
	const { machine } = opened;
	const answer: Answer = { results: [], steps: [], outcome: null, unobserved: [], unanswered: [], difference: null };
	let difference: string | null = null;
	const outcome: Json[] = [];
	let held = 0;
	recorded.steps.forEach((step, index) => {
		const mine = playStep(machine, step, () => (held += 1), held);
		answer.steps.push(mine);
		if ('result' in step) answer.results.push(mine?.['result'] ?? null);
		if (mine === null) {
			if (OBSERVING.has(step.op)) answer.unobserved.push(`${step.op}: ${String(step['what'] ?? '')}`);
			else answer.unanswered.push(step.op);
			return;
		}
		const entry = outcomeOf(step, mine);
		if (entry !== null) outcome.push(entry);
		difference ??= differenceAt(index, step, compareZonesStep(step, mine));
	});
	const layoutOnly = outcome.length === 0;
	return { ...answer, outcome: layoutOnly ? layoutOutcome(machine) : { results: outcome }, difference };
}

export const OBSERVING: ReadonlySet<string> = new Set(['kernel-log', 'events', 'guest-shell']);

export function differenceAt(index: number, step: RecordedStep, found: string | null): string | null {
	return found === null ? null : `step ${index + 1} (${step.op}): ${found}`;
}

export function refusedToStart(recorded: RecordedCase, text: string): Answer {
	const result = { ok: false, text };
	return {
		results: recorded.steps.filter((step) => 'result' in step).map(() => result),
		steps: recorded.steps.map((step) => ({ op: step.op, result })),
		outcome: result,
		unobserved: [],
		unanswered: [],
		difference: startDifference(recorded, text)
	};
}

/** A start that QEMU refused must be refused with its text; any other must not be. */
export function startDifference(recorded: RecordedCase, text: string): string | null {
	const theirs = recorded.steps.find((step) => step.op === 'start')?.['result'] as { ok?: boolean; text?: string } | undefined;
	if (theirs?.ok !== false) return `the machine does not start: ${text}`;
	return theirs.text === undefined || text.includes(theirs.text) ? null : `start: "${text}", recorded "${theirs.text}"`;
}

function playStep(machine: Machine, step: RecordedStep, hold: () => number, held: number): JsonObject | null {
	switch (step.op) {
		case 'hotplug-dimm':
			return hotplug(machine, step);
		case 'write-block-state': {
			const block = Number(step['block']);
			const fromNs = machine.simulation.nowNs;
			const result = machine.write(`/sys/devices/system/memory/memory${block}/state`, String(step['value']));
			const seconds = (machine.simulation.nowNs - fromNs) / 1e9;
			const after = blockText(machine.status(), block);
			return { op: step.op, block, value: step['value'] ?? null, result, seconds, state_after: after.state, valid_zones_after: after.zones };
		}
		case 'layout': {
			const status = machine.status();
			return {
				op: 'layout',
				zones_pages: zonesPages(status, true),
				blocks: blockGroups(status),
				buddy_free_per_order: buddyFree(status),
				nodes: nodeMasks(status)
			};
		}
		case 'process': {
			const name = `p${hold()}`;
			const out = machine.words(name, step['ops'] as string[]);
			machine.endProcess(name);
			return { op: step.op, out, result: out.filter(told).map(shortened) };
		}
		case 'process-holds': {
			const out = machine.words(`p${hold()}`, step['ops'] as string[]);
			return { op: step.op, out, result: out.filter(told).map(shortened) };
		}
		case 'process-ends': {
			const theirs = step['out'] as { op: string; area?: string }[] | undefined;
			const words = (theirs ?? []).map((each) => (each.area === undefined ? `${each.op} ${areaOf(machine, held)}` : `${each.op} ${each.area}`));
			const out = machine.words(`p${held}`, words);
			machine.endProcess(`p${held}`);
			return { op: step.op, out, result: out.filter(told).map(shortened) };
		}
		case 'qmp': {
			const result = machine.qmp(String(step['command']), (step['arguments'] ?? {}) as QmpArguments);
			machine.advance(10_000_000_000);
			const events = machine.newEvents();
			const { ok, class: kind, text } = result as { ok: boolean; class?: string; text?: string };
			return { op: 'qmp', command: step['command'] ?? null, result: ok ? { ok } : { ok, class: kind ?? '', text: text ?? '' }, events };
		}
		case 'kernel-log':
			return { op: step.op, lines: (machine.simulation.world.r.oses[0]?.log ?? []).map((line) => line.text) };
		case 'guest-shell':
			return shellAnswer(machine, String(step['what'] ?? ''));
		default:
			return null;
	}
}

function areaOf(machine: Machine, held: number): string {
	return machine.status().processes.find((each) => each.id === `p${held}`)?.areas[0]?.name ?? 'a';
}

function hotplug(machine: Machine, step: RecordedStep): JsonObject {
	const id = String(step['id']);
	const size = Number(step['size']);
	const backend = machine.qmp('object-add', { 'qom-type': 'memory-backend-ram', id: `mem-${id}`, size });
	const added =
		(backend as { ok: boolean }).ok === true
			? machine.qmp('device_add', { driver: 'pc-dimm', id, memdev: `mem-${id}`, node: Number(step['node']) })
			: backend;
	machine.advance(2_000_000_000);
	const status = machine.status();
	const dimm = status.dimms.find((each) => each.id === id);
	const { ok, class: kind, text } = added as { ok: boolean; class?: string; text?: string };
	if (!ok || !dimm) return { op: step.op, id, size, node: step['node'] ?? null, result: { ok: false, class: kind ?? '', text: text ?? '' } };
	return {
		op: step.op,
		id,
		size,
		node: step['node'] ?? null,
		result: { ok: true },
		addr: dimm.addr,
		slot: machine.simulation.world.r.dimms.find((each) => each.id === id)?.slot ?? 0,
		first_block: Math.floor(dimm.addr / status.memoryBlockBytes),
		blocks: Math.floor(dimm.bytes / status.memoryBlockBytes)
	};
}

/** Words whose value the recordings leave out of `result`. */
const SILENT: ReadonlySet<string> = new Set(['map', 'mapshared', 'mapsecure', 'nothp', 'hugep', 'touch', 'read', 'sleep', 'unmap', 'free']);
const told = (value: JsonObject): boolean => !SILENT.has(String(value['op']));

/** The short form: what was returned, how many pages of which kind. */
export function shortened(value: JsonObject): JsonObject {
	const op = value['op'] ?? null;
	if (op === 'fork') return { op };
	if (op === 'zones') {
		const zones = value['zones'] as Record<string, { pages: number }> | undefined;
		return { op, pages: Object.fromEntries(Object.entries(zones ?? {}).map(([zone, { pages }]) => [zone, pages])) };
	}
	const short: Record<string, Json> = { op, ret: value['ret'] ?? null, errno: value['errno'] ?? null };
	if (value['status'] !== undefined) short['status'] = value['status'];
	return short;
}

function outcomeOf(step: RecordedStep, mine: JsonObject): Json {
	const result = mine['result'] as { ok?: boolean; text?: string } | undefined;
	switch (step.op) {
		case 'hotplug-dimm':
			return { hotplug: step['id'] ?? null, result: result?.ok === true ? 'ok' : (result?.text ?? '') };
		case 'write-block-state':
			return { block: step['block'] ?? null, write: step['value'] ?? null, result: mine['result'] ?? null };
		case 'process':
		case 'process-holds':
		case 'process-ends':
			return { [step.op]: mine['result'] ?? null };
		case 'qmp':
			return {
				qmp: step['command'] ?? null,
				what: step['what'] ?? null,
				result: result?.ok === true ? 'ok' : (result?.text ?? ''),
				events: (mine['events'] as { event: string; data: { info?: { status?: number } } }[]).map(({ event, data }) =>
					data.info?.status === undefined ? event : `${event}/${data.info.status}`
				)
			};
		default:
			return null;
	}
}

function layoutOutcome(machine: Machine): Json {
	const status = machine.status();
	return { zones_pages: zonesPages(status, true), nodes: nodeMasks(status), blocks: blockGroups(status) };
}
