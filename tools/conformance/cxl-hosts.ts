import type { Command } from '../../src/lib/engine/contract/commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { CallRecord } from '../../src/lib/engine/state/machine-records.ts';
import { jsonText } from '../../src/lib/engine/cxl/tools/json-c.ts';
import type { JsonValue } from '../../src/lib/engine/state/machine-records.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareCxlStep } from './compare-cxl.ts';
import { attempt, differenceAt, refusedToStart, wordsOf } from './play-zones.ts';

/** Plays a case with several machines: each has its region over its memory device, programs map the dax devices. */
export function playHosts(recorded: RecordedCase): Answer {
	const hosts = Number(recorded.config['hosts']);
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'recorded',
			title: recorded.title.slice(0, 80),
			machines: Array.from({ length: hosts }, (_, host) => ({ id: nameOf(host), qemuArgs: wholeArgs(recorded), append: LEFT_OFFLINE })),
			untilNs: 1_000_000_000_000
		},
		limitBytes: 4 * 2 ** 30
	});
	if (!opened.ok) return refusedToStart(recorded, opened.detail);
	const crowd: Crowd = { simulation: opened.value, count: 0, held: new Map() };
	const answer: Answer = { results: [], steps: [], outcome: null, unobserved: [], unanswered: [], difference: null };
	const outcome: Json[] = [];
	let difference: string | null = null;
	recorded.steps.forEach((step, index) => {
		prepare(crowd, recorded.steps[index + 1]);
		const mine = attempt(answer, index, step, () => playStep(crowd, step));
		answer.steps.push(mine);
		if ('result' in step) answer.results.push(mine?.['result'] ?? null);
		if (mine === null) {
			answer.unanswered.push(step.op);
			return;
		}
		const differing = ((mine['out'] as JsonObject[] | undefined) ?? [])
			.filter?.((each) => each['op'] === 'check')
			.map((each) => each['ret'] ?? null);
		if (step.op === 'process' && differing !== undefined && differing.length > 0)
			outcome.push({ host: step['host'] ?? null, what: step['what'] ?? null, pages_that_differ: differing });
		difference ??= differenceAt(index, step, compareCxlStep(step, mine));
	});
	return { ...answer, outcome: { results: outcome }, difference };
}

/** Blocks stay offline, so that the device can become devdax at once. */
const LEFT_OFFLINE = 'memhp_default_state=offline';

const nameOf = (host: number): string => `m${host}`;

interface Crowd {
	readonly simulation: Simulation;
	count: number;
	/** Process that holds a mapping, by machine. */
	readonly held: Map<string, string>;
}

/** Recordings of this kind keep only the device part of the command line: the board, and RAM of the size of its backends. */
function wholeArgs(recorded: RecordedCase): string[] {
	const args = Array.isArray(recorded.config['qemu_args']) ? recorded.config['qemu_args'].map(String) : [];
	const backing = args.flatMap((word) => /^node,.*memdev=(\w+)/.exec(word)?.[1] ?? []);
	const sizes = args.flatMap((word) => {
		const id = /^memory-backend-\w+,(?:.*,)?id=([\w-]+)/.exec(word)?.[1];
		return id !== undefined && backing.includes(id) ? [/size=(\d+)M/.exec(word)?.[1] ?? '0'] : [];
	});
	const megabytes = sizes.reduce((sum, size) => sum + Number(size), 0);
	const before =
		args.includes('-machine') || (args.includes('-M') && args.some((word) => word.startsWith('q35'))) ? [] : ['-machine', 'q35,cxl=on'];
	// The family hides the flag "hypervisor" unless a title says otherwise.
	const cpu = args.includes('-cpu') || /hypervisor/.test(recorded.title) ? [] : ['-cpu', 'max,-hypervisor'];
	return [...before, ...cpu, ...(args.includes('-m') || megabytes === 0 ? [] : ['-m', `${megabytes}M`]), ...args];
}

/** The call of a command, run to its end. */
function run(crowd: Crowd, command: Command): CallRecord {
	const sent = crowd.simulation.send(command);
	if (!sent.ok) throw new Error(sent.detail);
	const find = (): CallRecord => crowd.simulation.world.r.calls.find((call) => call.id === sent.value.call) as CallRecord;
	if (find().state === 'running')
		crowd.simulation.advance(crowd.simulation.nowNs + 30_000_000_000, Infinity, () => find().state === 'done');
	return find();
}

function words(crowd: Crowd, machine: string, process: string, ops: readonly string[]): JsonObject[] {
	return ops.map((each) => {
		const call = run(crowd, { name: 'process', machine, process, words: each });
		return (call.value as JsonObject | null) ?? { op: each.split(' ')[0] ?? '', errno: call.errno };
	});
}

const MAPPED = 'map a 4M /dev/dax0.0';

/** A step may tell that its process began before the step ahead of it: it "holds its mapping". */
function prepare(crowd: Crowd, next: RecordedStep | undefined): void {
	if (next === undefined || !/holds its mapping/.test(String(next['what'] ?? ''))) return;
	const machine = nameOf(Number(next['host']));
	const process = `p${(crowd.count += 1)}`;
	words(crowd, machine, process, [MAPPED, ...(/wrote the pattern/.test(String(next['what'])) ? ['touch a'] : [])]);
	crowd.held.set(machine, process);
}

function playStep(crowd: Crowd, step: RecordedStep): JsonObject | null {
	const machine = nameOf(Number(step['host'] ?? 0));
	const what = String(step['what'] ?? '');
	if (step.op === 'guest-shell') return /region over the memdev/.test(what) ? regionAndDevice(crowd, machine, step) : null;
	if (step.op !== 'process') return null;
	const head = { op: step.op, host: step['host'] ?? null, what };
	const holder = crowd.held.get(machine);
	if (holder !== undefined && /old mapping/.test(what)) {
		crowd.held.delete(machine);
		const out = words(crowd, machine, holder, ['check a']);
		run(crowd, { name: 'process-end', machine, process: holder });
		return { ...head, out };
	}
	const process = `p${(crowd.count += 1)}`;
	const out = words(crowd, machine, process, opsOf(step, what));
	run(crowd, { name: 'process-end', machine, process });
	return { ...head, out };
}

/** Where only the answers were kept, the words follow from them and from the label. */
function opsOf(step: RecordedStep, what: string): string[] {
	if (Array.isArray(step['ops'])) return wordsOf(step);
	const range = /first (\d+) ([KMG])iB/.exec(what);
	const part = range === null ? '' : ` ${range[1] as string}${range[2] as string}`;
	const theirs = Array.isArray(step['out']) ? (step['out'] as JsonObject[]) : [];
	return theirs.map(({ op }) => (op === 'map' ? MAPPED : `${String(op)} a${op === 'dirty' ? part : ''}`));
}

/** A region over the first memory device, its dax device in devdax mode. */
function regionAndDevice(crowd: Crowd, machine: string, step: RecordedStep): JsonObject {
	const shell = (line: string): { rc: number; json?: JsonValue } =>
		run(crowd, { name: 'shell', machine, line }).value as { rc: number; json?: JsonValue };
	const made = shell('cxl create-region -m -t ram -d decoder0.0 -w 1 mem0');
	shell('daxctl reconfigure-device --mode=devdax --force dax0.0');
	const { json } = shell('daxctl list -D');
	return {
		op: 'guest-shell',
		host: step['host'] ?? null,
		what: step['what'] ?? null,
		out: `region rc=${made.rc}${json === undefined ? '' : `\n${jsonText(json)}`}`
	};
}
