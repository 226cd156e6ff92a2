import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary } from '../../base/format.ts';
import type {
	FabricDeviceStatus,
	FabricHostStatus,
	TranslationAnswer
} from '../../engine/contract/fabric-status.ts';

/** What a ladder must know of those who load: a fabric's hosts and devices, or the machines of a world. */
export interface LadderWorld {
	readonly hosts: readonly Pick<FabricHostStatus, 'id' | 'index' | 'pid'>[];
	readonly devices: readonly Pick<FabricDeviceStatus, 'id' | 'kind'>[];
}

/**
 * One address taken apart for the eye. The engine says where it goes; here its digits are only put into the groups that the
 * picture needs, and put together they give the engine's own figures again (a test demands it).
 */
export interface AddressParts {
	/** Digits that only say where the window begins; in the host's colour. */
	readonly base: string;
	readonly rest: string;
	/** Bit places of the way, low and width; null where it is a remainder or nothing. */
	readonly wayBits: { readonly low: number; readonly width: number } | null;
	readonly way: number;
	readonly ways: number;
	readonly granularity: number;
	/** Offset from the base: stripes above the way, and the byte inside a stripe. */
	readonly high: number;
	readonly low: number;
	readonly highText: string;
	readonly lowText: string;
	readonly inDevice: number;
	/** Where the range begins in the device: device address less what is counted in it. */
	readonly start: number;
}

export function addressParts(answer: TranslationAnswer): AddressParts | null {
	const { window, offset, dpa, way } = answer;
	if (window === null || offset === null || way === null) return null;
	const { granularity, ways } = window;
	const { base, rest } = splitAddress(answer.hpa, window.bytes, window.baseHpa);
	const lowBits = Math.log2(granularity);
	const width = Math.log2(ways);
	const stripe = Math.floor(offset / granularity);
	const high = Math.floor(stripe / ways);
	const low = offset % granularity;
	const inDevice = high * granularity + low;
	return {
		base,
		rest,
		// Bits say it only where they are taken as they stand.
		wayBits:
			ways > 1 && Number.isInteger(width) && window.arithmetic === 'modulo'
				? { low: lowBits, width }
				: null,
		way,
		ways,
		granularity,
		high,
		low,
		highText: `0x${high.toString(16).toUpperCase()}`,
		lowText: `0x${low
			.toString(16)
			.toUpperCase()
			.padStart(Math.ceil(lowBits / 4), '0')}`,
		inDevice,
		start: dpa === null ? 0 : dpa - inDevice
	};
}

/**
 * The digits that only say where the window begins, cut between groups of four where that is true, else between digits: `other`
 * is the window's base beside an address of it, or the address beside the base.
 */
export function splitAddress(
	hpa: number,
	windowBytes: number,
	other = hpa
): { base: string; rest: string } {
	const text = formatAddress(hpa);
	const theirs = formatAddress(other);
	const digits = Math.max(1, Math.ceil(Math.log2(Math.max(2, windowBytes)) / 4));
	const groups = text.slice(2).split('_');
	if (groups.length === 1) return { base: '0x', rest: text.slice(2) };
	const keep = Math.max(1, groups.length - Math.ceil(digits / 4));
	const base = `0x${groups.slice(0, keep).join('_')}`;
	if (theirs.length === text.length && !theirs.startsWith(base)) {
		let same = 2;
		while (text[same] === theirs[same]) same += 1;
		return { base: text.slice(0, same), rest: text.slice(same) };
	}
	return { base, rest: text.slice(base.length) };
}

/** Bits of an address from `top` down, as digits; the widest address has 52. */
export function bitsOf(value: number, top: number, count: number): (0 | 1)[] {
	return Array.from(
		{ length: count },
		(_, at) => (Math.floor(value / 2 ** (top - at)) % 2) as 0 | 1
	);
}

/** What picks the device, in a few words. */
export function pickerWords(answer: TranslationAnswer): string {
	const { window } = answer;
	if (window === null) return 'no window claims it';
	if (window.ways === 1) return 'one device behind it';
	if (window.arithmetic === 'xor') return 'the parity of masked bits picks';
	const parts = addressParts(answer);
	if (parts?.wayBits)
		return `picks by ${parts.wayBits.width === 1 ? `bit ${parts.wayBits.low}` : `bits ${parts.wayBits.low + parts.wayBits.width - 1}:${parts.wayBits.low}`}`;
	return `the stripe’s number modulo ${window.ways} picks`;
}

export const isGfam = (answer: TranslationAnswer, fabric: LadderWorld): boolean =>
	answer.steps.some((step) => step.at === 'edgePort') ||
	fabric.devices.some((device) => device.kind === 'gfd' && device.id === answer.window?.targets[0]);

/** Devices of both windows in the order of the first, each once. */
export function targetsOf(answers: readonly (TranslationAnswer | null)[]): string[] {
	return [...new Set(answers.flatMap((answer) => answer?.window?.targets ?? []))];
}

/** The question of the middle box with its answer. */
export function whichDevice(answer: TranslationAnswer): string {
	const parts = addressParts(answer);
	if (answer.window === null) return 'No window of this host covers the address.';
	if (parts === null) return 'A window covers the address, and no decoder below it answers.';
	if (parts.ways === 1) return 'Which device? The window leads to one.';
	if (answer.window.arithmetic === 'xor') return 'Which device? The parity of masked bits says it.';
	if (parts.wayBits === null)
		return `Which device? The number of the stripe, modulo ${parts.ways}.`;
	const bits =
		parts.wayBits.width === 1
			? 'One bit'
			: `${['', '', 'Two', 'Three', 'Four'][parts.wayBits.width] ?? parts.wayBits.width} bits`;
	return `Which device? ${bits} of the address say${parts.wayBits.width === 1 ? 's' : ''} it.`;
}

const upper = (value: number): string =>
	formatAddress(value).replace(/[a-f]/g, (digit) => digit.toUpperCase());
export const addressText = upper;

/** The whole figure in sentences. */
export function decodersWords(answers: readonly (TranslationAnswer | null)[]): string {
	return answers
		.flatMap((answer) => {
			if (answer === null) return [];
			const parts = addressParts(answer);
			const who = `Host ${answer.host} ${upper(answer.hpa)}`;
			if (parts === null || answer.window === null)
				return [
					`${who}: no window covers it. A load gives ${answer.load}; a store: ${answer.store}.`
				];
			const way = parts.ways > 1 ? `way ${parts.way} of ${parts.ways}, ` : '';
			const strip = parts.ways > 1 ? `, without the way offset ${upper(parts.inDevice)}` : '';
			return [
				`${who}: ${way}minus base gives ${upper(answer.offset ?? 0)}${strip}, ${answer.dpa === null ? 'no device address' : `device address ${upper(answer.dpa)} of ${answer.device}`}. A load gives ${answer.load}; a store: ${answer.store}.`
			];
		})
		.join(' ');
}

/** "every 256 B here is every 1 KiB in a host window" */
export const stripeWords = (parts: AddressParts): string =>
	parts.ways === 1
		? 'no stripes: neighbours here are neighbours there'
		: `every ${formatBytesBinary(parts.granularity)} here is every ${formatBytesBinary(parts.granularity * parts.ways)} in a host window`;
