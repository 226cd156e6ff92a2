import type { MachineCommand } from '../../src/lib/engine/contract/machine-commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { CallRecord } from '../../src/lib/engine/state/machine-records.ts';

/** One Linux machine in a world of its own. */

/** The machine of the recordings: 512 MiB with two CPUs, 512 MiB without, an empty node for hotplug. */
export const THREE_NODES = [
	'-machine q35 -cpu max -smp 2 -m 1G,slots=8,maxmem=8G',
	'-object memory-backend-ram,id=b0,size=512M -object memory-backend-ram,id=b1,size=512M',
	'-numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1,memdev=b1 -numa node,nodeid=2',
	'-numa dist,src=0,dst=1,val=20 -numa dist,src=0,dst=2,val=30 -numa dist,src=1,dst=2,val=30'
].join(' ');

/** Node 0 with all memory and one virtio-mem device of 2 GiB on it. */
export const VIRTIO_MEM = [
	'-machine q35 -cpu max -smp 2 -m 1G,maxmem=9G,slots=4 -object memory-backend-ram,id=mem0,size=2G',
	'-device pcie-root-port,id=rp0,chassis=1,slot=1 -device virtio-mem-pci,bus=rp0,id=vm0,memdev=mem0'
].join(' ');

export interface MachineOptions {
	readonly driverLoaded?: boolean;
	readonly profile?: 'linux-7.2' | 'rfc-v4-2020';
	readonly swapBytes?: number;
	readonly transientChancePpm?: number;
	readonly proposals?: readonly ('exmem' | 'typed-nodes' | 'grouped-nodes')[];
	readonly boot?: readonly (readonly [string, string])[];
	readonly forceDetail?: boolean;
}

/** `qemuArgs` as one line or as words. */
export function machine(qemuArgs: string | readonly string[] = THREE_NODES, append = '', options: MachineOptions = {}): Simulation {
	const { forceDetail, ...rest } = options;
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'a-machine',
			title: 'a machine',
			hosts: [],
			machines: [{ id: 'm', qemuArgs: typeof qemuArgs === 'string' ? qemuArgs.split(/\s+/) : qemuArgs, append, ...rest }]
		},
		limitBytes: 2 ** 32,
		forceDetail
	});
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

/** Gives a command and runs until its call ends or `seconds` of simulated time have passed. The call's record. */
export function ask(simulation: Simulation, command: DistributiveOmit<MachineCommand, 'machine'>, seconds = 15): CallRecord {
	const given = simulation.send({ ...command, machine: 'm' });
	if (!given.ok) throw new Error(given.detail);
	return settle(simulation, given.value.call as number, seconds);
}

/** Runs on until the call has ended or `seconds` have passed. */
export function settle(simulation: Simulation, call: number, seconds = 15): CallRecord {
	const until = simulation.nowNs + seconds * 1e9;
	const find = (): CallRecord => simulation.world.r.calls.find((record) => record.id === call) as CallRecord;
	if (find().state === 'running') simulation.advance(until, Infinity, () => find().state === 'done');
	return find();
}

/** echo value > path: the errno, OK, or DOES_NOT_RETURN. */
export function write(simulation: Simulation, path: string, value: string, seconds = 15): string {
	const call = ask(simulation, { name: 'write-file', path, value }, seconds);
	return call.state === 'running' ? 'DOES_NOT_RETURN' : (call.errno ?? 'OK');
}

export const memoryState = (id: number): string => `/sys/devices/system/memory/memory${id}/state`;

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;
