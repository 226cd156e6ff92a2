import { emit } from '../../sim/trace.ts';
import type { PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { configureHost } from '../address/configure.ts';
import { dropLines } from '../coherence/lines.ts';
import { forgetRequests } from '../coherence/snoop.ts';
import { count } from '../counts.ts';
import { resetLogicalDevice } from '../dcd/resets.ts';
import { bootHost, wakeHost } from '../hosts/wake.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';

/** Hosts that crash, boot again, fall silent, or take release requests and do nothing. */
const says = (text: string): FabricOutcome => ({ ok: true, says: text, output: text });
const no = (text: string): FabricOutcome => ({ ok: false, says: text });

const onPeer =
	(act: (world: World, peer: PeerRecord, cause: number) => FabricOutcome): FabricWord =>
	(world, at, _parameters, cause) => {
		const peer = world.r.fabric.peers.find((each) => each.id === at);
		return peer ? act(world, peer, cause) : no(`there is no host "${at}"`);
	};

/** The device notices nothing: extents stay accepted. Lines that were dirty are lost (reference 8). */
export function crashHost(world: World, peer: PeerRecord, why: string, cause: number | null): void {
	peer.state = 'crashed';
	peer.inboxes = [];
	peer.log.push({ atNs: world.r.nowNs, text: `crashed: ${why}` });
	count(world, 'crashes');
	const seq = emit(world, {
		kind: 'fault',
		rule: 'host-crash',
		cause,
		host: peer.id,
		values: { incarnation: peer.incarnation },
		text: `${peer.id} crashes: ${why}`
	});
	dropLines(world, (line) => line.host === peer.id, 'cache lost', seq);
	forgetRequests(world, peer.id, null);
}

/** A boot begins with a conventional reset of the host's logical devices; their lists are read again (reference 4.8). */
function rebootHost(world: World, peer: PeerRecord, cause: number): FabricOutcome {
	if (peer.state !== 'crashed') {
		dropLines(world, (line) => line.host === peer.id, 'cache lost', cause);
		forgetRequests(world, peer.id, null);
	}
	peer.state = 'up';
	peer.incarnation += 1;
	peer.dax = [];
	peer.inboxes = [];
	peer.disabledMemdevs = [];
	for (const window of peer.windows) Object.assign(window, { region: 'made', regionBytes: 0 });
	configureHost(world, peer.id);
	const seq = emit(world, {
		kind: 'fault',
		rule: 'host-crash',
		cause,
		host: peer.id,
		values: { incarnation: peer.incarnation },
		text: `${peer.id} boots again and reads what it still has`
	});
	world.r.fabric.devices.forEach((record, device) =>
		record.lds.forEach((logical, ld) => {
			if (logical.host !== peer.id) return;
			resetLogicalDevice(world, device, ld, seq);
			logical.presented = -1;
		})
	);
	// What it had of G-FAM devices is shown to it anew.
	for (const { gfd } of world.r.fabric.devices) if (gfd) gfd.presented[peer.index] = 0;
	bootHost(world, peer);
	return says(`${peer.id} boots again`);
}

export const HOST_FAULTS: Readonly<Record<string, FabricWord>> = {
	'crash-host': onPeer((world, peer, cause) => {
		if (peer.state === 'crashed') return no(`${peer.id} has crashed already`);
		crashHost(world, peer, 'on command', cause);
		return says(`${peer.id} has crashed`);
	}),
	'reboot-host': onPeer(rebootHost),
	'silence-host': onPeer((world, peer, cause) => {
		if (peer.state !== 'up') return no(`${peer.id} is ${peer.state}`);
		peer.state = 'silent';
		emit(world, { kind: 'fault', rule: 'host-crash', cause, host: peer.id, values: {}, text: `${peer.id} answers nothing any more` });
		return says(`${peer.id} is silent`);
	}),
	'wake-host': onPeer((world, peer, cause) => {
		if (peer.state !== 'silent') return no(`${peer.id} is ${peer.state}`);
		peer.state = 'up';
		emit(world, { kind: 'fault', rule: 'host-crash', cause, host: peer.id, values: {}, text: `${peer.id} answers again` });
		wakeHost(world, peer);
		return says(`${peer.id} answers again`);
	}),
	'ignore-release': onPeer((world, peer, cause) => {
		peer.ignoresRelease = !peer.ignoresRelease;
		const text = `${peer.id} ${peer.ignoresRelease ? 'reads release requests and does nothing' : 'minds release requests again'}`;
		emit(world, { kind: 'fault', rule: 'recall-ladder', cause, host: peer.id, values: { ignores: peer.ignoresRelease ? 1 : 0 }, text });
		return says(text);
	})
};
