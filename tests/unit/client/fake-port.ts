import { mix32 } from '../../../src/lib/base/hash.ts';
import { ok, refused } from '../../../src/lib/base/outcome.ts';
import { WorkerLost, type Connection } from '../../../src/lib/client/connect.ts';
import type { JournalEntry } from '../../../src/lib/engine/contract/commands.ts';
import {
	COLUMN_NAMES,
	HEADER,
	LAYOUT_HASH,
	LAYOUT_MAGIC,
	LAYOUT_VERSION,
	place,
	REGION_NAMES,
	viewColumns,
	type Capacities
} from '../../../src/lib/engine/contract/layout.ts';
import type { AdvanceAnswer, Buffers, EnginePort } from '../../../src/lib/engine/contract/port.ts';
import type { RunSummary } from '../../../src/lib/engine/contract/queries.ts';
import { readScenario } from '../../../src/lib/engine/contract/scenario/read.ts';
import type { PhaseSpan, WorldStatus } from '../../../src/lib/engine/contract/status.ts';

/**
 * A test double of the engine behind the port: time passes in events of 1 ms, every command is 100 ms of staging, 5 ms of
 * hand-off and 95 ms of unstaging, and the state is a hash of time and journal. It keeps the port's rules about whose
 * buffer it is, and can be told to die, to hang or to break.
 */
const EVENT_NS = 1_000_000;
const STAGING_NS = 100_000_000;
const HANDOFF_NS = 5_000_000;
const MOVE_NS = 200_000_000;

interface FakeWorld {
	buffer: ArrayBufferLike;
	journal: JournalEntry[];
	nowNs: number;
	title: string;
	belief: string | null;
}

export class FakeEngine {
	readonly calls: string[] = [];
	/** Most calls that were ever outstanding at once. */
	mostOutstanding = 0;
	starts = 0;
	/** Next call of this name, once: 'die' = worker lost, 'throw' = an assertion fails. */
	trouble: { call: keyof EnginePort; what: 'die' | 'throw' } | null = null;
	/** A broken rule lies at this moment. */
	crashAtNs = Infinity;
	sharedMemory = true;
	/** Starts that fail. */
	deadStarts = 0;

	private outstanding = 0;

	readonly connect = (): Connection => {
		this.starts += 1;
		const isDead = this.deadStarts > 0;
		if (isDead) this.deadStarts -= 1;
		const port = this.port();
		let ended = false;
		return {
			call: async (ask) => {
				if (isDead || ended) throw new WorkerLost('failed', 'it is dead');
				this.outstanding += 1;
				this.mostOutstanding = Math.max(this.mostOutstanding, this.outstanding);
				try {
					return await ask(port);
				} finally {
					this.outstanding -= 1;
				}
			},
			end: () => {
				ended = true;
			}
		};
	};

	private async enter(call: keyof EnginePort): Promise<void> {
		this.calls.push(call);
		// A real answer is never there in the same task.
		await new Promise((resolve) => setImmediate(resolve));
		if (this.trouble?.call !== call) return;
		const { what } = this.trouble;
		this.trouble = null;
		if (what === 'die') throw new WorkerLost('failed', 'killed by the test');
		throw new Error('planted: a rule is broken');
	}

	private port(): EnginePort {
		const worlds = new Map<number, FakeWorld>();
		let nextWorld = 1;

		const take = (ids: readonly number[], buffers: Buffers | undefined): Buffers | undefined => {
			for (const id of ids) {
				const world = worlds.get(id);
				if (!world) throw new Error(`world ${id} is not open`);
				const given = buffers?.[id];
				if (world.buffer instanceof SharedArrayBuffer) continue;
				if (!given) throw new Error(`the buffer of world ${id} is missing`);
				// What Comlink.transfer does to the sender.
				world.buffer = structuredClone(given, { transfer: [given] });
			}
			return buffers;
		};
		const give = (ids: readonly number[], buffers: Buffers | undefined): { buffers?: Buffers } => {
			if (!buffers) return {};
			return {
				buffers: Object.fromEntries(ids.map((id) => [id, (worlds.get(id) as FakeWorld).buffer as ArrayBuffer]))
			};
		};
		const runTo = (world: FakeWorld, ns: number): void => {
			world.nowNs = ns;
			const words = new Uint32Array(world.buffer, place(capacities).offsets.blockWord, capacities.block);
			words.fill(mix32(ns / 1000, hashOf(world), 7));
		};
		const hashOf = (world: FakeWorld): number =>
			world.journal.filter((entry) => entry.atNs <= world.nowNs).reduce((hash, entry) => mix32(hash, entry.atNs, 3), 1);

		const advance = async (ids: readonly number[], untilNs: number, eventBudget: number, buffers?: Buffers): Promise<AdvanceAnswer> => {
			const taken = take(ids, buffers);
			let events = 0;
			let done = true;
			let crash: AdvanceAnswer['crash'] = null;
			for (const id of ids) {
				const world = worlds.get(id) as FakeWorld;
				const fromNs = Math.min(world.nowNs, untilNs);
				const possible = fromNs + eventBudget * EVENT_NS;
				const target = Math.min(untilNs, possible);
				events += Math.ceil((target - fromNs) / EVENT_NS);
				if (target >= this.crashAtNs) {
					crash = {
						world: id,
						message: 'planted: proof differs',
						stack: 'at fake',
						atNs: this.crashAtNs,
						eventCount: 9,
						journal: world.journal
					};
				} else runTo(world, target);
				if (target < untilNs) done = false;
			}
			const statuses = Object.fromEntries(ids.map((id) => [id, statusOf(worlds.get(id) as FakeWorld)]));
			return { done, statuses, events, progress: done ? 1 : 0.5, crash, ...give(ids, taken) };
		};

		return {
			describe: async () => {
				await this.enter('describe');
				return { modelVersion: 1, layoutVersion: LAYOUT_VERSION, sharedMemory: this.sharedMemory };
			},
			estimate: async () => ok({ bytes: 4096, limitBytes: 8192, parts: [] }),
			open: async ({ scenario, journal, memory, belief }) => {
				await this.enter('open');
				const read = readScenario(scenario);
				if (!read.ok) return refused('bad-scenario', read.detail);
				const id = nextWorld++;
				const world: FakeWorld = {
					buffer: freshBuffer(memory === 'shared'),
					journal: [...(journal ?? (read.value.journal as JournalEntry[]))],
					nowNs: 0,
					title: read.value.title,
					belief: belief ?? null
				};
				worlds.set(id, world);
				const { buffer } = world;
				return ok({ world: id, buffer, byteLength: buffer.byteLength, status: statusOf(world) });
			},
			advance: async ({ worlds: ids, untilNs, eventBudget, buffers }) => {
				await this.enter('advance');
				return advance(ids, untilNs, eventBudget, buffers);
			},
			seek: async ({ worlds: ids, untilNs, eventBudget, buffers }) => {
				await this.enter('seek');
				return advance(ids, untilNs, eventBudget, buffers);
			},
			step: async ({ world, unit, buffers }) => {
				await this.enter('step');
				const state = worlds.get(world) as FakeWorld;
				const next = unit === 'event' ? state.nowNs + EVENT_NS : (bordersOf(state.journal).find((ns) => ns > state.nowNs) ?? Infinity);
				return advance([world], Math.min(next, 60e9), Infinity, buffers);
			},
			send: async ({ world, command, buffers }) => {
				await this.enter('send');
				const taken = take([world], buffers);
				const state = worlds.get(world) as FakeWorld;
				if ('vm' in command && command.vm !== undefined && command.vm !== 'vm0')
					return {
						outcome: refused('unknown-vm', command.vm),
						status: statusOf(state),
						journal: state.journal,
						...give([world], taken)
					};
				state.journal = [...state.journal.filter((entry) => entry.atNs <= state.nowNs), { atNs: state.nowNs, command }];
				runTo(state, state.nowNs);
				return {
					outcome: ok({ operation: state.journal.length }),
					status: statusOf(state),
					journal: state.journal,
					...give([world], taken)
				};
			},
			undo: async ({ world, buffers }) => {
				await this.enter('undo');
				const taken = take([world], buffers);
				const state = worlds.get(world) as FakeWorld;
				const last = state.journal.at(-1);
				state.journal = state.journal.slice(0, -1);
				runTo(state, last?.atNs ?? 0);
				return {
					outcome: ok({ operation: null }),
					status: statusOf(state),
					journal: state.journal,
					...give([world], taken)
				};
			},
			ask: async ({ world, query, buffers }) => {
				await this.enter('ask');
				const taken = take([world], buffers);
				const state = worlds.get(world) as FakeWorld;
				const answers: Record<string, unknown> = {
					summary: summaryOf(state),
					fingerprint: {
						fingerprint: hashOf(state).toString(16).padStart(8, '0') + (state.nowNs % 65536).toString(16).padStart(8, '0'),
						modelVersion: 1
					},
					records: [
						{ seq: 0, atNs: 0 },
						{ seq: 1, atNs: STAGING_NS }
					].slice(0, 2)
				};
				return { answer: answers[query.kind] as never, ...give([world], taken) };
			},
			close: async ({ world }) => {
				await this.enter('close');
				worlds.delete(world);
			}
		};
	}
}

const capacities = Object.fromEntries(REGION_NAMES.map((name) => [name, name === 'block' ? 64 : 1])) as unknown as Capacities;

function freshBuffer(shared: boolean): ArrayBufferLike {
	const placement = place(capacities);
	const buffer = shared ? new SharedArrayBuffer(placement.byteLength) : new ArrayBuffer(placement.byteLength);
	const header = new Uint32Array(buffer, 0, 128);
	header[HEADER.magic] = LAYOUT_MAGIC;
	header[HEADER.version] = LAYOUT_VERSION;
	header[HEADER.layoutHash] = LAYOUT_HASH;
	REGION_NAMES.forEach((name, index) => (header[HEADER.firstCapacity + index] = capacities[name]));
	COLUMN_NAMES.forEach((name, index) => (header[HEADER.firstOffset + index] = placement.offsets[name] / 64));
	viewColumns(buffer, 0, placement);
	return buffer;
}

const bordersOf = (journal: readonly JournalEntry[]): number[] =>
	journal.flatMap(({ atNs }) => [atNs, atNs + STAGING_NS, atNs + STAGING_NS + HANDOFF_NS, atNs + MOVE_NS]);

const until = (endNs: number, nowNs: number): number | null => (endNs <= nowNs ? endNs : null);

function summaryOf({ journal, nowNs }: FakeWorld): RunSummary {
	const operations = journal
		.filter((entry) => entry.atNs <= nowNs)
		.map(({ atNs }, index) => {
			const handOff = atNs + STAGING_NS;
			const spans: [PhaseSpan['id'], number, number][] = [
				['staging', atNs, handOff],
				['handoff', handOff, handOff + HANDOFF_NS],
				['unstaging', handOff + HANDOFF_NS, atNs + MOVE_NS]
			];
			return {
				id: index,
				strategy: 'transit' as const,
				vm: 'vm0',
				phases: spans
					.filter(([, startNs]) => startNs <= nowNs)
					.map(([id, startNs, endNs]) => ({ id, label: id, startNs, endNs: until(endNs, nowNs) })),
				downtime:
					handOff <= nowNs
						? [
								{
									id: 'commit' as const,
									label: 'commit',
									startNs: handOff,
									endNs: until(handOff + HANDOFF_NS, nowNs)
								}
							]
						: [],
				downtimeNs: null,
				startNs: atNs,
				endNs: null,
				networkBytes: 0,
				cxlBytes: 0,
				rounds: []
			};
		});
	return { nowNs, operations, vms: [] };
}

function statusOf({ nowNs, title, belief, journal }: FakeWorld): WorldStatus {
	return {
		scenarioId: 'fake',
		title,
		nowNs,
		eventCount: nowNs / EVENT_NS,
		settled: journal.length === 0,
		nextEventNs: nowNs + EVENT_NS,
		traceCount: 2,
		hosts: [],
		memories: [],
		vms: [],
		operations: [],
		links: [],
		extents: [],
		machines: [],
		fabric: null,
		vdpa: null,
		rack: null,
		marks: [],
		switchExtraNs: null,
		belief
	};
}
