import type { Simplification } from '../simplification.ts';

/** What hosts that fail leave out or do otherwise: part of the list on the page of the model (simplifications.ts). */
// prettier-ignore
export const RACK_SIMPLIFICATIONS: readonly Simplification[] = [
	{ id: 'rack-registers', area: 'guest', rule: 'vm-checkpoint', sentence: 'A VM that goes on from a checkpoint has old registers and newer memory.', why: 'Undoing what was written since takes a log in the device or copy-on-write, whose cost nobody has published. The list says how far back the registers go.', source: 'decision 21' },
	{ id: 'rack-lines', area: 'memory', rule: 'lost-lines', sentence: 'Which lines a dead host’s caches held follows from seed, VM and moment; at most 512 pages a crash show it.', why: 'Guests write lazily here; the last lines are not known one by one.', source: 'decision 21' },
	{ id: 'rack-zombie', area: 'guest', rule: 'fencing', sentence: 'What an old incarnation runs in the DRAM of its own host is counted as free from the restart on; its stores to the pool are shown.', why: 'Nobody else can reach that DRAM, and a second copy of a VM’s memory would show nothing more.', source: 'decision 21' },
	{ id: 'rack-split', area: 'guest', rule: 'split-vcpus', sentence: 'A VM whose vCPUs run on two hosts stops at once when either of them does.', why: 'The other vCPUs would wait for it at the next interrupt or TLB shootdown, half a millisecond later at most.', source: 'decision 21' },
	{ id: 'rack-boot', area: 'guest', rule: 'host-crash', sentence: 'A host boots at once, with the same kernel memory as before.', why: 'Minutes of firmware change nothing for the VMs, which are elsewhere by then.', source: 'our own rule' },
	{ id: 'rack-figures', area: 'figures', rule: 'recovery', sentence: 'Beats of 10 ms, three of them missing, 100 ms to fence and 20 ms to go on are a design, not a measurement.', why: 'Products wait for 15 s and more, because a false alarm costs a VM.', source: 'cost model, section 3.7' },
	{ id: 'rack-evacuation', area: 'migration', rule: 'evacuation', sentence: 'Ways and hosts are tried in a fixed order; nobody plans ahead.', why: 'A planner would weigh load and network; the limits of parallel moves are KubeVirt’s.', source: 'our own rule' },
	{ id: 'rack-alone', area: 'fabric', rule: 'self-fence', sentence: 'A host that cannot beat knows at once from the network whether any other can.', why: 'The exchange takes less than a beat.', source: 'decision 21' },
	{ id: 'rack-vdpa', area: 'guest', rule: 'vm-restart', sentence: 'A VM with a vDPA device is not restarted.', why: 'Its device is opened on one host; who opens another one is an orchestrator’s affair.', source: 'our own rule' },
	{ id: 'rack-hazards', area: 'figures', rule: 'hazard', sentence: 'Failures come evenly at random, a thousand looks in the mean time between two.', why: 'Real ones come in bursts and with age.', source: 'our own rule' }
];
