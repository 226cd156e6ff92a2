import type { Simplification } from '../simplification.ts';

/** What vDPA devices leave out or do otherwise: part of the list on the page of the model (simplifications.ts). */
// prettier-ignore
export const VDPA_SIMPLIFICATIONS: readonly Simplification[] = [
	{ id: 'vdpa-addresses', area: 'guest', sentence: 'Device addresses end below 2^52.', why: 'They stay exact numbers on the page; the tree itself is tested with all 64 bits.', source: 'vDPA reference, section 8' },
	{ id: 'vdpa-sections', area: 'guest', rule: 'vdpa-listener', sentence: 'Guest memory is two sections of RAM and a section per DIMM.', why: 'A real machine has some ten more, all of them small; their number changes no result.', source: 'vDPA reference, section 16' },
	{ id: 'vdpa-host-address', area: 'guest', rule: 'vdpa-pin', sentence: 'An entry keeps the address in the process, and its frame is looked up when it is used.', why: 'A pinned page cannot move, so both say the same; an entry per contiguous run is kept as in the kernel.', source: 'vDPA reference, section 5' },
	{ id: 'vdpa-fixed-part', area: 'figures', rule: 'svq-on', sentence: 'The fixed part of a switch is shared out among its steps in given proportions.', why: 'Only its sum is published.', source: 'vDPA reference, section 7' },
	{ id: 'vdpa-traffic', area: 'guest', rule: 'vdpa-traffic', sentence: 'Packets come at an even rate, and each uses one descriptor.', why: 'Loss and delay at a switch are decided by whether anybody serves the queue, not by bursts.', source: 'vDPA reference, section 10' },
	{ id: 'vdpa-parallel', area: 'figures', rule: 'svq-strategy', sentence: 'A fifth of pinning is done under one lock, whatever the number of threads.', why: 'No measurement was found; the thread only says that it does not scale.', source: 'vDPA reference, section 14' },
	{ id: 'vdpa-null-keys', area: 'figures', rule: 'vdpa-keys', sentence: 'A null key costs 100 ns.', why: 'Its size, 16 bytes of a list, is known; its price is not.', source: 'vDPA reference, section 6' },
	{ id: 'vdpa-both-plug', area: 'migration', rule: 'vdpa-hotplug', sentence: 'A DIMM that is plugged during a migration is there on the target too.', why: 'Management would plug it on both sides; the question is what happens to the map at the source.', source: 'vDPA reference, section 16' }
];
