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

/** A whole number from `least` to `most`; null when it is none. */
export function wholeOf(parameters: QmpArguments, name: string, least: number, most: number): number | null {
	const value = parameters[name];
	return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : null;
}

export function textOf(parameters: QmpArguments, name: string): string | null {
	const value = parameters[name];
	return typeof value === 'string' && value !== '' ? value : null;
}
