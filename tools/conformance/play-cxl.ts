import { cxlOf } from '../../src/lib/engine/cxl/find.ts';
import { readCxlFile } from '../../src/lib/engine/cxl/sysfs.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareCxlStep } from './compare-cxl.ts';
import { labelsOf, namesBySerial, translate, type Labels } from './cxl-labels.ts';
import { playHosts } from './cxl-hosts.ts';
import { cxlShell } from './cxl-shell.ts';

import { MACHINE, openMachine, type Machine } from './machine.ts';
import { attempt, differenceAt, OBSERVING, refusedToStart } from './play-zones.ts';

/** Plays a case of the family cxl-topology: commands at the shell, files of sysfs, starts, two machines over one file. */
export function playCxl(recorded: RecordedCase): Answer {
	if (Number(recorded.config['hosts'] ?? 1) > 1) return playHosts(recorded);
	const opened = openMachine(recorded);
	if (!opened.ok) return refusedToStart(recorded, opened.text);
	const { machine } = opened;
	const labels = labelsOf(recorded, cxlOf(machine.simulation.world, 0));
	const answer: Answer = { results: [], steps: [], outcome: null, unobserved: [], unanswered: [], difference: null };
	const outcome: Json[] = [];
	let difference: string | null = null;
	recorded.steps.forEach((step, index) => {
		const mine = attempt(answer, index, step, () => playCxlStep(machine, step, labels));
		answer.steps.push(mine);
		if ('result' in step) answer.results.push(mine?.['result'] ?? null);
		if (mine === null) {
			if (OBSERVING.has(step.op)) answer.unobserved.push(`${step.op}: ${String(step['what'] ?? '')}`);
			else answer.unanswered.push(step.op);
			return;
		}
		if ('result' in step && step.op !== 'start') outcome.push(shortResult(mine));
		difference ??= differenceAt(index, step, compareCxlStep(step, mine));
	});
	const started = recorded.steps.find((step) => step.op === 'start');
	return { ...answer, outcome: started !== undefined && outcome.length === 0 ? { ok: true } : { results: outcome }, difference };
}

/** "ok", an errno, or exit status with the first lines, as outcomes hold it. */
function shortResult(mine: JsonObject): Json {
	if (typeof mine['result'] === 'string') return mine['result'];
	return mine['rc'] === 0 || mine['rc'] === undefined
		? 'ok'
		: { rc: mine['rc'], messages: (mine['messages'] as Json[]).slice(0, MOST_LINES) };
}
const MOST_LINES = 3;

/** One step on a machine with a guest; null: it is none of these. */
export function playCxlStep(machine: Machine, step: RecordedStep, labels: Labels): JsonObject | null {
	switch (step.op) {
		case 'start':
			return { op: 'start', result: { ok: true } };
		case 'cli':
			return cli(machine, String(step['cmd']), labels);
		case 'sysfs-write': {
			const path = labels.toOurs(String(step['path']));
			const result = machine.write(fullPath(path), labels.toOurs(String(step['value'])));
			return { op: step.op, path: step['path'] ?? null, value: step['value'] ?? null, result };
		}
		case 'sysfs-read': {
			const cxl = cxlOf(machine.simulation.world, 0);
			const text = cxl === null ? null : readCxlFile(cxl, fullPath(labels.toOurs(String(step['path']))));
			return text === null ? null : { op: step.op, path: step['path'] ?? null, result: labels.toTheirs(text) };
		}
		case 'names': {
			const cxl = cxlOf(machine.simulation.world, 0);
			if (cxl === null) return null;
			const { memdevs, decoders } = namesBySerial(cxl);
			return { op: 'names', memdevs_by_serial: memdevs.map(labels.toTheirs), endpoint_decoders_by_serial: decoders.map(labels.toTheirs) };
		}
		case 'kernel-log':
			return { op: step.op, lines: cxlLines(machine).map(labels.toTheirs) };
		case 'guest-shell':
			return cxlShell(machine, String(step['what'] ?? ''), labels);
		default:
			return null;
	}
}

/** Recordings keep the lines of the CXL drivers. */
const cxlLines = (machine: Machine): string[] =>
	(machine.simulation.world.r.oses[0]?.log ?? []).map((line) => line.text).filter((text) => /cxl|CXL/.test(text));

const fullPath = (path: string): string =>
	path.startsWith('/') ? path : /^drivers\//.test(path) ? `/sys/bus/cxl/${path}` : `/sys/bus/cxl/devices/${path}`;

/** A line for cxl or daxctl in the shape of the recordings. Lines without a colon are left out there (summaries of daxctl). */
export function cli(machine: Machine, cmd: string, labels: Labels): JsonObject {
	const call = machine.start({ name: 'shell', machine: MACHINE, line: labels.toOurs(cmd) });
	if (typeof call === 'string') throw new Error(call);
	machine.settle(call, PATIENCE_NS);
	const value = machine.callNow(call).value as { rc: number; messages: string[]; json?: Json };
	const messages = value.messages.map(labels.toTheirs).filter((line) => line.includes(':'));
	const text = messages[0] ?? '';
	return {
		op: 'cli',
		cmd,
		rc: value.rc,
		messages,
		...(value.json === undefined ? {} : { json: translate(value.json, labels.toTheirs) }),
		result: value.rc === 0 ? { ok: true } : { ok: false, text }
	};
}
/** Longer than any time limit that stands in a command. */
const PATIENCE_NS = 30_000_000_000;
