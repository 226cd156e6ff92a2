import { emit } from '../../sim/trace.ts';
import type { InboxRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { clearEvents, readEvents } from '../dcd/log.ts';
import { ldAt } from '../dcd/rows.ts';
import { wayIsCut } from '../coherence/place.ts';
import { actOn, CHAIN_NS, sendAnswer } from './act.ts';
import { memdevKey } from '../address/configure.ts';
import { deviceOf, inboxOfTimer, next, say } from './inbox.ts';

/**
 * The steps of a host at one event log (Linux drivers/cxl/core/mbox.c, cxl_mem_get_event_records, with DCD series v11): read
 * records, act on each, clear them, until nothing is left. Each step makes at most one access to the device (decision D13).
 */
export interface HostStep {
	readonly id: string;
	readonly actor: 'host';
	readonly enabled: (world: World, peer: PeerRecord, inbox: InboxRecord) => boolean;
	readonly effect: (world: World, peer: PeerRecord, inbox: InboxRecord) => void;
}

/** The host is there, the device still belongs to it, and the way between them is whole. */
function reaches(world: World, peer: PeerRecord, inbox: InboxRecord): boolean {
	const device = deviceOf(world, peer, inbox);
	if (peer.disabledMemdevs.includes(memdevKey(inbox.device, inbox.ld))) return false;
	return peer.state === 'up' && peer.answer !== 'silent' && device >= 0 && !wayIsCut(world, peer.id, device, inbox.ld);
}

const read: HostStep = {
	id: 'read',
	actor: 'host',
	enabled: (world, peer, inbox) => inbox.step === 'read' && reaches(world, peer, inbox),
	effect: (world, peer, inbox) => {
		const page = readEvents(world, deviceOf(world, peer, inbox), inbox.ld);
		inbox.handles = page.records.map((record) => record.handle);
		inbox.records.push(...page.records.map((record) => ({ ...record })));
		if (page.overflow > 0) inbox.replay = true;
		if (page.records.length > 0) next(world, peer, inbox, 'act');
		else next(world, peer, inbox, inbox.replay ? 'replay' : 'idle');
	}
};

const act: HostStep = {
	id: 'act',
	actor: 'host',
	enabled: (world, peer, inbox) => inbox.step === 'act' && reaches(world, peer, inbox),
	effect: (world, peer, inbox) => {
		const device = deviceOf(world, peer, inbox);
		for (;;) {
			const record = inbox.records.shift();
			if (!record) break;
			if (!actOn(world, peer, inbox, device, record)) continue;
			if (inbox.records.length === 0) break;
			next(world, peer, inbox, 'act');
			return;
		}
		next(world, peer, inbox, 'clear');
	}
};

const clear: HostStep = {
	id: 'clear',
	actor: 'host',
	enabled: (world, peer, inbox) => inbox.step === 'clear' && reaches(world, peer, inbox),
	effect: (world, peer, inbox) => {
		clearEvents(world, deviceOf(world, peer, inbox), inbox.ld, inbox.handles);
		inbox.handles = [];
		next(world, peer, inbox, 'read');
	}
};

const replay: HostStep = {
	id: 'replay',
	actor: 'host',
	enabled: (world, peer, inbox) => inbox.step === 'replay' && reaches(world, peer, inbox),
	effect: (world, peer, inbox) => {
		const logical = ldAt(world, deviceOf(world, peer, inbox), inbox.ld);
		inbox.replay = false;
		// What the host makes of the list is the same as after an answer: it presents what is there.
		logical.presented = -1;
		say(world, peer, `${inbox.device}: ${logical.extentCount} extents in the list; offers are not in it`);
		emit(world, {
			kind: 'extent',
			rule: 'host-boot',
			cause: inbox.causeSeq,
			host: peer.id,
			values: { device: inbox.device, ld: inbox.ld, extents: logical.extentCount },
			text: `${peer.id} reads the list of ${inbox.device} again: ${logical.extentCount} extents, and no word of offers`
		});
		if (logical.log.records.length > 0) next(world, peer, inbox, 'read');
		else next(world, peer, inbox, 'idle');
	}
};

const giveUp: HostStep = {
	id: 'give-up-chain',
	actor: 'host',
	enabled: (world, peer, inbox) =>
		peer.profile === 'linuxDcd' && inbox.chain.length > 0 && world.r.nowNs >= inbox.chainSinceNs + CHAIN_NS && reaches(world, peer, inbox),
	effect: (world, peer, inbox) => {
		const { chain } = inbox;
		inbox.chain = [];
		say(world, peer, `${inbox.device}: a chain was open for 20 s, it is answered with nothing`);
		emit(world, {
			kind: 'extent',
			rule: 'host-watchdog',
			cause: inbox.causeSeq,
			host: peer.id,
			values: { device: inbox.device, ld: inbox.ld, extents: chain.length },
			text: `${peer.id} gives up a chain of ${chain.length} extents that was never closed`
		});
		sendAnswer(world, peer, inbox, [], chain);
	}
};

/** In this order; the clock takes the first one that is enabled and due, an explorer any. */
export const HOST_STEPS: readonly HostStep[] = [read, act, clear, replay, giveUp];

export function runInboxTimer(world: World, index: number): void {
	const found = inboxOfTimer(world, index);
	if (!found) return;
	const { peer, inbox } = found;
	if (giveUp.enabled(world, peer, inbox)) giveUp.effect(world, peer, inbox);
	if (inbox.step === 'idle' || world.r.nowNs < inbox.dueNs) return;
	const step = HOST_STEPS.find((one) => one !== giveUp && one.enabled(world, peer, inbox));
	if (step) step.effect(world, peer, inbox);
	// Nobody there, or the way is cut: it begins anew when somebody wakes it (wake.ts).
	else abandon(inbox);
}

/** What was read and not acted on stays in the device's log, because it was not cleared. */
export function abandon(inbox: InboxRecord): void {
	inbox.step = 'idle';
	inbox.dueNs = -1;
	inbox.records = [];
	inbox.handles = [];
}
