import {
	HAND_OVER_ACTS,
	HAND_OVER_HOSTS,
	HAND_OVER_TOKEN,
	handOverStart,
	type HandOverAct,
	type HandOverPlan,
	type HandOverVerdict
} from '../../contract/hand-over.ts';
import { stateMark, unpackFence } from '../../contract/superpage-words.ts';
import { OwnerState, packOwner, unpackOwner } from '../../contract/words.ts';
import { searchAnswer } from '../answer.ts';
import { RECOVERY_PROTOCOL } from '../recovery.ts';
import type { Model, ModelActor, View } from '../search/model.ts';
import { explore } from '../search/search.ts';
import { beginning, count, keep, kept, step, type ProtocolStep } from '../steps.ts';
import { fenceIndex, ownerIndex, phaseIndex, vcpuStateIndex } from '../words.ts';

/**
 * A hand-off that somebody laid (lesson 13; our design), as a tiny world: A and B take the acts in the order given, A may
 * change its mind, either may die, and C recovers the VM of a host that died. Judged: never two runners; what is run is whole;
 * at a quiet end one live host runs it, or it is an orphan whose host died before it had given the VM up, or after it had taken
 * it itself: then the registers are gone, whatever the order (cxl-fabric reference 10.6). `holds` remembers that.
 */
const OWNER = ownerIndex(0);
const A = 0;
const B = 1;
const START = HAND_OVER_TOKEN;
/** What the state word holds when it was written while the VM ran: no token fits it. */
const HALF = 2n << 32n;

const fenced: (next: string, stop: string) => ProtocolStep['run'] =
	(next, stop) =>
	({ words, self, incarnation }) =>
		unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? stop : next;

/** The steps of the act at a place of the order; `then` is what its host does next. */
function actSteps(act: HandOverAct, place: number, then: string): ProtocolStep[] {
	const id = `act-${place}`;
	const { says } = HAND_OVER_ACTS[act];
	const sign = step(`sign-${place}`, `${HAND_OVER_ACTS[act].host} leaves its sign`, 'store', ({ words }) => {
		words.store(phaseIndex(0), BigInt(place + 1));
		return then;
	});
	const swap = (from: number, after: (token: number) => bigint, lost: string): ProtocolStep[] => [
		step(id, `${HAND_OVER_ACTS[act].host} reads the owner word`, 'load', ({ words, me }) => {
			const value = words.load(OWNER);
			const { owner, state } = unpackOwner(value);
			if (owner !== A || state !== from) return lost;
			me.locals['seen'] = keep(value);
			return `fence-${place}`;
		}),
		step(`fence-${place}`, `${HAND_OVER_ACTS[act].host} reads its own fence`, 'load', fenced(`swap-${place}`, 'stopped')),
		step(`swap-${place}`, says, 'compare-and-swap', ({ words, me }) => {
			const value = kept(me.locals['seen']);
			delete me.locals['seen'];
			if (!words.compareAndSwap(OWNER, value, after(unpackOwner(value).token + 1))) return lost;
			if (act === 'give') me.locals['given'] = true;
			if (act === 'name') me.locals['named'] = true;
			me.locals['holds'] = act === 'take';
			return act === 'take' ? `load-${place}` : `sign-${place}`;
		}),
		sign
	];
	const run = step(`load-${place}`, 'B loads the vCPU state and runs', null, ({ me }) => {
		me.running = true;
		return `sign-${place}`;
	});
	switch (act) {
		case 'stop':
			return [
				step(id, says, null, ({ me }) => {
					me.running = false;
					return `sign-${place}`;
				}),
				sign
			];
		case 'save':
			return [
				step(id, says, 'store', ({ words, me }) => {
					words.store(vcpuStateIndex(0), me.running ? HALF : stateMark(START));
					return `sign-${place}`;
				}),
				sign
			];
		case 'flush':
			return [
				step(id, says, null, ({ me }) => {
					// What is written after it is dirty again.
					me.locals['flushed'] = !me.running;
					return `sign-${place}`;
				}),
				sign
			];
		case 'give':
			return swap(OwnerState.staged, (token) => packOwner({ owner: A, state: OwnerState.handoff, incarnation: 1, token }), 'stay');
		case 'name':
			return swap(OwnerState.staged, (token) => packOwner({ owner: B, state: OwnerState.active, incarnation: 1, token }), 'stay');
		case 'take':
			return [...swap(OwnerState.handoff, (token) => packOwner({ owner: B, state: OwnerState.active, incarnation: 1, token }), id), run];
		case 'put':
			return [
				step(id, 'B reads the owner word', 'load', ({ words, me }) => {
					me.locals['token'] = unpackOwner(words.load(OWNER)).token;
					return `write-${place}`;
				}),
				step(`write-${place}`, says, 'store', ({ words, me }) => {
					words.store(OWNER, packOwner({ owner: B, state: OwnerState.active, incarnation: 1, token: count(me.locals['token']) + 1 }));
					me.locals['holds'] = true;
					return `load-${place}`;
				}),
				run,
				sign
			];
	}
}

/** Waits for the sign of the act before. */
const waiting = (host: string, place: number): ProtocolStep =>
	step(
		`await-${place}`,
		`${host} waits for the sign of the act before`,
		'load',
		({ words }) => (words.load(phaseIndex(0)) >= BigInt(place) ? `act-${place}` : `await-${place}`),
		true
	);

function stepsOf(plan: HandOverPlan, host: 'A' | 'B', rest: string): { first: string; steps: ProtocolStep[] } {
	const places = plan.acts.flatMap((act, place) => (HAND_OVER_ACTS[act].host === host ? [place] : []));
	const entry = (place: number): string => (place > 0 && !places.includes(place - 1) ? `await-${place}` : `act-${place}`);
	const steps = places.flatMap((place, at) => [
		waiting(host, place),
		...actSteps(plan.acts[place] as HandOverAct, place, places[at + 1] === undefined ? rest : entry(places[at + 1] as number))
	]);
	return { first: places[0] === undefined ? rest : entry(places[0]), steps };
}

/** After its acts, and when it changes its mind. */
const LAST_OF_A: readonly ProtocolStep[] = [
	step(
		'stay',
		'A looks who owns the VM',
		'load',
		({ words, me }) => {
			const value = words.load(OWNER);
			const { owner, state } = unpackOwner(value);
			if (owner !== A) return 'gone';
			if (state === OwnerState.staged) {
				if (me.running) return 'stay';
				// It was given back, or nobody ever took it.
				if (me.locals['given'] !== true) return 'stay';
				me.locals['seen'] = keep(value);
				return 'fence-back';
			}
			return 'stay';
		},
		true
	),
	step('change-mind', 'A changes its mind and runs on', null, ({ me }) => {
		me.running = true;
		return 'withdraw';
	}),
	step('withdraw', 'A takes its sign back', 'store', ({ words }) => {
		words.store(phaseIndex(0), 0n);
		return 'kept';
	}),
	step('take-back', 'A changes its mind and reads the owner word', 'load', ({ words, me }) => {
		const value = words.load(OWNER);
		if (unpackOwner(value).owner !== A) return 'gone';
		me.locals['seen'] = keep(value);
		return 'fence-back';
	}),
	step('fence-back', 'A reads its own fence', 'load', fenced('swap-back', 'stopped')),
	step('swap-back', 'A swaps the owner word back', 'compare-and-swap', ({ words, me }) => {
		const value = kept(me.locals['seen']);
		delete me.locals['seen'];
		const word = unpackOwner(value);
		const after = packOwner({ owner: A, state: OwnerState.staged, incarnation: 1, token: word.token + 1 });
		if (!words.compareAndSwap(OWNER, value, after)) return 'stay';
		me.locals['holds'] = true;
		return 'run-again';
	}),
	step('run-again', 'A runs the VM again', null, ({ me }) => {
		me.running = true;
		return 'kept';
	})
];

/** B, where A writes its name. */
const NAMED: readonly ProtocolStep[] = [
	step(
		'await-name',
		'B waits until it is named',
		'load',
		({ words }) => (unpackOwner(words.load(OWNER)).owner === B ? 'load-named' : 'await-name'),
		true
	),
	step('load-named', 'B loads the vCPU state and runs', null, ({ me }) => {
		me.running = true;
		me.locals['holds'] = true;
		return 'runs';
	})
];

/** Where A goes that changes its mind: it swaps the word back once it has given, before that it just runs on. */
function mindOf(me: ModelActor['record']): readonly string[] {
	if (
		['kept', 'gone', 'stopped', 'crashed', 'withdraw', 'take-back', 'fence-back', 'swap-back', 'run-again', 'change-mind'].includes(me.step)
	)
		return [];
	if (me.locals['named'] === true) return [];
	return [me.locals['given'] === true ? 'take-back' : 'change-mind'];
}

export function laidModel(plan: HandOverPlan): Model {
	const named = plan.acts.includes('name');
	const a = stepsOf(plan, 'A', 'stay');
	const b = stepsOf(plan, 'B', named ? 'await-name' : 'runs');
	const recoverer = (victim: number): ModelActor => ({
		name: victim === A ? 'C for A' : 'C for B',
		host: 2,
		incarnation: 1,
		steps: RECOVERY_PROTOCOL.steps,
		rests: RECOVERY_PROTOCOL.rests,
		record: beginning(RECOVERY_PROTOCOL, { victim, vms: 1 }),
		wakesWhenDead: victim
	});
	const actors: ModelActor[] = [
		{
			name: 'A',
			host: A,
			incarnation: 1,
			steps: [...a.steps, ...LAST_OF_A],
			rests: ['kept', 'gone', 'stopped'],
			record: { step: a.first, running: true, locals: { holds: true }, planned: false },
			ways: mindOf
		},
		{
			name: 'B',
			host: B,
			incarnation: 1,
			steps: [...b.steps, ...NAMED],
			rests: ['runs', 'stopped'],
			record: { step: b.first, running: false, locals: {}, planned: false }
		},
		recoverer(A),
		recoverer(B)
	];
	const owner = (view: View) => unpackOwner(view.word(OWNER));
	const live = (view: View): string[] => actors.filter((_, index) => view.actor(index).running).map(({ name }) => name);
	const starts = (view: View): boolean => view.actor(B).running || view.actor(2).running || view.actor(3).running;
	return {
		id: 'laid',
		hosts: HAND_OVER_HOSTS,
		actors,
		words: handOverStart(),
		without: [],
		mayCrash: [A, B],
		crashes: 1,
		statements: [
			{ id: 'two', says: 'never two runners', holds: (view) => live(view).length < 2 },
			{
				id: 'whole',
				says: 'who runs it has its whole vCPU state',
				holds: (view) => !starts(view) || view.word(vcpuStateIndex(0)) === stateMark(START)
			},
			{
				id: 'fresh',
				says: 'who runs it reads what was last written',
				holds: (view) => plan.memory === 'hardware' || !starts(view) || view.actor(A).locals['flushed'] === true
			}
		],
		ending: (view) => {
			const [runner] = live(view);
			if (runner) return `${runner.startsWith('C') ? 'C' : runner} runs it`;
			const { owner: host, state } = owner(view);
			const held = host >= 0 && host <= B && view.actor(host).locals['holds'] === true;
			return state === OwnerState.orphan && held ? 'an orphan: its registers died with its host' : null;
		},
		survives: ['flushed', 'holds']
	};
}

/** Every order and every crash point of a laid hand-off. */
export function judgeHandOver(plan: HandOverPlan): HandOverVerdict {
	const model = laidModel(plan);
	const found = explore(model);
	const answer = searchAnswer(model, found);
	const [lost] = answer.violations;
	const arrives = (found.endings['B runs it'] ?? 0) > 0;
	const reason = lost ? (REASONS[lost.statement] ?? lost.says) : arrives ? null : 'the VM never gets to B';
	return { ...answer, wins: lost === undefined && arrives, arrives, path: lost?.path ?? [], reason };
}

/** What is broken, as it is said of a path. */
const REASONS: Readonly<Record<string, string>> = {
	two: 'two hosts run the VM',
	whole: 'the VM runs with a vCPU state that is not whole',
	fresh: 'the VM runs and reads old lines',
	'quiet-end': 'nobody runs the VM, though its registers did not die with a host'
};
