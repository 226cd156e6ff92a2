import { packFence, packRecovery, stateMark, unpackFence, unpackRecovery } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { OwnerState, packOwner, unpackOwner, type OwnerWord } from '../contract/words.ts';
import { count, keep, kept, step, type ActorContext, type Protocol } from './steps.ts';
import { fenceIndex, ownerIndex, vcpuStateIndex } from './words.ts';

/**
 * Fencing and recovery of a silent host (our design; cxl-fabric reference 10.5 I4, I7 and I8, 10.6). Locals it starts with:
 * `victim`, `vms` (how many VM lines to scan), and `believedDead` when it may take over from a recoverer that is silent itself.
 *
 * The order is the rule: fence word first, then the device cuts the victim's stores, then the scan, which gives a new token to
 * every VM that names the victim and to every VM in the hand-off, and begins again until one whole round found nothing to do.
 * While no fabric manager answers, a VM in the hand-off is taken care of all the same (nobody runs it, so nobody stores); one that
 * the victim may still run waits (10.6, row FM).
 */
const RECOVERY = wordIndex('recovery');

const taken = ({ self, me }: ActorContext): bigint =>
	packRecovery({ recoverer: self, victim: count(me.locals['victim']), epoch: count(me.locals['epoch']) });

/** What the scan has to do with a VM; null when it may stay. */
export type Finding = 'adopt' | 'orphan' | 'turn-back';
export function findingOf(owner: OwnerWord, victim: number, without: readonly string[] = []): Finding | null {
	if (owner.state === OwnerState.free || owner.state === OwnerState.orphan) return null;
	if (owner.owner === victim) return owner.state === OwnerState.handoff ? 'adopt' : 'orphan';
	return owner.state === OwnerState.handoff && !without.includes('scan-hand-offs') ? 'turn-back' : null;
}

const nextVm = ({ me }: ActorContext): string => {
	me.locals['vm'] = count(me.locals['vm']) + 1;
	if (count(me.locals['vm']) < count(me.locals['vms'])) return 'scan';
	me.locals['vm'] = 0;
	if (me.locals['again'] === true) {
		me.locals['again'] = false;
		return 'scan';
	}
	if (me.locals['waits'] !== true) return 'release';
	me.locals['waits'] = false;
	return 'cut';
};

export const RECOVERY_PROTOCOL: Protocol = {
	first: 'read-recovery',
	rests: ['recovered', 'left-to-another', 'fenced-itself'],
	steps: [
		step('read-recovery', 'reads who recovers whom', 'load', ({ words, self, me }) => {
			const value = words.load(RECOVERY);
			const { recoverer } = unpackRecovery(value);
			if (recoverer >= 0 && recoverer !== self && recoverer !== me.locals['believedDead']) return 'left-to-another';
			me.locals['seen'] = keep(value);
			return 'raise-epoch';
		}),
		step('raise-epoch', 'raises the fence epoch', 'fetch-and-add', ({ words, me }) => {
			me.locals['epoch'] = Number(words.add(wordIndex('fenceEpoch'), 1n)) + 1;
			return 'claim';
		}),
		step('claim', 'takes the recovery', 'compare-and-swap', (context) => {
			const { words, me, without } = context;
			const won = words.compareAndSwap(RECOVERY, kept(me.locals['seen']), taken(context));
			delete me.locals['seen'];
			if (won && without.includes('from-start') && me.locals['believedDead'] !== undefined) {
				// What the one before it did is believed, not done again.
				me.locals['cut'] = true;
				return 'scan';
			}
			return won ? 'read-incarnation' : 'read-recovery';
		}),
		step('read-incarnation', 'reads the incarnation of the silent host', 'load', ({ words, me }) => {
			me.locals['fenced'] = Number(words.load(wordIndex('incarnation', count(me.locals['victim']))));
			return 'read-victim-fence';
		}),
		step('read-victim-fence', 'reads its fence word', 'load', ({ words, me, without }) => {
			const value = words.load(fenceIndex(count(me.locals['victim'])));
			me.locals['seen'] = keep(value);
			if (without.includes('fence')) return 'cut';
			return unpackFence(value).incarnation >= count(me.locals['fenced']) ? 'cut' : 'fence';
		}),
		step('fence', 'fences it', 'compare-and-swap', ({ words, me }) => {
			const word = packFence({ incarnation: count(me.locals['fenced']), epoch: count(me.locals['epoch']) });
			return words.compareAndSwap(fenceIndex(count(me.locals['victim'])), kept(me.locals['seen']), word) ? 'cut' : 'read-victim-fence';
		}),
		step('cut', 'has the device refuse it', null, ({ words, me, without }) => {
			delete me.locals['seen'];
			me.locals['cut'] = without.includes('cut') || words.cut(count(me.locals['victim']));
			me.locals['vm'] = 0;
			me.locals['again'] = false;
			return 'scan';
		}),
		step('scan', 'reads an owner word', 'load', (context) => {
			const { words, me, without } = context;
			const value = words.load(ownerIndex(count(me.locals['vm'])));
			const finding = findingOf(unpackOwner(value), count(me.locals['victim']), without);
			// What the victim may still run is given away only when the device refuses the victim (I8).
			if (finding === 'orphan' && me.locals['cut'] !== true) me.locals['waits'] = true;
			if (finding === null || (finding === 'orphan' && me.locals['cut'] !== true)) return nextVm(context);
			me.locals['seen'] = keep(value);
			return 'look-at-own-fence';
		}),
		step('look-at-own-fence', 'reads its own fence', 'load', ({ words, self, incarnation }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? 'fenced-itself' : 'bump'
		),
		step('bump', 'gives the VM a new token', 'compare-and-swap', (context) => {
			const { words, me, self, incarnation, without } = context;
			const vm = count(me.locals['vm']);
			const value = kept(me.locals['seen']);
			const before = unpackOwner(value);
			const finding = findingOf(before, count(me.locals['victim']), without);
			const token = before.token + 1;
			const after: OwnerWord =
				finding === 'adopt'
					? { owner: self, state: OwnerState.active, incarnation, token }
					: finding === 'orphan'
						? { ...before, state: OwnerState.orphan, token }
						: { ...before, state: OwnerState.staged, token };
			const won = words.compareAndSwap(ownerIndex(vm), value, packOwner(after));
			delete me.locals['seen'];
			if (!without.includes('scan-again')) me.locals['again'] = true;
			if (won && finding === 'adopt') {
				me.locals['adoptedToken'] = before.token;
				return 'check-adopted';
			}
			return won && without.includes('scan-again') ? nextVm(context) : 'scan';
		}),
		step('check-adopted', 'checks the vCPU state of the VM it took', 'load', ({ words, me }) => {
			const mark = words.load(vcpuStateIndex(count(me.locals['vm'])));
			const whole = mark === stateMark(count(me.locals['adoptedToken']) - 1);
			delete me.locals['adoptedToken'];
			return whole ? 'adopt' : 'scan';
		}),
		step('adopt', 'loads the vCPU state and runs the VM', null, ({ me }) => {
			me.running = true;
			return 'scan';
		}),
		step('release', 'ends the recovery', 'compare-and-swap', (context) => {
			if (!context.without.includes('release-blind'))
				return context.words.compareAndSwap(RECOVERY, taken(context), 0n) ? 'recovered' : 'left-to-another';
			context.words.store(RECOVERY, 0n);
			return 'recovered';
		})
	]
};

/** Claims an orphan: the restart from a checkpoint begins with its owner word. `vm` is a local. */
export const CLAIMING: Protocol = {
	first: 'read-orphan',
	rests: ['claimed', 'not-claimed'],
	steps: [
		step('read-orphan', 'reads the owner word of the orphan', 'load', ({ words, me }) => {
			const value = words.load(ownerIndex(count(me.locals['vm'])));
			if (unpackOwner(value).state !== OwnerState.orphan) return 'not-claimed';
			me.locals['seen'] = keep(value);
			return 'look-before-claim';
		}),
		step('look-before-claim', 'reads its own fence', 'load', ({ words, self, incarnation }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? 'not-claimed' : 'claim-orphan'
		),
		step('claim-orphan', 'claims the orphan', 'compare-and-swap', ({ words, self, incarnation, me, without }) => {
			const value = kept(me.locals['seen']);
			const after = packOwner({ owner: self, state: OwnerState.local, incarnation, token: unpackOwner(value).token + 1 });
			if (without.includes('claim-orphan-blind')) {
				words.store(ownerIndex(count(me.locals['vm'])), after);
				return 'restart';
			}
			return words.compareAndSwap(ownerIndex(count(me.locals['vm'])), value, after) ? 'restart' : 'read-orphan';
		}),
		step('restart', 'runs the VM from its last checkpoint', null, ({ me }) => {
			me.running = true;
			return 'claimed';
		})
	]
};
