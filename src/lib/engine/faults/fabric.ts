import { ExtentState } from '../contract/words.ts';
import type { PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import type { Fault } from './fault.ts';

/** One broken rule for each statement about a fabric. All of them act at once, on the first thing that has what they break. */

/** First row of an extent in this state that is tagged or not, or −1. */
function rowIn(world: World, state: number, tagged: boolean): number {
	for (let row = 0; row < world.r.fabric.freshExtents; row += 1)
		if (world.c.extentState.get(row) === state && (world.c.extentTag.get(row) !== 0) === tagged) return row;
	return -1;
}

const daxWith = (world: World, fits: (dax: PeerRecord['dax'][number]) => boolean): PeerRecord['dax'][number] | undefined =>
	world.r.fabric.peers.flatMap((peer) => peer.dax).find(fits);

export const FABRIC_FAULTS = {
	'program-stays': {
		sentence: 'a VM moves and its program goes on at the source',
		caughtBy: ['fabric-guests'],
		strike: (world) => {
			const { guests, apps, peers } = world.r.fabric;
			const app = apps.find((each) => guests.some((guest) => each.id === `${guest.id}-db`));
			const other = peers.find((peer) => peer.id !== app?.host);
			const guest = guests[0];
			if (app && other && guest) guest.host = other.id;
		}
	},
	'bound-twice': {
		sentence: 'a second host gets a logical device that is bound already',
		caughtBy: ['fabric-bindings'],
		strike: (world) => {
			const [first, second] = world.r.fabric.switches[0]?.virtualSwitches ?? [];
			if (first?.vppbs[0] && second) second.vppbs[0] = { ...first.vppbs[0] };
		}
	},
	'wrong-position': {
		sentence: 'a decoder counts its device at another position of the set',
		caughtBy: ['fabric-addresses'],
		strike: (world) => {
			const decoder = world.r.fabric.devices.flatMap((device) => device.lds.flatMap((ld) => ld.decoders))[0];
			if (decoder) decoder.position += 1;
		}
	},
	'extent-slips': {
		sentence: 'an extent slips by one line',
		caughtBy: ['extent-lists'],
		strike: (world) => {
			const row = rowIn(world, ExtentState.accepted, true);
			if (row >= 0) world.c.extentDpa.set(row, world.c.extentDpa.get(row) + 1);
		}
	},
	'offer-forgotten': {
		sentence: 'a device forgets an offer that it made',
		caughtBy: ['extent-lists'],
		strike: (world) => {
			const logical = world.r.fabric.devices.flatMap((device) => device.lds).find((ld) => ld.pending.length > 0);
			logical?.pending.shift();
		}
	},
	'counted-twice': {
		sentence: 'an extent is counted in a state that it is not in',
		caughtBy: ['extent-lists'],
		strike: (world) => {
			const logical = world.r.fabric.devices.flatMap((device) => device.lds)[0];
			if (logical) logical.tally[2] = (logical.tally[2] as number) + 1;
		}
	},
	'media-given-twice': {
		sentence: 'the same media stand behind two tenants',
		caughtBy: ['extent-media'],
		strike: (world) => {
			const one = rowIn(world, ExtentState.accepted, false);
			if (one >= 0) world.c.extentMedia.set(one, world.c.extentMedia.get(one) - 1);
		}
	},
	'tag-forgets-a-host': {
		sentence: 'a tag does not know of a host that has it',
		caughtBy: ['extent-tags'],
		strike: (world) => {
			const tag = world.r.fabric.tags.find((each) => each.uses.length > 1);
			tag?.uses.pop();
		}
	},
	'medium-forgets': {
		sentence: 'a medium forgets what was stored in it',
		caughtBy: ['stores-kept'],
		strike: (world) => {
			world.r.fabric.contents.shift();
		}
	},
	'two-owners': {
		sentence: 'two hosts own a coherent line at once',
		caughtBy: ['line-owners'],
		strike: (world) => {
			const line = world.r.fabric.lines.find((each) => each.state === 'exclusive' || each.state === 'modified');
			const other = world.r.fabric.peers.find((peer) => peer.id !== line?.host);
			if (line && other) world.r.fabric.lines.push({ ...line, host: other.id });
		}
	},
	'range-out-of-order': {
		sentence: 'a host puts the ranges of a tag together in another order',
		caughtBy: ['dax-extents'],
		strike: (world) => {
			const dax = daxWith(world, (each) => each.extents.length > 1);
			dax?.extents.reverse();
			dax?.pieces.reverse();
		}
	},
	'freed-under-a-program': {
		sentence: 'a DAX device is free although a program has it mapped',
		caughtBy: ['app-memory'],
		strike: (world) => {
			const dax = daxWith(world, (each) => each.state === 'claimed');
			if (dax) dax.state = 'free';
		}
	},
	'link-overfull': {
		sentence: 'copies that share a link go on as if they were alone',
		caughtBy: ['fabric-links'],
		strike: (world) => {
			for (const stream of world.r.fabric.streams) stream.share = 1;
		}
	}
} as const satisfies Record<string, Fault>;
