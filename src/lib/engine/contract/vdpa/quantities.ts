/** Quantities of vDPA devices that checks, bets and figures may name. `of`: the NIC, or an empty text for all of them. */
export const VDPA_QUANTITIES = {
	svqOn: '1 while the running end uses shadow virtqueues: NIC',
	switchNs: 'how long packets stood still when shadow virtqueues were switched on last, −1 if never: NIC',
	backNs: 'the same for the way back: NIC',
	nicStopNs: 'the same at the end of a migration, on the source: NIC',
	nicStartNs: 'the same on the target: NIC',
	nicInitNs: 'what initialisation on the newest target, or at boot, took because of pins and maps: NIC',
	worstGapNs: 'longest stretch in which no packet passed: NIC',
	packetsLost: 'packets that nobody took: NIC',
	packetsMisplaced: 'packets in a page that the guest did not mean: NIC',
	dmaFaults: 'accesses to addresses that nothing maps: NIC',
	firstWrongNs: 'when an access first went wrong, −1 if none did: NIC',
	wrongMaps: 'maps that are not what the memory listener promised: NIC',
	oldPages: 'pages of the guest that do not hold what was last written: NIC',
	pinnedPages: 'pages that the running process has pinned: NIC or ""',
	pins: 'pages pinned by the last switch to shadow virtqueues: NIC',
	unpins: 'pages unpinned by it: NIC',
	maps: 'UPDATE messages of it: NIC',
	unmaps: 'INVALIDATE messages of it: NIC',
	rebuilds: 'times it built the keys of guest memory: NIC',
	nicBroken: '1 when the device stands still for good: NIC',
	strategyValid: '1 when the device meets what the strategy needs: NIC',
	collisionSafe:
		'1 when no sequence of the given length ends in a wrong access: "NIC length", then words of a choice (contract/vdpa/paper.ts)',
	collisionStates: 'states that the explorer looked at for it: "NIC length"',
	collisionSequences: 'sequences that these states stand for: "NIC length"',
	paperSwitchNs: 'dead time of the change to shadow virtqueues on paper, −1 if a need is not met: device in words (contract/vdpa/paper.ts)',
	paperEndNs: 'dead time at the end of a migration on paper, both ends together, −1 if a need is not met: device in words',
	paperInitNs: 'what opening the device on the target takes on paper, −1 if a need is not met: device in words',
	paperPins: 'pages that the change to shadow virtqueues pins on paper, −1 if a need is not met: device in words',
	paperBestNs: 'least dead time of that change over all strategies whose needs are met, on paper: device in words'
} as const;
export type VdpaQuantityName = keyof typeof VDPA_QUANTITIES;
