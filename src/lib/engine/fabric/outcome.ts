import type { QmpArguments, QmpValue } from '../contract/machine-commands.ts';
import type { World } from '../state/world.ts';

/** What a command of the fabric came to: a return code of the standard with its output, or a refusal of our own. */
export type FabricOutcome =
	| { readonly ok: true; readonly says: string; readonly output?: QmpValue }
	| { readonly ok: false; readonly says: string; readonly code?: number };

/** Carries out one command at the present time. `cause` is the trace record of the command. */
export type FabricWord = (world: World, at: string, parameters: QmpArguments, cause: number) => FabricOutcome;

/** Return codes of the CCI (CXL 4.0 8.2.10, as QEMU 10.2.2 include/hw/cxl/cxl_device.h numbers them). */
export const RETURN_CODES = {
	success: 0,
	backgroundStarted: 1,
	invalidInput: 2,
	unsupported: 3,
	internalError: 4,
	retryRequired: 5,
	busy: 6,
	mediaDisabled: 7,
	invalidHandle: 0xe,
	invalidPhysicalAddress: 0xf,
	injectPoisonLimit: 0x10,
	permanentMediaFailure: 0x11,
	aborted: 0x12,
	invalidSecurityState: 0x13,
	invalidPayloadLength: 0x16,
	invalidLog: 0x17,
	interrupted: 0x18,
	resourcesExhausted: 0x1d,
	invalidExtentList: 0x1e,
	transferOutOfOrder: 0x1f
} as const;
export type ReturnCodeName = keyof typeof RETURN_CODES;

const NAMES = new Map<number, string>(
	Object.entries(RETURN_CODES).map(([name, code]) => [code, name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)])
);
/** 15 → "invalid physical address (Fh)". */
export function codeWords(code: number): string {
	return `${NAMES.get(code) ?? 'unknown'} (${code.toString(16).toUpperCase()}h)`;
}
