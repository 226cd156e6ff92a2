import { receiveCoherence } from '../fabric/coherence/snoop.ts';
import { receiveNotice } from '../fabric/gfd/notify.ts';
import { isLost } from '../fabric/faults/links.ts';
import { receiveDcd } from '../fabric/hosts/receive.ts';
import { forgetOldMessages, messageOf } from '../fabric/messages.ts';
import { receiveHotPlug } from '../fabric/switch/receive.ts';
import { receivePlanMessage } from '../orchestrator/run-plans.ts';
import { noticeMessage, stir } from '../orchestrator/stir.ts';
import type { MessageRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/** What whoever gets a message does with it: by opcode and kind of receiver. Each part of the fabric brings its own. */
export type Receiver = (world: World, message: MessageRecord) => boolean;
export const RECEIVERS: readonly Receiver[] = [receiveHotPlug, receiveDcd, receiveNotice, receiveCoherence, receivePlanMessage];

export function deliverMessage(world: World, id: number): void {
	const message = messageOf(world, id);
	if (!message || message.state !== 'flying') return;
	if (isLost(world, message)) message.state = 'lost';
	else {
		message.state = 'arrived';
		noticeMessage(world, message);
		for (const receive of RECEIVERS) if (receive(world, message)) break;
	}
	stir(world, message.causeSeq);
	forgetOldMessages(world);
}
