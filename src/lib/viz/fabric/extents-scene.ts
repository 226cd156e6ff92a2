import type {
	FabricDeviceStatus,
	FabricExtentStatus,
	FabricHostStatus,
	FabricLogicalDeviceStatus,
	FabricRegionStatus,
	FabricStatus,
	FabricTagStatus
} from '../../engine/contract/fabric-status.ts';
import { hostColour, type ColourName } from '../tokens/colour.ts';

/** What a rail shows of one piece: who may touch it, where it is, and when it came. */
export interface Piece extends FabricExtentStatus {
	/** null: nobody may, or by force nobody any more. */
	readonly fill: ColourName | null;
	/** Several hosts may have it under its tag: its sequence number means something. */
	readonly isShared: boolean;
	/** The kernel of its host has made it ordinary memory: what was shared in it may be written over. */
	readonly isSystemRam: boolean;
	/** Place in the order of arrival among the pieces of its tag on this rail, from 1; 0 where there is only one. */
	readonly came: number;
}

/** The device addresses of one host on one device. */
export interface Rail {
	/** "mem0/1": logical device, or the host of a G-FAM device. */
	readonly id: string;
	readonly device: FabricDeviceStatus;
	readonly ld: FabricLogicalDeviceStatus | null;
	readonly host: FabricHostStatus | null;
	readonly hostName: string;
	readonly fromDpa: number;
	readonly toDpa: number;
	readonly regions: readonly FabricRegionStatus[];
	readonly pieces: readonly Piece[];
	readonly counts: FabricLogicalDeviceStatus['counts'] | null;
	/** Extents that the status does not list one by one. */
	readonly unlisted: number;
}

export type TagView = FabricTagStatus['views'][number];

/** The line of a tag between the rails, as each of the two hosts rebuilds it. */
export interface TagLine {
	readonly tag: FabricTagStatus;
	readonly views: readonly [TagView | null, TagView | null];
	/** Over how many devices each host's addresses are striped: with more than one, neighbours on the line are none there. */
	readonly ways: readonly [number, number];
	/** Who may touch it; null: nobody holds it and nobody keeps it, the data are gone. */
	readonly fill: ColourName | null;
}

export interface ExtentsScene {
	readonly device: FabricDeviceStatus | null;
	readonly rails: readonly [Rail | null, Rail | null];
	/** Hosts of the device that are not on the stage. */
	readonly others: readonly Rail[];
	readonly line: TagLine | null;
	/** Tags of this device, those on both rails first. */
	readonly tags: readonly FabricTagStatus[];
}

export interface ExtentsChoice {
	readonly device: string | null;
	readonly tag: string | null;
	/** Hosts wanted above and below. */
	readonly hosts: readonly [string | null, string | null];
}

export const hostTitle = (id: string): string => (id.length === 1 ? `Host ${id}` : id);

export function buildExtents(fabric: FabricStatus, choice: ExtentsChoice): ExtentsScene {
	const wantedTag = fabric.tags.find((tag) => tag.tag === choice.tag);
	const device =
		fabric.devices.find((one) => one.id === (choice.device ?? wantedTag?.device)) ??
		fabric.devices.find((one) => one.id === fabric.tags[0]?.device) ??
		fabric.devices.find((one) => regionsOf(one).length > 0) ??
		fabric.devices[0] ??
		null;
	if (device === null)
		return { device, rails: [null, null], others: [], line: null, tags: fabric.tags };
	const tags = fabric.tags
		.filter((tag) => tag.device === device.id)
		.toSorted((a, b) => hostsOf(b).length - hostsOf(a).length);
	const tag = tags.find((one) => one.tag === choice.tag) ?? tags[0] ?? null;
	const rails = railsOf(fabric, device);
	const [top, bottom] = pickTwo(rails, tag, choice.hosts);
	const viewOf = (rail: Rail | null): TagView | null =>
		tag?.views.find((view) => view.host === rail?.hostName && view.pieces.length > 0) ?? null;
	return {
		device,
		rails: [top, bottom],
		others: rails.filter((rail) => rail !== top && rail !== bottom),
		line:
			tag === null
				? null
				: {
						tag,
						views: [viewOf(top), viewOf(bottom)],
						ways: [waysOf(top), waysOf(bottom)],
						fill: lineFill(fabric, tag)
					},
		tags
	};
}

const hostsOf = (tag: FabricTagStatus): readonly string[] => [...tag.holders, ...tag.offered];
const regionsOf = (device: FabricDeviceStatus): readonly FabricRegionStatus[] =>
	device.gfd?.partitions ?? device.lds.flatMap((ld) => ld.regions);

const waysOf = (rail: Rail | null): number =>
	rail?.ld?.decoders[0]?.ways ??
	rail?.device.gfd?.decoders.find((decoder) => decoder.host === rail.hostName)?.ways ??
	1;

function lineFill(fabric: FabricStatus, tag: FabricTagStatus): ColourName | null {
	if (tag.holders.length > 1) return 'shared';
	if (tag.holders.length === 0) return tag.referenced || tag.offered.length > 0 ? 'pool' : null;
	return hostColour(fabric.hosts.find((host) => host.id === tag.holders[0])?.index ?? 2);
}

/** Two rails: those asked for, else those that the tag is on, else the first ones. */
function pickTwo(
	rails: readonly Rail[],
	tag: FabricTagStatus | null,
	wanted: ExtentsChoice['hosts']
): [Rail | null, Rail | null] {
	const named = (id: string | null) =>
		id === null ? undefined : rails.find((rail) => rail.hostName === id || rail.id === id);
	const on = tag === null ? [] : hostsOf(tag);
	/** On the tag, else with something on it. */
	const worth = (rail: Rail): number =>
		on.includes(rail.hostName) ? 2 : rail.pieces.length + rail.unlisted > 0 ? 1 : 0;
	const ranked = rails.toSorted((a, b) => worth(b) - worth(a));
	// The pair keeps the order of the hosts: A stands above B.
	const firstTwo = ranked
		.filter((rail) => rail !== named(wanted[0]) && rail !== named(wanted[1]))
		.slice(0, 2)
		.toSorted((a, b) => rails.indexOf(a) - rails.indexOf(b));
	const top = named(wanted[0]) ?? firstTwo.shift() ?? null;
	const bottom = named(wanted[1]) ?? firstTwo.shift() ?? null;
	return top === bottom ? [top, firstTwo.shift() ?? null] : [top, bottom];
}

/** One rail per logical device; on a G-FAM device, whose addresses are common, one per host that has access. */
export function railsOf(fabric: FabricStatus, device: FabricDeviceStatus): Rail[] {
	if (device.gfd === null) return device.lds.map((ld) => railOfLd(fabric, device, ld));
	const hosts = new Set([
		...device.gfd.access.filter((one) => one.groups.length > 0).map((one) => one.host),
		...device.gfd.decoders.map((one) => one.host),
		...fabric.tags.filter((tag) => tag.device === device.id).flatMap(hostsOf)
	]);
	const names =
		hosts.size > 0
			? fabric.hosts.filter((host) => hosts.has(host.id)).map((host) => host.id)
			: fabric.hosts.slice(0, 2).map((host) => host.id);
	return names.map((name) => railOfGfd(fabric, device, name));
}

function railOfLd(
	fabric: FabricStatus,
	device: FabricDeviceStatus,
	ld: FabricLogicalDeviceStatus
): Rail {
	const host = fabric.hosts.find((one) => one.id === ld.host) ?? null;
	const total = Object.values(ld.counts).reduce((sum, one) => sum + one.extents, 0);
	return {
		id: `${device.id}/${ld.number}`,
		device,
		ld,
		host,
		hostName: ld.host ?? `LD ${ld.number}`,
		...spanOf(ld.regions),
		regions: ld.regions,
		pieces: withArrival(ld.extents.map((extent) => piece(fabric, host, extent))),
		counts: ld.counts,
		unlisted: Math.max(0, total - ld.extents.length)
	};
}

function railOfGfd(fabric: FabricStatus, device: FabricDeviceStatus, name: string): Rail {
	const host = fabric.hosts.find((one) => one.id === name) ?? null;
	const partitions = device.gfd?.partitions ?? [];
	const extents = fabric.tags
		.filter((tag) => tag.device === device.id)
		.flatMap((tag) =>
			(tag.views.find((view) => view.host === name)?.pieces ?? []).map(
				(one): FabricExtentStatus => ({
					row: -1,
					dpa: one.dpa,
					bytes: one.bytes,
					media: one.dpa,
					tag: tag.tag,
					sequence: one.sequence,
					arrival: one.arrival,
					state: tag.offered.includes(name) && !tag.holders.includes(name) ? 'offered' : 'accepted',
					region: Math.max(
						0,
						partitions.findIndex(
							(part) => one.dpa >= part.baseDpa && one.dpa < part.baseDpa + part.bytes
						)
					)
				})
			)
		)
		.toSorted((a, b) => a.dpa - b.dpa);
	return {
		id: `${device.id}/${name}`,
		device,
		ld: null,
		host,
		hostName: name,
		...spanOf(partitions),
		regions: partitions,
		pieces: withArrival(extents.map((extent) => piece(fabric, host, extent))),
		counts: null,
		unlisted: 0
	};
}

function spanOf(regions: readonly FabricRegionStatus[]): { fromDpa: number; toDpa: number } {
	if (regions.length === 0) return { fromDpa: 0, toDpa: 0 };
	return {
		fromDpa: Math.min(...regions.map((region) => region.baseDpa)),
		toDpa: Math.max(...regions.map((region) => region.baseDpa + region.bytes))
	};
}

function piece(
	fabric: FabricStatus,
	host: FabricHostStatus | null,
	extent: FabricExtentStatus
): Piece {
	const tag = fabric.tags.find((one) => one.tag === extent.tag);
	const isShared = tag?.sharable ?? false;
	const many = isShared && (tag?.holders.length ?? 0) > 1;
	const isSystemRam =
		host?.dax.some((dax) => dax.use.startsWith('system-ram') && dax.extents.includes(extent.row)) ??
		false;
	const usual = fillOf(extent.state, many, host);
	return {
		...extent,
		isShared,
		isSystemRam,
		came: 0,
		fill: isSystemRam && usual !== null ? 'kernel' : usual
	};
}

function fillOf(
	state: FabricExtentStatus['state'],
	isShared: boolean,
	host: FabricHostStatus | null
): ColourName | null {
	switch (state) {
		case 'offered':
			return 'pool';
		case 'accepted':
		case 'releasing':
			return isShared ? 'shared' : hostColour(host?.index ?? 2);
		case 'forced':
		case 'dead':
			return null;
	}
}

/** Numbers the pieces of each tag by the order in which they came. */
function withArrival(pieces: readonly Piece[]): Piece[] {
	return pieces.map((one) => {
		const kin = one.tag === null ? [] : pieces.filter((other) => other.tag === one.tag);
		if (kin.length < 2) return one;
		return { ...one, came: kin.filter((other) => other.arrival <= one.arrival).length };
	});
}

/** Where an offset of a tag's line lies on a host; null where the host's view has a hole there. */
export function placeOf(
	view: TagView | null,
	offset: number,
	ways = 1
): { readonly dpa: number; readonly hpa: number | null; readonly sequence: number } | null {
	if (view === null || !view.complete) return null;
	const found = view.pieces.find((one) => offset >= one.at && offset < one.at + one.bytes);
	if (!found) return null;
	const inside = offset - found.at;
	return {
		dpa: found.dpa + inside,
		// A striped address is the engine's to say; at the start of a piece it has said it.
		hpa: found.hpa === null || (ways > 1 && inside > 0) ? null : found.hpa + inside,
		sequence: found.sequence
	};
}

/** A byte to begin with, neither first nor last: a little before three tenths of the line, on a page. */
export const someOffset = (bytes: number): number => Math.floor((bytes * 0.2844) / 4096) * 4096;
