import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary } from '../../base/format.ts';
import type { CxlDecoderStatus, CxlRegionStatus } from '../../engine/contract/machine-cxl.ts';
import type { BlockRun, CxlScene } from './scene.ts';
import { wayTo } from './scene.ts';

/** Sentences of the figure, each with the line of the console that prints the same. */

export const CXL_PARTS = ['window', 'region', 'dax', 'block', 'port', 'memdev'] as const;
export interface CxlPart {
	readonly kind: (typeof CXL_PARTS)[number];
	/** As the kernel names it: decoder0.0, region0, dax0.0, memory34, port1, mem0. */
	readonly name: string;
}
export interface PartWords {
	readonly long: string;
	readonly line: string;
}

const hex = formatAddress;
export const rangeWords = (baseHpa: number, bytes: number): string =>
	`${hex(baseHpa)} … ${hex(baseHpa + bytes - 1)}`;

/** "2 ways of 8 KiB", "one way". */
export const waysWords = (ways: number, granularity: number): string =>
	ways === 1 ? 'one way' : `${ways} ways of ${formatBytesBinary(granularity)}`;

const STATES: Readonly<Record<CxlRegionStatus['state'], string>> = {
	idle: 'only a name yet',
	'interleave-active': 'has addresses, devices are missing',
	active: 'all devices attached, not committed',
	'reset-pending': 'being taken back',
	commit: 'committed'
};
export function regionState(region: CxlRegionStatus): string {
	if (region.state !== 'commit') return STATES[region.state];
	return region.enabled ? 'committed, its driver is bound' : 'committed, without a driver';
}

export const decoderWords = (decoder: CxlDecoderStatus): string =>
	`${decoder.name}: ${decoder.bytes === 0 ? 'no range' : rangeWords(decoder.baseHpa, decoder.bytes)}, ${waysWords(decoder.ways, decoder.granularity)}, ${decoder.committed ? 'committed' : 'not committed'}`;

export function blockRunWords({ first, count }: BlockRun, blockBytes: number): string {
	const zone = first.zone === null || first.zone === 'none' ? '' : ` in zone ${first.zone}`;
	const name =
		count === 1 ? `memory${first.id}` : `memory${first.id} to memory${first.id + count - 1}`;
	const held = first.heldPages > 0 ? `, ${first.heldPages} pages held` : '';
	return `${name}, ${formatBytesBinary(count * blockBytes)}: ${first.state}${first.state === 'offline' ? '' : `, node ${first.node}${zone}`}${count === 1 ? held : ''}`;
}

export function partWords(scene: CxlScene, part: CxlPart): PartWords | null {
	switch (part.kind) {
		case 'window':
			return windowWords(scene);
		case 'region':
			return regionWords(scene, part.name);
		case 'dax':
			return daxWords(scene, part.name);
		case 'block':
			return blockWords(scene, part.name);
		case 'port':
			return portWords(scene, part.name);
		case 'memdev':
			return memdevWords(scene, part.name);
	}
}

function windowWords({ window, regions }: CxlScene): PartWords {
	const bridges = window.targets.map((name) => name ?? 'a bridge without a port').join(', ');
	const used = regions.reduce((sum, region) => sum + region.bytes, 0);
	return {
		long: `Window ${window.name}: host addresses ${rangeWords(window.baseHpa, window.bytes)}, ${formatBytesBinary(window.bytes)}, ${window.targets.length === 1 ? `to ${bridges}` : `${waysWords(window.targets.length, window.granularity)} over ${bridges}`}, node ${window.node}; ${used === 0 ? 'no region' : `${formatBytesBinary(used)} in regions`}`,
		line: `cxl list -D -d ${window.name}`
	};
}

function regionWords(scene: CxlScene, name: string): PartWords | null {
	const region = scene.regions.find((one) => one.name === name);
	if (!region) return null;
	const devices = region.targets.map((one) => one?.memdev ?? 'nobody').join(', ');
	const range = region.bytes === 0 ? 'no addresses' : rangeWords(region.baseHpa, region.bytes);
	return {
		long: `Region ${name}: ${range}, ${formatBytesBinary(region.bytes)}, ${region.ways === 0 ? 'no ways set' : waysWords(region.ways, region.granularity)}${region.ways === 0 ? '' : `; by position ${devices}`}; ${regionState(region)}`,
		line: `cxl list -R -r ${name} -T`
	};
}

const DRIVERS = {
	none: 'no driver',
	device_dax: 'device_dax: programs map it',
	kmem: 'kmem: memory blocks of the system'
} as const;

function daxWords(scene: CxlScene, name: string): PartWords | null {
	const dax = scene.daxes.find((one) => one.name === name);
	if (!dax) return null;
	const rest =
		dax.uncoveredBytes > 0
			? `; ${formatBytesBinary(dax.uncoveredBytes)} are covered by no whole memory block`
			: '';
	return {
		long: `DAX device ${name}: ${rangeWords(dax.baseHpa, dax.bytes)}, ${formatBytesBinary(dax.bytes)}, node ${dax.node}, ${DRIVERS[dax.driver]}${rest}`,
		line: `daxctl list -d ${name}`
	};
}

function blockWords(scene: CxlScene, name: string): PartWords | null {
	const run = scene.blocks.find((one) => `memory${one.first.id}` === name);
	if (!run) return null;
	return {
		long: blockRunWords(run, scene.blockBytes),
		line: `cat /sys/devices/system/memory/${name}/state`
	};
}

function portWords(scene: CxlScene, name: string): PartWords | null {
	const port = scene.ports.find((one) => one.port.name === name)?.port;
	if (!port) return null;
	const kind = port.kind === 'bridge' ? 'host bridge' : 'switch';
	const decoders = port.passthrough
		? 'no decoders, one port: everything passes'
		: port.decoders.length === 0
			? `${port.decoderCount} decoders, none in use`
			: `${port.decoders.map(decoderWords).join('; ')}; ${port.decoderCount - port.decoders.length} of ${port.decoderCount} decoders free`;
	return {
		long: `Port ${name}, ${kind} ${port.host}: ${decoders}`,
		line: `cxl list -P -p ${name} -D`
	};
}

function memdevWords(scene: CxlScene, name: string): PartWords | null {
	const memdev = [...scene.devices, ...scene.strays].find((one) => one.name === name);
	if (!memdev) return null;
	const sizes = [
		memdev.ramBytes > 0 ? `${formatBytesBinary(memdev.ramBytes)} volatile` : '',
		memdev.pmemBytes > 0 ? `${formatBytesBinary(memdev.pmemBytes)} persistent` : '',
		memdev.dynamicBytes > 0 ? `${formatBytesBinary(memdev.dynamicBytes)} dynamic` : ''
	].filter((words) => words !== '');
	const decoders = memdev.decoders.map(
		(decoder) =>
			`${decoder.name} gives device addresses ${rangeWords(decoder.dpa, decoder.dpaBytes)}${decoder.region === null ? '' : ` to ${decoder.region} as position ${decoder.position}`}, ${decoder.committed ? 'committed' : 'not committed'}`
	);
	const shared =
		memdev.sharedWith.length > 0 ? `, the same file as on ${memdev.sharedWith.join(' and ')}` : '';
	const held = memdev.extents.filter(
		(extent) => extent.state === 'accepted' || extent.state === 'releasing'
	);
	const dynamic =
		memdev.dynamicBytes === 0
			? ''
			: `; ${held.length} ${held.length === 1 ? 'extent' : 'extents'} of dynamic capacity, ${formatBytesBinary(held.reduce((sum, one) => sum + one.bytes, 0))}`;
	return {
		long: `Memory device ${name} (${memdev.device}, ${memdev.address}): ${sizes.join(', ')}${shared}; ${memdev.endpoint === null ? 'no CXL path leads to it' : decoders.length === 0 ? 'none of it in a region' : decoders.join('; ')}${dynamic}`,
		line: `cxl list -M -m ${name} -D`
	};
}

/** The whole figure. */
export function cxlWords(scene: CxlScene, followed: string | null): string {
	const sentences = [
		windowWords(scene).long,
		...scene.regions.map((one) => regionWords(scene, one.name)?.long ?? ''),
		...scene.daxes.map((one) => daxWords(scene, one.name)?.long ?? ''),
		scene.blocks.length === 0 ? 'No memory blocks here' : '',
		...scene.blocks.map((run) => blockRunWords(run, scene.blockBytes)),
		...scene.ports.map(({ port }) => portWords(scene, port.name)?.long ?? ''),
		...[...scene.devices, ...scene.strays].map((one) => memdevWords(scene, one.name)?.long ?? ''),
		scene.lost.length === 0
			? ''
			: `${formatBytesBinary(scene.lost.reduce((sum, one) => sum + one.bytes, 0))} are lost until the next boot: blocks were online when their driver went`,
		followed ?? ''
	];
	return sentences
		.filter((words) => words !== '')
		.map((words) => (words.endsWith('.') ? words : `${words}.`))
		.join(' ');
}

/** The followed byte on its way, in one sentence. */
export function followedWords(
	scene: CxlScene,
	hpa: number,
	answer: {
		readonly device: string | null;
		readonly dpa: number | null;
		readonly load: string;
		readonly store: string;
	} | null
): string | null {
	if (answer === null) return null;
	if (answer.device === null || answer.dpa === null)
		return `${hex(hpa)} reaches no device: a load: ${answer.load}; a store: ${answer.store}`;
	return `${hex(hpa)} goes by ${wayTo(scene, answer.device).join(', ')} to ${answer.device}, device address ${hex(answer.dpa)}`;
}
