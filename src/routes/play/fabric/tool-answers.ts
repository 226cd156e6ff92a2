import { formatAddress } from '$lib/base/address.ts';
import { formatBytesBinary } from '$lib/base/format.ts';
import type { FabricHostStatus, FabricStatus } from '$lib/engine/contract/fabric-status.ts';

/**
 * What `cxl list` and `daxctl list` would print on a host of the fabric, from the status: the shapes of ndctl v81, with the
 * additions of the out-of-tree series for extents (`-N`) and uuids. Nothing of it changes the world.
 */
export interface ToolAnswer {
	readonly text: string;
	readonly status: number;
}

const json = (value: unknown): ToolAnswer => ({
	text: `${JSON.stringify(value, null, 2)}\n`,
	status: 0
});
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Null: no such tool. */
export function toolAnswer(line: string, fabric: FabricStatus, who: string): ToolAnswer | null {
	const [tool, ...words] = line.trim().split(/\s+/);
	if (tool !== 'cxl' && tool !== 'daxctl') return null;
	const host = fabric.hosts.find((one) => one.id === who);
	if (!host)
		return { text: `${tool}: this is a tool of a host: choose one beside the prompt\n`, status: 1 };
	if (words[0] !== 'list')
		return {
			text: `${tool}: here only "${tool} list" answers; what changes something is a word of the host\n`,
			status: 1
		};
	const flags = new Set(words.slice(1).join('').replaceAll('-', ''));
	return tool === 'cxl' ? cxlList(fabric, host, flags) : daxList(host, flags);
}

function cxlList(
	fabric: FabricStatus,
	host: FabricHostStatus,
	flags: ReadonlySet<string>
): ToolAnswer {
	const show = (flag: string): boolean => flags.has(flag) || flags.has('v');
	const human = flags.has('u');
	const size = (bytes: number): number | string =>
		human ? formatBytesBinary(bytes).replace('\u2009', ' ') : bytes;
	const address = (value: number): number | string => (human ? hex(value) : value);
	const mine = fabric.devices.flatMap((device, index) =>
		device.present
			? device.lds.filter((ld) => ld.host === host.id).map((ld) => ({ device, index, ld }))
			: []
	);
	const memdevs = mine.map(({ index, ld, device }) => ({
		memdev: `mem${index}`,
		ram_size: size(ld.regions.reduce((sum, region) => sum + region.bytes, 0)),
		serial: human ? hex(index) : index,
		host: device.id
	}));
	const windows = host.windows.map((window, index) => ({
		decoder: `decoder0.${index}`,
		resource: address(window.baseHpa),
		size: size(window.bytes),
		interleave_ways: window.ways,
		...(window.ways > 1 ? { interleave_granularity: window.granularity } : {}),
		volatile_capable: true,
		nr_targets: window.targets.length
	}));
	const endpoints = mine.flatMap(({ index, ld }) =>
		ld.decoders.map((decoder, at) => ({
			decoder: `decoder${index + 1}.${at}`,
			resource: address(decoder.baseHpa),
			size: size(decoder.bytes),
			interleave_ways: decoder.ways,
			...(decoder.ways > 1 ? { interleave_granularity: decoder.granularity } : {}),
			dpa_resource: address(decoder.baseDpa),
			dpa_size: size(decoder.bytes / decoder.ways),
			mode: 'dynamic_ram_1'
		}))
	);
	const regions = mine.flatMap(({ index, ld }) =>
		ld.decoders.map((decoder, at) => ({
			region: `region${index + at}`,
			resource: address(decoder.baseHpa),
			size: size(decoder.bytes),
			type: 'ram',
			interleave_ways: decoder.ways,
			interleave_granularity: decoder.granularity,
			decode_state: 'commit',
			...(show('N')
				? {
						extents: ld.extents
							.filter((extent) => extent.state === 'accepted' || extent.state === 'releasing')
							.map((extent) => ({
								offset: address(extent.dpa - decoder.baseDpa),
								length: size(extent.bytes),
								...(extent.tag === null ? {} : { uuid: extent.tag })
							}))
					}
				: {})
		}))
	);
	const wantsNone = !['M', 'D', 'R', 'N', 'v'].some((flag) => flags.has(flag));
	const list = [
		...(show('M') || wantsNone ? memdevs : []),
		...(show('D') ? [...windows, ...endpoints] : []),
		...(show('R') || show('N') ? regions : [])
	];
	return json(human && list.length === 1 ? list[0] : list);
}

function daxList(host: FabricHostStatus, flags: ReadonlySet<string>): ToolAnswer {
	const human = flags.has('u');
	const list = host.dax
		.filter((dax) => dax.state !== 'gone')
		.map((dax) => ({
			chardev: dax.id,
			size: human ? formatBytesBinary(dax.bytes).replace('\u2009', ' ') : dax.bytes,
			align: 2 * 2 ** 20,
			mode: dax.use.startsWith('system-ram')
				? 'system-ram'
				: dax.use === 'famfs'
					? 'famfs'
					: 'devdax',
			...(dax.use.startsWith('system-ram') ? { movable: dax.use === 'system-ram' } : {}),
			...(dax.tag === null ? {} : { uuid: dax.tag })
		}));
	return json(human && list.length === 1 ? list[0] : list);
}

/** What a translation says, as lines. */
export const addressLine = (value: number | null): string =>
	value === null ? '-' : formatAddress(value);
