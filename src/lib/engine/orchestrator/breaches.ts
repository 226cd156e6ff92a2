import { emit } from '../sim/trace.ts';
import type { World } from '../state/world.ts';

/** What was done against offer, accept, use, release: noted per tag, for the board of the seven steps and its judge. */
const BREACHES_KEPT = 100;

export function breach(world: World, tag: string, host: string, text: string): void {
	const { breaches } = world.r.fabric;
	if (breaches.some((each) => each.tag === tag && each.host === host && each.text === text)) return;
	breaches.push({ tag, host, atNs: world.r.nowNs, text });
	if (breaches.length > BREACHES_KEPT) breaches.shift();
	emit(world, { kind: 'fabric', rule: 'serving-order', cause: null, host, values: { tag }, text });
}
