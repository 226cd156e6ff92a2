/**
 * What a request was answered. A refusal changes nothing in the world; `reason` is a key of the table of reasons
 * (engine/contract/reasons.ts), `detail` says what and where in words and figures.
 */
export type Outcome<T, R extends string = string> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly reason: R; readonly detail: string };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
	return { ok: true, value };
}

export function refused<R extends string>(
	reason: R,
	detail: string
): { readonly ok: false; readonly reason: R; readonly detail: string } {
	return { ok: false, reason, detail };
}
