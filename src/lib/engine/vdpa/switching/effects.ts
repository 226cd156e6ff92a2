import { PAGE_BYTES } from '../../../base/units.ts';
import type { RingPlace } from '../../contract/vdpa/choice.ts';
import { VirtioStatus } from '../../contract/vdpa/kinds.ts';
import { ONLY_SAID } from '../../contract/vdpa/status.ts';
import type { MappedRingRecord, SectionRecord } from '../../state/vdpa-records.ts';
import { callDevice } from '../kernel/device.ts';
import { sendMessage } from '../kernel/iotlb.ts';
import { noWork, type DeviceCall, type IotlbMessage, type KernelResult, type KernelWork } from '../kernel/result.ts';
import { OWN_HVA } from '../listener/layout.ts';
import { clearTrees, dropRing, dropSection, hasRingTree, placeRing, placeSection } from '../listener/place.ts';
import type { NicContext } from '../ports.ts';
import { ringAreas, type RingArea } from './ring-areas.ts';

/**
 * What a step of a change does: calls and messages of QEMU to the kernel, by name (QEMU 10.2.2 hw/virtio/vhost-vdpa.c,
 * net/vhost-vdpa.c). The timed run and the explorer take the very same steps.
 */
export interface EffectResult {
	readonly work: KernelWork;
	readonly updates: number;
	readonly invalidates: number;
	/** Errors that QEMU prints and goes on. */
	readonly errors: readonly { readonly kernel: string; readonly caller: string }[];
}

export type EffectArguments = Readonly<Record<string, number | string | boolean>>;
type Effect = (context: NicContext, given: EffectArguments) => EffectResult;

const NOTHING: EffectResult = { work: noWork(), updates: 0, invalidates: 0, errors: [] };

function gather(results: readonly KernelResult[], updates = 0, invalidates = 0): EffectResult {
	const work = noWork();
	for (const result of results) addWork(work, result.work);
	return {
		work,
		updates,
		invalidates,
		errors: results.flatMap((result) =>
			result.kernel === null ? [] : [{ kernel: `${result.kernel}: ${result.detail}`, caller: result.caller ?? 'nothing' }]
		)
	};
}

export function addWork(sum: KernelWork, part: KernelWork): void {
	sum.pinned += part.pinned;
	sum.cold += part.cold;
	sum.evicted += part.evicted;
	sum.unpinned += part.unpinned;
	sum.huge.pinned += part.huge.pinned;
	sum.huge.cold += part.huge.cold;
	sum.huge.unpinned += part.huge.unpinned;
	sum.mappedRuns += part.mappedRuns;
	sum.unmappedRuns += part.unmappedRuns;
	sum.rebuilds.push(...part.rebuilds);
}

const call = (context: NicContext, what: DeviceCall): KernelResult => callDevice(context, what, context.end.instance);
const message = (context: NicContext, what: IotlbMessage): KernelResult => sendMessage(context, what, context.end.instance);
const failure = (kernel: string): EffectResult => ({ ...NOTHING, errors: [{ kernel, caller: ONLY_SAID }] });

const ACK_DRIVER = VirtioStatus.acknowledge | VirtioStatus.driver;

function mapSection(context: NicContext, section: SectionRecord): EffectResult {
	const { end, nic } = context;
	// QEMU 10.2.2 vhost_vdpa_listener_skipped_section: the end is exclusive, the last address of the device is not.
	if (section.gpa < nic.iovaFirst || section.gpa + section.bytes > nic.iovaLast)
		return failure(`${section.id} lies outside of the addresses that the device can use: skipped, and DMA there fails`);
	let iova = section.gpa;
	if (end.svq) {
		const placed = placeSection(context, section);
		if (placed.code !== 'OK') return failure(`${section.id}: no place in the IOVA tree, ${placed.code}`);
		iova = placed.iova;
	}
	const sent = message(context, { op: 'update', asid: 0, iova, bytes: section.bytes, uaddr: section.hva[end.instance], permission: 3 });
	if (sent.kernel === null) end.mapped.push({ section: section.id, gpa: section.gpa, iova, bytes: section.bytes, asid: 0 });
	return gather([sent], 1);
}

function unmapSection(context: NicContext, section: SectionRecord): EffectResult {
	const { end } = context;
	const at = end.mapped.findIndex((mapped) => mapped.section === section.id);
	const mapped = end.mapped[at];
	if (!mapped) return NOTHING;
	// Without shadow queues QEMU asks no tree: it invalidates the guest's own addresses (vhost_vdpa_listener_region_del).
	const iova = end.svq ? mapped.iova : section.gpa;
	if (end.svq) dropSection(end, section, mapped.iova);
	end.mapped.splice(at, 1);
	return gather([message(context, { op: 'invalidate', asid: 0, iova, bytes: section.bytes })], 0, 1);
}

function mapRing(context: NicContext, area: RingArea, asid: number, place: RingPlace, bytesToCome: number): EffectResult {
	const { end } = context;
	const hva = OWN_HVA[end.instance] + context.nic.hvaOffset + area.hvaOffset;
	const readOnly = area.area === 'driver' || area.area === 'out';
	const placed = placeRing(context, { hva, bytes: area.bytes, readOnly, place, bytesToCome });
	if (placed.code !== 'OK') return failure(`no room for the rings of queue ${area.queue}: ${placed.code}`);
	const { iova } = placed;
	const sent = message(context, { op: 'update', asid, iova, bytes: area.bytes, uaddr: hva, permission: readOnly ? 1 : 3 });
	const ring = {
		queue: area.queue,
		area: area.area,
		iova,
		bytes: area.bytes,
		hva,
		asid,
		epoch: end.treeEpoch,
		ownTree: hasRingTree(context)
	};
	if (sent.kernel === null) end.rings.push(ring);
	else dropRing(end, ring);
	return gather([sent], 1);
}

function unmapRing(context: NicContext, ring: MappedRingRecord): EffectResult {
	const { end } = context;
	end.rings.splice(end.rings.indexOf(ring), 1);
	dropRing(end, ring);
	return gather([message(context, { op: 'invalidate', asid: ring.asid, iova: ring.iova, bytes: ring.bytes })], 0, 1);
}

const sectionNamed = (context: NicContext, name: unknown): SectionRecord | undefined =>
	context.guest.sections.find((section) => section.id === name);

/** The whole new table at once (proposed in S2): rings first, then memory, as the tree places them. */
function updateAll(context: NicContext): EffectResult {
	const { end, guest } = context;
	const table: { iova: number; bytes: number; uaddr: number; permission: 1 | 3 }[] = [];
	end.mapped = [];
	end.rings = end.rings.filter((ring) => ring.asid !== 0);
	const errors: { kernel: string; caller: string }[] = [];
	if (end.svq) {
		const areas = ringAreas(context.nic);
		areas.forEach((area, index) => {
			const hva = OWN_HVA[end.instance] + context.nic.hvaOffset + area.hvaOffset;
			const readOnly = area.area === 'driver' || area.area === 'out';
			const placed = placeRing(context, {
				hva,
				bytes: area.bytes,
				readOnly,
				place: context.nic.choice.rings,
				bytesToCome: restOf(areas, index)
			});
			if (placed.code !== 'OK') return void errors.push({ kernel: `no room for the rings: ${placed.code}`, caller: ONLY_SAID });
			table.push({ iova: placed.iova, bytes: area.bytes, uaddr: hva, permission: readOnly ? 1 : 3 });
			const { queue, bytes } = area;
			end.rings.push({ queue, area: area.area, iova: placed.iova, bytes, hva, asid: 0, epoch: end.treeEpoch, ownTree: false });
		});
	}
	for (const section of guest.sections) {
		const placed = end.svq ? placeSection(context, section) : { code: 'OK' as const, iova: section.gpa };
		if (placed.code !== 'OK') {
			errors.push({ kernel: `${section.id}: no place in the IOVA tree, ${placed.code}`, caller: ONLY_SAID });
			continue;
		}
		table.push({ iova: placed.iova, bytes: section.bytes, uaddr: section.hva[end.instance], permission: 3 });
		end.mapped.push({ section: section.id, gpa: section.gpa, iova: placed.iova, bytes: section.bytes, asid: 0 });
	}
	for (const { iova, uaddr } of giovaPages(context)) table.push({ iova, bytes: PAGE_BYTES, uaddr, permission: 3 });
	table.sort((a, b) => a.iova - b.iova);
	const result = gather([message(context, { op: 'invalidate-and-update-all', asid: 0, table })], 1, 0);
	return { ...result, errors: [...errors, ...result.errors] };
}

/** QEMU 10.2.2 hw/virtio/vhost-vdpa.c, vhost_vdpa_dev_start. */
const SHADOW_REFUSED = 'SVQ can not work while IOMMU enable, please disable IOMMU and try again';

const RINGS_MISSING = 'the rings of the shadow queues are not all mapped: the device is not started';

/** Pages that the guest's IOMMU driver has mapped beside its memory. */
function giovaPages({ guest, end }: NicContext): { readonly iova: number; readonly uaddr: number }[] {
	return guest.giova.flatMap(({ giova, gfn, pages }) => {
		const section = guest.sections.find((one) => gfn >= one.firstGfn && gfn + pages <= one.firstGfn + one.bytes / PAGE_BYTES);
		if (!section) return [];
		return Array.from({ length: pages }, (_, page) => ({
			iova: giova + page * PAGE_BYTES,
			uaddr: section.hva[end.instance] + (gfn - section.firstGfn + page) * PAGE_BYTES
		}));
	});
}

const restOf = (areas: readonly RingArea[], from: number): number => areas.slice(from).reduce((sum, area) => sum + area.bytes, 0);

export const EFFECTS: Readonly<Record<string, Effect>> = {
	nothing: () => NOTHING,
	open: (context) => gather([call(context, { call: 'open' })]),
	owner: (context) => gather([call(context, { call: 'SET_OWNER' })]),
	'backend-features': (context) => gather([call(context, { call: 'SET_BACKEND_FEATURES', bits: context.nic.acknowledged })]),
	'ack-driver': (context) => gather([call(context, { call: 'SET_STATUS', status: ACK_DRIVER })]),
	features: (context) =>
		gather([call(context, { call: 'SET_FEATURES' }), call(context, { call: 'SET_STATUS', status: ACK_DRIVER | VirtioStatus.featuresOk })]),
	/** SUSPEND where the device has it; without it nothing happens here, and the reset guesses. */
	suspend: (context) => {
		if (!context.nic.traits.suspend) return NOTHING;
		const result = call(context, { call: 'SUSPEND' });
		if (result.kernel === null) context.queues.stop(context.nic, context.end, true);
		return gather([result]);
	},
	reset: (context) => {
		if (!context.end.kernel.suspended) context.queues.stop(context.nic, context.end, false);
		return gather([call(context, { call: 'SET_STATUS', status: 0 })]);
	},
	/** New addresses of the rings while the device is suspended, then RESUME: the way of a device that loses its map at a reset. */
	'resume-rings': (context) => {
		if (ringsMissing(context)) return notStarted(context);
		const results = setRings(context);
		const resumed = call(context, { call: 'RESUME' });
		context.nic.broken = null;
		if (resumed.kernel === null) context.queues.start(context.nic, context.end);
		return gather([...results, resumed]);
	},
	resume: (context) => {
		const result = call(context, { call: 'RESUME' });
		if (result.kernel === null) context.queues.start(context.nic, context.end);
		return gather([result]);
	},
	'batch-begin': (context, given) => gather([message(context, { op: 'batch-begin', asid: Number(given['asid'] ?? 0) })]),
	'batch-end': (context, given) => gather([message(context, { op: 'batch-end', asid: Number(given['asid'] ?? 0) })]),
	'map-section': (context, given) => {
		const section = sectionNamed(context, given['section']);
		return section ? mapSection(context, section) : NOTHING;
	},
	'unmap-section': (context, given) => {
		const section = sectionNamed(context, given['section']);
		return section ? unmapSection(context, section) : NOTHING;
	},
	/** Each map of the guest's IOMMU driver is one message per page. */
	'map-giova': (context) => {
		const sent = giovaPages(context).map(({ iova, uaddr }) =>
			message(context, { op: 'update', asid: 0, iova, bytes: PAGE_BYTES, uaddr, permission: 3 })
		);
		return gather(sent, sent.length);
	},
	'unmap-giova': (context) => {
		const sent = giovaPages(context).map(({ iova }) => message(context, { op: 'invalidate', asid: 0, iova, bytes: PAGE_BYTES }));
		return gather(sent, 0, sent.length);
	},
	'refuse-shadow': (context) => {
		context.nic.broken = SHADOW_REFUSED;
		return failure(SHADOW_REFUSED);
	},
	'map-ring': (context, given) => {
		const alone = given['which'] === 'control';
		const areas = ringAreas(context.nic, alone ? 'control' : 'all');
		const at = areas.findIndex((area) => area.queue === given['queue'] && area.area === given['area']);
		const area = areas[at];
		if (!area) return NOTHING;
		return mapRing(context, area, Number(given['asid']), alone ? 'lowest' : context.nic.choice.rings, restOf(areas, at));
	},
	'unmap-ring': (context, given) => {
		const ring = context.end.rings.find((mapped) => mapped.queue === given['queue'] && mapped.area === given['area']);
		return ring ? unmapRing(context, ring) : NOTHING;
	},
	'update-all': updateAll,
	'shadow-on': (context) => {
		context.end.svq = true;
		return enterMapped(context);
	},
	/** Rings before the suspend: the trees are ready while the device still works on the guest’s rings. */
	'shadow-prepare': enterMapped,
	'shadow-commit': (context) => {
		context.end.svq = true;
		return NOTHING;
	},
	'shadow-off': (context) => {
		context.end.svq = false;
		return NOTHING;
	},
	'clear-trees': (context) => {
		clearTrees(context);
		return NOTHING;
	},
	'listener-on': (context) => {
		context.end.listener = true;
		return NOTHING;
	},
	'listener-off': (context) => {
		context.end.listener = false;
		return NOTHING;
	},
	'group-asid': (context, given) => {
		const group = Number(given['group']);
		if (group >= context.nic.traits.groups) return NOTHING;
		return gather([call(context, { call: 'SET_GROUP_ASID', group, asid: Number(given['asid']) })]);
	},
	'hold-pins': (context) =>
		gather(
			context.guest.sections.map((section) =>
				call(context, { call: 'PIN_PAGES', hva: section.hva[context.end.instance], bytes: section.bytes })
			)
		),
	'hold-section': (context, given) => {
		const section = sectionNamed(context, given['section']);
		return section ? gather([call(context, { call: 'PIN_PAGES', hva: section.hva[context.end.instance], bytes: section.bytes })]) : NOTHING;
	},
	'release-section': (context, given) => {
		const section = sectionNamed(context, given['section']);
		return section
			? gather([call(context, { call: 'UNPIN_PAGES', hva: section.hva[context.end.instance], bytes: section.bytes })])
			: NOTHING;
	},
	/** Addresses of the rings, indices, DRIVER_OK: from here on the device serves them. */
	'driver-ok': (context) => {
		const { nic, end } = context;
		if (ringsMissing(context)) return notStarted(context);
		const results = setRings(context);
		results.push(call(context, { call: 'SET_STATUS', status: ACK_DRIVER | VirtioStatus.featuresOk | VirtioStatus.driverOk }));
		// The control queue first: its state is replayed before data may flow.
		for (const queue of [...nic.queues].reverse())
			results.push(call(context, { call: 'SET_VRING_ENABLE', queue: queue.index, enabled: true }));
		nic.broken = null;
		context.queues.start(nic, end);
		return gather(results);
	},
	close: (context) => {
		const { end } = context;
		context.queues.stop(context.nic, end, end.kernel.suspended);
		const result = gather([call(context, { call: 'close' })]);
		end.mapped = [];
		end.rings = [];
		end.listener = false;
		clearTrees(context);
		return result;
	},
	/** Proposed in S2: the new process takes over pins and maps; entries get its addresses. */
	'change-owner': (context) => gather([call(context, { call: 'CHANGE_OWNER', instance: context.end.instance })])
};

/** The trees start anew; a map of guest memory that is kept is entered as it stands. */
function enterMapped(context: NicContext): EffectResult {
	const { end, nic } = context;
	clearTrees(context);
	if (nic.choice.maps !== 'identity') return NOTHING;
	const errors = end.mapped.flatMap((mapped) => {
		const section = sectionNamed(context, mapped.section);
		const placed = section ? placeSection(context, section) : null;
		return placed && (placed.code !== 'OK' || placed.iova !== mapped.iova)
			? [{ kernel: `${mapped.section} has no place at its own address`, caller: ONLY_SAID }]
			: [];
	});
	return { ...NOTHING, errors };
}

/** A ring of a shadow queue found no place or could not be mapped: nothing is started (QEMU 10.2.2 vhost_vdpa_svqs_start). */
function ringsMissing({ nic, end }: NicContext): boolean {
	return end.svq && ringAreas(nic).some((area) => !end.rings.some((ring) => ring.queue === area.queue && ring.area === area.area));
}

function notStarted(context: NicContext): EffectResult {
	context.nic.broken = RINGS_MISSING;
	return failure(RINGS_MISSING);
}

function setRings(context: NicContext): KernelResult[] {
	const results: KernelResult[] = [];
	for (const queue of context.nic.queues) {
		const at = ringAddresses(context, queue.index);
		results.push(call(context, { call: 'SET_VRING_NUM', queue: queue.index, entries: queue.entries }));
		results.push(call(context, { call: 'SET_VRING_BASE', queue: queue.index, base: at.shadow ? 0 : queue.guest.lastAvailIndex }));
		results.push(call(context, { call: 'SET_VRING_ADDR', queue: queue.index, ...at.addresses }));
	}
	return results;
}

/** Where the three parts of a ring are as the device names them: the shadow's driver area holds descriptors, then the avail ring. */
function ringAddresses(
	context: NicContext,
	queue: number
): { readonly shadow: boolean; readonly addresses: { descriptors: number; avail: number; used: number } } {
	const { nic, end } = context;
	const record = nic.queues[queue] as (typeof nic.queues)[number];
	const driver = end.rings.find((ring) => ring.queue === queue && ring.area === 'driver');
	const device = end.rings.find((ring) => ring.queue === queue && ring.area === 'device');
	if (!driver || !device) return { shadow: false, addresses: { descriptors: record.descriptors, avail: record.avail, used: record.used } };
	return { shadow: true, addresses: { descriptors: driver.iova, avail: driver.iova + 16 * record.entries, used: device.iova } };
}
