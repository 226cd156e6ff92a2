import type { InboxRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { rangesOf, textOf } from '../dcd/arguments.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { sendAnswer } from './act.ts';
import { deviceOf, peerById, say } from './inbox.ts';
import { judge } from './gates.ts';
import { wakeHost } from './wake.ts';

/** Commands of actor host beside its mailbox: how it answers, and an answer by hand. */
const MODES = ['accept', 'part', 'none', 'by-hand', 'silent'] as const;

const onPeer =
	(run: (world: World, peer: PeerRecord, parameters: Parameters<FabricWord>[2]) => FabricOutcome): FabricWord =>
	(world, at, parameters) => {
		const peer = peerById(world, at);
		if (!peer) return { ok: false, says: `there is no host "${at}"` };
		return peer.state === 'crashed' ? { ok: false, says: `${at} has crashed` } : run(world, peer, parameters);
	};

function setAnswer(world: World, peer: PeerRecord, parameters: Parameters<FabricWord>[2]): FabricOutcome {
	const mode = MODES.find((one) => one === parameters['mode']);
	if (!mode) return { ok: false, says: `mode is one of ${MODES.join(', ')}` };
	peer.answer = mode;
	if (mode !== 'silent') wakeHost(world, peer);
	return { ok: true, says: `${peer.id} answers: ${mode}` };
}

/** The inbox whose oldest group waits for a person, of the device that is named or the only one. */
function waiting(peer: PeerRecord, device: string): InboxRecord | null {
	return peer.inboxes.find((inbox) => inbox.byHand.length > 0 && (device === '' || inbox.device === device)) ?? null;
}

/** accept: "all", "none", "gates" (what Linux would take), or the ranges in `extents`. */
function answer(world: World, peer: PeerRecord, parameters: Parameters<FabricWord>[2]): FabricOutcome {
	const inbox = waiting(peer, textOf(parameters['device']));
	const chain = inbox?.byHand[0];
	if (!inbox || !chain) return { ok: false, says: `no offer waits for ${peer.id} to answer` };
	const named = rangesOf(parameters['extents'], 0);
	if (named === null) return { ok: false, says: 'extents is a list of {dpa, bytes}' };
	const accept = textOf(parameters['accept'] ?? (named.length > 0 ? 'extents' : 'all'));
	const device = deviceOf(world, peer, inbox);
	if (device < 0) return { ok: false, says: `${peer.id} does not have ${inbox.device} any more` };
	const all = chain.map(({ dpa, bytes }) => ({ dpa, bytes }));
	const choices: Readonly<Record<string, () => readonly { dpa: number; bytes: number }[]>> = {
		all: () => all,
		none: () => [],
		gates: () => judge(world, peer, device, inbox.ld, chain).entries,
		extents: () => named
	};
	const choose = Object.hasOwn(choices, accept) ? choices[accept] : undefined;
	if (!choose) return { ok: false, says: 'accept is one of all, none, gates, or extents are listed' };
	inbox.byHand.shift();
	const entries = choose();
	say(world, peer, `${inbox.device}: answered by hand with ${entries.length} of ${all.length} extents`);
	sendAnswer(world, peer, inbox, entries, chain);
	return { ok: true, says: `answered with ${entries.length} of ${all.length} extents` };
}

export const ANSWER_WORDS: Readonly<Record<string, FabricWord>> = {
	'set-answer': onPeer(setAnswer),
	answer: onPeer(answer),
	/** CXL.mem isolation of the root ports: off as Linux 7.3.4 leaves it, or on. */
	'set-isolation': onPeer((_world, peer, parameters) => {
		if (typeof parameters['enabled'] !== 'boolean') return { ok: false, says: 'enabled is true or false' };
		peer.isolation = parameters['enabled'];
		return { ok: true, says: `${peer.id}: root ports ${peer.isolation ? 'isolate' : 'do not isolate'} a link that is down` };
	}),
	'read-events': onPeer((world, peer) => {
		wakeHost(world, peer);
		return { ok: true, says: `${peer.id} looks at its event logs` };
	})
};
