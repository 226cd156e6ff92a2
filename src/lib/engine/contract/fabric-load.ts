/**
 * What goes over the links of a fabric. Two sorts of traffic: single lines (loads, stores, write-backs, snoops), which are
 * counted when they happen, and streams (a program fills its capacity, memory is emptied), which last and share links.
 */
export interface FabricLinkStatus {
	/** "switch:port"; "device:head" where a device is plugged straight into a host. */
	readonly id: string;
	/** The end nearer to hosts, the end nearer to media: names of a host, switch or device. */
	readonly upper: string;
	readonly lower: string;
	readonly down: boolean;
	/** Raw width and lane rate: x16 of PCIe 5.0 in the cost model. */
	readonly lanes: number;
	readonly laneGTps: number;
	/** Towards the host. */
	readonly read: FabricLoadStatus;
	/** Towards the media. */
	readonly write: FabricLoadStatus;
	/** Back-invalidate snoops that the device sent over it. They carry no data. */
	readonly snoops: number;
}

export interface FabricLoadStatus {
	/** Data since the beginning, and loads, stores and write-backs that carried it (a stream counts one per line of 64 bytes). */
	readonly bytes: number;
	readonly accesses: number;
	/** Now: streams, and the single lines of the last millisecond that is over. */
	readonly bytesPerSecond: number;
	/** What gets through at most: the smaller of wire and end points. */
	readonly capacityBytesPerSecond: number;
	/** Name of the cost that sets it, for the sentence. */
	readonly limitedBy: string;
	/** 0 to 1. */
	readonly load: number;
}

/** A copy that lasts: how far it is, and how fast it goes on the links that it shares. */
export interface FabricStreamStatus {
	/** The application, or the DAX device that is emptied. */
	readonly of: string;
	readonly host: string;
	readonly device: string;
	readonly direction: 'read' | 'write';
	readonly bytes: number;
	readonly movedBytes: number;
	readonly bytesPerSecond: number;
	/** Alone on its links it would have this. */
	readonly aloneBytesPerSecond: number;
	readonly links: readonly string[];
	readonly startNs: number;
	/** When it ends if nothing else begins or ends. */
	readonly endNs: number;
}

/** An offer that waits for a person to answer; `answer` takes the oldest one of a device. */
export interface FabricOfferStatus {
	readonly device: string;
	readonly ld: number;
	/** null: without a tag, or with several. */
	readonly tag: string | null;
	readonly bytes: number;
	/** When the device wrote its last record. */
	readonly sinceNs: number;
	readonly extents: readonly {
		readonly dpa: number;
		readonly bytes: number;
		readonly tag: string | null;
		readonly sequence: number;
		readonly region: number;
	}[];
	/** What Linux would take of it, and why not the rest. */
	readonly gates: { readonly extents: number; readonly bytes: number; readonly dropped: readonly string[] };
}

/** Query `interleave`: the decoder set of one window, and every other setting with the reason that speaks against it. */
export interface InterleaveAnswer {
	readonly host: string;
	readonly window: number;
	readonly ways: number;
	readonly granularity: number;
	readonly arithmetic: 'modulo' | 'xor';
	readonly xorMasks: readonly number[];
	readonly targets: readonly string[];
	/** Host bridges in the order in which the root picks them; empty on a window of G-FAM devices. */
	readonly bridges: readonly string[];
	/** Why the host does not use it as it is, or null. */
	readonly problem: string | null;
	/** Why nothing at all may be changed now (it is in use), or null. */
	readonly fixed: string | null;
	readonly choices: {
		readonly ways: readonly InterleaveChoice<number>[];
		readonly granularity: readonly InterleaveChoice<number>[];
		readonly arithmetic: readonly InterleaveChoice<'modulo' | 'xor'>[];
	};
}

/** One setting changed and everything else as it is. */
export interface InterleaveChoice<Value> {
	readonly value: Value;
	/** "EINVAL: …": the command set-interleave refuses it with this; null: it goes through. */
	readonly refused: string | null;
	readonly chosen: boolean;
}
