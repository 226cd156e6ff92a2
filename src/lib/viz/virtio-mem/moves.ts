import type { VirtioMemStatus } from '../../engine/contract/machine-status.ts';
import { countSubs, Sub, type Unit, type VirtioMemScene } from './units.ts';

/** From one settled state to the next: sub-blocks come or go in the order in which the driver asks for them. */

/** The scene on its way: `share` 0 is what was, 1 is `scene` itself. */
export function onTheWay(
	scene: VirtioMemScene,
	before: VirtioMemStatus | null,
	share: number
): VirtioMemScene {
	if (before === null || share >= 1) return scene;
	const changes = changesOf(scene, before);
	const done = Math.floor(changes.length * share);
	if (changes.length === 0) return scene;
	const subs = new Map<number, Uint8Array>();
	for (const { unit, at, was } of changes.slice(done)) {
		const own = subs.get(unit) ?? scene.units[unit]?.subs.slice();
		if (!own) continue;
		own[at] = was;
		subs.set(unit, own);
	}
	const units = scene.units.map((unit, index): Unit => {
		const own = subs.get(index);
		return own ? { ...unit, subs: own, counts: countSubs(own) } : unit;
	});
	return { ...scene, units };
}

interface Change {
	readonly unit: number;
	readonly at: number;
	readonly was: number;
}

/** Unplugged ones first from the highest address down, then plugged ones upwards. */
export function changesOf(scene: VirtioMemScene, before: VirtioMemStatus): Change[] {
	const then = new Map(before.blocks.map((block) => [block.id, block.pluggedSubBlocks]));
	const gone: Change[] = [];
	const come: Change[] = [];
	scene.units.forEach((unit, index) => {
		const was = new Uint8Array(unit.subs.length);
		for (const [first, count] of then.get(unit.id) ?? []) was.fill(1, first, first + count);
		for (let at = 0; at < was.length; at += 1) {
			if (was[at] === 1 && unit.subs[at] === Sub.unplugged)
				gone.push({ unit: index, at, was: Sub.plugged });
			if (was[at] === 0 && unit.subs[at] !== Sub.unplugged)
				come.push({ unit: index, at, was: Sub.unplugged });
		}
	});
	return [...gone.reverse(), ...come];
}

/** What changed, as a list in words for who sees no motion. */
export function changeWords(scene: VirtioMemScene, before: VirtioMemStatus | null): string[] {
	if (before === null) return [];
	const now = scene.device;
	const changes = changesOf(scene, before);
	const units = (list: readonly Change[]): string =>
		[...new Set(list.map((change) => scene.units[change.unit]?.name ?? ''))].join(', ');
	const gone = changes.filter((change) => change.was !== Sub.unplugged);
	const come = changes.filter((change) => change.was === Sub.unplugged);
	const list: string[] = [];
	const mib = (bytes: number): string => `${bytes / 2 ** 20} MiB`;
	if (before.requestedBytes !== now.requestedBytes)
		list.push(`requested ${mib(before.requestedBytes)} to ${mib(now.requestedBytes)}`);
	if (before.usableBytes !== now.usableBytes)
		list.push(`usable ${mib(before.usableBytes)} to ${mib(now.usableBytes)}`);
	if (gone.length > 0) list.push(`${gone.length} unplugged in ${units(gone)}`);
	if (come.length > 0) list.push(`${come.length} plugged in ${units(come)}`);
	return list;
}
