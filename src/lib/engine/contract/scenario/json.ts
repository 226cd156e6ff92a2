import * as v from 'valibot';

/** Any JSON value, for arguments that a tool of the modelled system takes: texts up to 4096 characters, lists up to 4096 entries. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const text = (longest: number) => v.pipe(v.string('expected a text'), v.maxLength(longest, `at most ${longest} characters`));

export const json: v.GenericSchema<Json> = v.lazy(() =>
	v.union([
		v.null(),
		v.boolean(),
		v.pipe(v.number(), v.finite()),
		text(4096),
		v.pipe(v.array(json), v.maxLength(4096, 'at most 4096 entries')),
		v.pipe(
			v.custom<{ [key: string]: Json }>((value) => !Array.isArray(value)),
			v.record(text(64), json)
		)
	])
);

/** Arguments by name. */
export const jsonArguments = v.record(text(64), json);
