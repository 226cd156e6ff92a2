import { ALL_ONES } from '../../src/lib/engine/contract/superpage.ts';
import { MODELS } from '../../src/lib/engine/superpage/models/index.ts';
import { crashed, type Model, type ModelActor, type View } from '../../src/lib/engine/superpage/search/model.ts';
import { Search } from '../../src/lib/engine/superpage/search/search.ts';
import type { ActorRecord, ProtocolStep } from '../../src/lib/engine/superpage/steps.ts';
import type { SharedWords } from '../../src/lib/engine/superpage/words.ts';
import { compare, type Measured, type Variant } from './measure.ts';
import { number, type Row } from './rows.ts';

/**
 * States per second of the super-page's explorer. The floor is a plain breadth-first search of the same model with the same
 * statements in the same run: states are objects, what was seen is a set of their JSON text, every step is run anew.
 */
interface State {
	readonly records: readonly ActorRecord[];
	readonly words: ReadonlyMap<number, bigint>;
	readonly dead: number;
	/** Hosts that are cut off from the VM's own capacity. */
	readonly cut: number;
}

const keyOf = ({ records, words, dead, cut }: State): string =>
	JSON.stringify([
		records.map(({ step, running, locals }) => [step, running, Object.entries(locals).sort(([a], [b]) => (a < b ? -1 : 1))]),
		[...words].map(([index, value]) => [index, value.toString(16)]),
		dead,
		cut
	]);

const viewOf = ({ records, words, dead, cut }: State): View => ({
	word: (index) => words.get(index) as bigint,
	actor: (index) => records[index] as ActorRecord,
	dead: (host) => ((dead >> host) & 1) === 1,
	cut: (host) => ((cut >> host) & 1) === 1
});

function stepped(model: Model, state: State, index: number, id: string): State {
	const actor = model.actors[index] as ModelActor;
	const before = state.records[index] as ActorRecord;
	const me: ActorRecord = { ...before, locals: { ...before.locals } };
	const words = new Map(state.words);
	let { cut } = state;
	const isRefused = (at: number): boolean => ((cut >> actor.host) & 1) === 1 && model.vmMemory?.includes(at) === true;
	const shared: SharedWords = {
		load: (at) => (isRefused(at) ? ALL_ONES : (words.get(at) as bigint)),
		store: (at, value) => void (isRefused(at) || words.set(at, value)),
		compareAndSwap: (at, expected, value) => words.get(at) === expected && words.set(at, value) !== undefined,
		add: (at, more) => {
			const old = words.get(at) as bigint;
			words.set(at, old + more);
			return old;
		},
		cut: (host) => {
			cut |= 1 << host;
			return true;
		},
		flush: () => undefined,
		invalidate: () => undefined
	};
	const step = actor.steps.find((each) => each.id === id) as unknown as ProtocolStep;
	const around = { ...actor.around, words: shared, self: actor.host, incarnation: actor.incarnation, me, without: model.without };
	const next = step.run(around);
	me.step = actor.next?.[next] ?? next;
	return { ...state, records: state.records.with(index, me), words, cut };
}

function plainSearch(model: Model): number {
	const first: State = { records: model.actors.map(({ record }) => record), words: new Map(model.words), dead: 0, cut: 0 };
	const seen = new Set([keyOf(first)]);
	const queue = [first];
	const reach = (state: State, before: View | null, actor: number, step: string): void => {
		const view = viewOf(state);
		if (before)
			for (const { change } of model.statements)
				if (change && !change({ before, after: view, actor, step })) throw new Error('a statement broke in the bench');
		const key = keyOf(state);
		if (seen.has(key)) return;
		seen.add(key);
		queue.push(state);
		for (const { holds } of model.statements) if (holds && !holds(view)) throw new Error('a statement broke in the bench');
	};
	for (let at = 0; at < queue.length; at += 1) {
		const state = queue[at] as State;
		model.actors.forEach((actor, index) => {
			const me = state.records[index] as ActorRecord;
			if (me.step === 'crashed') return;
			const steps = [...(actor.rests.includes(me.step) ? [] : [me.step]), ...(actor.ways?.(me) ?? [])];
			for (const step of steps) reach(stepped(model, state, index, step), viewOf(state), index, step);
		});
		const used = [...state.dead.toString(2)].filter((bit) => bit === '1').length;
		if (used >= model.crashes) continue;
		for (const host of model.mayCrash)
			if (((state.dead >> host) & 1) === 0)
				reach(
					{
						...state,
						dead: state.dead | (1 << host),
						records: state.records.map((me, index) => (model.actors[index]?.host === host ? crashed(model, me) : me))
					},
					null,
					0,
					'crash'
				);
	}
	return seen.size;
}

const STATES = 10_000;

export function exploredStates(rounds: number): Row[] {
	return (['fence', 'recovery-of-source'] as const).map((id) => {
		const model = MODELS[id].build();
		const states = plainSearch(model);
		const plain: Variant = { name: 'plain', units: states, run: () => void plainSearch(model) };
		const ours: Variant = {
			name: id,
			units: states,
			run: () => {
				const search = new Search(model);
				while (!search.advance(STATES));
				if (search.progress().states !== states) throw new Error(`${search.progress().states} states, the plain search has ${states}`);
			}
		};
		const [, measured] = compare([plain, ours], rounds) as [Measured, Measured];
		return {
			what: `super-page: ${MODELS[id].title}, ${states} states: ${number(1e9 / measured.ns)} states a second`,
			floor: 'a plain breadth-first search of the same model, states keyed by their text',
			value: `${number(measured.ratio)}x`,
			spread: `${number(measured.least)} to ${number(measured.most)}; ${number(measured.ns / 1e3)} µs each`,
			goal: '',
			met: null
		};
	});
}
