import type { ActorRecord } from '../steps.ts';
import { Edge, WAY_BITS } from './edges.ts';
import { crashed, type Model, type ModelActor, type PathStep } from './model.ts';
import { Silent, Tables } from './tables.ts';

/** Takes the steps of a path once more and tells each in words. */
export function pathTo(model: Model, edges: readonly number[]): PathStep[] {
	const retold = new Retold(model);
	return edges.map((edge) => retold.take(edge));
}

type Told = Omit<PathStep, 'runs' | 'cut' | 'copies'>;

class Retold {
	private readonly tables: Tables;
	private readonly records: number[];
	private readonly device: number[];
	/** Copies in the caches of hosts, where there is no hardware coherence. */
	private readonly copies = new Map<string, { readonly value: number; readonly dirty: boolean }>();
	private readonly model: Model;
	private readonly dead = new Set<number>();
	private readonly cut = new Set<number>();

	constructor(model: Model) {
		this.model = model;
		this.tables = new Tables(model);
		this.records = model.actors.map((actor) => this.tables.recordId(actor.record));
		this.device = model.words.map(([, value]) => this.tables.valueId(value));
	}

	take(edge: number): PathStep {
		const kind = edge >> 20;
		const told =
			kind === 0
				? this.step(edge >> WAY_BITS, edge & ((1 << WAY_BITS) - 1))
				: kind === Edge.crash >> 20
					? this.crash(edge & 0xff)
					: this.whim(kind === Edge.writeBack >> 20, (edge >> 8) & 0xff, edge & 0xff);
		const runs = this.model.actors.filter((_, index) => this.record(index).running).map(({ name }) => name);
		const copies = [...this.copies].map(([key, { value, dirty }]) => {
			const [host = 0, slot = 0] = key.split('.').map(Number);
			return { host, index: this.indexOf(slot), value: this.tables.values[value] as bigint, changed: dirty };
		});
		return { ...told, runs, cut: [...this.cut], copies };
	}

	private silentTo(host: number): number {
		const { device, fabricManager } = this.model;
		const isDead = (what: number | undefined): boolean => what !== undefined && this.dead.has(what);
		const cut = this.cut.has(host) ? Silent.vmMemory : 0;
		return cut | (isDead(fabricManager) ? Silent.fabricManager : 0) | (isDead(device) ? Silent.device : 0);
	}

	private record(actor: number): ActorRecord {
		return this.tables.records[this.records[actor] as number] as ActorRecord;
	}

	private step(actor: number, number: number): Told {
		const { tables, device } = this;
		const { host, name } = this.model.actors[actor] as ModelActor;
		const cached = this.model.coherent === false;
		const read = (slot: number): number => (cached ? this.copies.get(`${host}.${slot}`)?.value : undefined) ?? (device[slot] as number);
		const way = tables.waysOf(actor, this.records[actor] as number)[number];
		if (!way) throw new Error('a path that is none');
		const taken = tables.take(actor, this.records[actor] as number, way, read, this.silentTo(host));
		this.records[actor] = taken.local;
		if (taken.cuts >= 0) this.cut.add(taken.cuts);
		const before = taken.slot < 0 ? -1 : cached && taken.cache !== null ? (device[taken.slot] as number) : read(taken.slot);
		if (taken.slot >= 0 && cached && taken.cache !== null) this.writeBack(host, taken.slot, taken.cache === 'flush');
		else if (taken.slot >= 0 && !cached) device[taken.slot] = taken.value;
		else if (taken.slot >= 0) {
			const dirty = taken.value !== before || (this.copies.get(`${host}.${taken.slot}`)?.dirty ?? false);
			this.copies.set(`${host}.${taken.slot}`, { value: taken.value, dirty });
		}
		const { says, access } = tables.stepOf(actor, way.step);
		return {
			kind: 'step',
			actor: name,
			host,
			step: way.step,
			says,
			word: this.changed(taken.slot, before),
			refused: taken.refused,
			expected: taken.expected,
			touched: taken.slot < 0 ? null : this.indexOf(taken.slot),
			access
		};
	}

	private crash(host: number): Told {
		this.model.actors.forEach((actor, index) => {
			if (actor.host === host) this.records[index] = this.tables.recordId(crashed(this.model, this.record(index)));
		});
		this.dead.add(host);
		for (const key of [...this.copies.keys()]) if (key.startsWith(`${host}.`)) this.copies.delete(key);
		const name = this.model.hosts[host] as string;
		return this.happened('crash', host, name.length === 1 ? `host ${name} dies` : `${name} fails`, null);
	}

	private whim(back: boolean, host: number, slot: number): Told {
		const key = `${host}.${slot}`;
		const copy = this.copies.get(key);
		if (!copy) throw new Error('a path that is none');
		const before = this.device[slot] as number;
		const called = `the cache of host ${this.model.hosts[host]}`;
		if (!back) {
			this.copies.delete(key);
			return this.happened('drop', host, `${called} drops its copy`, null);
		}
		this.writeBack(host, slot, true);
		// A clean copy that is written back all the same (hosts without the No Clean Writebacks guarantee).
		if (!copy.dirty && !(this.silentTo(host) & Silent.device)) this.device[slot] = copy.value;
		return this.happened('write-back', host, `${called} writes its copy back`, this.changed(slot, before));
	}

	private writeBack(host: number, slot: number, keep: boolean): void {
		const key = `${host}.${slot}`;
		const copy = this.copies.get(key);
		if (!copy) return;
		if (copy.dirty && !(this.silentTo(host) & Silent.device)) this.device[slot] = copy.value;
		if (keep) this.copies.set(key, { ...copy, dirty: false });
		else this.copies.delete(key);
	}

	private happened(kind: Exclude<PathStep['kind'], 'step'>, host: number, says: string, word: PathStep['word']): Told {
		return {
			kind,
			actor: this.model.hosts[host] as string,
			host,
			step: kind,
			says,
			word,
			refused: false,
			expected: null,
			touched: word?.index ?? null,
			access: null
		};
	}

	private indexOf(slot: number): number {
		return (this.model.words[slot] as readonly [number, bigint])[0];
	}

	private changed(slot: number, before: number): PathStep['word'] {
		if (slot < 0 || this.device[slot] === before) return null;
		return {
			index: this.indexOf(slot),
			before: this.tables.values[before] as bigint,
			after: this.tables.values[this.device[slot] as number] as bigint
		};
	}
}
