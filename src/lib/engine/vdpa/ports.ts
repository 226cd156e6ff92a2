import type { DeviceEndRecord, NicGuestRecord, NicRecord } from '../state/vdpa-records.ts';

/**
 * What the parts of `vdpa` ask of each other. Kernel, listener and switching work on records alone; pages and queues are
 * reached through these two, so that the explorer can run the very same steps on records without a world.
 */
export interface Pages {
	/**
	 * Pins a range of the process for long, bite by bite: its contiguous runs in order. `errno`: not enough memory, the limit, or
	 * a page that cannot leave ZONE_MOVABLE; then nothing is pinned.
	 */
	pin(hva: number, bytes: number): PinResult;
	/** Lets a range go again: how many of its pages are part of a huge page. */
	unpin(hva: number, bytes: number): number;
	/** The same runs without pins, for devices that pin nothing. */
	runsOf(hva: number, bytes: number): readonly number[];
}

export type PinResult =
	| {
			readonly ok: true;
			/** Length of each physically contiguous run, bytes. */
			readonly runs: readonly number[];
			/** Pages that nobody had touched yet. */
			readonly coldPages: number;
			/** Pages that left ZONE_MOVABLE first. */
			readonly evictedPages: number;
			/** Pages that are part of a huge page, and of these the ones that nobody had touched. */
			readonly huge: { readonly pages: number; readonly coldPages: number };
	  }
	| { readonly ok: false; readonly errno: 'ENOMEM'; readonly detail: string };

export interface Queues {
	/** The device starts to serve the queues: the guest's own rings, or shadow rings that begin at index 0. */
	start(nic: NicRecord, end: DeviceEndRecord): void;
	/** It stops: what is in flight goes back. `known`: the device told its indices, else they are guessed from the used rings. */
	stop(nic: NicRecord, end: DeviceEndRecord, known: boolean): void;
}

/** Everything that a change of one device works on. */
export interface NicContext {
	readonly guest: NicGuestRecord;
	readonly nic: NicRecord;
	readonly end: DeviceEndRecord;
	readonly pages: Pages;
	readonly queues: Queues;
	readonly nowNs: number;
	/** Wrong belief that the world follows, or null. */
	readonly belief: string | null;
}
