import type { CustomerName, DoorName } from '../contract/doors.ts';
import type { DeviceRecord, DcEventRecord, TagRecord, GroupRecord } from './device-records.ts';
import type { GuestRecord } from './guest-records.ts';
import type { StreamRecord, TrafficRecord } from './traffic-records.ts';

export type * from './device-records.ts';
export type * from './guest-records.ts';
export type * from './traffic-records.ts';

/**
 * Records of the CXL fabric: everything of which there are few. Extents are rows of columns (decision D1), reached through
 * fabric/dcd; lines of shared areas lie in `lines`. Plain JSON values only. Addresses are bytes below 2^52.
 */
/** A DAX device of a host on its way into a VM (contract/doors.ts). */
export interface DoorRecord {
	customer: CustomerName;
	door: DoorName;
	host: string;
	tag: string;
	atNs: number;
}

export interface FabricRecords {
	switches: SwitchRecord[];
	devices: DeviceRecord[];
	peers: PeerRecord[];
	/** Messages under way and the last ones that arrived, oldest first; at most MESSAGES_KEPT arrived ones. */
	messages: MessageRecord[];
	nextMessageId: number;
	/** Extent groups that are not finished, by id. */
	groups: GroupRecord[];
	nextGroupId: number;
	/** One entry per tag that is alive anywhere on a device. */
	tags: TagRecord[];
	/** Programs that use capacity of the pool. */
	apps: AppRecord[];
	plans: PlanRecord[];
	/** What the media of a device holds: runs in order of address, never overlapping. */
	contents: ContentRecord[];
	/** Lines of shared areas that some host caches. */
	lines: LineRecord[];
	/** The oracle: who stored what last to each run of media, whether it has left that host's cache or not. */
	stores: ContentRecord[];
	/** Counts every store: the version of the next one. */
	nextVersion: number;
	/** Stores that are gone, each with what took it: nothing is lost in silence. */
	losses: LossRecord[];
	/** Requests for lines that a coherent device is still answering. */
	snoops: SnoopRecord[];
	/** What was done against the order of offer, accept, use, release: per tag. */
	breaches: BreachRecord[];
	/** Capacity that was taken into VMs, and through which door. */
	doors: DoorRecord[];
	/** VMs whose programs use tagged capacity (orchestrator/guests). */
	guests: GuestRecord[];
	/** Links, bindings and access as they were when hosts last looked (orchestrator/ways.ts). */
	ways: number;
	/** What happened how often: names in contract/fabric-counts.ts. */
	counts: Record<string, number>;
	/** The fabric manager is down: nothing new is offered or taken back. */
	managerDown: boolean;
	/** Links that are down: "device" or "host" or "switch:port". */
	down: string[];
	/** Links that something went over, in the order of their first use (fabric/traffic). */
	traffic: TrafficRecord[];
	/** Copies that last, oldest first. */
	streams: StreamRecord[];
	/** Rows of the extent columns: first one that came back plus 1, how many came back, and how many were ever used (fabric/dcd/rows.ts). */
	freeExtent: number;
	freeExtents: number;
	freshExtents: number;
	nextTagId: number;
}

export type HostProfile = 'linuxDcd' | 'permissive';

/** A CXL switch: physical ports, virtual switches (HBR) or edge ports with their tables (PBR). */
export interface SwitchRecord {
	id: string;
	kind: 'hbr' | 'pbr';
	ports: PortRecord[];
	virtualSwitches: VirtualSwitchRecord[];
	/** PBR: FAST and IDT of each edge port to a host. */
	edges: EdgeRecord[];
	/** The background command that runs, or null; there is one at a time. */
	background: SwitchBackground | null;
	/** Its last events for the fabric manager, oldest first. */
	events: { type: number; log: 'informational' | 'warning'; text: string; atNs: number }[];
}
/** Bind (5201h) or unbind (5202h) under way. */
export interface SwitchBackground {
	what: 'bind' | 'unbind';
	virtualSwitch: number;
	vppb: number;
	port: number;
	ld: number;
	/** Unbind: 0 wait for link down, 1 managed, 2 surprise hot-remove. */
	option: number;
	/** Status of the vPPB before. */
	before: number;
	startNs: number;
	causeSeq: number | null;
}
export interface PortRecord {
	/** PERST# is asserted. */
	inReset: boolean;
	/** States of the standard: 0 disabled, 1 bind in progress, 2 unbind in progress, 3 DSP, 4 USP, 5 fabric port. */
	state: number;
	/** What is plugged in, or null. */
	partner: { kind: 'host' | 'device' | 'switch'; id: string; port: number } | null;
	/** PBR: port identifier, −1 without one. */
	pid: number;
}
export interface VirtualSwitchRecord {
	host: string;
	upstreamPort: number;
	enabled: boolean;
	vppbs: VppbRecord[];
	/** Of its upstream port (fabric/address). */
	decoders: PortDecoderRecord[];
}
export interface VppbRecord {
	/** 0 unbound, 1 in progress, 2 bound to a port, 3 bound to a logical device, 4 bound to a PID. */
	status: number;
	port: number;
	/** Logical device, −1 unless the port has an MLD. */
	ld: number;
}
/** HDM decoder of a host bridge or of the upstream port of a virtual switch. */
export interface PortDecoderRecord {
	baseHpa: number;
	bytes: number;
	/** Codes of the register. */
	ways: number;
	granularity: number;
	/** Places in the list of root ports or vPPBs, in interleave order. */
	targets: number[];
	committed: boolean;
	locked: boolean;
}
export interface EdgeRecord {
	port: number;
	host: string;
	pid: number;
	fabricBase: number;
	segmentBytes: number;
	/** Number of segments that the table can hold: a power of two. */
	depth: number;
	/** Valid entries only. */
	fast: FastEntry[];
	/** PIDs of interleave sets. */
	idt: number[];
}
export interface FastEntry {
	segment: number;
	/** 0 off, 1 … 8 → 2 … 256 ways. */
	interleave: number;
	/** 0 … 6 → 256 B … 16 KiB. */
	granularity: number;
	/** PID of the device, or index in the IDT. */
	target: number;
}

/** A host as its fabric sees it: windows, how it answers offers, what it does with capacity. */
export interface PeerRecord {
	id: string;
	index: number;
	pid: number;
	profile: HostProfile;
	answer: AnswerMode;
	/** What it does with untagged capacity. */
	use: DaxUse;
	/** Never writes clean lines back (needed for software-managed coherence). */
	noCleanWritebacks: boolean;
	state: 'up' | 'silent' | 'crashed';
	/** Boots so far: what ran before the last one is gone. */
	incarnation: number;
	/** A naughty host: it reads release requests and does nothing. */
	ignoresRelease: boolean;
	/** Poison on decode error is switched on. */
	poisonOnDecodeError: boolean;
	/** Its root ports isolate a link that is down; else an access to it times out and takes the host along. */
	isolation: boolean;
	windows: WindowRecord[];
	/** Host bridges with their root ports; a bridge of one port and no decoder passes everything on. */
	bridges: BridgeRecord[];
	/** Logical devices ("device ld") whose driver somebody took off (cxl disable-memdev). */
	disabledMemdevs: string[];
	/** What it is about to do with the events of each of its devices (fabric/hosts). */
	inboxes: InboxRecord[];
	dax: DaxRecord[];
	nextDax: number;
	/** GAM ring of G-FAM notifications. */
	gam: { type: number; text: string; atNs: number }[];
	/** Notifications that found the ring full. */
	gamLost: number;
	log: { atNs: number; text: string }[];
}
/** One host at the event log of one logical device: where it stands, and the records that it has read. */
export interface InboxRecord {
	device: string;
	ld: number;
	/** idle: waits for an interrupt. Each other word is the next thing it does, one mailbox command each. */
	step: 'idle' | 'read' | 'clear' | 'act' | 'replay';
	/** When it does that; −1 while it waits. */
	dueNs: number;
	/** Handles to clear. */
	handles: number[];
	/** Read and not yet acted on, oldest first. */
	records: DcEventRecord[];
	/** Add records of a chain that is still open, and since when. */
	chain: DcEventRecord[];
	chainSinceNs: number;
	/** Groups that a person answers by hand, oldest first: each a closed chain. */
	byHand: DcEventRecord[][];
	/** The log told of an overflow: the list has to be read again. */
	replay: boolean;
	/** What woke it: cause of what it does. */
	causeSeq: number | null;
}

/** system-ram: ZONE_MOVABLE. */
export type DaxUse = 'devdax' | 'famfs' | 'system-ram' | 'system-ram-normal' | 'none';
export type AnswerMode = 'accept' | 'part' | 'none' | 'by-hand' | 'silent';

/** CFMWS: static for the life of the boot. */
export interface WindowRecord {
	baseHpa: number;
	bytes: number;
	/** Devices or host bridges in interleave order. */
	targets: string[];
	ways: number;
	granularity: number;
	arithmetic: 'modulo' | 'xor';
	/** CXIMS masks, lowest first. */
	xorMasks: number[];
	/** Host bridges in the order in which the root picks them; empty on a window of G-FAM devices. */
	bridges: string[];
	/** Why it is not used ("EINVAL: …"), or null. */
	problem: string | null;
	/** What somebody at the host made of its region: made by the kernel, driver taken off, or destroyed (orchestrator/tools). */
	region: 'made' | 'disabled' | 'destroyed';
	/** Size of the region; 0: as large as it can be. */
	regionBytes: number;
}

export interface BridgeRecord {
	id: string;
	/** What hangs at each root port. */
	ports: { kind: 'device' | 'switch'; id: string }[];
	decoders: PortDecoderRecord[];
}

/** A DAX device of a host: one tagged allocation, or one untagged extent. */
export interface DaxRecord {
	id: string;
	device: string;
	ld: number;
	tag: string;
	/** Rows of its extents, in sequence order (fabric/dcd). */
	extents: number[];
	/** Where the host has it mapped, in sequence order: it stays so when the device has cut the access. */
	pieces: { dpa: number; bytes: number; sequence: number }[];
	bytes: number;
	use: DaxUse;
	state: 'free' | 'claimed' | 'releasing' | 'gone';
	/** Blocks of system RAM that are occupied, and what keeps them, for the way back. */
	occupiedBytes: number;
	stuckBytes: number;
	smallFolios: boolean;
	/** Being emptied until then, −1 = not. */
	emptyNs: number;
	/** Why it could not be emptied, or null. */
	stays: string | null;
	/** Number in its name, unique per host. */
	number: number;
	/** Destroyed by hand (daxctl destroy-device): its extents stay accepted, and nobody sees it until it is created again. */
	destroyed: boolean;
	/** Its driver is off (daxctl disable-device): nobody can map it. */
	disabled: boolean;
}

export interface AppRecord {
	id: string;
	host: string;
	kind: 'database' | 'vm' | 'reader' | 'writer' | 'page-cache';
	/** It maps what is there and fills nothing. */
	keeps?: boolean;
	dax: string;
	tag: string;
	state: 'starting' | 'running' | 'closing' | 'closed' | 'killed';
	/** What it does next and when: its timer is valid for this count only. */
	turn: number;
	/** Version that it wrote or read, 0 = none. */
	version: number;
	/** Reads that gave all ones, poison or old contents. */
	badReads: number;
	reason: string | null;
	causeSeq: number | null;
}

export interface PlanRecord {
	id: number;
	plan: string;
	values: Record<string, string | number | boolean>;
	step: number;
	state: 'running' | 'done' | 'failed';
	reason: string | null;
	startNs: number;
	endNs: number;
	/** When the present step began, and until when it may wait. */
	stepNs: number;
	deadlineNs: number;
	/** Times that the present step was tried; 0 = not begun. */
	tries: number;
	/** no: not yet; waiting: for its time; sent: under way; done; retry: was refused for now. */
	acted: 'no' | 'waiting' | 'sent' | 'done' | 'retry';
	/** What each step came to, in words. */
	notes: string[];
	causeSeq: number | null;
}

/** A store that nobody can read any more, and why. */
export interface LossRecord {
	device: string;
	at: number;
	bytes: number;
	writer: string;
	version: number;
	why: 'given up' | 'sanitized' | 'cache lost' | 'dropped' | 'overwritten' | 'media' | 'vanished';
	atNs: number;
}

/** One request for a line that a coherent device works on: whom it still waits for. */
export interface SnoopRecord {
	device: string;
	at: number;
	host: string;
	want: 'shared' | 'exclusive';
	waitingFor: string[];
	/** Version to store once the line is owned; 0 for a load. */
	store: number;
	/** A second request for the same line waits for the first. */
	queued: boolean;
	causeSeq: number | null;
}

export interface BreachRecord {
	tag: string;
	host: string;
	atNs: number;
	text: string;
}

/** A run of 64-byte units of a device's media that holds one content. */
export interface ContentRecord {
	device: string;
	at: number;
	bytes: number;
	/** Whose write it is, and its count; 0 = zeroes. */
	writer: string;
	version: number;
}

export interface LineRecord {
	host: string;
	device: string;
	/** Media address of the line. */
	at: number;
	/** Software managed: clean, dirty. Hardware managed: shared, exclusive, modified. */
	state: 'clean' | 'dirty' | 'shared' | 'exclusive' | 'modified';
	/** Version that it holds, and whose store that was. */
	value: number;
	writer: string;
	/** Writing back or dropping is under way: a fence waits for it. */
	leaving: 'no' | 'back' | 'drop';
}

export interface MessageRecord {
	id: number;
	from: string;
	to: string;
	/** "5604h Initiate Dynamic Capacity Add", "00h Add Capacity", "4802h Add Response", "BISnpInv" … */
	what: string;
	opcode: string;
	tag: string;
	/** Return code once answered, −1 before. */
	code: number;
	payload: Record<string, string | number | boolean | null | (string | number)[]>;
	sentNs: number;
	arriveNs: number;
	state: 'flying' | 'arrived' | 'lost';
	causeSeq: number | null;
}
export const MESSAGES_KEPT = 128;

export function noFabric(): FabricRecords {
	return {
		switches: [],
		devices: [],
		peers: [],
		messages: [],
		nextMessageId: 1,
		groups: [],
		nextGroupId: 1,
		tags: [],
		apps: [],
		plans: [],
		contents: [],
		lines: [],
		stores: [],
		nextVersion: 1,
		losses: [],
		snoops: [],
		breaches: [],
		ways: -1,
		counts: {},
		managerDown: false,
		doors: [],
		guests: [],
		down: [],
		traffic: [],
		streams: [],
		freeExtent: 0,
		freeExtents: 0,
		freshExtents: 0,
		nextTagId: 1
	};
}
