import type { AddressesAnswer } from './addresses.ts';
import type { ConsoleAnswer, ConsoleCompletions, ConsoleManner, ConsoleOutcome } from './console.ts';
import type { InterleaveAnswer } from './fabric-load.ts';
import type { TranslationAnswer } from './fabric-status.ts';
import type { HostToolAnswer } from './host-tools.ts';
import type { ZoneName } from './machine-status.ts';
import type { DoorAnswer } from './doors.ts';
import type { ExchangeVerdict } from './exchange.ts';
import type { HandOverVerdict } from './hand-over.ts';
import type { SuperpageAnswer } from './superpage-models.ts';
import type { SuperpageQuantityName } from './superpage-quantities.ts';
import type { MonitorAnswerView } from './migration/monitor.ts';
import type { MoverVerdict } from './movers.ts';
import type { TraceRecord } from './records.ts';
import type { DowntimePart, PhaseSpan } from './status.ts';
import type { StrategyId } from './migration/strategies.ts';
import type { FabricQuantityName } from './fabric-quantities.ts';
import type { MachineQuantityName } from './machine-quantities.ts';
import type { CollisionAnswer } from './vdpa/collision.ts';
import type { RackQuantityName } from './rack/quantities.ts';
import type { ReferenceQuantityName } from './reference-quantities.ts';
import type { VdpaQuantityName } from './vdpa/quantities.ts';
import type { OperationId, VmId } from './ids.ts';

/** Questions never change a world. */
export type Query =
	| { readonly kind: 'summary' }
	| { readonly kind: 'page'; readonly vm: VmId; readonly gfn: number }
	/** Page `gfn` of one VM, or of every VM that has it, in five columns with the tables between them. */
	| { readonly kind: 'addresses'; readonly vm: VmId | null; readonly gfn: number }
	| { readonly kind: 'why'; readonly object: ObjectName }
	| { readonly kind: 'find'; readonly text: string }
	| { readonly kind: 'check' }
	| { readonly kind: 'records'; readonly fromSeq: number; readonly count: number }
	| { readonly kind: 'fingerprint' }
	| { readonly kind: 'evaluate'; readonly expressions: readonly Expression[] }
	/** Every order of the three movers for a plan in words, or the one that is laid behind a bar (engine/movers/plan.ts); null when the words are no plan. */
	| { readonly kind: 'movers'; readonly plan: string }
	/** Every order of an exchange over shared memory for a plan in words (contract/exchange.ts); null when they are no plan. */
	| { readonly kind: 'exchange'; readonly plan: string }
	/** Every order of a hand-off that was laid act by act (contract/hand-over.ts); null when the words are no plan. */
	| { readonly kind: 'hand-over'; readonly plan: string }
	/** The words of the super-page as they stand, and what was last done to them. */
	| { readonly kind: 'superpage' }
	/** Every sequence of what can happen to the maps of a device: "NIC length", then words of a choice (contract/vdpa/paper.ts); null when they name nothing. */
	| { readonly kind: 'collisions'; readonly words: string }
	/** Capacity through doors into a VM (contract/doors.ts): "customer=door …"; null when the words name nothing. */
	| { readonly kind: 'doors'; readonly choice: string }
	| { readonly kind: 'first-difference'; readonly other: number }
	/** What a line typed on a machine means. A command in the answer is sent by whoever asked. */
	| { readonly kind: 'console'; readonly machine: string; readonly line: string }
	| { readonly kind: 'complete'; readonly machine: string; readonly line: string }
	/** Text of the outcome of a call that came from the console. */
	| { readonly kind: 'outcome'; readonly machine: string; readonly call: number; readonly manner: ConsoleManner }
	/** One host address through the fabric's translations; null: no such host. */
	| { readonly kind: 'translate'; readonly host: string; readonly hpa: number }
	/** Ways, granularity and arithmetic of a window, and what would come of changing them; null: no such host or window. */
	| { readonly kind: 'interleave'; readonly host: string; readonly window: number }
	/** A line of cxl, daxctl or the monitor typed at a host of the fabric; null: it is none of theirs. */
	| { readonly kind: 'host-tool'; readonly host: string; readonly line: string }
	/** What lies in one frame of a machine. */
	| { readonly kind: 'frame'; readonly machine: string; readonly pfn: number }
	/** What QEMU's monitor at a process of a VM answers to a word that only looks, and what the process has told by itself. */
	| { readonly kind: 'monitor'; readonly vm: VmId; readonly at: string; readonly execute: string }
	/** A file of /proc or /sys. */
	| { readonly kind: 'read'; readonly machine: string; readonly path: string };

/** Things that can be pointed at. */
export type ObjectName =
	| { readonly type: 'page'; readonly vm: VmId; readonly gfn: number }
	| { readonly type: 'block'; readonly memory: string; readonly block: number }
	| { readonly type: 'vm'; readonly vm: VmId }
	| { readonly type: 'operation'; readonly operation: OperationId }
	| { readonly type: 'extent'; readonly extent: string }
	| { readonly type: 'ownerWord'; readonly vm: VmId }
	| { readonly type: 'link'; readonly link: string }
	| { readonly type: 'host'; readonly host: string }
	| { readonly type: 'record'; readonly seq: number }
	| { readonly type: 'frame'; readonly machine: string; readonly pfn: number }
	| { readonly type: 'memoryBlock'; readonly machine: string; readonly block: number }
	| { readonly type: 'process'; readonly machine: string; readonly process: string }
	| { readonly type: 'call'; readonly machine: string; readonly call: number }
	| { readonly type: 'virtioMem'; readonly machine: string; readonly device: string }
	/** A thing of the CXL fabric: `id` is its name, "mem0/1" for a logical device, "sw0:3" for a port, a row for an extent. */
	| { readonly type: 'fabric'; readonly thing: FabricThing; readonly id: string }
	/** A vDPA device, or a part of it: queue by index, band by device address, section by id, change by id. */
	| { readonly type: 'nic'; readonly nic: string; readonly part: NicPart; readonly id: string };

export const NIC_PARTS = ['device', 'queue', 'band', 'section', 'change'] as const;
export type NicPart = (typeof NIC_PARTS)[number];

export const FABRIC_THINGS = ['host', 'device', 'ld', 'switch', 'port', 'tag', 'extent', 'message', 'plan', 'app', 'dax', 'line'] as const;
export type FabricThing = (typeof FABRIC_THINGS)[number];

export interface Answers {
	readonly summary: RunSummary;
	readonly page: PageAnswer;
	readonly addresses: readonly AddressesAnswer[];
	readonly why: WhyAnswer;
	readonly find: FindAnswer;
	readonly check: CheckAnswer;
	readonly records: readonly TraceRecord[];
	readonly fingerprint: { readonly fingerprint: string; readonly modelVersion: number };
	readonly evaluate: readonly (number | boolean | null)[];
	readonly movers: MoverVerdict | null;
	readonly exchange: ExchangeVerdict | null;
	readonly 'hand-over': HandOverVerdict | null;
	readonly superpage: SuperpageAnswer;
	readonly collisions: CollisionAnswer | null;
	readonly doors: readonly DoorAnswer[] | null;
	readonly 'first-difference': FirstDifference | null;
	readonly console: ConsoleAnswer;
	readonly complete: ConsoleCompletions;
	/** null: no such call on this machine. */
	readonly outcome: ConsoleOutcome | null;
	readonly translate: TranslationAnswer | null;
	readonly interleave: InterleaveAnswer | null;
	readonly 'host-tool': HostToolAnswer | null;
	/** null: there is no memory. */
	readonly frame: FrameAnswer | null;
	/** null: no such VM or host. */
	readonly monitor: MonitorAnswerView | null;
	readonly read: { readonly ok: true; readonly text: string } | { readonly ok: false; readonly errno: string };
}
export type AnswerTo<Q extends Query> = Answers[Q['kind']];

/** The course of a run so far, for timelines and charts. Arrays of equal length are one series. */
export interface RunSummary {
	readonly nowNs: number;
	/** What befell hosts, pool and VMs, checkpoints left out; absent in a world without any of it. */
	readonly events?: readonly { readonly atNs: number; readonly text: string }[];
	readonly operations: readonly {
		readonly id: OperationId;
		readonly strategy: StrategyId;
		readonly vm: VmId;
		readonly phases: readonly PhaseSpan[];
		readonly downtime: readonly DowntimePart[];
		readonly downtimeNs: number | null;
		readonly startNs: number;
		readonly endNs: number | null;
		readonly networkBytes: number;
		readonly cxlBytes: number;
		/** One entry per bitmap sync. */
		readonly rounds: readonly {
			readonly atNs: number;
			readonly leftBytes: number;
			readonly sentBytes: number;
		}[];
	}[];
	readonly vms: readonly {
		readonly id: VmId;
		readonly atNs: readonly number[];
		readonly speedPpm: readonly number[];
		/** Host index, −1 while nobody runs it. */
		readonly host: readonly number[];
		/** What a migration has left: unsent plus written since the last look. */
		readonly leftBytes: readonly number[];
		readonly bandwidthBytesPerSecond: readonly number[];
		readonly poolPages: readonly number[];
	}[];
}

export interface Rung {
	readonly space: 'gva' | 'gpa' | 'hva' | 'hpa' | 'dpa';
	/** Hexadecimal with 0x and groups; null when that host has no such address now. */
	readonly address: string | null;
	/** Table that made this step from the one above. */
	readonly by: string;
	readonly note: string;
}

/** One guest page through every address space on every host. */
export interface PageAnswer {
	readonly vm: VmId;
	readonly gfn: number;
	readonly folioFirstGfn: number;
	readonly folioPages: number;
	readonly memory: string | null;
	readonly frame: number | null;
	readonly written: number;
	/** What the frame holds: write count when the stamp matches, null when it does not. */
	readonly held: number | null;
	readonly proof: 'equal' | 'differs' | 'not backed';
	readonly dirty: boolean;
	readonly pins: readonly { readonly term: 'short' | 'long'; readonly untilNs: number | null }[];
	readonly readLatencyNs: number | null;
	/** Post-copy: the guest runs without this page; frame and proof are those of the copy at its source. */
	readonly missing: boolean;
	readonly sentence: string;
	readonly hosts: readonly {
		readonly host: string;
		readonly running: boolean;
		readonly rungs: readonly Rung[];
	}[];
	readonly sameDeviceAddress: boolean;
}

/** One frame of a Linux machine. */
export interface FrameAnswer {
	readonly machine: string;
	readonly pfn: number;
	readonly address: string;
	readonly memoryBlock: number;
	readonly node: number;
	/** null while its memory block is offline. */
	readonly zone: ZoneName | null;
	readonly migratetype: 'unmovable' | 'movable' | 'reclaimable' | null;
	readonly isolated: boolean;
	readonly kind:
		'free' | 'user' | 'pipe' | 'secure' | 'kernel' | 'slab' | 'pageTable' | 'reserved' | 'offline' | 'contig' | 'poisoned' | 'hole';
	/** The folio or chunk that it belongs to. */
	readonly firstPfn: number;
	readonly pages: number;
	readonly order: number;
	readonly area: string | null;
	/** Page of the area. */
	readonly page: number | null;
	readonly processes: readonly string[];
	readonly mappings: number;
	readonly references: number;
	readonly pins: number;
	readonly locked: boolean;
	readonly movable: boolean;
	readonly held: readonly { readonly process: string; readonly term: 'long' | 'short' | 'get' }[];
	readonly sentence: string;
	/** Console line that prints the same. */
	readonly line: string;
}

export interface WhyAnswer {
	readonly object: ObjectName;
	readonly sentence: string;
	/** Newest first: what happened to it last, what caused that, and so on to the command. */
	readonly chain: readonly TraceRecord[];
}

export interface FindAnswer {
	readonly hits: readonly {
		readonly label: string;
		readonly object: ObjectName;
		/** Where to look, if the hit lies in a memory. */
		readonly memory: string | null;
		readonly block: number | null;
		readonly atNs: number | null;
	}[];
	readonly message: string | null;
}

export interface CheckAnswer {
	readonly checks: readonly {
		readonly id: string;
		readonly statement: string;
		readonly holds: boolean;
		/** What was found instead, with the first place. */
		readonly found: string | null;
	}[];
	readonly pagesProved: number;
}

/** Quantities that checks, wins and charts may name. */
export const QUANTITIES = {
	nowNs: 'simulated time',
	completed: '1 when the last migration completed',
	failed: '1 when the last migration failed',
	cancelled: '1 when the last migration was cancelled',
	runsOnTarget: '1 when the VM runs on the target of the last migration',
	downtimeNs: 'downtime of the last migration; −1 while none',
	totalNs: 'order to completion of the last migration; −1 while none',
	networkBytes: 'bytes of the last migration on the network',
	cxlBytes: 'bytes of the last migration over CXL links',
	leftBytes: 'bytes the last migration has left, unsent plus written since the last look',
	rounds: 'bitmap syncs of the last migration',
	lostWorkNs: 'guest work lost since the start',
	worstSpeedPpm: 'lowest guest speed while it ran, parts per million',
	retriedFolios: 'folios that page migration had to retry',
	proofHolds: '1 when every guest page holds what the guest last wrote',
	invariantsHold: '1 when every whole-world invariant holds',
	commandCount: 'commands in the journal',
	losses: 'losses so far: what the world has marked, and VMs that died with a host; planted faults are not counted',
	wrongDma: 'maps by which a device that runs reaches memory that the guest did not mean',
	vmsLost: 'VMs that nobody runs and that no migration brings back'
} as const;
export type QuantityName = keyof typeof QUANTITIES;

/** Checks and wins are data (decision D11): evaluated in the engine, so that the grader in Node says the same. */
export type Expression =
	| number
	| boolean
	| { readonly q: QuantityName }
	| {
			readonly q:
				MachineQuantityName | FabricQuantityName | VdpaQuantityName | ReferenceQuantityName | RackQuantityName | SuperpageQuantityName;
			readonly of: string;
	  }
	| {
			readonly op: '+' | '-' | '*' | '/' | '<' | '<=' | '==' | '>=' | '>' | 'and' | 'or' | 'not';
			readonly args: readonly Expression[];
	  };

export interface FirstDifference {
	/** Record of the asked world and of the other at the first place where they part; null = it has none there. */
	readonly mine: TraceRecord | null;
	readonly other: TraceRecord | null;
	readonly atNs: number;
}
