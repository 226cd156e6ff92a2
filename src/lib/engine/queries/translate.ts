import type { TranslationAnswer } from '../contract/fabric-status.ts';
import { translate } from '../fabric/address/translate.ts';
import type { World } from '../state/world.ts';

/** One host address through the fabric; null for a host that is not there and for what is no address. */
export function translateAnswer(world: World, host: string, hpa: number): TranslationAnswer | null {
	const known = world.r.fabric.peers.some((peer) => peer.id === host);
	return known && Number.isInteger(hpa) && hpa >= 0 && hpa < 2 ** 52 ? translate(world, host, hpa) : null;
}
