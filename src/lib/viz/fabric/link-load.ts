import { formatBytesBinary, formatNumber, formatRate } from '../../base/format.ts';
import type { FabricLinkStatus, FabricLoadStatus } from '../../engine/contract/fabric-load.ts';
import type { FabricStatus } from '../../engine/contract/fabric-status.ts';
import { hostColour, type ColourName } from '../tokens/colour.ts';
import type { MapLink } from './map-layout.ts';

/**
 * What a link carries, as a band: as wide as what it can carry at most, filled as far as it is used, the half that leads to the
 * hosts left and the half that leads to the media right. One scale for all links of a figure.
 */
export interface LinkBand {
	readonly status: FabricLinkStatus;
	/** Width of the whole band, and of what fills each half. */
	readonly width: number;
	readonly read: number;
	readonly write: number;
	readonly fill: ColourName;
	/** "↑ 5.2 ↓ 0 GB/s"; null while nothing has gone over it. */
	readonly label: string | null;
	/** What it can carry: "of 46.2 GB/s", or of each way where they differ. */
	readonly limit: string;
	readonly isFull: boolean;
}

const WIDEST = 14;
/** What goes on is never thinner than a line. */
const THINNEST = 1.5;
/** From here on a direction counts as full. */
const FULL = 0.995;

export function bandOf(fabric: FabricStatus, link: MapLink): LinkBand | null {
	const status = statusOf(fabric, link);
	if (!status) return null;
	const both = (one: FabricLinkStatus): number =>
		one.read.capacityBytesPerSecond + one.write.capacityBytesPerSecond;
	const most = Math.max(1, ...fabric.links.map(both));
	const scale = WIDEST / most;
	const part = (load: FabricLoadStatus): number =>
		load.bytesPerSecond === 0
			? 0
			: Math.max(THINNEST, Math.min(load.bytesPerSecond, load.capacityBytesPerSecond) * scale);
	const { read, write } = status;
	return {
		status,
		width: Math.max(4, both(status) * scale),
		read: part(read),
		write: part(write),
		fill: fillOf(fabric, link, status),
		label: isUntouched(status) ? null : rateLabel(status),
		limit: limitWords(status),
		isFull: read.load >= FULL || write.load >= FULL
	};
}

const isUntouched = ({ read, write }: FabricLinkStatus): boolean =>
	[read, write].every((load) => load.bytes === 0 && load.bytesPerSecond === 0);

const statusOf = (fabric: FabricStatus, link: MapLink): FabricLinkStatus | undefined =>
	fabric.links.find((one) => link.ids.includes(one.id));

/** A host's own link has its hue; where several load or store over a link it is shared. */
function fillOf(fabric: FabricStatus, link: MapLink, status: FabricLinkStatus): ColourName {
	const hueOf = (name: string): ColourName =>
		hostColour(fabric.hosts.find((host) => host.id === name)?.index ?? 9);
	if (link.host !== null) return hueOf(link.host);
	const users = new Set(
		fabric.streams.filter((one) => one.links.includes(status.id)).map((one) => one.host)
	);
	if (users.size === 1) return hueOf([...users][0] as string);
	return users.size > 1 ? 'shared' : 'pool';
}

/** "↑ 5.2 GB/s", "↑ 5.2 GB/s ↓ 0.3 GB/s", "0". */
function rateLabel({ read, write }: FabricLinkStatus): string {
	const parts = [
		read.bytesPerSecond > 0 ? `↑ ${formatRate(read.bytesPerSecond)}` : '',
		write.bytesPerSecond > 0 ? `↓ ${formatRate(write.bytesPerSecond)}` : ''
	].filter((part) => part !== '');
	return parts.length === 0 ? '0' : parts.join(' ');
}

function limitWords({ read, write }: FabricLinkStatus): string {
	const up = formatRate(read.capacityBytesPerSecond);
	const down = formatRate(write.capacityBytesPerSecond);
	if (up === down) return `of ${up}`;
	if (read.bytesPerSecond === 0) return `of ${down}`;
	return write.bytesPerSecond === 0 ? `of ${up}` : `of ${up} and ${down}`;
}

const percent = (load: number): string => `${formatNumber(load * 100)}\u2009%`;

/** One direction in words: "5.2 GB/s of 63 GB/s towards the hosts (8 %)". */
function directionWords(load: FabricLoadStatus, towards: string): string {
	const now =
		load.bytesPerSecond === 0
			? `nothing now towards ${towards}`
			: `${formatRate(load.bytesPerSecond)} now towards ${towards}, ${load.load >= FULL ? 'full' : percent(load.load)} of ${formatRate(load.capacityBytesPerSecond)}`;
	return load.bytes === 0
		? now
		: `${now}, ${formatBytesBinary(load.bytes)} in ${formatNumber(load.accesses)} ${load.accesses === 1 ? 'access' : 'accesses'} so far`;
}

export function linkWords(status: FabricLinkStatus): string {
	const wire = `link ${status.id}, ${status.lanes} lanes of ${status.laneGTps}\u2009GT/s`;
	if (status.down) return `${wire}, down`;
	const snoops = status.snoops > 0 ? `, ${formatNumber(status.snoops)} snoops` : '';
	if (isUntouched(status))
		return `${wire}: nothing has gone over it, at most ${formatRate(status.read.capacityBytesPerSecond)} each way${snoops}`;
	return `${wire}: ${directionWords(status.read, 'the hosts')}; ${directionWords(status.write, 'the media')}${snoops}`;
}

export const linkOf = (fabric: FabricStatus, id: string): FabricLinkStatus | undefined =>
	fabric.links.find((one) => one.id === id);
