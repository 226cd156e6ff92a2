import { FABRIC_SIMPLIFICATIONS } from './fabric-simplifications.ts';
import { MACHINE_SIMPLIFICATIONS } from './machine-simplifications.ts';
import { COPY_SIMPLIFICATIONS } from './copy-simplifications.ts';
import type { Simplification } from './simplification.ts';
import { REFERENCE_SIMPLIFICATIONS } from './reference-simplifications.ts';
import { RACK_SIMPLIFICATIONS } from './rack/simplifications.ts';
import { VDPA_SIMPLIFICATIONS } from './vdpa/simplifications.ts';

export type { Simplification };

// prettier-ignore
export const SIMPLIFICATIONS: readonly Simplification[] = [
	...MACHINE_SIMPLIFICATIONS,
	...FABRIC_SIMPLIFICATIONS,
	...VDPA_SIMPLIFICATIONS,
	...COPY_SIMPLIFICATIONS,
	...RACK_SIMPLIFICATIONS,
	{ id: 'extent-pass', area: 'memory', rule: 'extent-pass', sentence: 'At the commit the allocator ownership of the VM’s extents passes with the VM: the source’s node forgets them, the target’s adopts them.', why: 'Linux has no such interface. Without it nobody could say who frees a frame, and two allocators would own the same one.', source: 'decision D4' },
	{ id: 'extent-zone', area: 'memory', sentence: 'On a host, the extents of one VM are a zone of their own, so that no other VM’s pages are ever placed there.', why: 'Linux puts all capacity of a window into one node. Two VMs on one node would share blocks, and the first to go home could not give its extents back.', source: 'decision D4' },
	{ id: 'no-fallback', area: 'memory', sentence: 'On the hosts of a fabric allocation takes the movable list first; watermarks and reclaim are left out there. Linux machines have them.', why: 'The fabric’s hosts have room to spare; a full node is a refusal.', source: 'linux-memory reference, section 7' },
	...REFERENCE_SIMPLIFICATIONS,
	{ id: 'kernel-profile', area: 'memory', sentence: 'What the kernel itself holds in memory follows a fixed profile of each host.', why: 'Real kernels differ by build and uptime; the profile is seeded, so runs repeat.', source: 'decision D15' },
	{ id: 'batch', area: 'memory', rule: 'migrate-batch', sentence: 'A batch of pages has two visible moments, its begin and its end; nothing inside it can be seen.', why: 'Linux unmaps up to 512 pages before one flush; the order inside a batch has no effect that anybody could observe.', source: 'decision D5' },
	{ id: 'content', area: 'memory', sentence: 'A page’s content is a stamp of 32 bits made of its VM, its number and how often it was written.', why: 'It proves where each byte came from without storing it. A wrong page passes by chance once in 4.3 billion.', source: 'decision D2' },
	{ id: 'adopt', area: 'memory', rule: 'adopt', sentence: 'The target takes over exactly the frames that the descriptors name; the rest of an extent is free.', why: 'No kernel can adopt frames that another one allocated.', source: 'decision D4' },
	{ id: 'link-sharing', area: 'fabric', rule: 'link-sharing', sentence: 'Flows share a link max-min fairly, and a batch keeps the rate with which it began.', why: 'Real arbitration works per flit; over a batch of milliseconds the shares are the same.', source: 'our own rule' },
	{ id: 'loaded-latency', area: 'fabric', rule: 'loaded-latency', sentence: 'Latency under load is one queue with a fixed service time, capped where a real device levels off.', why: 'Two numbers fitted to one study. Tails are not modelled: one load in a thousand takes 160 ns more.', source: 'cost model F1' },
	{ id: 'switch-latency', area: 'fabric', sentence: 'Memory behind a switch answers after 600 ns unless it is set otherwise.', why: 'Vendors say 40 to 100 ns a hop, measured systems show 335. The default follows the measurements; it is a slider on this page.', source: 'cost model, section 5' },
	{ id: 'one-writer', area: 'fabric', sentence: 'Coherence between hosts is either complete or absent, never partial.', why: 'CXL 2.0 pools have none, CXL 3 devices may; what lies between is not described anywhere.', source: 'cost model, section 5' },
	{ id: 'wire', area: 'fabric', sentence: 'The migration network is a constant goodput: no slow start, no loss, no other traffic.', why: 'At 25 Gbit/s the first milliseconds do not matter; a busy network would.', source: 'cost model F4' },
	{ id: 'multifd', area: 'migration', sentence: 'Channels of multifd only multiply what a sender manages.', why: 'Their packets and their order change no figure that is shown.', source: 'live-migration reference, section 2' },
	{ id: 'no-compression', area: 'migration', sentence: 'No compression, no XBZRLE, no encryption.', why: 'They are off by default in QEMU.', source: 'live-migration reference, section 3' },
	{ id: 'device-state', area: 'migration', sentence: 'Devices are 2 MiB of state and a vCPU 16 KiB by default; disks and passed-through devices do not exist here.', why: 'They add time, not ideas. A passed-through device pins the whole VM, and then nil-migration is refused.', source: 'cost model, rows C' },
	{ id: 'vcpu-time', area: 'migration', sentence: 'Saving or loading one vCPU takes a fixed time, 100 µs by default.', why: 'An estimate that decides whether a hand-over fits between two time slices; it is a slider on this page.', source: 'cost model, section 3.9' },
	{ id: 'orchestrator', area: 'migration', sentence: 'Adding capacity takes a fixed time for decisions and mailbox commands, 13 ms by default, besides the onlining.', why: 'No figure is published for dynamic capacity.', source: 'cost model, section 3.4' },
	{ id: 'after-downtime', area: 'migration', sentence: 'Downtime ends when the target’s vCPUs run; what a client on the network sees longer is not shown.', why: 'Switches re-learn an address in their own time.', source: 'live-migration reference, section 3' },
	{ id: 'brownout', area: 'guest', rule: 'brownout', sentence: 'A fixed part of the guest’s run time, a tenth by default, scales with memory latency, in proportion to the share of its pages that lie far away.', why: 'Fitted at 214 ns and stretched to 600. Workloads differ from 1 to 50 %.', source: 'cost model F2' },
	{ id: 'writes', area: 'guest', sentence: 'Guests only write, at a steady rate, into one or two sets of pages.', why: 'Reads cost latency only. Real guests come in bursts: one VM averaged 98.6 MiB/s over a minute and 472 MiB in its first second.', source: 'cost model, section 4' },
	{ id: 'dirty-log', area: 'guest', sentence: 'Logging its writes slows a guest by a fixed part, 5 % by default, whatever it writes.', why: 'An estimate; the real cost depends on how many pages are written for the first time after a sync.', source: 'cost model, rows C' },
	{ id: 'slices', area: 'guest', rule: 'vcpu-slice', sentence: 'All vCPUs of a VM run in step, in slices of equal length.', why: 'On a host that is not overcommitted each vCPU has a CPU of its own.', source: 'Linux kernel/sched/fair.c' },
	{ id: 'no-real-run', area: 'figures', sentence: 'No figure of nil-migration is measured.', why: 'Nobody has published a VM moving over switched CXL memory. What is shown follows from the costs below, most of them measured apart from each other.', source: 'live-migration reference, section 7.4' },
	{ id: 'dram-rate', area: 'figures', sentence: 'Pages move to CXL as fast as between two DRAM nodes, as long as device and link allow.', why: 'The only published rates are from DRAM to DRAM; towards CXL, 4 KiB pages should be slower.', source: 'cost model, section 5' },
	{ id: 'ranges', area: 'figures', sentence: 'Rankings that depend on an estimate are shown with their range, not as a fact.', why: 'Transit against zero-copy on 100 GbE, for one, is decided by the number of threads, which is an estimate.', source: 'cost model, section 3.9' },
	{ id: 'explored-states', area: 'figures', sentence: 'The explorer counts two states as one when hosts, owner words, phases, maps and what is pending are the same; which page lies where, counters and the moment may differ.', why: 'Otherwise hardly a state comes back and a search ends nowhere. A loss is only told once its run shows it; told apart by everything, no state is merged that differs.', source: 'decision 22' },
	{ id: 'explored-moments', area: 'figures', sentence: 'The explorer chooses at borders: phases, steps of a protocol, or rest. What could be chosen between two of them is not tried.', why: 'Time is continuous. Losses between two borders are seen where a mark, a runner or a map of a device shows them; page contents are proved at the borders.', source: 'decision 22' }
];
