import { RACE_HOSTS_MOST, RACE_JUDGE, RACE_LOG_SPARE, RACE_WORDS, raceLog, raceLogOf, raceRunning } from '../contract/race.ts';
import type { RaceReport } from '../contract/race.ts';
import { stateMark, unpackFence } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { OwnerState, packOwner, unpackOwner } from '../contract/words.ts';
import { JOINING } from './joining.ts';
import { CLAIMING, RECOVERY_PROTOCOL } from './recovery.ts';
import { beginning, count, keep, kept, step, stepById, type ActorContext, type Protocol } from './steps.ts';
import { fenceIndex, ownerIndex, sharedWordsOver, vcpuStateIndex, type SharedWords } from './words.ts';

/**
 * Hosts that hand one VM round for as long as they live: whoever finds it given up takes it, runs it for a moment, saves its
 * state and gives it up again. One table of steps like every other protocol, so that threads race over it and the explorer looks
 * at every order of it. `hosts` is a local; `without: ['compare']` is the naive way: read, then write.
 */
const OWNER = ownerIndex(0);

export const RACING: Protocol = {
	first: 'look',
	rests: ['over', 'fenced'],
	steps: [
		step(
			'look',
			'looks whether the VM is given up',
			'load',
			({ words, self, me }) => {
				const value = words.load(OWNER);
				const { owner, state, token } = unpackOwner(value);
				if (token >= count(me.locals['most'])) return 'over';
				const mine = owner === self && state === OwnerState.staged;
				if (state !== OwnerState.handoff && !mine) return 'look';
				me.locals['seen'] = keep(value);
				return 'look-at-fence';
			},
			true
		),
		step('look-at-fence', 'reads its own fence', 'load', ({ words, self, incarnation }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? 'fenced' : 'take'
		),
		step('take', 'takes the VM', 'compare-and-swap', ({ words, self, incarnation, me, without }) => {
			const value = kept(me.locals['seen']);
			const token = unpackOwner(value).token + 1;
			const mine = packOwner({ owner: self, state: OwnerState.active, incarnation, token });
			if (without.includes('compare')) words.store(OWNER, mine);
			else if (!words.compareAndSwap(OWNER, value, mine)) return 'count-refusal';
			me.locals['token'] = token;
			return 'log';
		}),
		step('count-refusal', 'was too late', 'fetch-and-add', ({ words }) => {
			words.add(RACE_WORDS.refused, 1n);
			return 'look';
		}),
		step('log', 'logs that it won this token', 'fetch-and-add', ({ words, self, me }) => {
			words.add(raceLog(count(me.locals['token'])), 1n << BigInt(4 * self));
			return 'run';
		}),
		step('run', 'runs the VM', 'store', ({ words, self, incarnation, me }) => {
			words.store(raceRunning(self), (BigInt(incarnation) << 32n) | BigInt(count(me.locals['token'])));
			me.running = true;
			me.locals['other'] = 0;
			return 'look-round';
		}),
		step('look-round', 'looks whether another host runs it', 'load', ({ words, self, me }) => {
			const other = count(me.locals['other']);
			const running = other === self || other >= count(me.locals['hosts']) ? 0n : words.load(raceRunning(other));
			if (running !== 0n) {
				me.locals['runner'] = Number(running >> 32n);
				return 'look-at-its-fence';
			}
			return nextOther(me);
		}),
		step('look-at-its-fence', 'looks whether that one is cut off', 'load', ({ words, me }) => {
			const fenced = unpackFence(words.load(fenceIndex(count(me.locals['other'])))).incarnation;
			return fenced >= count(me.locals['runner']) ? nextOther(me) : 'note-overlap';
		}),
		step('note-overlap', 'notes that two run', 'fetch-and-add', ({ words, me }) => {
			words.add(RACE_WORDS.overlaps, 1n);
			return nextOther(me);
		}),
		step('count-run', 'counts the run', 'fetch-and-add', ({ words }) => {
			words.add(RACE_WORDS.runs, 1n);
			return 'stop';
		}),
		step('stop', 'stops the VM', 'store', ({ words, self, me }) => {
			words.store(raceRunning(self), 0n);
			me.running = false;
			return 'save';
		}),
		step('save', 'saves its state', 'store', ({ words, me }) => {
			words.store(vcpuStateIndex(0), stateMark(count(me.locals['token'])));
			return 'look-before-give';
		}),
		step('look-before-give', 'reads its own fence', 'load', ({ words, self, incarnation }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? 'fenced' : 'give'
		),
		step('give', 'gives the VM up', 'compare-and-swap', ({ words, self, incarnation, me, without }) => {
			const token = count(me.locals['token']);
			const given = packOwner({ owner: self, state: OwnerState.handoff, incarnation, token: token + 1 });
			if (without.includes('compare')) words.store(OWNER, given);
			else words.compareAndSwap(OWNER, packOwner({ owner: self, state: OwnerState.active, incarnation, token }), given);
			return 'look-whether-over';
		}),
		step('look-whether-over', 'looks whether the race is over', 'load', ({ words }) =>
			words.load(RACE_WORDS.stop) !== 0n ? 'over' : 'look'
		)
	]
};

const nextOther = (me: { locals: Record<string, string | number | boolean> }): string => {
	const other = count(me.locals['other']) + 1;
	me.locals['other'] = other;
	return other < count(me.locals['hosts']) ? 'look-round' : 'count-run';
};

/** The words at the start: everybody has joined once, the VM is given up with token 1. */
export function setUpRace(buffer: BigInt64Array): void {
	if (raceLogOf(buffer.length) <= RACE_LOG_SPARE) throw new Error('the buffer of a race is too small');
	for (let host = 0; host <= RACE_JUDGE; host += 1) buffer[wordIndex('incarnation', host)] = 1n;
	buffer[vcpuStateIndex(0)] = stateMark(0);
	buffer[OWNER] = packOwner({ owner: 0, state: OwnerState.handoff, incarnation: 1, token: 1 });
}

/** Takes a protocol's steps until it rests; `between` is called after each. */
export function runProtocol(
	protocol: Protocol,
	context: Omit<ActorContext, 'me'>,
	locals: Record<string, string | number | boolean>,
	between: (step: string, next: string) => boolean = () => true
): { readonly step: string; readonly locals: Record<string, string | number | boolean> } {
	const me = beginning(protocol, locals);
	while (!protocol.rests.includes(me.step)) {
		const before = me.step;
		me.step = stepById(protocol, before).run({ ...context, me });
		if (!between(before, me.step)) break;
	}
	return { step: me.step, locals: me.locals };
}

/** Whoever sees this token, or a later one, ends: what is under way then still finds its place in the log. */
const mostTokens = (buffer: BigInt64Array): number => raceLogOf(buffer.length) - RACE_LOG_SPARE;
/** So many empty entries in a row lie behind the last token: what the judge takes leaves gaps of a few. */
const GAP = 4096;

/** One host races until the end. `pause` is called between its read and its write. */
export function raceHost(
	buffer: BigInt64Array,
	host: number,
	options: { readonly hosts: number; readonly incarnation: number; readonly naive: boolean; readonly pause?: () => void }
): string {
	const words = sharedWordsOver(buffer);
	const context = { words, self: host, incarnation: options.incarnation, without: options.naive ? ['compare'] : [] };
	const most = mostTokens(buffer);
	return runProtocol(RACING, context, { hosts: options.hosts, most }, (_, next) => {
		if (next === 'take') options.pause?.();
		return next !== 'look' || words.load(RACE_WORDS.stop) === 0n;
	}).step;
}

/** The judge fences a killed host, cuts it off, recovers its VM, and gives the VM up again so that the race goes on. */
export function recoverRacer(buffer: BigInt64Array, victim: number): void {
	const words = sharedWordsOver(buffer);
	const context = { words, self: RACE_JUDGE, incarnation: 1, without: [] };
	runProtocol(RECOVERY_PROTOCOL, context, { victim, vms: 1 });
	words.add(RACE_WORDS.recovered, 1n);
	words.store(raceRunning(victim), 0n);
	if (runProtocol(CLAIMING, context, { vm: 0 }).step === 'claimed') words.add(RACE_WORDS.orphans, 1n);
	giveOn(words);
}

/** What the judge owns after a recovery it gives up, with the state saved for the new token. */
function giveOn(words: SharedWords): void {
	const value = words.load(OWNER);
	const word = unpackOwner(value);
	if (word.owner !== RACE_JUDGE) return;
	words.store(vcpuStateIndex(0), stateMark(word.token));
	words.compareAndSwap(OWNER, value, packOwner({ ...word, state: OwnerState.handoff, token: word.token + 1 }));
}

/** A killed host joins again; returns the incarnation under which it races on. */
export function rejoinRace(buffer: BigInt64Array, host: number): number {
	const context = { words: sharedWordsOver(buffer), self: host, incarnation: 0, without: [] };
	return count(runProtocol(JOINING, context, {}).locals['incarnation']);
}

/** Reads the log: the owners in the order of the tokens. */
export function raceReport(buffer: BigInt64Array): RaceReport {
	const wins = Array.from({ length: RACE_HOSTS_MOST }, () => 0);
	let handOffs = 0;
	let wonTwice = 0;
	let firstTwice: RaceReport['firstTwice'] = null;
	const tokens = raceLogOf(buffer.length);
	let empty = 0;
	for (let token = 0; token < tokens && empty < GAP; token += 1) {
		const entry = Atomics.load(buffer, raceLog(token));
		empty = entry === 0n ? empty + 1 : 0;
		if (entry === 0n) continue;
		handOffs += 1;
		const winners: number[] = [];
		for (let host = 0; host < RACE_HOSTS_MOST; host += 1) {
			const times = Number((entry >> BigInt(4 * host)) & 0xfn);
			wins[host] = (wins[host] as number) + times;
			for (let time = 0; time < times; time += 1) winners.push(host);
		}
		if (winners.length > 1) {
			wonTwice += 1;
			firstTwice ??= { token, hosts: winners };
		}
	}
	const read = (index: number): number => Number(Atomics.load(buffer, index));
	return {
		handOffs,
		wonTwice,
		firstTwice,
		overlaps: read(RACE_WORDS.overlaps),
		runs: read(RACE_WORDS.runs),
		refused: read(RACE_WORDS.refused),
		recovered: read(RACE_WORDS.recovered),
		orphans: read(RACE_WORDS.orphans),
		full: unpackOwner(Atomics.load(buffer, OWNER)).token >= mostTokens(buffer),
		wins
	};
}
