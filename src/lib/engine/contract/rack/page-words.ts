/** Words about the pages of one VM, its devices and its vCPUs; what follows in braces are arguments. */
export const PAGE_WORDS = {
	'push-out': 'its pages go out to the pool, it stays on its host',
	'pull-home': 'its pages come home from the pool, it stays on its host',
	tier: 'its kernel moves the folio of {gfn} {to} "dram", "pool" or "swap"',
	'attach-device': 'a passed-through device comes to it and pins all of its memory',
	'detach-device': 'its passed-through device goes, and with it every pin',
	poison: 'the memory behind {gfn} is poisoned, or with {state} that of its saved vCPUs',
	'release-extents': 'the pool takes its extents back although it lives in them',
	'split-vcpus': 'its vCPUs run on two hosts: {hosts} names one for each',
	'laid-step': 'one step of a hand-off that somebody laid: {plan} of the acts, {actor} and {step}',
	'decline-capacity': 'the host declines capacity that it is offered: {decline} yes or no'
} as const;
