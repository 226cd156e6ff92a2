import type { Simplification } from './simplifications.ts';

/** What the Linux machines leave out or do otherwise: part of the list on the page of the model (simplifications.ts). */
// prettier-ignore
export const MACHINE_SIMPLIFICATIONS: readonly Simplification[] = [
	{ id: 'boot-profile', area: 'memory', rule: 'memory-boot', sentence: 'What a machine’s kernel takes at boot, and what slab settles in the first block of a new kernel zone, is a profile fitted on recordings of one Debian kernel.', why: 'Sizes of kernel, initrd and caches differ by build; that they lie at fixed ends of a node, and which blocks can therefore never leave, does not.', source: 'decision D15' },
	{ id: 'userland', area: 'memory', sentence: 'Page cache and daemons of a freshly booted machine, about 24 MiB, are left out.', why: 'They move or go when asked, so that no outcome depends on them; MemFree is that much higher than on a real guest.', source: 'decision D15' },
	{ id: 'kswapd-at-once', area: 'memory', rule: 'kswapd', sentence: 'kswapd works at the instant in which it is woken.', why: 'On a real machine allocations race it; here they find the memory it freed.', source: 'linux-memory reference, section 4.3' },
	{ id: 'per-cpu-lists', area: 'memory', sentence: 'There are no per-CPU page lists.', why: 'Real buddyinfo is a little behind what is free; here it is exact at every instant.', source: 'linux-memory reference, section 14' },
	{ id: 'one-hotplug-rate', area: 'figures', sentence: 'Onlining or offlining a free block of 128 MiB takes one fixed time, and a page moves at the rate of one thread.', why: 'Both were measured on real hosts, but not in guests and not under load.', source: 'cost model, section 3.4' },
	{ id: 'driver-offline', area: 'memory', sentence: 'A driver that offlines a block it has emptied gives up after five fruitless passes.', why: 'Linux would try for ever there too; the drivers have taken every page away before.', source: 'linux-memory reference, section 9.4' },
	{ id: 'ring-exit', area: 'memory', rule: 'ring-exit', sentence: 'Registered buffers of a process that ended stay pinned for 12 s.', why: 'Deferred work unpins them; the one recording that shows it ran on an emulated machine, where it took that long.', source: 'recording zones-hotplug/case58' },
	{ id: 'acpi-notify', area: 'figures', sentence: 'A guest hears of a DIMM one millisecond after the monitor’s command.', why: 'No figure is published; only the order of events is compared.', source: 'linux-memory reference, section 9' }
];
