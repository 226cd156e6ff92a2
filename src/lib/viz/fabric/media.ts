import { formatBytesBinary } from '../../base/format.ts';
import type { FabricDeviceStatus, FabricStatus } from '../../engine/contract/fabric-status.ts';
import { hostColour, type ColourName } from '../tokens/colour.ts';
import { hostTitle } from './extents-scene.ts';

/** What the media of a device are used for: amounts, never places. */
export interface MediaShare {
	readonly bytes: number;
	readonly fill: ColourName | null;
	readonly words: string;
}

export function mediaShares(fabric: FabricStatus, device: FabricDeviceStatus): MediaShare[] {
	const tags = fabric.tags.filter((tag) => tag.device === device.id);
	const shared = tags.filter((tag) => tag.sharable && tag.holders.length > 1);
	const sharedBytes = shared.reduce((sum, tag) => sum + tag.bytes, 0);
	const own = fabric.hosts.map((host): MediaShare => {
		const held = device.lds
			.filter((ld) => ld.host === host.id)
			.reduce((sum, ld) => sum + ld.counts.accepted.bytes + ld.counts.releasing.bytes, 0);
		// A G-FAM device has no logical devices: what is open to one host only is its own.
		const open = tags
			.filter(
				(tag) => device.gfd !== null && tag.holders.length === 1 && tag.holders[0] === host.id
			)
			.reduce((sum, tag) => sum + tag.bytes, 0);
		const common = shared
			.filter((tag) => device.gfd === null && tag.holders.includes(host.id))
			.reduce((sum, tag) => sum + tag.bytes, 0);
		return {
			bytes: Math.max(0, held - common) + open,
			fill: hostColour(host.index),
			words: `${hostTitle(host.id)} ${formatBytesBinary(Math.max(0, held - common) + open)}`
		};
	});
	const offered = device.lds.reduce((sum, ld) => sum + ld.counts.offered.bytes, 0);
	const kept = tags
		.filter((tag) => tag.holders.length === 0 && tag.referenced)
		.reduce((sum, tag) => sum + tag.bytes, 0);
	return [
		...own,
		{
			bytes: sharedBytes,
			fill: 'shared' as const,
			words: `shared ${formatBytesBinary(sharedBytes)}`
		},
		{ bytes: offered, fill: 'pool' as const, words: `offered ${formatBytesBinary(offered)}` },
		{ bytes: kept, fill: null, words: `kept by the manager ${formatBytesBinary(kept)}` }
	].filter((share) => share.bytes > 0);
}

const KINDS: Readonly<Record<FabricDeviceStatus['kind'], string>> = {
	sld: 'SLD, one host',
	mld: 'MLD, logical devices',
	'mh-sld': 'MH-SLD, one head per host',
	gfd: 'G-FAM device'
};
export const kindWords = (device: FabricDeviceStatus): string => KINDS[device.kind];
