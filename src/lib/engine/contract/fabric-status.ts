import type { DoorAnswer } from './doors.ts';
import type { FabricLinkStatus, FabricOfferStatus, FabricStreamStatus } from './fabric-load.ts';

/** A VM whose program uses tagged capacity (orchestrator/guests). */
export interface FabricGuestStatus {
	readonly id: string;
	readonly host: string;
	/** Where it moves, or where its contents are copied to. */
	readonly to: string | null;
	readonly ramBytes: number;
	readonly state: 'running' | 'stopped' | 'lost';
	readonly doing: 'nothing' | 'saving' | 'copying' | 'moving';
	readonly dueNs: number | null;
	readonly program: 'none' | 'opening' | 'runs' | 'closing' | 'absent';
	/** Tag of its data, and name of the device that it has them on where it is now. */
	readonly tag: string | null;
	readonly dax: string | null;
	/** What its program finds: its own bytes, other ones, zeroes; null without a program that runs. */
	readonly finds: 'its data' | 'other data' | 'zeroes' | null;
	readonly copiedBytes: number;
	readonly networkBytes: number;
	readonly moves: number;
	readonly blackoutNs: number | null;
	readonly gapNs: number;
	readonly reason: string | null;
}

/** The CXL fabric as the page shows it. Few things only; extents beyond the first ones are read from the columns. */
export interface FabricStatus {
	readonly switches: readonly FabricSwitchStatus[];
	readonly devices: readonly FabricDeviceStatus[];
	readonly hosts: readonly FabricHostStatus[];
	readonly tags: readonly FabricTagStatus[];
	readonly apps: readonly FabricAppStatus[];
	readonly plans: readonly FabricPlanStatus[];
	readonly guests: readonly FabricGuestStatus[];
	/** Oldest first; the last ones that arrived and all that fly. */
	readonly messages: readonly FabricMessageStatus[];
	/** Links that are down, by the name of what hangs on them. */
	readonly down: readonly string[];
	/** Every link with what went over it and what goes over it now. */
	readonly links: readonly FabricLinkStatus[];
	/** Copies under way, oldest first. */
	readonly streams: readonly FabricStreamStatus[];
	readonly lines: readonly FabricLineStatus[];
	/** What was done against offer, accept, use, release. */
	readonly breaches: readonly { readonly tag: string; readonly host: string; readonly atNs: number; readonly text: string }[];
	/** Stores that nobody can read any more, the last ones. */
	readonly losses: readonly {
		readonly device: string;
		readonly at: number;
		readonly bytes: number;
		readonly writer: string;
		readonly version: number;
		readonly why: string;
		readonly atNs: number;
	}[];
	/** Capacity taken into VMs: what arrived behind each door. */
	readonly doors: readonly (DoorAnswer & { readonly host: string; readonly outside: string; readonly atNs: number })[];
	readonly counts: Readonly<Record<string, number>>;
	readonly managerDown: boolean;
}

export interface FabricSwitchStatus {
	readonly id: string;
	readonly kind: 'hbr' | 'pbr';
	readonly ports: readonly {
		readonly index: number;
		readonly state: 'disabled' | 'binding' | 'unbinding' | 'downstream' | 'upstream' | 'fabric';
		readonly partner: string | null;
		readonly partnerKind: 'host' | 'device' | 'switch' | null;
		readonly pid: number | null;
		readonly down: boolean;
	}[];
	readonly virtualSwitches: readonly {
		readonly host: string;
		readonly upstreamPort: number;
		readonly vppbs: readonly {
			readonly status: 'unbound' | 'in progress' | 'bound to port' | 'bound to logical device' | 'bound to PID';
			readonly port: number | null;
			readonly ld: number | null;
		}[];
	}[];
	/** The background command that runs. */
	readonly background: 'bind' | 'unbind' | null;
	/** Virtual CXL Switch events for the fabric manager, oldest first. */
	readonly events: readonly { readonly atNs: number; readonly log: 'informational' | 'warning'; readonly text: string }[];
}

export interface FabricDeviceStatus {
	readonly id: string;
	readonly kind: 'sld' | 'mld' | 'mh-sld' | 'gfd';
	readonly profile: 'spec40' | 'qemu111';
	readonly present: boolean;
	readonly mediaBytes: number;
	/** Media that no extent stands for. */
	readonly freeBytes: number;
	readonly hardwareCoherent: boolean;
	readonly extentLimit: number;
	readonly tagLimit: number;
	readonly logRecords: number;
	readonly poisonedLines: number;
	readonly lds: readonly FabricLogicalDeviceStatus[];
	readonly gfd: {
		readonly pid: number;
		readonly partitions: readonly FabricRegionStatus[];
		readonly decoders: readonly {
			readonly host: string;
			readonly pid: number;
			readonly hpaBase: number;
			readonly dpaBase: number;
			readonly bytes: number;
			readonly ways: number;
			readonly granularity: number;
			readonly way: number;
			readonly coherent: boolean;
		}[];
		readonly access: readonly { readonly host: string; readonly pid: number; readonly groups: readonly number[] }[];
	} | null;
}

export interface FabricRegionStatus {
	readonly baseDpa: number;
	readonly bytes: number;
	readonly decodeBytes: number;
	readonly blockBytes: number;
	readonly sharable: boolean;
	readonly hardwareCoherent: boolean;
	readonly readOnly: boolean;
	readonly sanitize: boolean;
}

export interface FabricLogicalDeviceStatus {
	readonly number: number;
	readonly host: string | null;
	readonly regions: readonly FabricRegionStatus[];
	readonly decoders: readonly {
		readonly baseHpa: number;
		readonly bytes: number;
		readonly ways: number;
		readonly granularity: number;
		readonly position: number;
		readonly baseDpa: number;
	}[];
	/** By device address; at most EXTENTS_IN_STATUS of them. */
	readonly extents: readonly FabricExtentStatus[];
	/** All of them, and their bytes, by state. */
	readonly counts: Readonly<Record<FabricExtentStatus['state'], { readonly extents: number; readonly bytes: number }>>;
	readonly pendingGroups: number;
	readonly generation: number;
	readonly log: {
		readonly capacity: number;
		readonly overflow: number;
		readonly records: readonly {
			readonly handle: number;
			/** "00h Add Capacity" … */
			readonly what: string;
			readonly type: number;
			readonly more: boolean;
			readonly dpa: number;
			readonly bytes: number;
			readonly tag: string | null;
			readonly sequence: number;
			readonly atNs: number;
		}[];
	};
}
export const EXTENTS_IN_STATUS = 256;

export interface FabricExtentStatus {
	/** Row in the columns: its name in commands of the page. */
	readonly row: number;
	readonly dpa: number;
	readonly bytes: number;
	readonly media: number;
	readonly tag: string | null;
	readonly sequence: number;
	readonly arrival: number;
	/** forced: cut off by force; the host has not noticed (reads all ones, stores vanish). */
	readonly state: 'offered' | 'accepted' | 'releasing' | 'forced' | 'dead';
	readonly region: number;
}

export interface FabricHostStatus {
	readonly id: string;
	readonly index: number;
	readonly pid: number;
	readonly profile: 'linuxDcd' | 'permissive';
	readonly answer: 'accept' | 'part' | 'none' | 'by-hand' | 'silent';
	readonly noCleanWritebacks: boolean;
	readonly state: 'up' | 'silent' | 'crashed';
	readonly poisonOnDecodeError: boolean;
	/** CXL.mem isolation of its root ports: without it an access over a dead link times out and crashes the host. */
	readonly isolation: boolean;
	readonly windows: readonly {
		readonly baseHpa: number;
		readonly bytes: number;
		readonly targets: readonly string[];
		readonly ways: number;
		readonly granularity: number;
		readonly arithmetic: 'modulo' | 'xor';
		/** Masks of the XOR, lowest first; empty with modulo. */
		readonly xorMasks: readonly number[];
		/** Why the host does not use it ("EINVAL: …"), or null. */
		readonly problem: string | null;
		/** made by the kernel; its driver was taken off (cxl disable-region), or it was destroyed, by hand. */
		readonly region: 'made' | 'disabled' | 'destroyed';
	}[];
	readonly dax: readonly {
		readonly id: string;
		readonly device: string;
		readonly tag: string | null;
		readonly bytes: number;
		readonly use: 'devdax' | 'famfs' | 'system-ram' | 'system-ram-normal' | 'none';
		readonly state: 'free' | 'claimed' | 'releasing' | 'gone';
		readonly occupiedBytes: number;
		readonly stuckBytes: number;
		/** Its extents in sequence order: rows. */
		readonly extents: readonly number[];
		/** Being emptied until then, or null. */
		readonly emptyNs: number | null;
		/** Why it could not be emptied, or null. */
		readonly stays: string | null;
	}[];
	/** Offers that nobody has answered yet because a person does it, oldest first. */
	readonly offers: readonly FabricOfferStatus[];
	readonly notifications: readonly { readonly atNs: number; readonly text: string }[];
	readonly log: readonly { readonly atNs: number; readonly text: string }[];
}

export interface FabricTagStatus {
	readonly tag: string;
	readonly device: string;
	readonly bytes: number;
	readonly sharable: boolean;
	readonly referenced: boolean;
	readonly holders: readonly string[];
	readonly offered: readonly string[];
	/** The linear space of the tag as each host sees it: its extents in sequence order; null while one is missing. */
	readonly views: readonly {
		readonly host: string;
		readonly pieces: readonly {
			readonly sequence: number;
			readonly arrival: number;
			readonly at: number;
			readonly bytes: number;
			readonly dpa: number;
			readonly hpa: number | null;
		}[];
		readonly complete: boolean;
		readonly missing: readonly number[];
	}[];
	/** What its first line holds: whose write, and which. */
	readonly content: { readonly writer: string; readonly version: number } | null;
}

export interface FabricAppStatus {
	readonly id: string;
	readonly host: string;
	readonly kind: string;
	readonly tag: string | null;
	readonly dax: string;
	readonly state: 'starting' | 'running' | 'closing' | 'closed' | 'killed';
	/** What it wrote, or read. 0 = nothing. */
	readonly version: number;
	readonly reason: string | null;
}

export interface FabricPlanStatus {
	readonly id: number;
	readonly plan: string;
	/** Its steps in words; the running one is `step`. */
	readonly steps: readonly string[];
	/** What each step came to, in words, as far as it has got. */
	readonly notes: readonly string[];
	readonly step: number;
	/** It waits for its time, or for somebody to say "go-on". */
	readonly waits: boolean;
	readonly state: 'running' | 'done' | 'failed';
	readonly reason: string | null;
	readonly startNs: number;
	readonly endNs: number | null;
}

export interface FabricMessageStatus {
	readonly id: number;
	/** "fm", a device, a host, a switch, "orchestrator". */
	readonly from: string;
	readonly to: string;
	readonly opcode: string;
	readonly what: string;
	readonly tag: string | null;
	/** Words of the return code once it is answered. */
	readonly answer: string | null;
	readonly sentNs: number;
	readonly arriveNs: number;
	readonly state: 'flying' | 'arrived' | 'lost';
}

export interface FabricLineStatus {
	readonly host: string;
	readonly device: string;
	readonly at: number;
	readonly state: 'clean' | 'dirty' | 'shared' | 'exclusive' | 'modified';
	readonly value: number;
	/** A copy that is older than the newest store, wherever that lies: a ghost. */
	readonly stale: boolean;
	/** Whose store the cached value is. */
	readonly writer: string;
	/** Writing back or dropping is under way: a fence waits for it. */
	readonly leaving: 'no' | 'back' | 'drop';
	/** What the device holds there, and what was stored there last by anybody. Version 0: zeroes, never written. */
	readonly media: { readonly writer: string; readonly version: number };
	readonly newest: { readonly writer: string; readonly version: number };
}

/** One address through all of its translations: the ladder of the decoders' view. */
export interface TranslationAnswer {
	readonly host: string;
	readonly hpa: number;
	readonly steps: readonly {
		/** window, root, hostBridge, edgePort, switch, endpoint, gfdDecoder, group, access, media. */
		readonly at: string;
		readonly title: string;
		/** What it computes, in words with numbers. */
		readonly says: string;
		readonly value: number | null;
		readonly rule: string;
	}[];
	readonly window: {
		readonly baseHpa: number;
		readonly bytes: number;
		readonly ways: number;
		readonly granularity: number;
		readonly arithmetic: 'modulo' | 'xor';
		/** Masks that the root uses, lowest first; empty with modulo. */
		readonly xorMasks: readonly number[];
		readonly targets: readonly string[];
		/** Places among the targets of the stripes from the base on, one round; −1: nothing answers there. */
		readonly firstRound: readonly number[];
		/** The same from the beginning of the round in which the address lies, two rounds. */
		readonly thisRound: readonly number[];
	} | null;
	readonly way: number | null;
	readonly device: string | null;
	readonly offset: number | null;
	readonly dpa: number | null;
	readonly media: number | null;
	/** Logical device, null on a G-FAM device. */
	readonly ld: number | null;
	/** Switches on the way, in order. */
	readonly switches: readonly string[];
	/** An idle load; null where nothing answers. */
	readonly readLatencyNs: number | null;
	/** Where the way ends: no-window, no-decoder, unbound, link-down, absent, no-segment, no-gdt, many-gdt, no-group, no-access, not-assigned. */
	readonly miss: string | null;
	/** What a load gives and a store does there (reference 2.8). */
	readonly load: string;
	readonly store: string;
	readonly ok: boolean;
}
