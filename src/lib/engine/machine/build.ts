import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { BLOCK_BYTES } from '../../base/units.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { World } from '../state/world.ts';
import { newOs } from '../mm/boot/new-os.ts';
import { bootOs } from '../mm/boot/boot.ts';
import { bootFacts, firmwareMemory, firmwareNodes } from './firmware.ts';
import { createDevices } from './devices.ts';
import { bootDrivers } from './run-state.ts';
import { mapOf } from './map.ts';
import { readQemuArgs } from './qemu-args.ts';

/** Builds the Linux machines of a scenario: their memories from `firstBlock` on, then each OS boots (mm/boot). */
export function buildMachines(world: World, firstBlock: number): Outcome<null, ReasonId> {
	const { scenario, r, c } = world;
	let at = firstBlock;
	for (const [index, machine] of scenario.machines.entries()) {
		const read = readQemuArgs(machine.qemuArgs);
		if (!read.ok) return refused('bad-scenario', `machines[${index}].${read.detail}`);
		const blockCount = mapOf(read.value).endBytes / BLOCK_BYTES;
		const memory = r.memories.length;
		r.memories.push({ id: `${machine.id}.memory`, kind: 'machine', host: -1, firstBlock: at, blockCount, readLatencyNs: 110 });
		c.memoryFirstBlock.set(memory, at);
		c.memoryBlockCount.set(memory, blockCount);
		at += blockCount;
		newOs(world, machine, memory, firmwareNodes(read.value), read.value.paused);
		bootOs(world, index, firmwareMemory(read.value), bootFacts(read.value));
		const refusal = createDevices(world, index, read.value);
		if (refusal !== null) return refused('qemu-refuses', refusal);
		if (!read.value.paused) bootDrivers(world, index);
	}
	return ok(null);
}
