import { parseAddress } from '../../../base/address.ts';
import { parseQuantity } from '../../../base/quantity.ts';
import { codeWords, RETURN_CODES, type FabricOutcome, type ReturnCodeName } from '../outcome.ts';
import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';

/** What a command of the fabric was given, and its answers with their return codes. */

export function failed(code: ReturnCodeName, says: string): FabricOutcome {
	return { ok: false, says: `${says}: ${codeWords(RETURN_CODES[code])}`, code: RETURN_CODES[code] };
}

/** Said by us, not by a device. */
export function refusedHere(says: string): FabricOutcome {
	return { ok: false, says };
}

export function answered(says: string, output: QmpValue): FabricOutcome {
	return { ok: true, says, output };
}

/** A whole number from `least` to `most`, given as one, as an address ("0x10_0000") or as a size ("1G"); null when it is none. */
export function wholeOf(parameters: QmpArguments, name: string, least: number, most: number): number | null {
	const given = parameters[name];
	const value = typeof given === 'string' ? (parseAddress(given) ?? sizeOf(given)) : given;
	return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : null;
}

function sizeOf(text: string): number | null {
	const parsed = parseQuantity(text, 'bytes');
	return parsed.ok ? parsed.value : null;
}

export function textOf(parameters: QmpArguments, name: string): string | null {
	const value = parameters[name];
	return typeof value === 'string' && value !== '' ? value : null;
}
