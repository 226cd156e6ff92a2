/**
 * What can be pending, and in which order equal times run. An event is a row of numbers, never a function, so that it can
 * be saved (decision: architecture 4). Handlers are joined in engine/index.ts.
 */
export const EventKind = {
	/** A sample of every VM for the course of the run. a: unused. */
	sample: 1,
	/** End of a 50 ms slice of pre-copy, or of its sleep. a: operation, b: generation. */
	precopy: 2,
	/** A border inside transit: next step of preparing, or end of a batch. a: operation, b: generation. */
	transit: 3,
	/** One step of the hand-off. a: operation, b: actor (0 source, 1 target), or 2: the source has waited long enough. */
	handOff: 4,
	/** A pin that ends by itself. a: pin id. */
	pinEnd: 5,
	/** A walk on a machine goes on. a: call id, b: generation. */
	call: 6,
	/** A virtio-mem driver runs, or its timer fires. a: device, b: generation. */
	driver: 7,
	/** Periodic work of one Linux instance (kswapd, NUMA balancing, event rate limit). a: index, b: which. */
	kernelTimer: 8,
	/** A message of the fabric arrives. a: message id. */
	message: 9,
	/** Something of the fabric that takes time goes on. a: FabricTimer, b: index. */
	fabricTimer: 10,
	/** A step of a change of a vDPA device ends. a: NIC, b: generation. */
	nic: 11,
	/** Something of the rack that takes time: a beat, a look at one, a restart. a: which, b: index. */
	rack: 12,
	/** Post-copy: the guest reaches a page that is missing, or one that it asked for arrives. a: operation, b: 0 look, 1 arrival. */
	fetch: 13,
	/** A kernel looks for a folio to promote, demote or swap. a: VM. */
	tiering: 14,
	/** A QEMU process replaces itself: next step. a: process, b: step. */
	monitor: 15
} as const;
export type EventKindValue = (typeof EventKind)[keyof typeof EventKind];

export const EVENT_KIND_NAMES: Readonly<Record<number, string>> = {
	1: 'sample',
	2: 'precopy',
	3: 'transit',
	4: 'hand-off',
	5: 'pin end',
	6: 'call',
	7: 'virtio-mem driver',
	8: 'kernel timer',
	9: 'message',
	10: 'fabric timer',
	11: 'vDPA device',
	12: 'rack',
	13: 'missing page',
	14: 'tiering',
	15: 'QEMU process'
};

/**
 * Classes order equal times: first what ends (a reference, a transfer), then protocol steps that read the result, then the
 * sample that looks at everything. Commands come after all of them (decision D5).
 */
export const EventClass = { release: 0, transfer: 1, protocol: 2, sample: 3 } as const;

export const CLASS_OF: Readonly<Record<number, number>> = {
	[EventKind.sample]: EventClass.sample,
	[EventKind.precopy]: EventClass.transfer,
	[EventKind.transit]: EventClass.transfer,
	[EventKind.handOff]: EventClass.protocol,
	[EventKind.pinEnd]: EventClass.release,
	[EventKind.call]: EventClass.transfer,
	[EventKind.driver]: EventClass.protocol,
	[EventKind.kernelTimer]: EventClass.protocol,
	[EventKind.message]: EventClass.protocol,
	[EventKind.fabricTimer]: EventClass.protocol,
	[EventKind.nic]: EventClass.transfer,
	[EventKind.rack]: EventClass.protocol,
	[EventKind.fetch]: EventClass.transfer,
	[EventKind.tiering]: EventClass.protocol,
	[EventKind.monitor]: EventClass.transfer
};
