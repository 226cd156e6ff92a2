import { forgetWindow } from '../address/configure.ts';
import { hostsChanged } from '../dcd/tags.ts';
import type { World } from '../../state/world.ts';

/** A logical device comes to a host or leaves it: its windows lose their decoders, since a region does not outlive a member. */

export function detach(world: World, deviceIndex: number, ldIndex: number): void {
	const device = world.r.fabric.devices[deviceIndex];
	const ld = device?.lds[ldIndex];
	if (!device || !ld) return;
	const peer = world.r.fabric.peers.find((one) => one.id === ld.host);
	for (const window of peer?.windows ?? [])
		if (peer && window.targets.includes(device.id)) {
			forgetWindow(world, peer, window);
			window.problem = `ENXIO: ${device.id} is not there`;
		}
	ld.decoders = [];
	ld.host = null;
	hostsChanged(world, deviceIndex);
}

/** What a host does with a logical device so that it cannot let it go: names of its DAX devices in use. */
export function inUse(world: World, host: string, device: string, ld: number): string[] {
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	return (peer?.dax ?? [])
		.filter((dax) => dax.device === device && dax.ld === ld && (dax.state === 'claimed' || (dax.state !== 'gone' && dax.occupiedBytes > 0)))
		.map((dax) => dax.id);
}
