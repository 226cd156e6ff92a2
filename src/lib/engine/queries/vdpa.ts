import { formatAddress } from '../../base/address.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import { BACKEND_FEATURES } from '../contract/vdpa/kinds.ts';
import type {
	AddressSpaceStatus,
	BandStatus,
	ChangeStatus,
	DeviceEndStatus,
	IotlbEntryStatus,
	NicGuestStatus,
	NicStatus,
	TreeNodeStatus,
	VdpaStatus,
	WrongAccessStatus
} from '../contract/vdpa/status.ts';
import type { DeviceEndRecord, KernelEntryRecord, NicGuestRecord, NicRecord, WrongAccessRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { guestOf } from '../vdpa/context.ts';
import { mapsOf } from '../vdpa/iova/tree.ts';
import { sectionOfHva } from '../vdpa/listener/layout.ts';
import { wrongMaps } from '../vdpa/promise.ts';
import { queueStatuses, trafficStatus } from '../vdpa/queues/status.ts';

/** vDPA devices as the page shows them. Reads only. */
export function vdpaStatus(world: World): VdpaStatus | null {
	const { vdpa } = world.r;
	if (vdpa.nics.length === 0) return null;
	return { guests: vdpa.guests.map((guest) => guestStatus(world, guest)), nics: vdpa.nics.map((nic) => nicStatus(world, nic)) };
}

function guestStatus(world: World, guest: NicGuestRecord): NicGuestStatus {
	return {
		vm: world.r.vms[guest.vm]?.id ?? '',
		sections: guest.sections,
		memlockPages: guest.memlockPages,
		pinnedPages: guest.pinnedPages,
		hotplugWhileMigrating: guest.hotplugWhileMigrating,
		viommu: guest.viommu,
		maxAddress: guest.maxAddress
	};
}

function nicStatus(world: World, nic: NicRecord): NicStatus {
	const guest = guestOf(world, nic.vm);
	const running = (world.r.vms[nic.vm]?.running ?? 0) as 0 | 1;
	const end = nic.ends[running];
	return {
		id: nic.id,
		vm: world.r.vms[nic.vm]?.id ?? '',
		kind: nic.kind,
		traits: nic.traits,
		queuePairs: nic.queuePairs,
		ringEntries: nic.ringEntries,
		controlQueue: nic.controlQueue,
		strategy: nic.strategy,
		choice: nic.choice,
		preset: nic.preset,
		figures: nic.figures,
		ends: [endStatus(world, guest, nic, 0), endStatus(world, guest, nic, 1)],
		change: nic.change?.status ?? null,
		changes: nic.changes,
		traffic: trafficStatus(world, nic),
		wrongMaps: end && nic.change === null ? wrongMaps(guest, end) : [],
		wrongAccesses: nic.wrongAccesses.map((access) => accessStatus(guest, access)),
		wrongCount: nic.wrongCount,
		faultCount: nic.faultCount,
		broken: nic.broken
	};
}

function endStatus(world: World, guest: NicGuestRecord, nic: NicRecord, instance: 0 | 1): DeviceEndStatus | null {
	const end = nic.ends[instance];
	if (!end) return null;
	return {
		host: world.r.hosts[end.host]?.id ?? '',
		life: lifeOf(end),
		svq: end.svq,
		listener: end.listener,
		features: BACKEND_FEATURES.filter((feature) => end.kernel.backendFeatures.includes(feature.bit)).map((feature) => feature.name),
		iovaFirst: nic.iovaFirst,
		iovaLast: nic.iovaLast,
		spaces: end.kernel.spaces.map((space) => spaceStatus(guest, end, space.asid)),
		tree: treeStatus(guest, end),
		bands: bandsOf(guest, end),
		queues: queueStatuses(world, nic, end)
	};
}

function lifeOf(end: DeviceEndRecord): DeviceEndStatus['life'] {
	const { kernel } = end;
	if (!kernel.open) return 'closed';
	if (kernel.owner < 0) return 'open';
	if (kernel.suspended) return 'suspended';
	if ((kernel.status & 4) !== 0) return 'driver-ok';
	if ((kernel.status & 8) !== 0) return 'features-ok';
	if ((kernel.status & 2) !== 0) return 'driver';
	return 'owned';
}

type What = TreeNodeStatus['what'];

/** What lies behind an address of the process. */
function whatIs(guest: NicGuestRecord, end: DeviceEndRecord, uaddr: number): What {
	const section = sectionOfHva(guest, end.instance, uaddr);
	if (section) return section.kind;
	const ring = end.rings.find((one) => uaddr >= one.hva && uaddr < one.hva + one.bytes);
	return ring?.area === 'out' || ring?.area === 'status' ? 'control' : 'ring';
}

function entryStatus(guest: NicGuestRecord, end: DeviceEndRecord, entry: KernelEntryRecord): IotlbEntryStatus {
	return { ...entry, what: whatIs(guest, end, entry.uaddr) };
}

function spaceStatus(guest: NicGuestRecord, end: DeviceEndRecord, asid: number): AddressSpaceStatus {
	const space = end.kernel.spaces.find((one) => one.asid === asid) as (typeof end.kernel.spaces)[number];
	return {
		asid,
		groups: end.kernel.groupAsid.flatMap((of, group) => (of === asid ? [group] : [])),
		entries: space.entries.map((entry) => entryStatus(guest, end, entry)),
		pinnedPages: space.entries.reduce((sum, entry) => sum + entry.pinnedPages, 0),
		keys: space.keys
	};
}

function treeStatus(guest: NicGuestRecord, end: DeviceEndRecord): TreeNodeStatus[] {
	const guestNodes = new Map(mapsOf(end.tree.guest).map((map) => [Number(map.iova), Number(map.target)]));
	const hostNodes = new Map(mapsOf(end.tree.host).map((map) => [Number(map.iova), Number(map.target)]));
	return mapsOf(end.tree.allocated).map((map) => {
		const iova = Number(map.iova);
		const gpa = guestNodes.get(iova);
		const section = gpa === undefined ? undefined : guest.sections.find((one) => one.gpa === gpa);
		return { iova, bytes: Number(map.size) + 1, what: section ? section.kind : whatIs(guest, end, hostNodes.get(iova) ?? -1) };
	});
}

/** Entries that follow each other on both sides are one band: what the two rails show. */
function bandsOf(guest: NicGuestRecord, end: DeviceEndRecord): BandStatus[] {
	const bands: BandStatus[] = [];
	for (const space of end.kernel.spaces)
		for (const entry of space.entries) {
			const section = sectionOfHva(guest, end.instance, entry.uaddr);
			const what = whatIs(guest, end, entry.uaddr);
			const gpa = section ? section.gpa + (entry.uaddr - section.hva[end.instance]) : null;
			const last = bands.at(-1);
			if (last && joins(last, space.asid, entry, gpa, what)) {
				bands[bands.length - 1] = { ...last, bytes: last.bytes + entry.bytes, pinnedPages: last.pinnedPages + entry.pinnedPages };
				continue;
			}
			bands.push({
				asid: space.asid,
				gpa,
				iova: entry.iova,
				bytes: entry.bytes,
				kind: gpa === null ? 'svq' : gpa === entry.iova ? 'identity' : 'shifted',
				what,
				pinnedPages: entry.pinnedPages,
				// On the guest's own rings addresses are guest addresses: a shifted map is a wrong one.
				wrong: gpa !== null && gpa !== entry.iova && !end.svq && !guest.viommu
			});
		}
	return bands;
}

function joins(last: BandStatus, asid: number, entry: KernelEntryRecord, gpa: number | null, what: What): boolean {
	if (last.asid !== asid || last.what !== what || last.iova + last.bytes !== entry.iova) return false;
	if (last.gpa === null || gpa === null) return last.gpa === gpa && what !== 'ram' && what !== 'dimm';
	return last.gpa + last.bytes === gpa;
}

function accessStatus(guest: NicGuestRecord, access: WrongAccessRecord): WrongAccessStatus {
	const meantGpa = gpaOf(guest, access.meantGfn) ?? 0;
	const reachedGpa = access.reachedGfn < 0 ? null : gpaOf(guest, access.reachedGfn);
	return {
		atNs: access.atNs,
		queue: access.queue,
		iova: access.iova,
		meantGpa,
		reachedGpa,
		text:
			reachedGpa === null
				? `the guest means ${formatAddress(meantGpa)}, and nothing is mapped at ${formatAddress(access.iova)}: a DMA fault`
				: `the guest means ${formatAddress(meantGpa)}, and the device reaches ${formatAddress(reachedGpa)}`
	};
}

function gpaOf(guest: NicGuestRecord, gfn: number): number | null {
	const section = guest.sections.find((one) => gfn >= one.firstGfn && gfn < one.firstGfn + one.bytes / PAGE_BYTES);
	return section ? section.gpa + (gfn - section.firstGfn) * PAGE_BYTES : null;
}

/** The last change of a kind that has ended, or null. */
export function lastChange(nic: NicRecord, kind: ChangeStatus['kind']): ChangeStatus | null {
	return nic.changes.filter((change) => change.kind === kind).at(-1) ?? null;
}
