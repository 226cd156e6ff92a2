/**
 * Quantities of a fabric that checks, bets and figures may name. `of` is written as in the meaning; an empty text stands for
 * the whole fabric.
 */
export const FABRIC_QUANTITIES = {
	recoveredBytes: 'bytes that came back from hosts, asked or forced, since the start: ""',
	returnedBytes: 'bytes that hosts gave back themselves: ""',
	forcedBytes: 'bytes that were taken by force: ""',
	crashes: 'hosts and applications that died of what was taken from them: ""',
	staleReads: 'loads that gave something older than the newest store: ""',
	deadReads: 'loads from places that are not assigned to the host: ""',
	vanishedStores: 'stores that were dropped without a word: ""',
	refusedLaunches: 'launches without a DAX device of the tag: ""',
	losses: 'stores that are gone: "" or a tag',
	protocolLegal: '1 when nothing was done with a tag against offer, accept, use, release: tag, or "" for all',
	neverSystemRam: '1 while a tag was never made system RAM: tag',
	appsRunning: 'applications that run: "" or a host',
	appRuns: '1 while an application runs: app',
	appKilled: '1 when an application was killed: app',
	appVersion: 'what an application wrote or read, 0 = nothing: app',
	capacityBytes: 'accepted capacity of a host: host, or "host tag"',
	offeredBytes: 'capacity that is offered to a host and not answered: host',
	daxBytes: 'bytes of DAX devices of a host: host, or "host tag"',
	freeCapacityBytes: 'media of a device that nobody has: device',
	sameContent: '1 when a tag holds what its last writer stored, for every host that has it: tag',
	viewsAgree: '1 when every host that has a tag sees one whole linear space of the same length: tag',
	pieces: 'extents in which a host has a tag: "host tag"',
	arrivesInOrder: '1 when the extents of a tag came in the order of their sequence numbers: "host tag"',
	hostUp: '1 while a host is up: host',
	planDone: '1 when the last plan of this name is done, −1 when it failed, 0 while it runs: plan, or "plan host"',
	planSeconds: 'seconds that the last plan of this name took, −1 while it runs or when it failed: plan, or "plan host"',
	logOverflow: 'records that an event log had no room for: host',
	exchangeWins: '1 when a plan for the exchange reads nothing old in any order: plan in words (contract/exchange.ts)',
	exchangeStaleReads: 'most stale reads of a plan in any order: plan in words',
	exchangeFresh: '1 when some order of a plan reads nothing old: plan in words',
	exchangeStates: 'distinct states that the explorer looked at for a plan: plan in words',
	snoops: 'lines that a device took away from a cache by back-invalidate: ""',
	exchangeOperations: 'flushes and invalidates of a plan: plan in words',
	doorTag: '1 when the tag arrives in the VM: customer, or "customer host"',
	doorDax: '1 when it is a DAX device in the VM: customer, or "customer host"',
	doorsSatisfied: 'customers whose capacity arrived as they need it: ""',
	doorsWork: 'drivers and specifications that the doors in use need and nobody has: ""'
} as const;
export type FabricQuantityName = keyof typeof FABRIC_QUANTITIES;
