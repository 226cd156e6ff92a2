/** What is counted in a world with a fabric, since its beginning. Quantities of lessons read them. */
export const FABRIC_COUNTS = {
	staleReads: 'loads that gave something older than the newest store',
	deadReads: 'loads from a place that is not assigned to the host: all ones or poison',
	vanishedStores: 'stores that were dropped without a word',
	poisonReads: 'loads of a poisoned line',
	crashes: 'hosts and applications that died of what was taken from them',
	refusedLaunches: 'launches for which no DAX device with the tag was there',
	snoops: 'back-invalidate snoops',
	returnedBytes: 'bytes that hosts have given back',
	forcedBytes: 'bytes that were taken back by force',
	mostWriters: 'most programs that could store to one tag at the same time, where VMs use one',
	lostMessages: 'messages that were lost on a link'
} as const;
export type FabricCountName = keyof typeof FABRIC_COUNTS;
