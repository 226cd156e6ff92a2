import { GIB } from '../../../base/units.ts';
import { SWITCH_STRATEGIES, unmetNeeds, type SwitchChoice } from '../../contract/vdpa/choice.ts';
import { VDPA_PRESETS } from '../../contract/vdpa/figures.ts';
import { DEVICE_KINDS, type DeviceTraits } from '../../contract/vdpa/kinds.ts';
import type { PaperPlan } from '../../contract/vdpa/paper.ts';
import type { ChangeStatus } from '../../contract/vdpa/status.ts';
import type { DeviceEndRecord, NicGuestRecord, NicRecord } from '../../state/vdpa-records.ts';
import { acknowledgedBits } from '../build.ts';
import { newEnd } from '../ends.ts';
import { layoutOf } from '../listener/layout.ts';
import type { NicContext } from '../ports.ts';
import { planOf, type ChangeKind } from '../switching/plan.ts';
import { newChange, takeStep } from '../switching/run.ts';
import { PAPER_QUEUES, paperPages } from './paper-pages.ts';

/**
 * A migration of one device on paper: the steps of the timed run (vdpa/switching), one after the other on a clock of their own,
 * for a guest of any size. Pages are counted, not simulated; guest memory is two runs.
 */
export interface PaperRun {
	/** Dead time of the change to shadow virtqueues. */
	readonly switchNs: number;
	/** Dead time at the end: the source's stop, waiting for maps that are not there yet, the target's start. */
	readonly endNs: number;
	/** What opening the device on the target takes before the stream may begin. */
	readonly initNs: number;
	/** Pages that the change to shadow virtqueues pins. */
	readonly pins: number;
}

interface Paper {
	readonly guest: NicGuestRecord;
	readonly nic: NicRecord;
	readonly belief: string | null;
}

/** null: a need of the choice is not met, or a step found no place. */
export function runOnPaper(guest: NicGuestRecord, nic: NicRecord, plan: PaperPlan, belief: string | null): PaperRun | null {
	const paper = paperOf(guest, nic, plan, belief);
	if (unmetNeeds(paper.nic.choice, paper.nic.traits, paper.guest).length > 0) return null;
	const source = newEnd(paper.nic, 0, 0);
	const target = newEnd(paper.nic, 1, 1);
	const take = (end: DeviceEndRecord, kind: ChangeKind, cold = false) => takeChange(paper, end, kind, cold);
	take(source, 'init');
	take(source, 'start');
	const opened = take(target, 'init', true);
	const toShadow = take(source, 'to-svq');
	const mapped = paper.nic.choice.listener === 'load-setup' ? take(target, 'map-memory', true) : null;
	const stopped = take(source, 'stop');
	const started = take(target, 'start');
	const all = [opened, toShadow, stopped, started, ...(mapped ? [mapped] : [])];
	if (all.some((change) => change.errors.length > 0)) return null;
	const bytes = paper.guest.sections.reduce((sum, section) => sum + section.bytes, 0);
	const streamNs = (bytes / plan.streamBytesPerSecond) * 1e9;
	// The target's main thread starts the device when the maps of the other thread are there.
	const waitNs = mapped === null ? 0 : Math.max(0, lasted(mapped) - streamNs);
	return {
		switchNs: deadNs(toShadow),
		endNs: Math.round(lasted(stopped) + waitNs + lasted(started)),
		initNs: Math.round(spent(opened)),
		pins: toShadow.pins
	};
}

/** Least dead time of all strategies whose needs are met; null when there is none. */
export function bestOnPaper(guest: NicGuestRecord, nic: NicRecord, plan: PaperPlan, belief: string | null): number | null {
	const times = Object.keys(SWITCH_STRATEGIES).flatMap((strategy) => {
		const run = runOnPaper(guest, nic, { ...plan, strategy: strategy as keyof typeof SWITCH_STRATEGIES, choice: {} }, belief);
		return run === null ? [] : [run.switchNs];
	});
	return times.length === 0 ? null : Math.min(...times);
}

/** The choice in words, on top of the device's own. */
export const choiceOf = (nic: NicRecord, plan: Pick<PaperPlan, 'strategy' | 'choice'>): SwitchChoice => ({
	...(plan.strategy === null ? nic.choice : SWITCH_STRATEGIES[plan.strategy].choice),
	...plan.choice
});

function traitsOf(nic: NicRecord, { kind, spaces }: PaperPlan): DeviceTraits {
	const traits = kind === null ? nic.traits : DEVICE_KINDS[kind].traits;
	if (spaces === null) return traits;
	return { ...traits, addressSpaces: spaces, ...(spaces < 2 ? { groups: 1, descriptorGroup: false } : {}) };
}

function paperOf(guest: NicGuestRecord, nic: NicRecord, plan: PaperPlan, belief: string | null): Paper {
	const traits = traitsOf(nic, plan);
	const choice = choiceOf(nic, plan);
	const sections = plan.gib === null ? null : layoutOf(plan.gib * GIB, plan.gib * GIB, 0);
	const copied = JSON.parse(JSON.stringify({ ...guest, jobs: [], then: null, giova: [] })) as NicGuestRecord;
	return {
		guest: {
			...copied,
			...(sections === null ? {} : { ...sections, freeSlots: 0 }),
			pages: plan.pages ?? (plan.preset === null ? guest.pages : VDPA_PRESETS[plan.preset].pages),
			pinnedPages: [0, 0],
			memlockPages: null,
			viommu: plan.viommu ?? guest.viommu,
			proposals: plan.proposals ?? guest.proposals
		},
		nic: {
			...(JSON.parse(JSON.stringify({ ...nic, changes: [], change: null, ends: [null, null] })) as NicRecord),
			traits,
			choice,
			acknowledged: acknowledgedBits(choice, traits),
			figures: plan.preset === null ? nic.figures : VDPA_PRESETS[plan.preset].figures
		},
		belief
	};
}

/** Takes a change to its end; each step begins where the one before it ended. */
function takeChange({ guest, nic, belief }: Paper, end: DeviceEndRecord, kind: ChangeKind, cold: boolean): ChangeStatus {
	const context = (nowNs: number): NicContext => ({
		guest,
		nic,
		end,
		pages: paperPages(cold, guest.pages),
		queues: PAPER_QUEUES,
		nowNs,
		belief
	});
	let nowNs = 0;
	const change = newChange(context(0), kind, planOf(kind, { guest, nic, end }, kind === 'init' && end.instance === 1), '');
	while (change.status.at < change.steps.length) nowNs += takeStep(context(nowNs), change);
	return { ...change.status, endNs: nowNs };
}

const lasted = (change: ChangeStatus): number => change.endNs ?? 0;
const spent = (change: ChangeStatus): number => Object.values(change.parts).reduce((sum, ns) => sum + ns, 0);
const deadNs = (change: ChangeStatus): number =>
	change.deadFromNs === null ? 0 : (change.deadToNs ?? change.endNs ?? 0) - change.deadFromNs;
