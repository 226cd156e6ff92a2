import { formatAddress } from '../../../base/address.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { HdmDecoderRecord, PeerRecord, PortDecoderRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { answered, refusedHere, textOf, wholeOf } from '../switch/asked.ts';
import { inUse } from '../switch/attachment.ts';
import { endpointCommitProblem, portCommitProblem } from './commit.ts';
import { codeOfGranularity, codeOfWays, waysOfCode } from './encoding.ts';
import { configureHost, forgetWindow } from './configure.ts';
import { setInterleave, type InterleaveWish } from './interleave-set.ts';
import { endpointRegisters, portRegisters } from './registers.ts';
import { sizeWords } from './words.ts';

/** Windows and decoders set by hand: what firmware and kernel do, one at a time, with their refusals. */
const ADDRESS_LIMIT = 2 ** 52 - 1;
const MOST_WINDOWS = 8;

function peerAt(world: World, at: string): PeerRecord | null {
	return world.r.fabric.peers.find((peer) => peer.id === at) ?? null;
}

function note(world: World, rule: 'hdm-window' | 'hdm-commit', cause: number, host: string, text: string): void {
	emit(world, { kind: 'fabric', rule, cause, host, vm: null, values: { host }, text });
}

/** Windows are set by firmware: a host that uses capacity would have to boot for it. */
const setWindow: FabricWord = (world, at, parameters, cause) => {
	const peer = peerAt(world, at);
	if (!peer) return refusedHere(`there is no host "${at}"`);
	const index = parameters['window'] === undefined ? peer.windows.length : wholeOf(parameters, 'window', 0, MOST_WINDOWS - 1);
	if (index === null || index > peer.windows.length || index >= MOST_WINDOWS)
		return refusedHere(`${at} has windows 0 to ${peer.windows.length - 1}, at most ${MOST_WINDOWS}`);
	const using = usedDevices(world, peer);
	if (using.length > 0) return refusedHere(`windows are fixed for the life of a boot, and ${at} still uses ${using.join(', ')}`);
	const before = peer.windows[index];
	const wanted = readWindow(world, parameters, before);
	if (typeof wanted === 'string') return refusedHere(wanted);
	for (const window of peer.windows) forgetWindow(world, peer, window);
	if (before) Object.assign(before, wanted);
	else peer.windows.push({ ...wanted, bridges: [], problem: null, region: 'made', regionBytes: 0 });
	for (const window of peer.windows) Object.assign(window, { problem: null, region: 'made', regionBytes: 0 });
	peer.bridges = peer.bridges.map((bridge) => ({ ...bridge, decoders: [] }));
	configureHost(world, at);
	const window = peer.windows[index] as WindowRecord;
	const text = `${at} boots with window ${index} at ${formatAddress(window.baseHpa)}, ${sizeWords(window.bytes)}, to ${window.targets.join(', ')}`;
	note(world, 'hdm-window', cause, at, text);
	return answered(text, { window: index, problem: window.problem });
};

function usedDevices(world: World, peer: PeerRecord): string[] {
	return world.r.fabric.devices.flatMap((device) => device.lds.flatMap((_, ld) => inUse(world, peer.id, device.id, ld)));
}

type WindowFields = Omit<WindowRecord, 'bridges' | 'problem' | 'region' | 'regionBytes'>;

function readWindow(world: World, parameters: QmpArguments, before: WindowRecord | undefined): WindowFields | string {
	const has = (name: string) => parameters[name] !== undefined;
	const baseHpa = has('base-hpa') ? wholeOf(parameters, 'base-hpa', 0, ADDRESS_LIMIT) : (before?.baseHpa ?? null);
	const bytes = has('bytes') ? wholeOf(parameters, 'bytes', 1, ADDRESS_LIMIT) : (before?.bytes ?? null);
	const granularity = has('granularity') ? wholeOf(parameters, 'granularity', 1, 2 ** 20) : (before?.granularity ?? 256);
	if (baseHpa === null || bytes === null || granularity === null) return 'base-hpa, bytes and granularity are numbers';
	const asked = parameters['targets'];
	const targets = Array.isArray(asked) ? asked.filter((one): one is string => typeof one === 'string') : [...(before?.targets ?? [])];
	const unknown = targets.find((target) => !world.r.fabric.devices.some((device) => device.id === target));
	if (unknown !== undefined) return `there is no device "${unknown}"`;
	if (targets.length === 0 || targets.length > 16) return 'a window names 1 to 16 devices';
	const arithmetic = has('arithmetic') ? textOf(parameters, 'arithmetic') : (before?.arithmetic ?? 'modulo');
	if (arithmetic !== 'modulo' && arithmetic !== 'xor') return 'arithmetic is modulo or xor';
	const masks = parameters['xor-masks'];
	const xorMasks = Array.isArray(masks)
		? masks.filter((mask): mask is number => typeof mask === 'number' && Number.isInteger(mask) && mask >= 0 && mask <= ADDRESS_LIMIT)
		: [...(before?.xorMasks ?? [])];
	return { baseHpa, bytes, targets, ways: targets.length, granularity, arithmetic, xorMasks };
}

/** One decoder of a device (`ld`), or of a host's bridge or switch (`host` and `port`). */
const commitDecoder: FabricWord = (world, at, parameters, cause) => {
	const ways = codeOfWays(wholeOf(parameters, 'ways', 1, 16) ?? 1);
	const granularity = codeOfGranularity(wholeOf(parameters, 'granularity', 256, 2 ** 20) ?? 256);
	const baseHpa = wholeOf(parameters, 'base-hpa', 0, ADDRESS_LIMIT);
	const bytes = wholeOf(parameters, 'bytes', 0, ADDRESS_LIMIT);
	if (ways === null || granularity === null)
		return refusedHere('EINVAL: ways are 1, 2, 4, 8, 16, 3, 6 or 12; granularity is 256 B to 16 KiB');
	if (baseHpa === null || bytes === null) return refusedHere('base-hpa and bytes are numbers');
	const common = { baseHpa, bytes, ways, granularity, committed: true, locked: parameters['lock'] === true };
	const device = world.r.fabric.devices.find((one) => one.id === at);
	if (device) {
		const ld = device.lds[wholeOf(parameters, 'ld', 0, 63) ?? 0];
		if (!ld) return refusedHere(`${at} has no such logical device`);
		const index = wholeOf(parameters, 'decoder', 0, 63) ?? ld.decoders.length;
		const wanted: HdmDecoderRecord = {
			...common,
			position: wholeOf(parameters, 'position', 0, 15) ?? 0,
			skip: wholeOf(parameters, 'skip', 0, ADDRESS_LIMIT) ?? 0,
			backInvalidate: parameters['back-invalidate'] === undefined ? device.hardwareCoherent : parameters['back-invalidate'] === true,
			byHand: true
		};
		const problem = endpointCommitProblem(ld.decoders, index, wanted, device.hardwareCoherent);
		if (problem !== null) return notCommitted(world, cause, ld.host ?? '', at, problem);
		ld.decoders[index] = wanted;
		return committed(world, cause, ld.host ?? '', `decoder ${index} of ${at}`, wanted, endpointRegisters(wanted, index));
	}
	const peer = peerAt(world, at);
	const port = textOf(parameters, 'port');
	if (!peer || port === null) return refusedHere(`"${at}" is no device; a host needs the port whose decoder it is`);
	const found = portAt(world, at, port);
	if (!found) return refusedHere(`${at} has no host bridge or switch "${port}"`);
	const { decoders } = found;
	const asked = parameters['targets'];
	const targets = Array.isArray(asked) ? asked.filter((one): one is number => typeof one === 'number') : [];
	const index = wholeOf(parameters, 'decoder', 0, 63) ?? decoders.length;
	const wanted: PortDecoderRecord = { ...common, targets };
	const problem = portCommitProblem(decoders, index, wanted, found.places);
	if (problem !== null) return notCommitted(world, cause, at, port, problem);
	decoders[index] = wanted;
	return committed(world, cause, at, `decoder ${index} of ${port}`, wanted, portRegisters(wanted, index));
};

function notCommitted(world: World, cause: number, host: string, what: string, problem: string): FabricOutcome {
	note(world, 'hdm-commit', cause, host, `${what}: error not committed: ${problem}`);
	return refusedHere(`error not committed: ${problem}`);
}

function committed(
	world: World,
	cause: number,
	host: string,
	what: string,
	wanted: { baseHpa: number; bytes: number; ways: number },
	registers: ReturnType<typeof endpointRegisters>
): FabricOutcome {
	const text = `${what} is committed: ${formatAddress(wanted.baseHpa)}, ${sizeWords(wanted.bytes)}, ${waysOfCode(wanted.ways)} ways`;
	note(world, 'hdm-commit', cause, host, text);
	return answered(text, { ...registers });
}

/** The last decoder of a device, or of a host's bridge or switch (`host` and `port`), goes: freed downward, as Linux does. */
const resetDecoder: FabricWord = (world, at, parameters, cause) => {
	const device = world.r.fabric.devices.find((one) => one.id === at);
	const ld = device?.lds[wholeOf(parameters, 'ld', 0, 63) ?? 0];
	const port = textOf(parameters, 'port');
	const found = device ? ld && { decoders: ld.decoders, name: at, host: ld.host ?? '' } : portAt(world, at, port);
	if (!found) return refusedHere(`there is no device "${at}" with such a logical device, nor a host with a port "${port ?? ''}"`);
	const last = found.decoders.at(-1);
	if (!last) return refusedHere(`${found.name} has no decoder`);
	const index = found.decoders.length - 1;
	if (last.locked) return refusedHere(`decoder ${index} is locked until ${device ? 'the device' : 'the port'} is reset`);
	found.decoders.pop();
	const text = `decoder ${index} of ${found.name} is reset`;
	note(world, 'hdm-commit', cause, found.host, text);
	return answered(text, { decoders: found.decoders.length });
};

interface PortDecoders {
	readonly decoders: PortDecoderRecord[];
	readonly name: string;
	readonly host: string;
	readonly places: number;
}

/** A host bridge or the virtual switch of a host. */
function portAt(world: World, host: string, port: string | null): PortDecoders | null {
	const bridge = peerAt(world, host)?.bridges.find((one) => one.id === port);
	if (bridge) return { decoders: bridge.decoders, name: bridge.id, host, places: bridge.ports.length };
	const virtual = world.r.fabric.switches.find((one) => one.id === port)?.virtualSwitches.find((one) => one.host === host);
	return virtual ? { decoders: virtual.decoders, name: port ?? '', host, places: virtual.vppbs.length } : null;
}

/** Ways, granularity or arithmetic of a window and its whole decoder set; refused as a whole where one level refuses. */
const setInterleaveOf: FabricWord = (world, at, parameters, cause) => {
	const peer = peerAt(world, at);
	if (!peer) return refusedHere(`there is no host "${at}"`);
	const index = wholeOf(parameters, 'window', 0, MOST_WINDOWS - 1) ?? 0;
	const wish = readWish(world, parameters);
	if (typeof wish === 'string') return refusedHere(wish);
	const refused = setInterleave(world, peer, index, wish);
	if (refused !== null) return refusedHere(refused);
	const window = peer.windows[index] as WindowRecord;
	const text = `${at}: window ${index} has ${window.ways} ${window.ways === 1 ? 'way' : 'ways'} of ${sizeWords(window.granularity)}, ${window.arithmetic}, to ${window.targets.join(', ')}`;
	note(world, 'hdm-window', cause, at, text);
	return answered(text, {
		window: index,
		ways: window.ways,
		granularity: window.granularity,
		arithmetic: window.arithmetic,
		targets: [...window.targets]
	});
};

function readWish(world: World, parameters: QmpArguments): InterleaveWish | string {
	const { ways, granularity, arithmetic } = parameters;
	const wish: { -readonly [Key in keyof InterleaveWish]: InterleaveWish[Key] } = {};
	if (ways !== undefined) {
		if (typeof ways !== 'number' || codeOfWays(ways) === null) return `EINVAL: ways are 1, 2, 4, 8, 16, 3, 6 or 12, not ${String(ways)}`;
		wish.ways = ways;
	}
	if (granularity !== undefined) {
		if (typeof granularity !== 'number' || codeOfGranularity(granularity) === null)
			return `EINVAL: a granularity is 256 B doubled up to six times, at most 16 KiB, not ${String(granularity)}`;
		wish.granularity = granularity;
	}
	if (arithmetic !== undefined) {
		if (arithmetic !== 'modulo' && arithmetic !== 'xor') return 'arithmetic is modulo or xor';
		wish.arithmetic = arithmetic;
	}
	if (parameters['targets'] !== undefined) {
		const read = readWindow(world, { targets: parameters['targets'], 'base-hpa': 0, bytes: 1 }, undefined);
		if (typeof read === 'string') return read;
		wish.targets = read.targets;
	}
	const masks = parameters['xor-masks'];
	if (masks !== undefined) {
		const isMask = (mask: unknown): mask is number =>
			typeof mask === 'number' && Number.isInteger(mask) && mask > 0 && mask <= ADDRESS_LIMIT;
		if (!Array.isArray(masks) || !(masks as readonly unknown[]).every(isMask)) return 'xor-masks are addresses below 2^52, lowest first';
		wish.xorMasks = masks as readonly number[];
	}
	return wish;
}

export const ADDRESS_BUILD_WORDS: Readonly<Record<string, FabricWord>> = {
	'set-window': setWindow,
	'set-interleave': setInterleaveOf,
	'commit-decoder': commitDecoder,
	'reset-decoder': resetDecoder
};
