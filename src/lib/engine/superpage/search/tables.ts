import { ALL_ONES } from '../../contract/superpage.ts';
import type { ActorRecord, ProtocolStep } from '../steps.ts';
import type { SharedWords } from '../words.ts';
import type { Model, ModelActor } from './model.ts';

/**
 * Records and words as small numbers, and what a step does as a table of those numbers. Sound because a step is a function of
 * its actor's record, of the one word it touches and of who answers: it need be run once for each of those (the explorer counts
 * the accesses).
 */
/**
 * What does not answer an actor now, as bits: the VM's own capacity, because its host is cut off; the fabric manager; the device.
 * Where nothing answers, loads give all ones and stores are swallowed.
 */
export const Silent = { vmMemory: 1, fabricManager: 2, device: 4 } as const;
const SILENT_BITS = 3;

export interface Taken {
	/** Record after the step. */
	readonly local: number;
	/** Word that was touched, by its place in the model; −1 for none. */
	readonly slot: number;
	/** Value of that word afterwards. */
	readonly value: number;
	readonly refused: boolean;
	/** What a compare-and-swap expected; null for every other access. */
	readonly expected: bigint | null;
	/** Beside reading and writing a word: its own copy is written back or dropped. */
	readonly cache: 'flush' | 'invalidate' | null;
	/** Host that the device refuses from here on; −1 for none. */
	readonly cuts: number;
}

interface Way {
	readonly step: string;
	/** −2: not known before its first run. */
	slot: number;
	readonly byValue: (Taken | undefined)[];
}

const textOf = (me: ActorRecord): string =>
	JSON.stringify([me.step, me.running, Object.entries(me.locals).sort(([a], [b]) => (a < b ? -1 : 1))]);

export class Tables {
	readonly records: ActorRecord[] = [];
	readonly values: bigint[] = [];
	private readonly recordIds = new Map<string, number>();
	private readonly valueIds = new Map<bigint, number>();
	private readonly slots = new Map<number, number>();
	private readonly steps: ReadonlyMap<string, ProtocolStep>[];
	private readonly ways: (readonly Way[] | undefined)[][];
	private readonly model: Model;

	constructor(model: Model) {
		this.model = model;
		this.steps = model.actors.map((actor) => new Map(actor.steps.map((step) => [step.id, step as unknown as ProtocolStep])));
		this.ways = model.actors.map(() => []);
		model.words.forEach(([index], slot) => this.slots.set(index, slot));
	}

	recordId(me: ActorRecord): number {
		const text = textOf(me);
		let id = this.recordIds.get(text);
		if (id === undefined) {
			id = this.records.length;
			this.recordIds.set(text, id);
			this.records.push(me);
		}
		return id;
	}

	valueId(value: bigint): number {
		let id = this.valueIds.get(value);
		if (id === undefined) {
			id = this.values.length;
			this.valueIds.set(value, id);
			this.values.push(value);
		}
		return id;
	}

	slotOf(index: number): number {
		const slot = this.slots.get(index);
		if (slot === undefined) throw new Error(`model ${this.model.id} does not name word ${index}`);
		return slot;
	}

	stepOf(actor: number, id: string): ProtocolStep {
		const step = this.steps[actor]?.get(id);
		if (!step) throw new Error(`no step ${id}`);
		return step;
	}

	/** Steps that an actor with this record may take next. */
	waysOf(actor: number, local: number): readonly Way[] {
		const known = this.ways[actor]?.[local];
		if (known) return known;
		const spec = this.model.actors[actor] as ModelActor;
		const me = this.records[local] as ActorRecord;
		const ids: string[] = [];
		if (me.step !== 'crashed') {
			if (!spec.rests.includes(me.step)) ids.push(me.step);
			for (const way of spec.ways?.(me) ?? []) ids.push(way);
		}
		const ways = ids.map((step): Way => ({ step, slot: -2, byValue: [] }));
		(this.ways[actor] as (readonly Way[])[])[local] = ways;
		return ways;
	}

	/** What a step does; `read` says what the word of a slot holds for this actor, `silent` who does not answer it. */
	take(actor: number, local: number, way: Way, read: (slot: number) => number, silent = 0): Taken {
		if (way.slot !== -2) {
			const known = way.byValue[(way.slot < 0 ? 0 : read(way.slot) << SILENT_BITS) | silent];
			if (known) return known;
		}
		const taken = this.run(actor, local, way.step, read, silent);
		way.slot = taken.slot;
		way.byValue[(taken.slot < 0 ? 0 : read(taken.slot) << SILENT_BITS) | silent] = taken;
		return taken;
	}

	private run(actor: number, local: number, stepId: string, read: (slot: number) => number, silent: number): Taken {
		const spec = this.model.actors[actor] as ModelActor;
		const before = this.records[local] as ActorRecord;
		const me: ActorRecord = { ...before, locals: { ...before.locals } };
		let slot = -1;
		let value = -1;
		let refused = false;
		let wanted: bigint | null = null;
		let cache: Taken['cache'] = null;
		let cuts = -1;
		let answers = true;
		const touch = (index: number): bigint => {
			if (slot >= 0) throw new Error(`step ${stepId} makes more than one access`);
			slot = this.slotOf(index);
			value = read(slot);
			const cut = (silent & Silent.vmMemory) !== 0 && this.model.vmMemory?.includes(index) === true;
			const gone = (silent & Silent.device) !== 0 && this.model.beside?.includes(index) !== true;
			answers = !cut && !gone;
			return answers ? (this.values[value] as bigint) : ALL_ONES;
		};
		const put = (word: bigint): void => {
			if (answers) value = this.valueId(word);
		};
		const words: SharedWords = {
			load: touch,
			store: (index, word) => {
				touch(index);
				put(word);
			},
			compareAndSwap: (index, expected, word) => {
				wanted = expected;
				refused = touch(index) !== expected;
				if (!refused) put(word);
				return !refused;
			},
			add: (index, more) => {
				const old = touch(index);
				put(old + more);
				return old;
			},
			cut: (host) => {
				if (slot >= 0 || cuts >= 0) throw new Error(`step ${stepId} makes more than one access`);
				if (silent & Silent.fabricManager) return false;
				cuts = host;
				return true;
			},
			flush: (index) => {
				touch(index);
				cache = 'flush';
			},
			invalidate: (index) => {
				touch(index);
				cache = 'invalidate';
			}
		};
		const context = {
			...spec.around,
			words,
			self: spec.host,
			incarnation: spec.incarnationOf?.(before) ?? spec.incarnation,
			me,
			without: this.model.without
		};
		const next = this.stepOf(actor, stepId).run(context);
		me.step = spec.next?.[next] ?? next;
		return { local: this.recordId(me), slot, value, refused, expected: wanted, cache, cuts };
	}
}
