import type { ObjectName } from '../../engine/contract/queries.ts';
import type { MachineZoneStatus } from '../../engine/contract/machine-status.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { RoomsScene } from './scene.ts';

/** The block that the sentence is about: what was chosen, else what happens, else what cannot happen. */
export function targetBlock(scene: RoomsScene, chosen: number | null): number {
	const { blocks } = scene;
	if (chosen !== null) {
		const at = blocks.findIndex((block) => block.status.id === chosen);
		if (at >= 0) return at;
	}
	const first = (test: (index: number) => boolean): number =>
		blocks.findLastIndex((_, index) => test(index));
	const going = first((index) => blocks[index]?.calls.running != null);
	if (going >= 0) return going;
	const refused = first((index) => blocks[index]?.calls.refused != null);
	if (refused >= 0) return refused;
	const held = first((index) => (blocks[index]?.status.heldPages ?? 0) > 0);
	return held >= 0 ? held : blocks.length - 1;
}

/** Memory block that an object of the page lies in, or null. */
export function blockOfObject(object: ObjectName | null, scene: RoomsScene): number | null {
	if (object === null) return null;
	if (object.type === 'memoryBlock' && object.machine === scene.machine.id) return object.block;
	if (object.type === 'frame' && object.machine === scene.machine.id)
		return Math.floor(object.pfn / PAGES_PER_BLOCK / (64 * scene.sectionsPerBlock));
	return null;
}

export interface ZoneChoice {
	readonly node: number;
	readonly zone: MachineZoneStatus;
}

/** The zone whose lists are shown: the chosen one, else that of the block, else the largest. */
export function shownZone(
	scene: RoomsScene,
	chosen: number | null,
	block: number
): ZoneChoice | null {
	const all = scene.nodes.flatMap((node) =>
		node.status.zones
			.filter((zone) => zone.presentPages > 0)
			.map((zone): ZoneChoice => ({ node: node.status.id, zone }))
	);
	const picked = all.find((one) => one.zone.index === chosen);
	if (picked) return picked;
	const status = scene.blocks[block]?.status;
	const own = all.filter(
		(one) => one.node === status?.node && (status.zone === 'none' || one.zone.name === status.zone)
	);
	const largest = (some: readonly ZoneChoice[]): ZoneChoice | null =>
		some.reduce<ZoneChoice | null>(
			(most, one) => (most === null || one.zone.presentPages > most.zone.presentPages ? one : most),
			null
		);
	return largest(own) ?? largest(all.filter((one) => one.node === status?.node)) ?? largest(all);
}
