/**
 * Quantities of Linux machines that checks, bets and figures may name, each of one thing. `of` is written as in the
 * meaning: a machine alone ("m0"), or with what it is about ("m0 vm0", "m0 p0 hot", "m0 32").
 */
export const MACHINE_QUANTITIES = {
	pluggedBytes: 'size of a virtio-mem device: "machine device"',
	requestedBytes: 'requested size of a virtio-mem device: "machine device"',
	usableBytes: 'usable region size of a virtio-mem device: "machine device"',
	memslots: 'memory slots of a virtio-mem device that its hypervisor has mapped: "machine device"',
	retries: 'times the driver had to try again later: "machine device"',
	stuckSubBlocks: 'sub-blocks that stay plugged beyond what is requested: "machine device"',
	blockState: 'state of a memory block, 0 absent, 1 offline, 2 online, 3 going offline: "machine block"',
	blocksOffline: 'memory blocks that are offline: "machine"',
	blocksOnline: 'memory blocks that are online: "machine"',
	zonePages: 'present pages of a zone: "machine node ZONE"',
	freeBytes: 'free memory of a node: "machine node"',
	residentBytes: 'resident memory of an area: "machine process area"',
	bytesOnNode: 'memory of an area on one node: "machine process area node"',
	heldBytes: 'memory of an area that something holds: "machine process area"',
	outlivingBytes: 'memory of an area that another host can go on with when this one dies: "machine process area"',
	nodeDistance: 'distance from one node to another: "machine node node"',
	nodeTyped: '1 when a node is of switched or shared memory: "machine node"',
	localSharePpm: 'share of an area on the node of the CPU of its process, parts per million: "machine process area"',
	meanLatencyNs: 'mean read latency of an area from the CPU of its process: "machine process area"',
	changedPages: 'pages of an area that do not hold what was last written: "machine process area"',
	balancedPages: 'pages that NUMA balancing moved: "machine"',
	swappedPages: 'pages written to swap since the start: "machine"',
	moves: 'calls that moved pages: "machine"',
	allocFailures: 'allocations that failed or killed somebody: "machine"',
	kernelAllocFailures: 'allocations of the kernel that failed: "machine"',
	oomKills: 'processes that were killed for lack of memory: "machine"',
	callsFailed: 'calls that ended with an error: "machine"',
	lastErrno:
		'number of the error of the last call whose words begin like this, 0 = none, −1 = still running, −2 = no such call: "machine words"',
	movedPages: 'pages that the last call whose words begin like this moved: "machine words"',
	hugePageFits: '1 when a free, aligned range of 1 GiB is there: "machine node"',
	moversWin: '1 when a plan of the migrator holds in every order of the three movers: "ZONE acts… [release] [secure]"',
	moversStates: 'distinct states that the explorer looked at for a plan: "ZONE acts… [release] [secure]"',
	largestFreeBytes: 'largest free aligned power of two in bytes: "machine node"'
} as const;
export type MachineQuantityName = keyof typeof MACHINE_QUANTITIES;
