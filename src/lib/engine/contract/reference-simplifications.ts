import type { Simplification } from './simplification.ts';

/** What moves by reference leave out or do otherwise: part of the list on the page of the model (simplifications.ts). */
// prettier-ignore
export const REFERENCE_SIMPLIFICATIONS: readonly Simplification[] = [
	{ id: 'tiering', area: 'memory', rule: 'tiering', sentence: 'Tiering of VMs moves one folio at one moment, and only where the scenario or a command says so; a page that is swapped out is back in DRAM in the same moment.', why: 'What matters is where the page lies afterwards. Real tiering follows accesses, which guests here do not show page by page.', source: 'live-migration reference, section 9, row 3' },
	{ id: 'left-frame', area: 'memory', rule: 'published-page', sentence: 'A frame that a published page left is given to nobody until the hand-off is over.', why: 'The target then reads an older write instead of somebody else’s page; both are loss, and only the first can be told apart.', source: 'our own rule' },
	{ id: 'dax-extents', area: 'memory', rule: 'dax-copy', sentence: 'Extents that are device-dax are kept as blocks of the VM’s own zone; no node shows them apart.', why: 'Neither allocator touches them, and the proof of every page stays one.', source: 'live-migration reference, section 10' },
	{ id: 'dead-on-target', area: 'migration', rule: 'dead-on-target', sentence: 'A guest whose target reaches other memory than was meant stops at its first step; its pages are still counted where they lie.', why: 'A real one would run on foreign bytes for a while. What it would do there is nobody’s to say.', source: 'our own rule' },
	{ id: 'metadata-capacity', area: 'memory', rule: 'metadata-home', sentence: 'Page structures that lie on the device take nothing of its capacity here; a real block of 128 MiB gives 2 MiB of itself to them.', why: '1.6 per cent more would change no course; what counts is who can read them.', source: 'Linux 7.2.13 mm/memory_hotplug.c, memmap_on_memory' },
	{ id: 'poison-goes-on', area: 'guest', rule: 'poison', sentence: 'A guest goes on when one of its pages is poisoned; a later write makes the page good again.', why: 'Linux kills the process that reads it, and the guest maps another page.', source: 'Linux 7.2.13 mm/memory-failure.c' },
	{ id: 'split-vcpus', area: 'guest', rule: 'split-vcpus', sentence: 'A vCPU sends 2,000 interrupts and 500 TLB shootdowns a second; each of them to the other host costs a round trip over the fabric.', why: 'No guest with its vCPUs on two hosts has been measured.', source: 'live-migration reference, section 10' }
];
