import type { ActorRecord } from '../steps.ts';
import { Edge, WAY_BITS } from './edges.ts';
import { crashed, type Found, type Model, type ModelActor, type Progress, type Statement, type View, type Violation } from './model.ts';
import { pathTo } from './path.ts';
import { Rows } from './rows.ts';
import { canonical } from './symmetry.ts';
import { Silent, Tables, type Taken } from './tables.ts';

/**
 * Breadth first over every order of the actors' steps, with a crash of any host that may crash at any point, so that the first
 * path to a violation is a shortest one. Works in slices: `advance` looks at some states and returns.
 */
export interface Limits {
	readonly mostStates?: number;
	readonly depth?: number;
	/** End at the first violation. */
	readonly first?: boolean;
}

export class Search {
	readonly model: Model;
	readonly tables: Tables;
	readonly rows: Rows;
	private readonly limits: Limits;
	private parents: number[] = [-1];
	private edges: number[] = [0];
	private depths: number[] = [0];
	private at = 0;
	private transitions = 0;
	private ends = 0;
	private whole = true;
	private stopped = false;
	private readonly violations = new Map<string, { says: string; way: readonly number[] }>();
	private readonly endings: Record<string, number> = {};
	private readonly atWords: number;
	private readonly atDead: number;
	private readonly atCut: number;
	private readonly atCaches: number;
	private readonly row: Uint16Array;
	private readonly next: Uint16Array;

	constructor(model: Model, limits: Limits = {}) {
		this.model = model;
		this.limits = limits;
		this.tables = new Tables(model);
		this.atWords = model.actors.length;
		this.atDead = this.atWords + model.words.length;
		this.atCut = this.atDead + 1;
		this.atCaches = this.atCut + 1;
		const cached = model.coherent === false ? model.hosts.length * model.words.length : 0;
		this.rows = new Rows(this.atCaches + cached);
		this.row = new Uint16Array(this.rows.width);
		this.next = new Uint16Array(this.rows.width);
		model.actors.forEach((actor, index) => {
			this.row[index] = this.tables.recordId(actor.record);
		});
		model.words.forEach(([, value], slot) => {
			this.row[this.atWords + slot] = this.tables.valueId(value);
		});
		this.rows.add(this.row);
		const view = this.viewOf(this.row);
		for (const statement of model.statements)
			if (statement.holds && !statement.holds(view)) this.violations.set(statement.id, { says: statement.says, way: [] });
	}

	progress(): Progress {
		return {
			states: this.rows.count,
			transitions: this.transitions,
			waiting: this.stopped ? 0 : this.rows.count - this.at,
			depth: this.depths[Math.min(this.at, this.depths.length - 1)] as number,
			done: this.stopped || this.at >= this.rows.count
		};
	}

	/** Looks at up to `states` more states; true when there is nothing left to look at. */
	advance(states: number): boolean {
		const { mostStates = 2_000_000, depth = Infinity, first = false } = this.limits;
		for (let looked = 0; looked < states && !this.stopped && this.at < this.rows.count; looked += 1) {
			if (this.rows.count > mostStates || (first && this.violations.size > 0)) {
				this.whole = false;
				this.stopped = true;
				break;
			}
			if ((this.depths[this.at] as number) >= depth) this.whole = false;
			else this.look(this.at);
			this.at += 1;
		}
		return this.progress().done;
	}

	found(): Found {
		const violations = [...this.violations].map(([statement, { says, way }]): Violation => ({
			statement,
			says,
			path: pathTo(this.model, way)
		}));
		violations.sort((a, b) => a.path.length - b.path.length);
		return { ...this.progress(), whole: this.whole && this.violations.size === 0, ends: this.ends, violations, endings: this.endings };
	}

	/** Edges from the beginning to a state. */
	private wayTo(row: number): number[] {
		const way: number[] = [];
		for (let at = row; at > 0; at = this.parents[at] as number) way.unshift(this.edges[at] as number);
		return way;
	}

	viewOf(row: Uint16Array): View {
		return {
			word: (index) => this.tables.values[row[this.atWords + this.tables.slotOf(index)] as number] as bigint,
			actor: (index) => this.tables.records[row[index] as number] as ActorRecord,
			dead: (host) => (((row[this.atDead] as number) >> host) & 1) === 1,
			cut: (host) => (this.silentTo(row, host) & (Silent.vmMemory | Silent.device)) !== 0
		};
	}

	/** Who does not answer a host in this state. */
	private silentTo(row: Uint16Array, host: number): number {
		const { device, fabricManager } = this.model;
		const dead = row[this.atDead] as number;
		const isDead = (what: number | undefined): boolean => what !== undefined && ((dead >> what) & 1) === 1;
		const cut = ((row[this.atCut] as number) >> host) & 1;
		return (cut ? Silent.vmMemory : 0) | (isDead(fabricManager) ? Silent.fabricManager : 0) | (isDead(device) ? Silent.device : 0);
	}

	/** Place of a host's copy of a word in a row; its value is 0 for none, else 2 × (value + 1) + dirty. */
	private copyAt(host: number, slot: number): number {
		return this.atCaches + host * this.model.words.length + slot;
	}

	private look(at: number): void {
		const { model, row } = this;
		this.rows.copy(at, row);
		let moved = false;
		for (let actor = 0; actor < model.actors.length; actor += 1) {
			const wakes = (model.actors[actor] as ModelActor).wakesWhenDead;
			if (wakes !== undefined && (((row[this.atDead] as number) >> wakes) & 1) === 0) continue;
			const ways = this.tables.waysOf(actor, row[actor] as number);
			for (let way = 0; way < ways.length; way += 1) if (this.take(at, actor, way)) moved = true;
		}
		if (!moved) this.end(at);
		if (model.coherent === false) this.whims(at);
		this.crash(at);
	}

	private take(at: number, actor: number, way: number): boolean {
		const { row, next, tables } = this;
		const cached = this.model.coherent === false;
		const host = (this.model.actors[actor] as { host: number }).host;
		const read = (slot: number): number => {
			const copy = cached ? (row[this.copyAt(host, slot)] as number) : 0;
			return copy > 0 ? (copy >> 1) - 1 : (row[this.atWords + slot] as number);
		};
		const choice = tables.waysOf(actor, row[actor] as number)[way] as Parameters<Tables['take']>[2];
		const silent = this.silentTo(row, host);
		const taken: Taken = tables.take(actor, row[actor] as number, choice, read, silent);
		next.set(row);
		next[actor] = taken.local;
		if (taken.cuts >= 0) next[this.atCut] = (next[this.atCut] as number) | (1 << taken.cuts);
		let wrote = false;
		if (taken.slot >= 0) {
			const before = read(taken.slot);
			wrote = taken.value !== before;
			const place = this.copyAt(host, taken.slot);
			if (!cached) next[this.atWords + taken.slot] = taken.value;
			else if (taken.cache !== null) this.writeBack(host, taken.slot, taken.cache === 'flush');
			else next[place] = ((taken.value + 1) << 1) | (wrote ? 1 : (row[place] as number) & 1);
		}
		this.transitions += 1;
		return this.reach(at, (actor << WAY_BITS) | way, wrote ? { actor, step: choice.step } : null);
	}

	/** A changed copy reaches the device, unless it refuses the host; an unchanged one is dropped, or kept. */
	private writeBack(host: number, slot: number, keep: boolean): void {
		const { next } = this;
		const place = this.copyAt(host, slot);
		const copy = next[place] as number;
		if (copy & 1 && !(this.silentTo(next, host) & Silent.device)) next[this.atWords + slot] = (copy >> 1) - 1;
		next[place] = keep ? copy & ~1 : 0;
	}

	/** What caches do by themselves: a changed copy is written back, an unchanged one is dropped, or written back as well. */
	private whims(at: number): void {
		const { model, row, next } = this;
		for (let host = 0; host < model.hosts.length; host += 1)
			for (let slot = 0; slot < model.words.length; slot += 1) {
				const place = this.copyAt(host, slot);
				const copy = row[place] as number;
				if (copy === 0) continue;
				next.set(row);
				const dirty = (copy & 1) === 1;
				this.writeBack(host, slot, dirty);
				this.transitions += 1;
				this.reach(at, (dirty ? Edge.writeBack : Edge.drop) | (host << 8) | slot, null);
				if (dirty || model.writesCleanBack !== true || this.silentTo(row, host) & Silent.device) continue;
				next.set(row);
				next[this.atWords + slot] = (copy >> 1) - 1;
				this.transitions += 1;
				this.reach(at, Edge.writeBack | (host << 8) | slot, null);
			}
	}

	private crash(at: number): void {
		const { model, row, next } = this;
		const dead = row[this.atDead] as number;
		let used = 0;
		for (let bits = dead; bits > 0; bits &= bits - 1) used += 1;
		if (used >= model.crashes) return;
		for (const host of model.mayCrash) {
			if ((dead >> host) & 1) continue;
			next.set(row);
			next[this.atDead] = dead | (1 << host);
			model.actors.forEach((actor, index) => {
				if (actor.host !== host) return;
				next[index] = this.tables.recordId(crashed(model, this.tables.records[row[index] as number] as ActorRecord));
			});
			if (model.coherent === false) for (let slot = 0; slot < model.words.length; slot += 1) next[this.copyAt(host, slot)] = 0;
			this.transitions += 1;
			this.reach(at, Edge.crash | host, null);
		}
	}

	/** Enters the state that stands in `next`; false when nothing changed. */
	private reach(from: number, edge: number, changed: { actor: number; step: string } | null): boolean {
		const { row, next, model } = this;
		if (same(row, next)) return false;
		const broken: Statement[] = [];
		if (changed) {
			const change = { before: this.viewOf(row), after: this.viewOf(next), ...changed };
			for (const statement of model.statements)
				if (statement.change && !this.violations.has(statement.id) && !statement.change(change)) broken.push(statement);
		}
		if (model.symmetry) canonical(model, model.symmetry, this.tables, next);
		const number = this.rows.add(next);
		if (number >= 0 && broken.length === 0) return true;
		if (number >= 0) {
			// The step is what breaks it: the state is known by another way, and the path must end with this step.
			this.note(broken, [...this.wayTo(from), edge]);
			return true;
		}
		const fresh = -1 - number;
		this.parents[fresh] = from;
		this.edges[fresh] = edge;
		this.depths[fresh] = (this.depths[from] as number) + 1;
		const view = this.viewOf(next);
		for (const statement of model.statements)
			if (statement.holds && !this.violations.has(statement.id) && !statement.holds(view)) broken.push(statement);
		if (broken.length > 0) this.note(broken, this.wayTo(fresh));
		return true;
	}

	private note(broken: readonly Statement[], way: readonly number[]): void {
		for (const statement of broken)
			if (!this.violations.has(statement.id)) this.violations.set(statement.id, { says: statement.says, way });
	}

	private end(at: number): void {
		this.ends += 1;
		const how = this.model.ending(this.viewOf(this.row));
		if (how !== null) this.endings[how] = (this.endings[how] ?? 0) + 1;
		else if (!this.violations.has('quiet-end'))
			this.violations.set('quiet-end', { says: 'a run ends well or recoverably', way: this.wayTo(at) });
	}
}

function same(a: Uint16Array, b: Uint16Array): boolean {
	for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
	return true;
}

/** The whole search at once. A path found among states that are alike is told from a search that tells them apart. */
export function explore(model: Model, limits: Limits = {}): Found {
	const search = new Search(model, limits);
	while (!search.advance(10_000));
	const found = search.found();
	if (!model.symmetry || found.violations.length === 0) return found;
	const { symmetry: _, ...plain } = model;
	const apart = new Search(plain, limits);
	while (!apart.advance(10_000));
	return { ...found, violations: apart.found().violations };
}
