import { nameMatches } from '../../cxl/tools/list.ts';
import { flag, has, readOptions, valued } from '../../cxl/tools/options.ts';
import { errorText, type ToolResult } from '../../cxl/tools/result.ts';
import { configureHost, forgetWindow, memdevKey } from '../../fabric/address/configure.ts';
import { abandon } from '../../fabric/hosts/steps.ts';
import { findDevice, wakeHost } from '../../fabric/hosts/wake.ts';
import type { PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { memdevsOf, seenDaxes, type Memdev } from './names.ts';
import { lookAgain } from './regions.ts';
import { offlined, takeAway } from './take-away.ts';

/**
 * cxl enable-memdev and disable-memdev (ndctl 85 cxl/memdev.c; its check of committed decoders: linux-cxl, October 2023). Without
 * a driver nobody reads the device's event log: offers wait, and regions over it are gone.
 */
const OPTIONS = [valued('b', 'bus'), flag('S', 'serial'), flag('f', 'force'), flag('v', 'verbose')];

export function changeMemdevs(
	world: World,
	peer: PeerRecord,
	verb: 'enable-memdev' | 'disable-memdev',
	words: readonly string[],
	cause: number
): ToolResult {
	const options = readOptions(words, OPTIONS);
	if (typeof options === 'string') return { rc: 129, messages: [options] };
	const messages: string[] = [];
	const what = verb === 'enable-memdev' ? 'enable' : 'disable';
	if (options.rest.length === 0) return { rc: 129, messages: [`usage: cxl ${verb} <mem0> [<mem1>..<memN>] [<options>]`] };
	let count = 0;
	let errno: string | null = null;
	const named = memdevsOf(world, peer).filter((memdev) =>
		options.rest.some((word) => nameMatches(word, `mem${memdev.id}`, String(memdev.id)))
	);
	if (named.length === 0) errno = 'ENXIO';
	for (const memdev of named) {
		const refused =
			verb === 'enable-memdev' ? enable(world, peer, memdev) : disable(world, peer, memdev, has(options, 'force'), messages, cause);
		if (refused === null) count += 1;
		else errno = refused;
	}
	if (count === 0 && errno === 'ENXIO') messages.push(`cxl memdev: memdev_action: no memdevs matched: ${errorText('ENXIO')}`);
	messages.push(`cxl memdev: cmd_${what}_memdev: ${what}d ${count} mem${count > 1 ? 's' : ''}`);
	return { rc: errno === null ? 0 : 1, messages };
}

function disable(world: World, peer: PeerRecord, memdev: Memdev, force: boolean, messages: string[], cause: number): string | null {
	if (!memdev.enabled) return null;
	const { record, ld, logical } = memdev;
	const active = logical.decoders.some((decoder) => decoder.committed);
	if (active) messages.push(`cxl memdev: action_disable: mem${memdev.id} is part of an active region`);
	if (active && !force) return 'EBUSY';
	if (active) messages.push(`cxl memdev: action_disable: Forcing mem${memdev.id} disable with an active region!`);
	const daxes = seenDaxes(peer).filter((dax) => dax.device === record.id && dax.ld === ld);
	for (const dax of daxes) {
		const stays = offlined(world, peer, dax, cause);
		if (stays === null) continue;
		messages.push(`cxl memdev: action_disable: mem${memdev.id}: ${dax.id} is online: a real host would crash here (${stays})`);
		return 'EBUSY';
	}
	takeAway(world, peer, daxes, `mem${memdev.id} was disabled under it`, cause);
	peer.disabledMemdevs.push(memdevKey(record.id, ld));
	for (const window of peer.windows)
		if (window.targets.includes(record.id)) {
			forgetWindow(world, peer, window);
			if (window.region !== 'destroyed') window.problem = `ENXIO: ${record.id} is disabled`;
		}
	for (const inbox of peer.inboxes) if (inbox.device === record.id && inbox.ld === ld) abandon(inbox);
	lookAgain(world, peer);
	return null;
}

function enable(world: World, peer: PeerRecord, { record, ld, enabled }: Memdev): string | null {
	if (enabled) return null;
	peer.disabledMemdevs = peer.disabledMemdevs.filter((key) => key !== memdevKey(record.id, ld));
	configureHost(world, peer.id);
	lookAgain(world, peer);
	findDevice(world, peer, record.id);
	wakeHost(world, peer);
	return null;
}
