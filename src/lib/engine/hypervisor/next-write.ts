import { draw, drawBelow } from '../sim/streams.ts';
import type { VmRecord, WriterClass } from '../state/records.ts';
import type { World } from '../state/world.ts';

const MILLION = 1_000_000;

/** Guest page of the next write: class by weight, then place by its pattern. */
export function nextWrite(world: World, vm: VmRecord): number {
	const { classes } = vm;
	let chosen = classes[0] as WriterClass;
	if (classes.length > 1) {
		let ticket = drawBelow(world, vm.stream, MILLION);
		for (const candidate of classes) {
			chosen = candidate;
			ticket -= candidate.weight;
			if (ticket < 0) break;
		}
	}
	if (chosen.pattern === 'sequential') {
		const gfn = chosen.firstGfn + chosen.cursor;
		chosen.cursor = chosen.cursor + 1 === chosen.pages ? 0 : chosen.cursor + 1;
		return gfn;
	}
	return chosen.firstGfn + Math.floor((draw(world, vm.stream) / 4294967296) * chosen.pages);
}
