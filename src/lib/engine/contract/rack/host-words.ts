/** Words about hosts, links, the pool and what keeps VMs alive. */
export const HOST_WORDS = {
	crash: 'the host dies: its DRAM, caches and registers are gone',
	pause: 'the host stands still and goes on where it stood: {forNs}',
	resume: 'a host that stood still goes on',
	boot: 'a dead host starts again, with nothing in its DRAM',
	'cut-link': 'a link of the host breaks: {link: cxl or network}',
	'mend-link': 'a link of the host works again: {link: cxl or network}',
	'lose-pool': 'the pool fails with all that lies on it',
	'restore-pool': 'an empty pool is there again',
	'cut-switch': 'the CXL switch fails: no host reaches the pool, what lies there waits',
	'mend-switch': 'the CXL switch works again',
	checkpoint: 'the registers of a VM that lives on the pool are saved in the super-page',
	fence: 'the fabric manager cuts a host off the pool, whatever it does',
	recover: 'a VM without a host is started on another: {to}',
	evacuate: 'every VM of the host moves away',
	maintain: 'the host is emptied, switched off and brought back: {forNs}',
	'lose-fabric-manager': 'no fabric manager answers: nobody can be cut off, and no capacity is given out',
	'restore-fabric-manager': 'the fabric manager answers again'
} as const;
