import { byteAddress, formatAddress } from '../../../base/address.ts';
import type { PeerRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { resolveByPid } from './resolve-gfd.ts';
import { resolveByPorts } from './resolve-port.ts';
import { ended, type Ladder, type Resolved } from './resolved.ts';
import { windowOf } from './window.ts';
import { sizeWords } from './words.ts';

/** From a host's address to a device address: by windows, ports and decoders, or by segments and PIDs. */
export function resolve(world: World, host: string, hpa: number, ladder: Ladder = null): Resolved {
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	if (!peer) return ended({}, 'no-window', `there is no host ${host}`);
	return resolveFor(world, peer, hpa, ladder);
}

export function resolveFor(world: World, peer: PeerRecord, hpa: number, ladder: Ladder = null): Resolved {
	byteAddress(hpa, 'HPA');
	const window = windowOf(peer, hpa);
	if (!window) return ended({}, 'no-window', `no window of host ${peer.id} covers ${formatAddress(hpa)}`);
	ladder?.push({
		at: 'window',
		title: `Window of ${peer.id}`,
		says: `${formatAddress(window.baseHpa)}, ${sizeWords(window.bytes)}, ${window.targets.length} ${
			window.targets.length === 1 ? 'target' : `targets in stripes of ${sizeWords(window.granularity)}`
		}.`,
		value: window.baseHpa,
		rule: 'hdm-window'
	});
	if (window.problem !== null) return ended({ window }, 'no-window', `the window is not used: ${window.problem}`);
	return isGfam(world, window) ? resolveByPid(world, peer, window, hpa, ladder) : resolveByPorts(world, peer, window, hpa, ladder);
}

/** A window of G-FAM devices has no host bridge: an edge port decides. */
export function isGfam(world: World, window: WindowRecord): boolean {
	if (window.bridges.length > 0) return false;
	return world.r.fabric.devices.some((device) => device.kind === 'gfd' && device.id === window.targets[0]);
}
