import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareZonesStep, list } from './compare-zones.ts';
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
	const crowd: Crowd = { count: 0, held: [] };
	recorded.steps.forEach((step, index) => {
		const mine = attempt(answer, index, step, () => playStep(machine, step, crowd));
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

/** A step that fails to play is not answered; the ones after it are. */
export function attempt(answer: Answer, index: number, step: RecordedStep, play: () => JsonObject | null): JsonObject | null {
	try {
		return play();
	} catch (error) {
		answer.unanswered.push(`step ${index + 1} (${step.op}): ${(error as Error).message}`);
		return null;
	}
}

/** The words of a step: a list of text, whatever else stands there. */
export const wordsOf = (step: RecordedStep): string[] => (Array.isArray(step['ops']) ? step['ops'].map(String) : []);

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
	const theirs = recorded.steps.find((step) => step.op === 'start')?.['result'] as
		{ ok?: boolean; class?: string; text?: string } | undefined;
	if (theirs?.class === 'process-exit') return null;
	if (theirs?.ok !== false) return `the machine does not start: ${text}`;
	return theirs.text === undefined || text.includes(theirs.text) ? null : `start: "${text}", recorded "${theirs.text}"`;
}

/** Processes so far, and those that still hold something, the latest last. */
interface Crowd {
	count: number;
	readonly held: string[];
}

function playStep(machine: Machine, step: RecordedStep, crowd: Crowd): JsonObject | null {
	switch (step.op) {
		case 'hotplug-dimm':
			return hotplug(machine, step);
		case 'write-block-state': {
			const block = Number(step['block']);
			const fromNs = machine.simulation.nowNs;
			const result = machine.write(`/sys/devices/system/memory/memory${block}/state`, String(step['value']));
			const seconds = (machine.simulation.nowNs - fromNs) / 1e9;
			const after = blockText(machine.status(), block);
			return {
				op: step.op,
				block,
				value: step['value'] ?? null,
				result,
				seconds,
				state_after: after.state,
				valid_zones_after: after.zones
			};
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
			const name = `p${(crowd.count += 1)}`;
			const out = machine.words(name, wordsOf(step));
			machine.endProcess(name);
			return { op: step.op, out, result: out.filter(told).map(shortened) };
		}
		case 'process-holds': {
			const name = `p${(crowd.count += 1)}`;
			crowd.held.push(name);
			const out = machine.words(name, wordsOf(step));
			return { op: step.op, out, result: out.filter(told).map(shortened) };
		}
		case 'process-ends': {
			const name = crowd.held.pop() ?? 'p0';
			const out = machine.words(name, Array.isArray(step['ops']) ? wordsOf(step) : finalWords(machine, step, name));
			machine.endProcess(name);
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

/** What a process was asked before it ended stands only in what it answered. */
function finalWords(machine: Machine, step: RecordedStep, name: string): string[] {
	const theirs = list(Array.isArray(step['out']) ? step['out'] : step['result']);
	return theirs.map((each) => `${String(each['op'])} ${typeof each['area'] === 'string' ? each['area'] : areaOf(machine, name)}`);
}

function areaOf(machine: Machine, name: string): string {
	return machine.status().processes.find((each) => each.id === name)?.areas[0]?.name ?? 'a';
}

function hotplug(machine: Machine, step: RecordedStep): JsonObject {
	const id = String(step['id']);
	const size = Number(step['size']);
	// Each DIMM has a backend of its own, also the second one of a name.
	machine.qmp('object-del', { id: `mem-${id}` });
	const backend = machine.qmp('object-add', { 'qom-type': 'memory-backend-ram', id: `mem-${id}`, size });
	const added =
		(backend as { ok: boolean }).ok === true
			? machine.qmp('device_add', { driver: 'pc-dimm', id, memdev: `mem-${id}`, node: Number(step['node']) })
			: backend;
	machine.advance(2_000_000_000);
	const status = machine.status();
	const dimm = status.dimms.find((each) => each.id === id);
	const { ok, class: kind, text } = added as { ok: boolean; class?: string; text?: string };
	if (!ok || !dimm)
		return { op: step.op, id, size, node: step['node'] ?? null, result: { ok: false, class: kind ?? '', text: text ?? '' } };
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
