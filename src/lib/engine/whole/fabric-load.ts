import { capacityOf, linksOf } from '../fabric/traffic/links.ts';
import { movedBytes, rateOf } from '../fabric/traffic/streams.ts';
import type { World } from '../state/world.ts';

/** Statements about what goes over the links of a fabric. */

/** A byte a second for each copy: shares are worked out to that. */
const ROUNDING = 1;

/** Copies on a link need no more than it has, each is somebody's who still does it, and none has moved more than there is. */
export function loadFits(world: World): string | null {
	const { streams, apps, peers, guests } = world.r.fabric;
	if (streams.length === 0) return null;
	for (const link of linksOf(world))
		for (const direction of ['read', 'write'] as const) {
			const own = streams.filter((stream) => stream.direction === direction && stream.links.includes(link.id));
			const rate = own.reduce((sum, stream) => sum + rateOf(stream), 0);
			const { bytesPerSecond } = capacityOf(world, link.ends, direction);
			if (rate > bytesPerSecond + own.length * ROUNDING)
				return `link ${link.id}: ${Math.floor(rate)} B/s to ${direction}, it has ${bytesPerSecond}`;
		}
	for (const stream of streams) {
		const does =
			stream.of === 'app'
				? apps.some((app) => app.id === stream.id && app.host === stream.host && app.state === 'starting')
				: stream.of === 'guest'
					? guests.some((guest) => guest.id === stream.id.split(' ')[0] && (guest.doing === 'saving' || guest.doing === 'copying'))
					: peers.some((peer) => peer.dax.some((dax) => `${peer.id} ${dax.id}` === stream.id && dax.emptyNs >= 0));
		if (!does) return `a copy of ${stream.id} at ${stream.host} is nobody's`;
		if (stream.share <= 0 || stream.share > 1 || stream.countedBytes > movedBytes(stream, world.r.nowNs))
			return `the copy of ${stream.id} at ${stream.host} counts ${stream.countedBytes} of ${stream.bytes} bytes`;
	}
	return null;
}
