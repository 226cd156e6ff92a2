import type { HostId, VmId } from '../ids.ts';
import type { QmpArguments } from '../machine-commands.ts';

/** A command of QEMU's monitor at one of a VM's processes. */
export interface MonitorCommand {
	readonly name: 'monitor';
	readonly vm: VmId;
	/** Host of the process; the running one unless said. */
	readonly at?: HostId;
	readonly execute: string;
	readonly arguments?: QmpArguments;
}
