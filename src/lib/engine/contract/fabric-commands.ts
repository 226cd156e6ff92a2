import type { QmpArguments } from './machine-commands.ts';

/**
 * What may be asked of a CXL fabric. One form for all of it: who acts, on what, which command by its name, and its
 * arguments. The names are those of the specification in small letters with hyphens ("initiate-dynamic-capacity-add"), of
 * cxl-cli, or the ones listed in FABRIC_WORDS below.
 */
export interface FabricCommand {
	readonly name: 'fabric';
	readonly actor: FabricActor;
	/** fm: the device or switch; host: the host; orchestrator: the host or tag it works for; fault and build: the thing. */
	readonly at: string;
	readonly execute: string;
	readonly arguments?: QmpArguments;
}

/**
 * fm: FM API command sets 51h to 58h and 49h. host: what a host does, its mailbox commands 43h, 48h and 01h among them.
 * orchestrator: one step or a whole plan. fault: what breaks. build: what is plugged, bound or carved by hand.
 */
export const FABRIC_ACTORS = ['fm', 'host', 'orchestrator', 'fault', 'build'] as const;
export type FabricActor = (typeof FABRIC_ACTORS)[number];
