import { emit } from '../../sim/trace.ts';
import type { MessageRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { configureHost } from '../address/configure.ts';

/**
 * A host notices that a device has come: it sets up the windows that name it. Windows themselves never change while it runs
 * (CXL 3.2 7.6.6.5). Others may have more to do with the same message, so it stays theirs too.
 */
export function receiveHotPlug(world: World, message: MessageRecord): boolean {
	if (message.what !== 'hot-add') return false;
	const peer = world.r.fabric.peers.find((one) => one.id === message.to);
	if (!peer || peer.state === 'crashed') return false;
	configureHost(world, peer.id);
	const device = String(message.payload['device'] ?? '');
	const window = peer.windows.find((one) => one.targets.includes(device));
	const set = window !== undefined && window.problem === null;
	emit(world, {
		kind: 'fabric',
		rule: 'hdm-commit',
		cause: message.causeSeq,
		host: peer.id,
		vm: null,
		values: { device, outcome: set ? 'decoders committed' : 'no decoder' },
		text: set
			? `${peer.id} finds ${device} and commits its decoders`
			: `${peer.id} finds ${device}, but ${window ? `its window is not used: ${window.problem ?? ''}` : 'no window of it names that device'}`
	});
	return false;
}
