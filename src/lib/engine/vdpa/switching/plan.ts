import { FIXED_SHARES, type FixedPart } from '../../contract/vdpa/figures.ts';
import type { ChangeStatus, GapPart } from '../../contract/vdpa/status.ts';
import type { ChangeStepRecord, DeviceEndRecord, NicGuestRecord, NicRecord } from '../../state/vdpa-records.ts';
import { controlIsolated, Group } from '../listener/spaces.ts';
import type { EffectArguments } from './effects.ts';
import { ringAreas, type RingArea } from './ring-areas.ts';

/**
 * The steps of a change, in order, from the choice of the scenario (QEMU 10.2.2 as vDPA reference 13 has it; what the thread S2
 * proposes instead, 14). Pure: reads records, writes nothing; addresses are found when a step is taken.
 */
export interface PlanInput {
	readonly guest: NicGuestRecord;
	readonly nic: NicRecord;
	readonly end: DeviceEndRecord;
}

type Steps = ChangeStepRecord[];

const QEMU = 'QEMU 10.2.2 hw/virtio/vhost-vdpa.c';
const SVQ = 'QEMU 10.2.2 hw/virtio/vhost-shadow-virtqueue.c';
const THREAD = 'S2, qemu-devel, July 2023';

function step(label: string, part: GapPart, effect: string, given: EffectArguments = {}, fixedNs = 0, source = QEMU): ChangeStepRecord {
	return { label, part, source, effect, arguments: { ...given }, fixedNs };
}

function fixed(nic: NicRecord, part: FixedPart, label: string, effect: string, source = QEMU): ChangeStepRecord {
	return step(label, part, effect, {}, Math.round((nic.figures.fixedNs * FIXED_SHARES[part]) / 1000), source);
}

const inBatch = (steps: Steps, asid = 0): Steps => [
	step('begin a batch', 'map', 'batch-begin', { asid }),
	...steps,
	step('end the batch', 'keys', 'batch-end', { asid })
];

function mapSections({ guest }: PlanInput): Steps {
	const sections = guest.sections.map((section) => step(`map ${section.id}`, 'map', 'map-section', { section: section.id }));
	const replay = guest.giova.length > 0 ? [step('replay the maps of the guest’s IOMMU', 'map', 'map-giova')] : [];
	return [...inBatch(sections), ...replay];
}

function unmapSections({ end, guest }: PlanInput): Steps {
	const sections = end.mapped.map((mapped) => step(`unmap ${mapped.section}`, 'unmap', 'unmap-section', { section: mapped.section }));
	const dropped = end.listener && guest.giova.length > 0 ? [step('drop the maps of the guest’s IOMMU', 'unmap', 'unmap-giova')] : [];
	return [...dropped, ...inBatch(sections)];
}

function mapRings(areas: readonly RingArea[], which: 'all' | 'control', asid: number): Steps {
	return areas.map((area) =>
		step(`map ${area.area} area of queue ${area.queue}`, 'map', 'map-ring', { queue: area.queue, area: area.area, which, asid }, 0, SVQ)
	);
}

function unmapRings(areas: readonly RingArea[], of: (area: RingArea) => boolean = () => true): Steps {
	return areas
		.filter(of)
		.map((area) =>
			step(`unmap ${area.area} area of queue ${area.queue}`, 'unmap', 'unmap-ring', { queue: area.queue, area: area.area }, 0, SVQ)
		);
}

/** QEMU sends rings one by one; a batch is what the series of December 2023 adds. */
const batchedIf = (nic: NicRecord, steps: Steps, asid: number): Steps =>
	nic.choice.batchRings && steps.length > 0 ? inBatch(steps, asid) : steps;

/** Data rings, then those of the control queue, then its buffers (golden trace of Si-Wei Liu, 85f088453f). */
function ringsOut({ nic, end }: PlanInput): Steps {
	const areas = ringAreas(nic).filter((area) => end.rings.some((ring) => ring.queue === area.queue && ring.area === area.area));
	const isBuffer = (area: RingArea): boolean => area.area === 'out' || area.area === 'status';
	const asid = end.rings[0]?.asid ?? 0;
	return batchedIf(nic, [...unmapRings(areas, (area) => !isBuffer(area)), ...unmapRings(areas, isBuffer)], asid);
}

/** Address spaces of the groups; refused once DRIVER_OK is set, so behind a reset only. */
function spaces(nic: NicRecord, shadow: boolean): Steps {
	if (nic.traits.addressSpaces < 2 || nic.traits.groups < 2) return [];
	const own = shadow && nic.choice.rings === 'own-asid';
	const control = own || (!shadow && controlIsolated(nic)) ? 1 : 0;
	const steps = [step(`control queue in address space ${control}`, 'queues', 'group-asid', { group: Group.control, asid: control })];
	if (nic.traits.descriptorGroup)
		steps.push(
			step(`descriptors in address space ${own ? 1 : 0}`, 'queues', 'group-asid', { group: Group.descriptors, asid: own ? 1 : 0 })
		);
	return steps;
}

/** A map that is to stay does so by IOTLB_PERSIST; where the device has no such thing, it is suspended and resumed without a reset. */
const resumesOnly = (nic: NicRecord): boolean => nic.choice.maps === 'identity' && !nic.traits.keepsMap;

/** First half of every change: the device stands still, and nothing of it is set. */
function halt(input: PlanInput): Steps {
	const { nic } = input;
	const steps = [
		fixed(nic, 'suspend', nic.traits.suspend ? 'suspend' : 'no SUSPEND: the reset has to do', 'suspend'),
		fixed(nic, 'indices', nic.traits.suspend ? 'read the indices' : 'guess the indices from the used rings', 'nothing')
	];
	// One message exchanges the maps of address space 0; what lies in others goes as ever.
	const { rings } = input.end;
	const mine = nic.choice.maps === 'update-all' ? rings.filter((ring) => ring.asid !== 0) : rings;
	steps.push(...ringsOut({ ...input, end: { ...input.end, rings: mine } }));
	return steps;
}

function reset(input: PlanInput): Steps {
	const { nic } = input;
	if (resumesOnly(nic)) return [];
	const steps = [fixed(nic, 'reset', 'reset', 'reset')];
	if (nic.choice.maps === 'remap') steps.push(...unmapSections(input), step('the listener is gone', 'unmap', 'listener-off'));
	return steps;
}

const setUp = (): Steps => [step('acknowledge', 'queues', 'ack-driver'), step('features', 'queues', 'features')];

/** Second half: the device serves its queues again. `resumes`: it was suspended and never reset. */
function go(nic: NicRecord, resumes: boolean): Steps {
	const steps: Steps = [];
	if (nic.controlQueue)
		steps.push(fixed(nic, 'replay', 'replay the state of the control queue', 'nothing', 'QEMU 10.2.2 net/vhost-vdpa.c'));
	steps.push(fixed(nic, 'resume', resumes ? 'resume' : 'DRIVER_OK', 'nothing'));
	if (resumes) steps.push(step('the device goes on', 'resume', 'resume-rings'));
	else steps.push(step('the device goes on', 'resume', 'driver-ok'));
	return steps;
}

function toShadow(input: PlanInput): Steps {
	const { nic, guest } = input;
	const { choice } = nic;
	const early = choice.ringsFirst && choice.maps === 'identity' && choice.rings !== 'own-asid';
	const asid = choice.rings === 'own-asid' ? 1 : 0;
	const rings = batchedIf(nic, mapRings(ringAreas(nic), 'all', asid), asid);
	const steps: Steps = [];
	if (early) steps.push(step('the tree holds the map as it is', 'queues', 'shadow-prepare', {}, 0, THREAD), ...rings);
	steps.push(...halt(early ? { ...input, end: { ...input.end, rings: input.end.rings.filter((ring) => ring.asid !== 0) } } : input));
	steps.push(...reset(input));
	if (!resumesOnly(nic)) steps.push(...setUp(), ...spaces(nic, true));
	steps.push(
		step('shadow queues', 'queues', early ? 'shadow-commit' : 'shadow-on', {}, 0, SVQ),
		fixed(nic, 'queues', 'set up the queues', 'nothing', SVQ)
	);
	// vhost_vdpa_dev_start refuses behind the rings; the notifier reports it, and nobody starts the device again (vDPA reference 17).
	if (guest.viommu && choice.rings !== 'own-asid')
		return [...steps, ...(choice.maps === 'update-all' ? [] : rings), step('refused', 'resume', 'refuse-shadow')];
	if (choice.maps === 'update-all') steps.push(step('exchange all maps', 'keys', 'update-all', {}, 0, THREAD));
	else if (!early) steps.push(...rings);
	if (choice.maps === 'remap') steps.push(step('register the listener', 'map', 'listener-on'), ...mapSections({ ...input, guest }));
	return [...steps, ...go(nic, resumesOnly(nic))];
}

function toPassthrough(input: PlanInput): Steps {
	const { nic } = input;
	const steps = [...halt(input), ...reset(input)];
	if (!resumesOnly(nic)) steps.push(...setUp(), ...spaces(nic, false));
	steps.push(step('the guest’s own rings', 'queues', 'shadow-off', {}, 0, SVQ));
	steps.push(step('empty trees', 'queues', 'clear-trees'), fixed(nic, 'queues', 'set up the queues', 'nothing'));
	if (nic.choice.maps === 'update-all') steps.push(step('exchange all maps', 'keys', 'update-all', {}, 0, THREAD));
	steps.push(...controlRings(nic));
	if (nic.choice.maps === 'remap') steps.push(step('register the listener', 'map', 'listener-on'), ...mapSections(input));
	return [...steps, ...go(nic, resumesOnly(nic))];
}

/** The control queue of a device that can isolate it is shadowed always, in address space 1. */
function controlRings(nic: NicRecord): Steps {
	return controlIsolated(nic) ? batchedIf(nic, mapRings(ringAreas(nic, 'control'), 'control', 1), 1) : [];
}

/** Opens the device; guest memory is mapped now where the listener is registered now. */
function init(input: PlanInput, incoming: boolean): Steps {
	const { nic } = input;
	const steps = [
		step('open', 'queues', 'open'),
		step('set the owner', 'queues', 'owner'),
		step('backend features', 'queues', 'backend-features'),
		step('empty trees', 'queues', 'clear-trees')
	];
	// x-svq: guest memory is placed by the tree from the first map on.
	if (nic.alwaysShadow) steps.push(step('shadow queues', 'queues', 'shadow-on', {}, 0, SVQ));
	if (nic.choice.pins === 'own-call')
		for (const section of input.guest.sections)
			steps.push(step(`pin ${section.id}`, 'pin', 'hold-section', { section: section.id }, 0, THREAD));
	return mapsAtInit(nic, incoming) ? [...steps, step('register the listener', 'map', 'listener-on'), ...mapSections(input)] : steps;
}

/** Whether initialisation maps guest memory. */
export function mapsAtInit(nic: NicRecord, incoming: boolean): boolean {
	const { listener } = nic.choice;
	return listener === 'set-owner' || listener === 'init' || (listener === 'init-if-incoming' && incoming);
}

/** The guest’s driver sets DRIVER_OK, or the target takes over. */
function start(input: PlanInput): Steps {
	const { nic, end } = input;
	const steps = [...setUp(), ...spaces(nic, nic.alwaysShadow), fixed(nic, 'queues', 'set up the queues', 'nothing')];
	const own = nic.choice.rings === 'own-asid' ? 1 : 0;
	if (nic.alwaysShadow) steps.push(...batchedIf(nic, mapRings(ringAreas(nic), 'all', own), own));
	else steps.push(...controlRings(nic));
	if (!end.listener) steps.push(step('register the listener', 'map', 'listener-on'), ...mapSections(input));
	return [...steps, ...go(nic, false)];
}

function stop(input: PlanInput): Steps {
	return [...halt(input), ...reset(input)];
}

function mapMemory(input: PlanInput): Steps {
	return [step('register the listener', 'map', 'listener-on'), ...mapSections(input)];
}

/** region_add of one section. */
function plug({ nic }: PlanInput, section: string): Steps {
	const pins = nic.choice.pins === 'own-call' ? [step(`pin ${section}`, 'pin', 'hold-section', { section }, 0, THREAD)] : [];
	return [...pins, ...inBatch([step(`map ${section}`, 'map', 'map-section', { section })])];
}

/** region_del of one section. */
function unplug({ nic }: PlanInput, section: string): Steps {
	const pins = nic.choice.pins === 'own-call' ? [step(`unpin ${section}`, 'unpin', 'release-section', { section }, 0, THREAD)] : [];
	return [...inBatch([step(`unmap ${section}`, 'unmap', 'unmap-section', { section })]), ...pins];
}

/** Today a new process has to open the device anew; with the proposed call it takes everything over. */
function liveUpdate(input: PlanInput): Steps {
	const { nic } = input;
	if (nic.choice.liveUpdate === 'inherits')
		return [
			fixed(nic, 'suspend', 'suspend', 'suspend'),
			fixed(nic, 'indices', 'read the indices', 'nothing'),
			step('change the owner', 'map', 'change-owner', {}, 0, THREAD),
			fixed(nic, 'resume', 'resume', 'nothing'),
			step('the device goes on', 'resume', 'resume')
		];
	return [
		fixed(nic, 'suspend', 'suspend', 'suspend'),
		fixed(nic, 'indices', 'read the indices', 'nothing'),
		fixed(nic, 'reset', 'close: every page is unpinned', 'close'),
		...init(input, false),
		...start({ ...input, end: { ...input.end, listener: mapsAtInit(nic, false) } })
	];
}

export type ChangeKind = ChangeStatus['kind'];

/** `incoming`: the process waits for a migration. `section`: the DIMM that comes or goes. */
export function planOf(kind: ChangeKind, input: PlanInput, incoming = false, section = ''): ChangeStepRecord[] {
	switch (kind) {
		case 'to-svq':
			return toShadow(input);
		case 'to-passthrough':
			return toPassthrough(input);
		case 'stop':
			return stop(input);
		case 'start':
			return start(input);
		case 'init':
			return init(input, incoming);
		case 'map-memory':
			return mapMemory(input);
		case 'plug':
			return plug(input, section);
		case 'unplug':
			return unplug(input, section);
		case 'close':
			return [step('close: every page is let go', 'unpin', 'close')];
		case 'live-update':
			return liveUpdate(input);
	}
}
