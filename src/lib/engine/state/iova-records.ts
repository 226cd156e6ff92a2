/** Trees of device addresses (engine/vdpa/iova) in the record tree: plain values only. */

/**
 * A tree of ranges: the nodes lie one behind the other in a list of numbers, and a link is the place of a node in it. Place 0
 * belongs to no node: it stands for none, and all its numbers are 0.
 */
export interface IovaTreeRecord {
	/** By which address the ranges are ordered and may not overlap. */
	order: 'iova' | 'target';
	root: number;
	count: number;
	/** First of the places to be used again, chained by LEFT. */
	free: number;
	nodes: number[];
}

/**
 * VhostIOVATree: what QEMU keeps for one vhost-vdpa device, shared by its address spaces. QEMU 10.2.2
 * hw/virtio/vhost-iova-tree.c has three trees; QEMU 9.2 and older have one, of IOVA and HVA, in which guest memory is found by
 * its HVA too. One HVA can stand behind two guest addresses, so that there a removal may hit the wrong map.
 */
export type VhostTreeKind = 'three trees' | 'one tree';

export interface VhostIovaTreeRecord {
	kind: VhostTreeKind;
	/** Hexadecimal, as everything above 2^53 in a record. */
	firstIova: string;
	lastIova: string;
	/** Every address given out, by IOVA. Of one tree it is the only one, and its targets are HVAs. */
	allocated: IovaTreeRecord;
	/** Memory of QEMU's own (rings, shadow buffers): IOVA to HVA. */
	host: IovaTreeRecord;
	/** Guest memory: GPA to IOVA. */
	guest: IovaTreeRecord;
}
