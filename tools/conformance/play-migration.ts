import { NS_PER_MS, NS_PER_S } from '../../src/lib/base/units.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { differingCxlPages } from '../../src/lib/engine/migration/qemu/cxl-memory.ts';
import { emptyProcess, runStateOf } from '../../src/lib/engine/migration/qemu/processes.ts';
import { queryMigrate, queryStatus } from '../../src/lib/engine/migration/qemu/query.ts';
import { stateFileBytes } from '../../src/lib/engine/migration/qemu/ram-blocks.ts';
import type { QemuRecord } from '../../src/lib/engine/state/qemu-records.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareMigrationOutcome, compareMigrationStep } from './compare-migration.ts';
import { isMonitorWord, onlyLooks } from './known.ts';
import { spell } from './migration-labels.ts';
import { sizeOf } from './migration-machine.ts';
import { openMigration, say, SOURCE, TARGET, UNLIMITED_BYTES_PER_SECOND, VM, type Opened } from './migration-world.ts';
import { attempt, differenceAt, OBSERVING } from './play-zones.ts';

/** Plays a case of the family migration: words at the monitors of two QEMU processes of one VM, and what is seen of it. */
export function playMigration(recorded: RecordedCase): Answer {
	const player = new MigrationPlayer(recorded);
	const answer: Answer = { results: [], steps: [], outcome: null, unobserved: [], unanswered: [], difference: null };
	let difference: string | null = null;
	recorded.steps.forEach((step, index) => {
		const mine = attempt(answer, index, step, () => player.play(step, index));
		answer.steps.push(mine);
		if ('result' in step) answer.results.push(mine?.['result'] ?? null);
		if (mine === null) {
			if (OBSERVING.has(step.op) || (step.op === 'qmp' && onlyLooks(String(step['command']))))
				answer.unobserved.push(`${step.op}: ${String(step['command'] ?? step['what'] ?? '')}`);
			else if (!answer.unanswered.some((each) => each.startsWith(`step ${index + 1} `)))
				answer.unanswered.push(step.op === 'qmp' ? `qmp ${String(step['command'])}` : step.op);
			return;
		}
		difference ??= differenceAt(index, step, compareMigrationStep(step, mine));
	});
	const outcome = player.outcome();
	difference ??= compareMigrationOutcome(recorded.outcome, outcome);
	return { ...answer, outcome, difference };
}

/** The recorder looked every 50 ms, until the migration had ended, paused, or waited for a word. */
const LOOK_NS = 50 * NS_PER_MS;
const RESTS = ['none', 'completed', 'failed', 'cancelled', 'pre-switchover', 'postcopy-paused'];
/** How long a look lasts beyond its limit when a word was said that takes effect at the next turn of the loop. */
const TURN_NS = NS_PER_S;

class MigrationPlayer {
	private readonly opened: Opened;
	private readonly recorded: RecordedCase;
	private readonly told: Json[] = [];
	private beganNs = 0;
	/** Records before this one are of an earlier migration. */
	private beganSeq = 0;
	private ordered = false;
	private listened = false;
	private killed = false;
	private last: Json = null;
	private readonly checks: number[] = [];

	constructor(recorded: RecordedCase) {
		this.recorded = recorded;
		this.opened = openMigration(recorded);
		const names = this.targetCapabilities();
		if (names.length > 0)
			say(this.opened.simulation, TARGET, 'migrate-set-capabilities', {
				capabilities: names.map((capability) => ({ capability, state: true }))
			});
		const parameters = recorded.config['destination_parameters'];
		if (parameters !== undefined) say(this.opened.simulation, TARGET, 'migrate-set-parameters', parameters as QmpArguments);
	}

	/**
	 * What the destination is given. As the recording says; else the recorder gave both sides the same and logged the source's,
	 * except in a case about a difference that names no other difference.
	 */
	private targetCapabilities(): readonly string[] {
		const { config, title } = this.recorded;
		const said = config['destination_capabilities'];
		if (Array.isArray(said)) return said.map(String);
		if (this.recorded.steps.some((step) => step['side'] === 'destination' && step['command'] === 'migrate-set-capabilities')) return [];
		const names = (config['capabilities'] ?? []) as readonly string[];
		const tags = (this.recorded as { tags?: readonly string[] }).tags ?? [];
		const otherwise = Object.keys(config).some((key) => key.startsWith('destination_'));
		const oneSide = (tags.includes('mismatch') && !otherwise) || /one side only|(source|sender) only|only (at|on) the source/.test(title);
		return oneSide ? [] : names;
	}

	private get world() {
		return this.opened.simulation.world;
	}

	/** The process that sends is the first one; the other is the youngest beside it. */
	private source(): QemuRecord {
		const records = this.world.r.qemu ?? [];
		return records.find((record) => record.host === 0) ?? emptyProcess(this.world, 0, 0, false);
	}
	private target(): QemuRecord {
		const records = this.world.r.qemu ?? [];
		const source = this.source();
		return records.findLast((record) => record !== source) ?? emptyProcess(this.world, 0, 1, true);
	}
	private side(step: RecordedStep): QemuRecord {
		return step['side'] === 'destination' ? this.target() : this.source();
	}

	play(step: RecordedStep, index: number): JsonObject | null {
		switch (step.op) {
			case 'qmp':
				return this.qmp(step, index);
			case 'guest-load':
				return this.load(step);
			case 'watch-migration':
				return this.watch(step);
			case 'destination-state':
				return this.destinationState();
			case 'events':
				return { op: step.op, events: this.side(step).events.map(({ atNs, event, data }) => ({ t: atNs / NS_PER_S, event, data })) };
			case 'stderr':
				return { op: step.op, lines: this.side(step).stderr };
			case 'blocked-reasons':
				return { op: step.op, reasons: queryMigrate(this.world, this.side(step))['blocked-reasons'] ?? null };
			case 'kill-destination':
				return this.kill(step);
			case 'state-file':
				return { op: step.op, bytes: stateFileBytes(this.world, this.source()) };
			case 'start-with-only-migratable':
				return { op: step.op, result: this.startsOnlyMigratable() };
			case 'guest-shell':
				return this.shell(step);
			default:
				return null;
		}
	}

	private qmp(step: RecordedStep, index: number): JsonObject | null {
		const execute = String(step['command']);
		const theirs = step['result'] as JsonObject | undefined;
		if (!isMonitorWord(execute) && theirs?.['class'] !== 'CommandNotFound') return null;
		const at = step['side'] === 'destination' ? TARGET : SOURCE;
		const given = this.arguments(execute, (step['arguments'] ?? {}) as QmpArguments, index);
		if (execute === 'migrate-incoming') this.listened = true;
		if (execute === 'migrate') this.begin();
		const said = say(this.opened.simulation, at, execute, given);
		if (execute === 'migrate-start-postcopy') this.ordered = true;
		if (said.ok) return { op: step.op, result: { ok: true } };
		this.told.push(said.text);
		return { op: step.op, result: { ok: false, class: classOf(said.text), text: said.text } };
	}

	private begin(): void {
		if (this.source().outgoing !== 'postcopy-paused') {
			this.beganNs = this.world.r.nowNs;
			this.beganSeq = this.world.r.traceCount;
		}
	}

	private arguments(execute: string, given: QmpArguments, index: number): QmpArguments {
		const { listening } = this.target();
		return spell(execute, given, {
			steps: this.recorded.steps,
			index,
			file: this.source().file,
			listening: listening === null ? null : addressText(listening),
			listened: this.listened
		});
	}

	/** Behind the switch of post-copy the guest lives there: what the source sees of its end is a connection that is gone. */
	private kill(step: RecordedStep): JsonObject {
		const { simulation } = this.opened;
		if (!say(simulation, TARGET, 'quit', {}).ok) {
			const cut = simulation.send({ name: 'rack', execute: 'break-stream', vm: VM });
			if (!cut.ok) throw new Error(cut.detail);
			this.killed = true;
		}
		simulation.advance(this.world.r.nowNs + LOOK_NS);
		return { op: step.op };
	}

	private load(step: RecordedStep): JsonObject {
		const rate = sizeOf(step['dirty_rate_bytes_per_s']);
		const sent = this.opened.simulation.send({
			name: 'set-workload',
			vm: VM,
			workload: {
				kind: 'sequential',
				workingSetBytes: sizeOf(step['working_set']),
				rateBytesPerSecond: rate === 0 ? UNLIMITED_BYTES_PER_SECOND : rate
			}
		});
		if (!sent.ok) throw new Error(sent.detail);
		return { op: step.op };
	}

	private watch(step: RecordedStep): JsonObject {
		const { simulation } = this.opened;
		const limitNs = this.world.r.nowNs + Number(step['limit_s'] ?? 0) * NS_PER_S;
		while (!RESTS.includes(this.source().outgoing)) {
			const waits = this.ordered && this.source().outgoing === 'active';
			if (this.world.r.nowNs >= limitNs + (waits ? TURN_NS : 0)) break;
			simulation.advance(this.world.r.nowNs + LOOK_NS);
		}
		this.ordered = false;
		const query = queryMigrate(this.world, this.source()) as unknown as JsonObject;
		this.last = query;
		this.told.push(this.source().outgoing);
		// A word that was refused has begun nothing: what stood before still stands.
		const seen = this.statuses();
		return { op: step.op, status_over_time: seen.length > 0 ? seen : [[0, this.source().outgoing]], 'query-migrate': query };
	}

	/** Every status since migrate was said, also one that lasts no time. */
	private statuses(): [number, string][] {
		return this.world.trace
			.filter((record) => record.kind === 'status' && record.vm === VM && record.seq >= this.beganSeq)
			.map((record) => [(record.atNs - this.beganNs) / NS_PER_S, String(record.values['to'])]);
	}

	private destinationState(): JsonObject {
		const target = this.target();
		const source = this.source();
		this.untilLoaded(target);
		const from = { status: runStateOf(this.world, source), running: runStateOf(this.world, source) === 'running' };
		if (target.ended || this.killed) {
			this.told.push('destination exited');
			return { op: 'destination-state', exited: true, stderr: target.stderr.join('\n'), source: from };
		}
		const status = queryStatus(this.world, target) as JsonObject;
		this.told.push(`destination ${String(status['status'])}`);
		return {
			op: 'destination-state',
			'query-status': status,
			'query-migrate': { status: queryMigrate(this.world, target).status ?? null },
			source: from,
			...(status['running'] === true ? { guest_answers: true } : {})
		};
	}

	/** Who reads a file reads it to its end by itself; the recorder looked when it was there. */
	private untilLoaded(target: QemuRecord): void {
		const operation = this.world.r.operations[target.operation - 1];
		for (let look = 0; look < 1200 && operation?.state === 'running' && operation.monitored?.source === -1; look += 1)
			this.opened.simulation.advance(this.world.r.nowNs + LOOK_NS);
	}

	private startsOnlyMigratable(): Json {
		const { onlyMigratable } = this.opened;
		return onlyMigratable === null ? { ok: true } : { ok: false, text: onlyMigratable };
	}

	/** Words in the guest: whether it lives, and whether a program finds again what it wrote into the memory of its CXL device. */
	private shell(step: RecordedStep): JsonObject | null {
		const lives = runStateOf(this.world, this.side(step)) === 'running';
		const found = [...String(step['out'] ?? '').matchAll(/"op":"check"/g)].length;
		if (this.world.scenario.vms[0]?.qemu?.cxl && found > 0) {
			// The log of the program is one: what it found before stands in it again.
			while (this.checks.length < found) this.checks.push(differingCxlPages(this.world, 0));
			return { op: step.op, rc: 0, checks: this.checks.slice(0, found) };
		}
		return { op: step.op, rc: lives ? 0 : 1 };
	}

	outcome(): Json {
		return { results: this.told, final: this.last };
	}
}

/** The class of an error, as QMP has it. */
function classOf(text: string): string {
	if (/^Device '.*' not found$/.test(text)) return 'DeviceNotFound';
	return /^The command .* has not been found$/.test(text) ? 'CommandNotFound' : 'GenericError';
}

const addressText = (listening: string): string => {
	const { transport, rest } = JSON.parse(listening) as { transport: string; rest: string };
	return `${transport}:${rest}`;
};
