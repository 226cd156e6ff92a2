import type { TranslationAnswer } from '../contract/fabric-status.ts';
import { cxlOf } from '../cxl/find.ts';
import { translate } from '../fabric/address/translate.ts';
import type { World } from '../state/world.ts';
import { translateOnMachine } from './machine-translate.ts';

/**
 * One host address through the fabric, or through the decoders of a Linux machine; null for a host without either and for what is
 * no address.
 */
export function translateAnswer(world: World, host: string, hpa: number): TranslationAnswer | null {
	if (!Number.isInteger(hpa) || hpa < 0 || hpa >= 2 ** 52) return null;
	if (world.r.fabric.peers.some((peer) => peer.id === host)) return translate(world, host, hpa);
	const os = world.r.oses.findIndex((one) => one.id === host);
	const cxl = os < 0 ? null : cxlOf(world, os);
	return cxl === null ? null : translateOnMachine(world, cxl, hpa);
}
