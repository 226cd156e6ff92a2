import { formatAddress } from '../../base/address.ts';
import type { TranslationAnswer } from '../contract/fabric-status.ts';
import { daxName, kmemRange } from '../cxl/dax.ts';
import { decoderAt, decoderName, decodersOf, memdevName, memdevOf, portAt, portName, regionById, regionName } from '../cxl/find.ts';
import { encodedGranularity, encodedWays } from '../cxl/encode.ts';
import { offsetInDevice } from '../fabric/address/interleave.ts';
import { roundsOf } from '../fabric/address/translate.ts';
import { bitsWords } from '../fabric/address/words.ts';
import { osRecord, PAGES_PER_SECTION } from '../mm/os/os.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { CxlDecoderRecord, CxlPortRecord, CxlRecord, CxlRegionRecord } from '../state/cxl-records.ts';
import type { World } from '../state/world.ts';

/**
 * One address of a Linux machine with CXL devices of QEMU, from its window to a byte of a device, and what Linux made of the same
 * address. The window picks by the whole address, so does each port by the decoder that covers it; the device takes its own base
 * off and closes the gaps (QEMU 10.2.2 hw/cxl/cxl-host.c, cxl_cfmws_find_device and cxl_hdm_find_target; hw/mem/cxl_type3.c,
 * cxl_type3_dpa). Where nothing answers, a load fails and a store is dropped (cxl_read_cfmws, cxl_write_cfmws); where the device
 * itself refuses, both fail (cxl_type3_read, cxl_type3_write).
 */
type Step = TranslationAnswer['steps'][number];
interface End {
	/** no-device: the device was reached and has no decoder for it. */
	readonly miss: keyof typeof DEAD;
	readonly says: string;
}
/** What a load gives and a store does where the way ends. */
const DEAD = {
	'no-window': { load: 'no CXL window answers there', store: 'no CXL window answers there' },
	'no-decoder': { load: 'QEMU fails the transaction (MEMTX_ERROR)', store: 'dropped without a word' },
	'no-device': { load: 'QEMU fails the transaction (MEMTX_ERROR)', store: 'QEMU fails the transaction (MEMTX_ERROR)' }
} as const;
interface Walk {
	readonly steps: Step[];
	readonly switches: string[];
}

export function translateOnMachine(world: World, cxl: CxlRecord, hpa: number): TranslationAnswer {
	const os = osRecord(world, cxl.os);
	const walk: Walk = { steps: [], switches: [] };
	const root = decodersOf(cxl, 0)
		.map((index) => decoderAt(cxl, index))
		.find((decoder) => hpa >= decoder.start && hpa < decoder.start + decoder.bytes);
	if (root === undefined) return answer(os.id, hpa, walk, null, null, { miss: 'no-window', says: 'No window of this machine covers it' });
	const region = cxl.regions.find((one) => one.bytes > 0 && hpa >= one.start && hpa < one.start + one.bytes) ?? null;
	const window = windowShown(cxl, root, region, hpa);
	walk.steps.push({
		at: 'window',
		title: decoderName(cxl, root),
		says: `${formatAddress(hpa)} lies ${formatAddress(hpa - root.start)} above the window’s base.`,
		value: hpa - root.start,
		rule: 'hdm-window'
	});
	const end = down(cxl, root, hpa, walk);
	if ('miss' in end) return answer(os.id, hpa, walk, window, null, end);
	const made = afterwards(world, cxl, region, hpa);
	walk.steps.push(...made);
	const node = os.nodes.find((one) => one.id === cxl.windows.find((each) => each.base === root.start)?.node);
	return answer(os.id, hpa, walk, window, { ...end, latencyNs: node?.readLatencyNs ?? null }, null);
}

/** The set that the bits of an address choose from: the region's devices, or the window's bridges while there is no region. */
function windowShown(
	cxl: CxlRecord,
	root: CxlDecoderRecord,
	region: CxlRegionRecord | null,
	hpa: number
): NonNullable<TranslationAnswer['window']> {
	const shape =
		region === null
			? { baseHpa: root.start, bytes: root.bytes, ways: root.ways, granularity: root.granularityBytes }
			: { baseHpa: region.start, bytes: region.bytes, ways: region.ways, granularity: region.granularityBytes };
	const targets =
		region === null
			? root.targets.map((uid) => bridgeName(cxl, uid))
			: region.targets.map((index, at) => (index < 0 ? `position ${at}` : memdevName(memdevOf(cxl, decoderAt(cxl, index)))));
	const wayAt = (at: number): number => {
		if (region === null) return wayOf(at, root);
		const end = down(cxl, root, at, { steps: [], switches: [] });
		return 'miss' in end ? -1 : end.position;
	};
	return { ...shape, arithmetic: 'modulo', xorMasks: [], targets, ...roundsOf(hpa, shape, wayAt) };
}

const bridgeOfUid = (cxl: CxlRecord, uid: number): number =>
	cxl.ports.findIndex((port) => port.kind === 'bridge' && port.parentDport === uid);
function bridgeName(cxl: CxlRecord, uid: number): string {
	const at = bridgeOfUid(cxl, uid);
	return at < 0 ? `pci0000:${uid.toString(16).padStart(2, '0')}` : portName(portAt(cxl, at));
}

interface Found {
	readonly memdev: string;
	readonly position: number;
	readonly offset: number;
	readonly dpa: number;
}

/** From the window down to an endpoint. */
function down(cxl: CxlRecord, root: CxlDecoderRecord, hpa: number, walk: Walk): Found | End {
	const way = wayOf(hpa, root);
	const uid = root.targets[way] as number;
	let at = bridgeOfUid(cxl, uid);
	walk.steps.push({
		at: 'root',
		title: `host bridge ${bridgeName(cxl, uid)}`,
		says: root.ways === 1 ? 'The window leads to one host bridge.' : `${picks(root)} ${way} of ${root.ways}.`,
		value: way,
		rule: 'hdm-root'
	});
	while (at >= 0) {
		const port = portAt(cxl, at);
		if (port.kind === 'endpoint') return intoDevice(cxl, port, at, hpa, walk);
		if (port.kind === 'switch') walk.switches.push(portName(port));
		const dport = choose(cxl, port, at, hpa, walk);
		if (typeof dport !== 'number') return dport;
		at = cxl.ports.findIndex((below) => below.parent === at && below.parentDport === dport);
	}
	return { miss: 'no-decoder', says: 'No memory device hangs there' };
}

const wayOf = (hpa: number, decoder: CxlDecoderRecord): number => Math.floor(hpa / decoder.granularityBytes) % decoder.ways;

function picks(decoder: CxlDecoderRecord): string {
	const words = bitsWords(decoder.granularityBytes, decoder.ways);
	return `${words.charAt(0).toUpperCase()}${words.slice(1)} of the address ${words.startsWith('bits') ? 'say' : 'says'}`;
}

function choose(cxl: CxlRecord, port: CxlPortRecord, index: number, hpa: number, walk: Walk): number | End {
	const at = port.kind === 'bridge' ? 'hostBridge' : 'switch';
	if (port.passthrough) {
		const [only] = port.dports;
		if (only === undefined) return { miss: 'no-decoder', says: `Nothing hangs below ${portName(port)}` };
		walk.steps.push({ at, title: portName(port), says: 'One port and no decoders: passes on.', value: only.id, rule: 'hdm-port' });
		return only.id;
	}
	const decoder = decodersOf(cxl, index)
		.map((each) => decoderAt(cxl, each))
		.find((each) => each.enabled && hpa >= each.start && hpa < each.start + each.bytes);
	if (decoder === undefined) return { miss: 'no-decoder', says: `${portName(port)} has no committed decoder for it` };
	const way = wayOf(hpa, decoder);
	const dport = decoder.targets[way];
	if (dport === undefined) return { miss: 'no-decoder', says: `${decoderName(cxl, decoder)} names no port for way ${way}` };
	walk.steps.push({
		at,
		title: decoderName(cxl, decoder),
		says: decoder.ways === 1 ? `One way: on to port ${dport}.` : `${picks(decoder)} ${way} of ${decoder.ways}: port ${dport}.`,
		value: way,
		rule: 'hdm-port'
	});
	return dport;
}

function intoDevice(cxl: CxlRecord, port: CxlPortRecord, index: number, hpa: number, walk: Walk): Found | End {
	const decoder = decodersOf(cxl, index)
		.map((each) => decoderAt(cxl, each))
		.find((each) => each.enabled && hpa >= each.start && hpa < each.start + each.bytes);
	const memdev = `mem${port.memdev}`;
	if (decoder === undefined) return { miss: 'no-device', says: `${memdev} has no committed decoder for it` };
	const offset = hpa - decoder.start;
	const inDevice = offsetInDevice(offset, encodedGranularity(decoder.granularityBytes), encodedWays(decoder.ways));
	const dpa = decoder.dpaStart + inDevice;
	walk.steps.push({
		at: 'endpoint',
		title: `${decoderName(cxl, decoder)} of ${memdev}`,
		says: `${formatAddress(hpa)} less base ${formatAddress(decoder.start)} is ${formatAddress(offset)}${
			decoder.ways === 1 ? '' : `; without ${bitsWords(decoder.granularityBytes, decoder.ways)} it is ${formatAddress(inDevice)}`
		}; plus start ${formatAddress(decoder.dpaStart)}.`,
		value: dpa,
		rule: 'hdm-endpoint'
	});
	return { memdev, position: decoder.position, offset, dpa };
}

/** What Linux made of the address: region, dax device, memory block. */
function afterwards(world: World, cxl: CxlRecord, region: CxlRegionRecord | null, hpa: number): Step[] {
	if (region === null || !region.enabled) return [];
	const steps: Step[] = [
		{
			at: 'region',
			title: regionName(region),
			says: `${formatAddress(hpa - region.start)} above the start of ${regionName(region)}.`,
			value: hpa - region.start,
			rule: 'cxl-region'
		}
	];
	const dax = cxl.daxes.find((one) => one.bytes > 0 && hpa >= one.start && hpa < one.start + one.bytes);
	if (dax === undefined || regionById(cxl, dax.region) !== region) return steps;
	steps.push({
		at: 'dax',
		title: daxName(dax),
		says:
			dax.driver === 'none'
				? `Byte ${formatAddress(hpa - dax.start)} of ${daxName(dax)}, which has no driver.`
				: `Byte ${formatAddress(hpa - dax.start)} of ${daxName(dax)}, which ${dax.driver} has.`,
		value: hpa - dax.start,
		rule: dax.driver === 'kmem' ? 'dax-kmem' : 'dax-device'
	});
	const covered = kmemRange(world, cxl.os, dax);
	if (dax.driver === 'kmem' && hpa >= covered.start && hpa < covered.start + covered.bytes) {
		const block = Math.floor(hpa / (osRecord(world, cxl.os).sectionsPerBlock * PAGES_PER_SECTION * PAGE_BYTES));
		steps.push({
			at: 'memoryBlock',
			title: `memory${block}`,
			says: `Page frame ${formatAddress(Math.floor(hpa / PAGE_BYTES))} in memory${block} of node ${dax.node}.`,
			value: block,
			rule: 'dax-kmem'
		});
	}
	return steps;
}

function answer(
	host: string,
	hpa: number,
	walk: Walk,
	window: TranslationAnswer['window'],
	found: (Found & { readonly latencyNs: number | null }) | null,
	end: End | null
): TranslationAnswer {
	const { steps, switches } = walk;
	if (end !== null) steps.push({ at: 'end', title: 'The way ends', says: `${end.says}.`, value: null, rule: 'dead-qemu' });
	return {
		host,
		hpa,
		steps,
		window,
		way: found?.position ?? null,
		device: found?.memdev ?? null,
		ld: null,
		offset: found?.offset ?? null,
		dpa: found?.dpa ?? null,
		media: found?.dpa ?? null,
		switches,
		readLatencyNs: found?.latencyNs ?? null,
		miss: end?.miss ?? null,
		load: end === null ? 'what is stored there' : DEAD[end.miss].load,
		store: end === null ? 'is stored' : DEAD[end.miss].store,
		ok: found !== null
	};
}
