import * as v from 'valibot';
import { RACK_WORD_NAMES } from '../rack/commands.ts';
import { duration, name, text, whole } from './fields.ts';
import { jsonArguments } from './json.ts';

const span = (least: number, words: string) => v.pipe(duration, v.minValue(least, words));

/** How hosts watch each other. What is left out follows the cost model. */
const haSchema = v.strictObject({
	heartbeatNs: v.optional(span(1_000_000, 'at least 1 ms')),
	/** Beats that may be missing before a host is suspected. */
	misses: v.optional(whole(2, 10)),
	/** A host that could not beat for so long stops its vCPUs. Default: one beat less than what others wait. */
	selfFenceNs: v.optional(span(1_000_000, 'at least 1 ms')),
	/** Who stops a host that is taken for dead: the device, the host itself when it reads its word, nobody. */
	fencing: v.optional(v.picklist(['device', 'word', 'none'])),
	/** VMs without a host are started on another. */
	restart: v.optional(v.boolean()),
	/** Registers of VMs on the pool are saved this often; 0 = never. */
	checkpointEveryNs: v.optional(duration)
});

/** Hosts that fail and VMs that are kept running: what a scenario says about it. */
export const rackSchema = v.strictObject({
	ha: v.optional(haSchema),
	/** Hosts that must be empty and off from then to then. */
	calendar: v.optional(v.pipe(v.array(v.strictObject({ host: name, fromNs: duration, untilNs: duration })), v.maxLength(32))),
	/** What fails by chance, on average this often; what is broken is mended after `forNs`, or never. */
	hazards: v.optional(
		v.pipe(
			v.array(
				v.strictObject({
					kind: v.picklist(['host', 'pause', 'cxl-link', 'network-link', 'pool']),
					meanNs: span(1_000_000, 'at least 1 ms'),
					host: v.optional(name),
					forNs: v.optional(duration)
				})
			),
			v.maxLength(16)
		)
	),
	/** Where a VM is restarted or moved to: the host with most room, or the first that can take it. */
	placing: v.optional(v.picklist(['most-room', 'first'])),
	/** Moves at a time (KubeVirt: 2 out of a node, 5 in the cluster). */
	moves: v.optional(
		v.strictObject({
			perHost: v.optional(whole(1, 16)),
			perCluster: v.optional(whole(1, 64)),
			/** By what a host is emptied: the cheapest way that is open to a VM, or always a copy over the network. */
			by: v.optional(v.picklist(['cheapest', 'copy']))
		})
	)
});
export type RackScenario = v.InferOutput<typeof rackSchema>;

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
