import { assert } from '../../../base/assert.ts';
import { changeErrorWords, type ChangeStatus } from '../../contract/vdpa/status.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { ChangeRecord, ChangeStepRecord, EventRecord, JobRecord, NicGuestRecord, NicRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import { contextOf, guestOf } from '../context.ts';
import type { NicContext } from '../ports.ts';
import { tellWrongMaps } from '../promise.ts';
import { EFFECTS } from './effects.ts';
import { planOf, type ChangeKind } from './plan.ts';
import { ringAreas } from './ring-areas.ts';
import { timesOf } from './work.ts';

/**
 * Changes in time: each step takes effect when it begins and lasts as long as what it did costs. QEMU's main thread does one
 * change after the other, device by device (QEMU 10.2.2 net/vhost-vdpa.c, migration notifier).
 */

const TITLES: Readonly<Record<ChangeKind, string>> = {
	'to-svq': 'changes to shadow virtqueues',
	'to-passthrough': 'goes back to the guest’s own rings',
	stop: 'stops',
	start: 'starts',
	init: 'is opened',
	'map-memory': 'maps guest memory',
	plug: 'maps a DIMM',
	unplug: 'unmaps a DIMM',
	close: 'is closed',
	'live-update': 'passes to a new QEMU process'
};
const RULES = {
	'to-svq': 'svq-on',
	'to-passthrough': 'svq-off',
	stop: 'vdpa-life',
	start: 'vdpa-life',
	init: 'vdpa-life',
	'map-memory': 'vdpa-listener',
	plug: 'vdpa-hotplug',
	unplug: 'vdpa-hotplug',
	close: 'vdpa-life',
	'live-update': 'vdpa-live-update'
} as const;

export function newChange(context: NicContext, kind: ChangeKind, steps: ChangeStepRecord[], host: string): ChangeRecord {
	const { nic, end, nowNs } = context;
	const status: ChangeStatus = {
		id: nic.nextChangeId,
		kind,
		host,
		startNs: nowNs,
		endNs: null,
		deadFromNs: null,
		deadToNs: null,
		parts: {},
		servedParts: {},
		steps: steps.map(({ label, part, source }) => ({ label, part, source, durationNs: 0 })),
		at: 0,
		pins: 0,
		unpins: 0,
		updates: 0,
		invalidates: 0,
		rebuilds: 0,
		evicted: 0,
		errors: []
	};
	nic.nextChangeId += 1;
	return { status, instance: end.instance, steps };
}

/** The device takes what is on its rings. */
export function serves(context: Pick<NicContext, 'end'>): boolean {
	const { kernel } = context.end;
	return kernel.open && (kernel.status & 4) !== 0 && !kernel.suspended;
}

/** A map with no more than this behind its keys holds rings only. */
const ringBytes = (context: NicContext): number => ringAreas(context.nic).reduce((sum, area) => sum + area.bytes, 0);

/** Takes the step that is next; returns how long it lasts, nanoseconds. */
export function takeStep(context: NicContext, change: ChangeRecord): number {
	const step = change.steps[change.status.at] as ChangeStepRecord;
	const effect = EFFECTS[step.effect];
	assert(effect !== undefined, `no effect is called ${step.effect}`);
	const served = serves(context);
	const { work, updates, invalidates, errors } = effect(context, step.arguments);
	const { figures, choice } = context.nic;
	const times: Partial<Record<string, number>> = timesOf(work, figures, choice, context.belief);
	const parts: Record<string, number> = { ...change.status.parts };
	const servedParts: Record<string, number> = { ...change.status.servedParts };
	const servesOn = served && serves(context);
	let lastsNs = 0;
	const add = (part: string, ns: number): void => {
		if (ns <= 0) return;
		parts[part] = (parts[part] ?? 0) + ns;
		if (servesOn) servedParts[part] = (servedParts[part] ?? 0) + ns;
		lastsNs += ns;
	};
	add(step.part, step.fixedNs + (updates + invalidates) * figures.callNs);
	for (const [part, ns] of Object.entries(times)) add(part, ns ?? 0);
	const before = change.status;
	const stopped = served && !servesOn;
	const resumed = !served && serves(context);
	change.status = {
		...before,
		parts,
		servedParts,
		steps: before.steps.map((old, index) => (index === before.at ? { ...old, durationNs: lastsNs } : old)),
		at: before.at + 1,
		deadFromNs: stopped && before.deadFromNs === null ? context.nowNs : before.deadFromNs,
		deadToNs: resumed ? context.nowNs + lastsNs : before.deadToNs,
		pins: before.pins + work.pinned,
		unpins: before.unpins + work.unpinned,
		updates: before.updates + updates,
		invalidates: before.invalidates + invalidates,
		rebuilds: before.rebuilds + work.rebuilds.filter((build) => build.bytes > ringBytes(context)).length,
		evicted: before.evicted + work.evicted,
		errors: [...before.errors, ...errors.map((error) => ({ step: step.label, ...error }))]
	};
	return lastsNs;
}

/** All steps at one instant: what happened before the first moment, and the explorer. Returns how long they would have lasted. */
export function runAtOnce(context: NicContext, kind: ChangeKind, steps: ChangeStepRecord[], host: string): ChangeStatus {
	const change = newChange(context, kind, steps, host);
	while (change.status.at < change.steps.length) takeStep(context, change);
	return { ...change.status, endNs: context.nowNs };
}

/** Begins a change now. Whatever is asked of the same device meanwhile waits for its end. */
export function beginChange(world: World, nicIndex: number, job: JobRecord, steps?: ChangeStepRecord[]): void {
	const context = contextOf(world, nicIndex, job.instance);
	const { nic, guest, end } = context;
	assert(nic.change === null, `${nic.id} is in the middle of a change`);
	catchUp(world, nic.vm);
	nic.change = newChange(
		context,
		job.kind,
		steps ?? planOf(job.kind, { guest, nic, end }, job.incoming),
		world.r.hosts[end.host]?.id ?? ''
	);
	nic.generation += 1;
	tell(world, nic, nic.change.status, `${nic.id} ${TITLES[job.kind]}`, 'begin');
	go(world, nicIndex);
}

/** Takes steps until one lasts; at the end of the last the change is over. */
function go(world: World, nicIndex: number): void {
	const nic = world.r.vdpa.nics[nicIndex] as NicRecord;
	const { change } = nic;
	if (change === null) return;
	while (change.status.at < change.steps.length) {
		const errors = change.status.errors.length;
		const lastsNs = takeStep(contextOf(world, nicIndex, change.instance), change);
		for (const error of change.status.errors.slice(errors))
			emit(world, {
				kind: 'map',
				rule: 'vdpa-message',
				cause: null,
				vm: world.r.vms[nic.vm]?.id ?? null,
				host: change.status.host,
				values: { nic: nic.id, step: error.step, kernel: error.kernel, caller: error.caller },
				text: `${nic.id}, ${error.step}: ${changeErrorWords(error)}`
			});
		if (lastsNs > 0) {
			schedule(world, world.r.nowNs + lastsNs, EventKind.nic, nicIndex, nic.generation);
			return;
		}
	}
	finishChange(world, nic, change);
}

function finishChange(world: World, nic: NicRecord, change: ChangeRecord): void {
	const status: ChangeStatus = { ...change.status, endNs: world.r.nowNs };
	nic.changes.push(status);
	nic.change = null;
	for (const each of world.r.vdpa.nics) if (each.vm === nic.vm) tellWrongMaps(guestOf(world, nic.vm), each);
	tell(
		world,
		nic,
		status,
		`${nic.id}: done after ${((world.r.nowNs - status.startNs) / 1e6).toFixed(1)} ms, ${status.pins} pages pinned, ${status.unpins} let go`,
		'end'
	);
	nextJob(world, guestOf(world, nic.vm));
}

function tell(world: World, nic: NicRecord, status: ChangeStatus, text: string, moment: 'begin' | 'end'): void {
	emit(world, {
		kind: 'nic',
		rule: RULES[status.kind],
		cause: null,
		vm: world.r.vms[nic.vm]?.id ?? null,
		host: status.host,
		values: {
			nic: nic.id,
			change: status.kind,
			moment,
			pins: status.pins,
			unpins: status.unpins,
			updates: status.updates,
			invalidates: status.invalidates
		},
		text
	});
}

/** An event: the step under way has ended. */
export function runNic(world: World, nicIndex: number, generation: number): void {
	const nic = world.r.vdpa.nics[nicIndex];
	if (!nic || nic.generation !== generation || nic.change === null) return;
	catchUp(world, nic.vm);
	go(world, nicIndex);
}

/** Changes of a VM's devices, one after the other; `then` is scheduled when the last has ended, at once if there is none. */
export function runJobs(world: World, vm: number, jobs: readonly JobRecord[], then: EventRecord | null): void {
	const guest = guestOf(world, vm);
	guest.jobs.push(...jobs);
	if (then !== null) guest.then = then;
	nextJob(world, guest);
}

function nextJob(world: World, guest: NicGuestRecord): void {
	if (nicsBusy(world, guest.vm, false)) return;
	const job = guest.jobs.shift();
	if (job) {
		beginChange(world, job.nic, job);
		return;
	}
	const { then } = guest;
	guest.then = null;
	if (then !== null) schedule(world, world.r.nowNs, then.kind as never, then.a, then.b);
}

/** A change of one of the VM's devices is under way, or waits. */
export function nicsBusy(world: World, vm: number, waiting = true): boolean {
	const guest = world.r.vdpa.guests.find((record) => record.vm === vm);
	if (!guest) return false;
	return (waiting && guest.jobs.length > 0) || world.r.vdpa.nics.some((nic) => nic.vm === vm && nic.change !== null);
}
