import type { FabricCommand } from './fabric-commands.ts';
import type { HostId, VmId } from './ids.ts';
import type { StrategyId } from './migration/strategies.ts';
import type { MonitorCommand } from './migration/monitor.ts';
import type { RackCommand } from './rack/commands.ts';
import type { VdpaCommand } from './vdpa/commands.ts';
import type { MachineCommand } from './machine-commands.ts';

/** What may be asked of a world. Every change by a user, a lesson, a fault or a script is one of these. */
export type Command =
	| MigrateCommand
	| { readonly name: 'migrate-cancel'; readonly vm: VmId }
	| ({ readonly name: 'migrate-set-parameters'; readonly vm: VmId } & MigrationParameters)
	| { readonly name: 'set-workload'; readonly vm: VmId; readonly workload: Workload }
	| { readonly name: 'pin'; readonly vm: VmId; readonly gfn: number; readonly term: 'short' | 'long'; readonly forNs?: number }
	| { readonly name: 'unpin'; readonly vm: VmId; readonly gfn: number }
	| { readonly name: 'plant'; readonly fault: string }
	| MachineCommand
	| FabricCommand
	| VdpaCommand
	| RackCommand
	| MonitorCommand;

export type CommandName = Command['name'];

export interface MigrateCommand {
	readonly name: 'migrate';
	readonly vm: VmId;
	readonly target: HostId;
	readonly strategy: StrategyId;
	readonly parameters?: MigrationParameters;
}

export type { StrategyId };

/** QEMU's names in camel case; defaults are QEMU's unless the scenario says otherwise (decision D16). */
export interface MigrationParameters {
	/** 0 = unlimited. Default 134,217,728. */
	readonly maxBandwidthBytesPerSecond?: number;
	/** Default 300 ms; 0 … 2,000 s. */
	readonly downtimeLimitNs?: number;
	readonly multifdChannels?: number;
	readonly autoConverge?: boolean;
	/** 0 = use what is measured. */
	readonly availSwitchoverBandwidthBytesPerSecond?: number;
	/** When KVM's log is armed again: QEMU's default is per 1 GiB just before it is sent; "sync" is older KVM. */
	readonly clearLog?: 'chunk' | 'sync';
	/** Transit: leave the pages on the pool after the hand-off. */
	readonly stayOnPool?: boolean;
	/** Transit: how far to carry fixed costs of QEMU's switch-over. */
	readonly handOver?: 'ideal' | 'qemu';
	/** Post-copy: rounds of pre-copy before the guest moves; 0 = none. */
	readonly precopyPasses?: number;
	/** postcopy-preempt: pages asked for overtake on a channel of their own. */
	readonly preempt?: boolean;
	/** max-postcopy-bandwidth: limits the background stream only; 0 = unlimited. */
	readonly maxPostcopyBandwidthBytesPerSecond?: number;
	/** pause-before-switchover: waits, with the guest stopped, for migrate-continue. */
	readonly pauseBeforeSwitchover?: boolean;
	/** By reference: what keeps published pages in their place against tiering and swap. */
	readonly guard?: 'none' | 'reference' | 'mlock' | 'bind' | 'pin';
	/** By reference: capacity wherever it lies, or one run of it. */
	readonly placing?: 'scattered' | 'contiguous';
	/** By reference: extents online as memory of a node, or device-dax that both hosts map. */
	readonly backing?: 'node' | 'dax';
	/** By reference: stop the guest before its pages move. */
	readonly quiesce?: boolean;
	/** By reference: the source compares its page tables with what it published before it gives the VM up. */
	readonly recheck?: boolean;
	/** By reference: what a range calls a page: offset in a tag, device address, or the address that the source’s host has for it. */
	readonly naming?: 'tag' | 'device' | 'host';
	/** By reference: one record per run of pages, or one per folio. */
	readonly records?: 'ranges' | 'pages';
	/** By reference: folios that will not move end the move, or are copied with the guest stopped. */
	readonly leftovers?: 'roll-back' | 'copy';
	/** By reference: the target tries the device state before it says that it is prepared. */
	readonly testLoad?: boolean;
}

/** What a move by reference is laid out by: settled when it begins, and not changed under it. */
export const SETTLED_PARAMETERS = [
	'guard',
	'placing',
	'backing',
	'quiesce',
	'naming',
	'records',
	'leftovers'
] as const satisfies readonly (keyof MigrationParameters)[];

export type WorkloadKind = 'idle' | 'web' | 'database' | 'memory-muncher' | 'sequential' | 'two-class';

/** A working set of classes; each class writes its share of the rate into its own range of guest memory. */
export interface Workload {
	readonly kind: WorkloadKind;
	/** Bytes per second of page writes while the guest runs at full speed; default from the cost model. */
	readonly rateBytesPerSecond?: number;
	/** Size of the working set; default per kind. */
	readonly workingSetBytes?: number;
}

/** A command with the time at which it takes effect. */
export interface JournalEntry {
	readonly atNs: number;
	readonly command: Command;
}
