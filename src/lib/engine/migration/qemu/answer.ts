import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/** What a monitor answers: a value, or an error with its class, as QMP has them. */
export type MonitorAnswer =
	| { readonly ok: true; readonly value: QmpValue; /** The operation that it started or ended. */ readonly operation?: number }
	| { readonly ok: false; readonly class: string; readonly desc: string };

export const NOTHING: MonitorAnswer = { ok: true, value: {} };
export const told = (value: QmpValue): MonitorAnswer => ({ ok: true, value });
export const error = (desc: string, kind = 'GenericError'): MonitorAnswer => ({ ok: false, class: kind, desc });

/** Whose monitor was spoken to. */
export interface Spoken {
	readonly world: World;
	readonly vm: VmRecord;
	readonly vmIndex: number;
	readonly process: QemuRecord;
	/** Record of the command, cause of what follows. */
	readonly cause: number;
}

/** Changes the world, or refuses and changes nothing. */
export type MonitorWord = (spoken: Spoken, given: QmpArguments) => MonitorAnswer;
/** Only looks. */
export type MonitorQuestion = (spoken: Spoken, given: QmpArguments) => QmpValue;

/**
 * QAPI's objection to an argument that is missing or of another type; what lies inside another one has its full name, as in
 * capabilities[0].state (QEMU 11.0.50 qapi/qobject-input-visitor.c, full_name_nth).
 */
export const missing = (name: string): MonitorAnswer => error(`Parameter '${name}' is missing`);
export const wrongType = (name: string, expected: string): MonitorAnswer =>
	error(`Invalid parameter type for '${name}', expected: ${expected}`);
export const unexpected = (name: string): MonitorAnswer => error(`Parameter '${name}' is unexpected`);
