/** VMs of a fabric whose programs use tagged capacity of the pool. Plain JSON. */

/** What lies at one place of the linear space of a tag: whose store, and which. */
export interface GuestRun {
	offset: number;
	bytes: number;
	writer: string;
	version: number;
}

export interface GuestRecord {
	id: string;
	/** Where it runs; while it moves still the source. */
	host: string;
	/** Its own memory, which lies in no pool. */
	ramBytes: number;
	/** stopped: between the two hosts, nobody runs it. */
	state: 'running' | 'stopped' | 'lost';
	doing: 'nothing' | 'saving' | 'copying' | 'moving';
	/** Host that it moves to, or whose capacity its contents are copied to. */
	to: string;
	/** When what it does is over, and the count of timers set: only the last one counts. */
	dueNs: number;
	turn: number;
	/** absent: it ran, and its memory is not where it is now. */
	program: 'none' | 'opening' | 'runs' | 'closing' | 'absent';
	/** Tag under which its data lie, and of the copy that was made of them. */
	tag: string;
	copyTag: string;
	/** Tag that the device at the target is to have; empty: the same. */
	wants: string;
	/** What it wrote last, by offset. */
	written: GuestRun[];
	/** What it saved outside the pool, or null. */
	saved: GuestRun[] | null;
	/** It loads what it saved. */
	restores: boolean;
	/** Bytes of tagged contents that were copied for it, and of its own memory. */
	copiedBytes: number;
	networkBytes: number;
	moves: number;
	/** How long nobody ran it at its last move, −1 before. */
	blackoutNs: number;
	stoppedNs: number;
	/** How long its program was without its data, and since when it is again; −1: it has them. */
	gapNs: number;
	gapSinceNs: number;
	/** Why its program has no data, or why it did not move; null. */
	reason: string | null;
	causeSeq: number | null;
}
