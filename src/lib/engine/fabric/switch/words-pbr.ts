import { emit } from '../../sim/trace.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import type { EdgeRecord, FastEntry, SwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { MOST_GFD_WAYS_CODE, MOST_GRANULARITY_CODE, powerOfTwo } from '../address/encoding.ts';
import { pidWords } from '../address/words.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { answered, failed, textOf, wholeOf } from './asked.ts';
import { pbrWay } from './pbr-route.ts';
import { onSwitch } from './words-switch.ts';
import { managed } from './managed.ts';

/**
 * Command sets 57h (PBR switch) and 58h (GAE at an edge port), coarsely: what is there, where a PID leads, and the segment
 * and interleave tables of an edge port (CXL 4.0 7.7.13, 7.7.14).
 */
const PID_LIMIT = 4095;
/** Segment size codes 0 to 7: 64 GiB to 8 TiB. */
const SMALLEST_SEGMENT = 64 * 2 ** 30;

type PbrWord = (world: World, one: SwitchRecord, parameters: QmpArguments, cause: number) => FabricOutcome;

function onPbr(word: PbrWord): FabricWord {
	return onSwitch((world, one, parameters, cause) =>
		one.kind === 'pbr' ? word(world, one, parameters, cause) : failed('unsupported', `${one.id} routes by hierarchy, not by PID`)
	);
}

const identify: PbrWord = (_, one) =>
	answered(`${one.id}: a PBR switch`, {
		'num-ports': one.ports.length,
		'num-edge-ports': one.ports.filter((port) => port.pid >= 0).length,
		pids: one.ports.flatMap((port) => (port.pid < 0 ? [] : [port.pid])),
		'max-pid': PID_LIMIT
	});

const crawlOut: PbrWord = (world, one, parameters) => {
	const port = wholeOf(parameters, 'port-id', 0, 255);
	const partner = port === null ? undefined : one.ports[port]?.partner;
	if (port === null || partner === undefined) return failed('invalidInput', `port-id names a port of ${one.id}`);
	const kind =
		partner === null
			? 'nothing'
			: partner.kind === 'device'
				? (world.r.fabric.devices.find((device) => device.id === partner.id)?.kind ?? 'device')
				: partner.kind;
	return answered(`port ${port} of ${one.id} leads to ${partner?.id ?? 'nothing'}`, {
		'port-id': port,
		partner: partner?.id ?? null,
		kind
	});
};

const linkPartner: PbrWord = (_, one, parameters) => {
	const port = wholeOf(parameters, 'port-id', 0, 255);
	const record = port === null ? undefined : one.ports[port];
	if (port === null || !record) return failed('invalidInput', `port-id names a port of ${one.id}`);
	return answered(`partner of port ${port}`, {
		'port-id': port,
		partner: record.partner?.id ?? null,
		pid: record.pid < 0 ? null : record.pid
	});
};

const pidBinding: PbrWord = (_, one) =>
	answered(`PIDs of ${one.id}`, {
		bindings: one.ports.flatMap((port, index) =>
			port.pid < 0 ? [] : [{ pid: port.pid, 'port-id': index, partner: port.partner?.id ?? null }]
		)
	});

/** DRT: by which port a message to a PID leaves; worked out from the shortest ways over links that are up. */
const getDrt: PbrWord = (world, one) => {
	const pids = world.r.fabric.switches.flatMap((other) =>
		other.ports.flatMap((port) => (port.pid < 0 || port.partner?.kind !== 'device' ? [] : [port.pid]))
	);
	const entries = [...new Set(pids)]
		.sort((a, b) => a - b)
		.map((pid) => {
			const way = pbrWay(world, one, pid);
			return { pid, 'port-id': way.hops[0]?.outPort ?? null, switches: way.hops.length, lost: way.lost };
		});
	return answered(`${entries.length} destinations`, { entries });
};

const fixedRoutes: PbrWord = (_, one) => failed('unsupported', `${one.id} keeps shortest ways by itself`);

/** Edge port by number or by the host behind it. */
function edgeOf(one: SwitchRecord, parameters: QmpArguments): EdgeRecord | null {
	const host = textOf(parameters, 'host');
	const port = wholeOf(parameters, 'port-id', 0, 255);
	return one.edges.find((edge) => (host === null ? edge.port === port : edge.host === host)) ?? null;
}

function onEdge(
	word: (world: World, one: SwitchRecord, edge: EdgeRecord, parameters: QmpArguments, cause: number) => FabricOutcome
): FabricWord {
	return onPbr((world, one, parameters, cause) => {
		const edge = edgeOf(one, parameters);
		return edge ? word(world, one, edge, parameters, cause) : failed('invalidInput', `port-id (or host) names an edge port of ${one.id}`);
	});
}

const segmentCode = (edge: EdgeRecord): number =>
	[0, 1, 2, 3, 4, 5, 6, 7].find((code) => SMALLEST_SEGMENT * powerOfTwo(code) === edge.segmentBytes) ?? 0;
const fastWords = ({ segment, interleave, granularity, target }: FastEntry) => ({ segment, valid: true, interleave, granularity, target });

const identifyGae = onEdge((_, one, edge) =>
	answered(`edge port ${edge.port} of ${one.id}`, {
		pid: edge.pid,
		host: edge.host,
		'fabric-base': edge.fabricBase,
		'segment-size-code': segmentCode(edge),
		depth: edge.depth
	})
);
const fastCapability = onEdge((_, __, edge) =>
	answered('tables of the edge port', { 'fast-depth': edge.depth, 'segment-size-code': segmentCode(edge), 'idt-entries': edge.idt.length })
);
const getFast = onEdge((_, __, edge, parameters) => {
	const start = wholeOf(parameters, 'start', 0, 65535) ?? 0;
	const limit = wholeOf(parameters, 'limit', 0, 65535) ?? 64;
	return answered('valid segments', {
		entries: edge.fast
			.filter(({ segment }) => segment >= start)
			.slice(0, limit)
			.map(fastWords)
	});
});
const getIdt = onEdge((_, __, edge) => answered('interleave sets', { pids: [...edge.idt] }));

const setFast = onEdge((world, one, edge, parameters, cause) => {
	const segment = wholeOf(parameters, 'segment', 0, edge.depth - 1);
	if (segment === null) return failed('invalidInput', `segment is 0 to ${edge.depth - 1}`);
	const at = edge.fast.findIndex((entry) => entry.segment === segment);
	const seq = (text: string): void =>
		void emit(world, { kind: 'fabric', rule: 'gfam-fast', cause, host: edge.host, vm: null, values: { switch: one.id, segment }, text });
	if (parameters['valid'] === false) {
		if (at >= 0) edge.fast.splice(at, 1);
		seq(`segment ${segment} of ${edge.host} is off`);
		return answered('off', { segment });
	}
	const interleave = wholeOf(parameters, 'interleave', 0, MOST_GFD_WAYS_CODE);
	const granularity = wholeOf(parameters, 'granularity', 0, MOST_GRANULARITY_CODE);
	const target = wholeOf(parameters, 'target', 0, 65535);
	if (interleave === null || granularity === null || target === null)
		return failed('invalidInput', 'interleave is 0 to 8, granularity 0 to 6, target a PID or a place in the IDT');
	if (interleave > 0 && target + powerOfTwo(interleave) > edge.idt.length)
		return failed('invalidInput', `the IDT has ${edge.idt.length} entries`);
	const entry: FastEntry = { segment, interleave, granularity, target };
	if (at >= 0) edge.fast[at] = entry;
	else edge.fast.push(entry);
	edge.fast.sort((a, b) => a.segment - b.segment);
	seq(`segment ${segment} of ${edge.host} leads to ${interleave === 0 ? pidWords(target) : `${powerOfTwo(interleave)} devices`}`);
	return answered('set', fastWords(entry));
});

const setIdt = onEdge((_, __, edge, parameters) => {
	const start = wholeOf(parameters, 'start', 0, edge.idt.length);
	const { pids } = parameters;
	if (
		start === null ||
		!Array.isArray(pids) ||
		!pids.every((pid): pid is number => typeof pid === 'number' && Number.isInteger(pid) && pid >= 0 && pid <= PID_LIMIT)
	)
		return failed('invalidInput', `start is 0 to ${edge.idt.length}, pids a list of PIDs`);
	pids.forEach((pid, index) => (edge.idt[start + index] = pid));
	return answered('set', { entries: edge.idt.length });
});

export const PBR_WORDS = managed({
	'identify-pbr-switch': ['5700h', 'Identify PBR Switch', onPbr(identify)],
	'fabric-crawl-out': ['5701h', 'Fabric Crawl Out', onPbr(crawlOut)],
	'get-pbr-link-partner-info': ['5702h', 'Get PBR Link Partner Info', onPbr(linkPartner)],
	'get-pid-binding': ['5705h', 'Get PID Binding', onPbr(pidBinding)],
	'get-drt': ['5708h', 'Get DRT', onPbr(getDrt)],
	'set-drt': ['5709h', 'Set DRT', onPbr(fixedRoutes)],
	'identify-gae': ['5800h', 'Identify GAE', identifyGae],
	'get-fast-idt-capabilities': ['5803h', 'Get FAST/IDT Capabilities', fastCapability],
	'get-fast-segment-entries': ['5805h', 'Get FAST Segment Entries', getFast],
	'set-fast-segment-entries': ['5806h', 'Set FAST Segment Entries', setFast],
	'get-idt-dpid-entries': ['5807h', 'Get IDT DPID Entries', getIdt],
	'set-idt-dpid-entries': ['5808h', 'Set IDT DPID Entries', setIdt]
});
