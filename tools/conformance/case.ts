import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A recorded case: what was done to the real software and what it answered (schema 1 of the recordings). */
export interface RecordedCase {
	readonly schema: 1;
	readonly id: string;
	readonly family: string;
	readonly title: string;
	readonly config: Readonly<Record<string, unknown>>;
	readonly steps: readonly RecordedStep[];
	readonly outcome: Json;
	readonly repeat?: { readonly second_outcome?: Json };
}
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
export type RecordedStep = { readonly op: string } & JsonObject;

/** What the engine answered to one case. */
export interface Answer {
	/** One entry per step that has a `result`; null where the engine has no answer. */
	readonly results: Json[];
	/** The engine's own value for every observation of every step, same names and shapes. */
	readonly steps: Json[];
	readonly outcome: Json;
	/** Steps that only look and that the engine does not answer: op and what. */
	readonly unobserved: string[];
	/** Steps that should have been answered and were not. */
	readonly unanswered: string[];
	/** First difference that matters by the strictness table; null = passes. */
	readonly difference: string | null;
}

/** Every case below a folder, by name. Files that are no cases are named in `skipped`. */
export function readCases(folder: string): { cases: RecordedCase[]; skipped: string[] } {
	const cases: RecordedCase[] = [];
	const skipped: string[] = [];
	const walk = (path: string): void => {
		if (statSync(path).isDirectory()) {
			for (const name of readdirSync(path).sort()) walk(join(path, name));
			return;
		}
		if (!path.endsWith('.json')) return;
		let value: unknown;
		try {
			value = JSON.parse(readFileSync(path, 'utf8'));
		} catch (error) {
			skipped.push(`${path}: ${(error as Error).message}`);
			return;
		}
		if (isCase(value)) cases.push(value);
		else skipped.push(`${path}: not a case of schema 1`);
	};
	walk(folder);
	return { cases, skipped };
}

function isCase(value: unknown): value is RecordedCase {
	const candidate = value as Partial<RecordedCase> | null;
	return (
		typeof candidate === 'object' &&
		candidate !== null &&
		candidate.schema === 1 &&
		typeof candidate.id === 'string' &&
		typeof candidate.family === 'string' &&
		Array.isArray(candidate.steps)
	);
}
