import { costNs } from '../../costs/cost-model.ts';
import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { DeviceRecord, GdtEntry, GfdRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { MOST_GRANULARITY_CODE, MOST_GFD_WAYS_CODE, powerOfTwo } from '../address/encoding.ts';
import { pidWords } from '../address/words.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { answered, failed, refusedHere, wholeOf } from '../switch/asked.ts';
import { entriesOf } from './configure.ts';
import { MOST_GDT_ENTRIES } from './decode.ts';
import { notify, Notice } from './notify.ts';
import { managed } from '../switch/managed.ts';

/** Access and decoder tables of a GFD by the fabric manager: 490Ch, 490Dh, 4913h, 4914h (CXL 4.0 8.2.10.9.10.13–14, .20–21). */
const PID_LIMIT = 4095;
const ADDRESS_LIMIT = 2 ** 52;
const LINE = 64;

type GfdWord = (world: World, device: DeviceRecord, gfd: GfdRecord, parameters: QmpArguments, cause: number) => FabricOutcome;

function onGfd(word: GfdWord): FabricWord {
	return (world, at, parameters, cause) => {
		const device = world.r.fabric.devices.find((one) => one.id === at);
		if (!device) return refusedHere(`there is no device "${at}"`);
		return device.gfd ? word(world, device, device.gfd, parameters, cause) : failed('unsupported', `${at} is no G-FAM device`);
	};
}

/** A requester by its PID or by the name of its host. */
function pidOf(world: World, parameters: QmpArguments): number | null {
	const { host } = parameters;
	if (typeof host === 'string') return world.r.fabric.peers.find((peer) => peer.id === host)?.pid ?? null;
	return wholeOf(parameters, 'pid', 0, PID_LIMIT);
}

const getSat: GfdWord = (world, device, gfd, parameters) => {
	const pid = pidOf(world, parameters);
	if (pid === null) return failed('invalidInput', 'pid (or host) names a requester');
	const groups = gfd.access.find((one) => one.pid === pid)?.groups ?? [];
	return answered(`${pidWords(pid)} reaches ${groups.length} groups of ${device.id}`, { pid, groups: [...groups] });
};

/** One entry, or a list of them; each takes effect by itself, and the first bad one ends the command. */
const setSat: GfdWord = (world, device, gfd, parameters, cause) => {
	const { entries } = parameters;
	if (!Array.isArray(entries)) return setEntry(world, device, gfd, parameters, cause);
	for (const entry of entries) {
		if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
			return failed('invalidInput', 'an entry is {pid or host, groups}');
		const outcome = setEntry(world, device, gfd, entry as QmpArguments, cause);
		if (!outcome.ok) return outcome;
	}
	return answered(`${entries.length} entries set`, { entries: entries.length });
};

const setEntry: GfdWord = (world, device, gfd, parameters, cause) => {
	const pid = pidOf(world, parameters);
	const { groups } = parameters;
	if (pid === null || !Array.isArray(groups)) return failed('invalidInput', 'pid (or host) and a list of groups');
	if (
		!groups.every((group): group is number => typeof group === 'number' && Number.isInteger(group) && group >= 0 && group < gfd.groupLimit)
	)
		return failed('invalidInput', `${device.id} has groups 0 to ${gfd.groupLimit - 1}`);
	const entry = gfd.access.find((one) => one.pid === pid);
	const sorted = [...new Set(groups)].sort((a, b) => a - b);
	const before = entry?.groups ?? [];
	if (entry) entry.groups = sorted;
	else gfd.access.push({ pid, groups: sorted });
	const closed = before.filter((group) => !sorted.includes(group));
	const seq = emit(world, {
		kind: 'fabric',
		rule: 'gfam-access',
		cause,
		host: null,
		vm: null,
		values: { device: device.id, pid, groups: sorted.join(' ') },
		text: `${pidWords(pid)} reaches ${sorted.length === 0 ? 'no group' : `group ${sorted.join(', ')}`} of ${device.id}${closed.length === 0 ? '' : `; group ${closed.join(', ')} is closed to it at once`}`
	});
	if (parameters['notify'] === true)
		notify(world, device, pid, Notice.extentListChange, 'the list of extents has changed', seq, costNs(world.costs, 'cxlMailboxCommandMs'));
	return answered('set', { pid, groups: sorted });
};

const words = (entry: GdtEntry, index: number): QmpValue => ({
	index,
	valid: entry.valid,
	coherent: entry.coherent,
	'hpa-base': entry.hpaBase,
	'dpa-base': entry.dpaBase,
	'dpa-len': entry.bytes,
	interleave: entry.interleave,
	granularity: entry.granularity,
	way: entry.way
});

const getGdt: GfdWord = (world, device, gfd, parameters) => {
	const pid = pidOf(world, parameters);
	if (pid === null) return failed('invalidInput', 'pid (or host) names a requester');
	const entries = gfd.decoders.find((one) => one.pid === pid)?.entries ?? [];
	return answered(`${entries.length} decoders of ${pidWords(pid)} in ${device.id}`, {
		pid,
		'num-decoders': MOST_GDT_ENTRIES,
		decoders: entries.map(words)
	});
};

const setGdt: GfdWord = (world, device, gfd, parameters, cause) => {
	const pid = pidOf(world, parameters);
	const index = wholeOf(parameters, 'index', 0, 255);
	const hpaBase = wholeOf(parameters, 'hpa-base', 0, ADDRESS_LIMIT - 1);
	const dpaBase = wholeOf(parameters, 'dpa-base', 0, ADDRESS_LIMIT - 1);
	const bytes = wholeOf(parameters, 'dpa-len', 1, ADDRESS_LIMIT - 1);
	const interleave = wholeOf(parameters, 'interleave', 0, MOST_GFD_WAYS_CODE);
	const granularity = wholeOf(parameters, 'granularity', 0, MOST_GRANULARITY_CODE);
	const way = wholeOf(parameters, 'way', 0, 255);
	const valid = parameters['valid'] !== false;
	if (pid === null || index === null) return failed('invalidInput', 'pid (or host) and index name an entry');
	const entries = entriesOf(gfd, pid);
	if (index >= MOST_GDT_ENTRIES) return failed('resourcesExhausted', `a requester has decoders 0 to ${MOST_GDT_ENTRIES - 1}`);
	if (!valid) {
		const entry = entries[index];
		if (entry) entry.valid = false;
		return changed(world, device, pid, index, 'is off', cause);
	}
	if (index > entries.length) return failed('invalidInput', `decoder ${entries.length} comes before decoder ${index}`);
	if (hpaBase === null || dpaBase === null || bytes === null)
		return failed('invalidInput', 'hpa-base, dpa-base and dpa-len are addresses and a length');
	if (interleave === null || granularity === null || way === null || way >= powerOfTwo(interleave))
		return failed('invalidInput', 'interleave is 0 to 8, granularity 0 to 6, way one of them');
	const coherent = parameters['coherent'] === true;
	const problem = gdtProblem(gfd, entries, { valid, coherent, hpaBase, dpaBase, bytes, interleave, granularity, way }, index);
	if (problem) return problem;
	entries[index] = { valid, coherent, hpaBase, dpaBase, bytes, interleave, granularity, way };
	return changed(world, device, pid, index, 'is set', cause);
};

/** Refusals of 4914h: misaligned, overlapping in device addresses, outside, coherent over a region that is not. */
export function gdtProblem(gfd: GfdRecord, entries: readonly GdtEntry[], wanted: GdtEntry, index: number): FabricOutcome | null {
	const end = wanted.dpaBase + wanted.bytes;
	const touched = gfd.partitions.filter((partition) => wanted.dpaBase < partition.baseDpa + partition.bytes && partition.baseDpa < end);
	if (touched.length === 0) return failed('invalidInput', 'no media partition lies there');
	for (const partition of touched) {
		const block = partition.blockBytes;
		if (wanted.hpaBase % block !== 0 || wanted.dpaBase % block !== 0 || wanted.bytes % LINE !== 0 || wanted.bytes % block !== 0)
			return failed('invalidInput', `bases and length are multiples of the block of ${block} B`);
		if (wanted.coherent && !partition.hardwareCoherent) return failed('unsupported', 'the partition has no hardware coherence');
	}
	if (entries.some((entry, at) => at !== index && entry.valid && entry.dpaBase < end && wanted.dpaBase < entry.dpaBase + entry.bytes))
		return failed('invalidInput', 'another decoder of this requester covers some of these device addresses');
	return null;
}

function changed(world: World, device: DeviceRecord, pid: number, index: number, how: string, cause: number): FabricOutcome {
	const text = `decoder ${index} of ${pidWords(pid)} in ${device.id} ${how}`;
	emit(world, { kind: 'fabric', rule: 'gfam-gdt', cause, host: null, vm: null, values: { device: device.id, pid, index }, text });
	return answered(text, { pid, index });
}

export const GFD_WORDS = managed({
	'get-sat-entry': ['490Ch', 'Get SAT Entry', onGfd(getSat)],
	'set-sat-entry': ['490Dh', 'Set SAT Entry', onGfd(setSat)],
	'get-gdt-configuration': ['4913h', 'Get GDT Configuration', onGfd(getGdt)],
	'set-gdt-configuration': ['4914h', 'Set GDT Configuration', onGfd(setGdt)]
});
