/** Quantities of hosts that fail and of VMs that are kept running. `of`: a VM, or an empty text for all of them. */
export const RACK_QUANTITIES = {
	vmFate: '0 when no failure took the VM, 1 it went on from saved registers, 2 it booted anew, 3 nobody runs it: VM',
	vmGoneNs: 'longest time that nobody ran it after a failure, up to now while it lasts: VM or ""',
	hostGoneNs: 'the same for failures of hosts and their links only: VM or ""',
	vmSlowPercent: 'how much slower than in DRAM it was at worst, checkpoints included: VM or ""',
	vmsUp: 'VMs that run: ""',
	staleLines: 'pages that lost their newest lines in the cache of a dead host: VM or ""'
} as const;
export type RackQuantityName = keyof typeof RACK_QUANTITIES;
