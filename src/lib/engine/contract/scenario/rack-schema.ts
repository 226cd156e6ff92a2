import * as v from 'valibot';
import { RACK_WORD_NAMES } from '../rack/commands.ts';
import { name, text } from './fields.ts';
import { jsonArguments } from './json.ts';

/** Hosts that fail and VMs that are kept running: what a scenario says about it. */
export const rackSchema = v.strictObject({});
export type RackScenario = v.InferOutput<typeof rackSchema>;

/** How a VM lives, beyond its size and its work. */
export const waysSchema = v.strictObject({});
export type WaysScenario = v.InferOutput<typeof waysSchema>;

export const rackCommandSchemas = [
	v.strictObject({
		name: v.literal('rack'),
		execute: v.picklist(RACK_WORD_NAMES, `a word is one of ${RACK_WORD_NAMES.join(', ')}`),
		host: v.optional(name),
		vm: v.optional(name),
		arguments: v.optional(jsonArguments)
	}),
	v.strictObject({
		name: v.literal('monitor'),
		vm: name,
		at: v.optional(name),
		execute: text(80),
		arguments: v.optional(jsonArguments)
	})
] as const;
