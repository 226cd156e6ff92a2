import { assert } from '../../base/assert.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { readQemuArgs, type QemuMachine } from './qemu-args.ts';

/** The command line of a machine, read again: it is part of the scenario and never changes. */
export function machineOf(world: World, os: number): QemuMachine {
	const { id } = osRecord(world, os);
	const scenario = world.scenario.machines.find((machine) => machine.id === id);
	const read = scenario ? readQemuArgs(scenario.qemuArgs) : null;
	assert(read !== null && read.ok, `machine ${id} has no readable command line`);
	return read.value;
}
