import type { JsonValue } from '../state/machine-records.ts';

/** Answers of the monitor in QMP's shape (QEMU 10.0.13 docs/interop/qmp-spec.rst). */

export type QmpAnswer = { return: JsonValue } | { error: { class: ErrorClass; desc: string } };
export type ErrorClass = 'GenericError' | 'CommandNotFound' | 'DeviceNotFound' | 'DeviceNotActive' | 'KVMMissingCap';

export const answer = (value: JsonValue = {}): QmpAnswer => ({ return: value });

export const failure = (desc: string, kind: ErrorClass = 'GenericError'): QmpAnswer => ({ error: { class: kind, desc } });

/** Nothing when `text` is null, else the error. */
export const unless = (text: string | null): QmpAnswer => (text === null ? answer() : failure(text));
