/**
 * What may be asked of a Linux machine. The words are those of real tools: paths of sysfs, QMP commands, words of a probe
 * process. Each makes a call record whose value has the shape below.
 */
export type MachineCommand =
	/** One word of a process, e.g. "map a 64M", "bind a preferred 2", "touch a", "pin a 64K". Creates the process if it is new. */
	| { readonly name: 'process'; readonly machine: string; readonly process: string; readonly words: string }
	| { readonly name: 'process-end'; readonly machine: string; readonly process: string }
	/** echo value > path */
	| { readonly name: 'write-file'; readonly machine: string; readonly path: string; readonly value: string }
	| { readonly name: 'qmp'; readonly machine: string; readonly execute: string; readonly arguments?: QmpArguments }
	| { readonly name: 'module'; readonly machine: string; readonly module: 'virtio_mem'; readonly do: 'load' | 'unload' }
	/** A line at the shell: cxl, daxctl, each also under timeout. Value: {rc, messages, json}. */
	| { readonly name: 'shell'; readonly machine: string; readonly line: string }
	/** SIGINT to the writer of a call that still runs. */
	| { readonly name: 'signal'; readonly machine: string; readonly call: number };

export type QmpArguments = { readonly [key: string]: QmpValue };
export type QmpValue = null | boolean | number | string | readonly QmpValue[] | QmpArguments;

export const MACHINE_COMMANDS = ['process', 'process-end', 'write-file', 'qmp', 'module', 'shell', 'signal'] as const;

export function isMachineCommand(command: { readonly name: string }): command is MachineCommand {
	return (MACHINE_COMMANDS as readonly string[]).includes(command.name);
}
