import cardThatStays from './card-that-stays.json' with { type: 'json' };
import cardWithAStandIn from './card-with-a-stand-in.json' with { type: 'json' };
import guestGoesFirst from './guest-goes-first.json' with { type: 'json' };
import oneFileTwoHosts from './one-file-two-hosts.json' with { type: 'json' };
import oneRoundBefore from './one-round-before.json' with { type: 'json' };
import registeredMemory from './registered-memory.json' with { type: 'json' };
import streamBreaks from './stream-breaks.json' with { type: 'json' };

/** VMs that move by copy in other ways than pre-copy, and by a file that both hosts map. */
export const COPYING_SCENARIOS: readonly { readonly id: string; readonly scenario: unknown }[] = [
	guestGoesFirst,
	oneRoundBefore,
	streamBreaks,
	registeredMemory,
	oneFileTwoHosts,
	cardWithAStandIn,
	cardThatStays
].map((scenario) => ({ id: scenario.id, scenario }));
