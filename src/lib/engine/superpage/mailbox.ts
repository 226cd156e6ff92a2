import { MailKind, packMail, stateMark, unpackMail } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { count, step, type Protocol, type ProtocolStep } from './steps.ts';
import { vcpuStateIndex } from './words.ts';

/**
 * The hand-off where lines are not coherent in hardware (our design; cxl-fabric reference 10.7 and 5.3). There is no
 * compare-and-swap: each host writes its own line only, stores are written back before the next is made, copies are dropped
 * before a load. One side decides at a time: until the grant the source, after it the target, so that a source that wants its VM
 * back has to ask and to wait for the answer. Locals: `peer`, `token`; of the target `state`, what it read.
 */
const mine = (self: number): number => wordIndex('mailbox', self);

/** A word is stored into the own line, then the line is written back. */
const post = (id: string, says: string, kind: number, then: string): ProtocolStep[] => [
	step(id, says, 'store', ({ words, self, me }) => {
		words.store(mine(self), packMail({ kind, token: count(me.locals['token']) }));
		return `flush-${id}`;
	}),
	step(`flush-${id}`, 'writes its own line back', 'flush', ({ words, self }) => {
		words.flush(mine(self));
		return then;
	})
];

export const GRANTING: Protocol = {
	first: 'stop',
	rests: ['given', 'kept'],
	steps: [
		step('stop', 'stops its vCPUs', null, ({ me, without }) => {
			if (!without.includes('stop')) me.running = false;
			return 'save';
		}),
		step('save', 'writes the vCPU state', 'store', ({ words, me, without }) => {
			words.store(vcpuStateIndex(0), stateMark(count(me.locals['token'])));
			return without.includes('flush-state') ? 'grant' : 'flush-state';
		}),
		step('flush-state', 'writes the state back to the device', 'flush', ({ words }) => {
			words.flush(vcpuStateIndex(0));
			return 'grant';
		}),
		...post('grant', 'grants the VM in its own line', MailKind.granted, 'drop-answer'),
		step(
			'drop-answer',
			'drops its copy of the other’s line',
			'invalidate',
			({ words, me }) => {
				words.invalidate(mine(count(me.locals['peer'])));
				return 'read-answer';
			},
			true
		),
		step('read-answer', 'reads the answer', 'load', ({ words, me }) => {
			const { kind, token } = unpackMail(words.load(mine(count(me.locals['peer']))));
			if (token !== count(me.locals['token'])) return 'drop-answer';
			return kind === MailKind.taken ? 'given' : kind === MailKind.declined ? 'run-again' : 'drop-answer';
		}),
		step('change-mind', 'wants its VM back', null, ({ me, without }) => {
			me.locals['asked'] = true;
			return without.includes('ask') ? 'run-again' : 'ask-back';
		}),
		...post('ask-back', 'asks for the VM in its own line', MailKind.asked, 'drop-answer'),
		step('run-again', 'runs its vCPUs again', null, ({ me }) => {
			me.running = true;
			return 'kept';
		})
	]
};

export const ANSWERING: Protocol = {
	first: 'drop-grant',
	rests: ['runs', 'declined'],
	steps: [
		step(
			'drop-grant',
			'drops its copy of the other’s line',
			'invalidate',
			({ words, me }) => {
				words.invalidate(mine(count(me.locals['peer'])));
				return 'read-grant';
			},
			true
		),
		step('read-grant', 'reads whether the VM is granted', 'load', ({ words, me, without }) => {
			const { kind, token } = unpackMail(words.load(mine(count(me.locals['peer']))));
			me.locals['token'] = token;
			if (kind === MailKind.asked) return 'decline';
			if (kind !== MailKind.granted) return 'drop-grant';
			return without.includes('drop-state') ? 'read-state' : 'drop-state';
		}),
		step('drop-state', 'drops its copy of the vCPU state', 'invalidate', ({ words }) => {
			words.invalidate(vcpuStateIndex(0));
			return 'read-state';
		}),
		step('read-state', 'reads the vCPU state', 'load', ({ words, me }) => {
			me.locals['whole'] = words.load(vcpuStateIndex(0)) === stateMark(count(me.locals['token']));
			return 'take';
		}),
		...post('take', 'says in its own line that it took the VM', MailKind.taken, 'run'),
		step('run', 'loads the state and runs the VM', null, ({ me }) => {
			me.running = true;
			return 'runs';
		}),
		...post('decline', 'declines in its own line', MailKind.declined, 'declined'),
		// A cache may fetch what nobody asked for.
		step('fetch-ahead', 'its cache fetches the state before anybody asks for it', 'load', ({ words, me }) => {
			words.load(vcpuStateIndex(0));
			me.locals['fetched'] = true;
			return 'drop-grant';
		})
	]
};
