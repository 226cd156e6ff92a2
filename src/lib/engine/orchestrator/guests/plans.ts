import type { PlanStep, PlanValues } from '../plan-steps.ts';

/**
 * A VM whose program uses tagged capacity moves to another host: the three ways of seed S1, section Migration. Remove the
 * extents before and offer some again behind; prepopulate the target; or share the same contents for a moment.
 */
const text = (values: PlanValues, name: string): string => String(values[name] ?? '');
const PATIENCE_MS = { answer: 30_000, device: 600_000, move: 3_600_000, back: 5_000 } as const;

interface Move {
	readonly vm: string;
	readonly from: string;
	readonly to: string;
	readonly tag: string;
	readonly copy: string;
}
const moveOf = (values: PlanValues): Move => {
	const tag = text(values, 'tag');
	return { vm: text(values, 'vm'), from: text(values, 'from'), to: text(values, 'to'), tag, copy: text(values, 'copy') || `${tag}-copy` };
};

const move = ({ vm, from, to }: Move): PlanStep => ({
	says: `move ${vm} from ${from} to ${to}`,
	act: 'move-vm',
	host: from,
	app: vm,
	until: 'vm-there',
	patienceMs: PATIENCE_MS.move,
	inVain: 'fail'
});
const open = ({ vm, to }: Move, load: boolean): PlanStep => ({
	says: `${vm} takes its device on ${to}${load ? ' and loads its data' : ''}`,
	act: load ? 'load-device' : 'open-device',
	host: to,
	app: vm,
	until: 'program-runs',
	patienceMs: PATIENCE_MS.device,
	inVain: 'fail'
});
const close = ({ vm, from }: Move, save: boolean): PlanStep => ({
	says: `${vm} ${save ? 'saves its data and lets' : 'lets'} its device go`,
	act: save ? 'save-device' : 'close-device',
	host: from,
	app: vm,
	until: 'device-closed',
	patienceMs: PATIENCE_MS.device,
	inVain: 'fail'
});
const back = ({ from, tag }: Move): PlanStep => ({
	says: `ask ${from} for tag ${tag} back`,
	act: 'ask-back',
	host: from,
	until: 'returned',
	patienceMs: PATIENCE_MS.back,
	again: 3,
	inVain: 'fail'
});
const capacity = (host: string, act: 'offer' | 'share' | 'offer-copy', says: string): PlanStep => ({
	says,
	act,
	host,
	until: act === 'offer-copy' ? 'copy-capacity' : 'capacity',
	patienceMs: PATIENCE_MS.answer,
	inVain: 'fail'
});

const byRemoval = (given: Move): PlanStep[] => [
	close(given, true),
	back(given),
	move(given),
	capacity(given.to, 'offer', `offer capacity under ${given.tag} to ${given.to}`),
	open(given, true)
];

const offerCopy = ({ to, copy: tag }: Move): PlanStep => capacity(to, 'offer-copy', `offer capacity for a copy, ${tag}, to ${to}`);
const copy = ({ vm, from, to }: Move): PlanStep => ({
	says: `copy the data of ${vm} to ${to}`,
	act: 'copy-device',
	host: from,
	app: vm,
	until: 'copied',
	patienceMs: PATIENCE_MS.move,
	inVain: 'fail'
});

const prepopulated = (given: Move): PlanStep[] => [
	offerCopy(given),
	close(given, false),
	copy(given),
	move(given),
	open(given, false),
	back(given)
];

const shared = (given: Move): PlanStep[] => [capacity(given.to, 'share', `let ${given.to} share ${given.tag}`), move(given), back(given)];

const needs = ['vm', 'from', 'to', 'tag', 'device'] as const;
const plan = (title: string, stepsFor: (given: Move) => PlanStep[], more: readonly string[] = []) => ({
	title,
	needs: [...needs, ...more],
	stepsFor: (values: PlanValues) => stepsFor(moveOf(values))
});

export const GUEST_PLANS = {
	'move-by-removal': plan('move a VM, its extents removed before', byRemoval, ['bytes']),
	'move-prepopulated': plan('move a VM to a prepopulated target', prepopulated, ['bytes']),
	prepopulate: plan('prepopulate the target of a VM', (given) => [offerCopy(given), copy(given)], ['bytes']),
	'move-shared': plan('move a VM, its extents shared for a moment', shared)
} as const;
