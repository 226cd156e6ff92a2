import { parseAddress } from '../../../base/address.ts';
import { parseQuantity } from '../../../base/quantity.ts';
import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import type { World } from '../../state/world.ts';
import { codeWords, RETURN_CODES, type FabricOutcome } from '../outcome.ts';
import type { DcdAnswer } from './profile.ts';
import { deviceAt } from './rows.ts';

/** Arguments of commands on the fabric: numbers, or texts with units ("256 MiB") and hexadecimal addresses. */

/** A text is an address ("0x10000000") or a quantity; null: neither. */
export function bytesOf(value: QmpValue | undefined): number | null {
	// Beyond 2^53 it lies in no region, which is all that matters of it.
	if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : null;
	if (typeof value !== 'string') return null;
	if (/^0x/i.test(value)) {
		const address = parseAddress(value);
		return address !== null && Number.isSafeInteger(address) ? address : null;
	}
	const parsed = parseQuantity(value, 'bytes');
	return parsed.ok ? parsed.value : null;
}

export const numberOf = (value: QmpValue | undefined, otherwise: number): number => bytesOf(value) ?? otherwise;
export const textOf = (value: QmpValue | undefined): string =>
	typeof value === 'string' || typeof value === 'number' ? String(value) : '';
export const flagOf = (value: QmpValue | undefined): boolean => value === true || value === 1 || value === 'true';

export interface ReadRange {
	readonly dpa: number;
	readonly bytes: number;
	readonly sequence: number | null;
}

/** A list of {dpa or offset, bytes or len, sequence?}; offsets count from `base`. Null: something in it is no range. */
export function rangesOf(value: QmpValue | undefined, base: number): ReadRange[] | null {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) return null;
	const ranges: ReadRange[] = [];
	for (const each of value as readonly QmpValue[]) {
		if (each === null || typeof each !== 'object' || Array.isArray(each)) return null;
		const entry = each as QmpArguments;
		const bytes = bytesOf(entry['bytes'] ?? entry['len'] ?? entry['length']);
		const dpa = entry['dpa'] === undefined ? (bytesOf(entry['offset']) ?? -1 - base) + base : (bytesOf(entry['dpa']) ?? -1);
		if (bytes === null || dpa < 0) return null;
		ranges.push({ dpa, bytes, sequence: entry['sequence'] === undefined ? null : bytesOf(entry['sequence']) });
	}
	return ranges;
}

export const deviceIndex = (world: World, id: string): number => world.r.fabric.devices.findIndex((device) => device.id === id);

/**
 * Logical device of a host id: a number counts heads or LD-IDs, a name is looked up. −1: none. A device that does not look
 * at host ids gives its first one.
 */
export function ldOf(world: World, device: number, host: QmpValue | undefined): number {
	const { lds, profile } = deviceAt(world, device);
	if (host === undefined) return lds.length === 1 ? 0 : -1;
	if (profile === 'qemu111') return 0;
	if (typeof host === 'number') return host >= 0 && host < lds.length && Number.isInteger(host) ? host : -1;
	return lds.findIndex((logical) => logical.host === host);
}

/** What a device answered, as an outcome of the command. */
export function outcomeOf(answer: DcdAnswer, output?: QmpValue): FabricOutcome {
	const says = `${codeWords(answer.code)}: ${answer.says}`;
	if (answer.code !== RETURN_CODES.success && answer.code !== RETURN_CODES.backgroundStarted) return { ok: false, says, code: answer.code };
	return output === undefined ? { ok: true, says } : { ok: true, says, output };
}
