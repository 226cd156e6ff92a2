import type { World } from '../../state/world.ts';

/** Links and what hangs on them: a link is down under the name of the thing at its end, or as "switch:port", "device:head". */

/** First of these names whose link is down, or null. */
export function downAmong(world: World, names: readonly string[]): string | null {
	const { down } = world.r.fabric;
	if (down.length === 0) return null;
	return names.find((name) => down.includes(name)) ?? null;
}

/** Asked first where names would have to be put together only to find that every link is up. */
export function anyDown(world: World): boolean {
	return world.r.fabric.down.length > 0;
}
