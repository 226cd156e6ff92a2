import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES } from '../content.ts';
import { count } from '../counts.ts';
import { clearLine, isPoisoned } from '../dcd/poison.ts';
import { crashHost } from '../faults/hosts.ts';
import { countLine } from '../traffic/lines.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { evict, fence, flush, invalidate, lineOf, load, prefetch, settle, store, writeBackClean } from './lines.ts';
import { deviceIndexOf, peerOf, placeAt, placeInTag, type Place } from './place.ts';
import { coherentEvict, coherentLoad, coherentStore } from './snoop.ts';
import type { RuleId } from '../../contract/rules.ts';

/**
 * Loads, stores and cache operations of a host on dynamic capacity, one line each: commands of actor host. Where: `tag` and
 * `offset` in its linear space, or `device`, `dpa` and perhaps `ld`.
 */
interface Access {
	readonly world: World;
	readonly peer: PeerRecord;
	readonly place: Place;
	readonly device: string;
	/** First byte of the line in the media. */
	readonly at: number;
	readonly cause: number;
	readonly ordered: boolean;
}

const said = (says: string, output?: QmpValue): FabricOutcome => ({ ok: true, says, output: output ?? says });

function accessed(act: (access: Access) => FabricOutcome): FabricWord {
	return (world, at, parameters, cause) => {
		const peer = peerOf(world, at);
		if (!peer) return { ok: false, says: `there is no host "${at}"` };
		if (peer.state !== 'up') return { ok: false, says: `${at} is ${peer.state}` };
		const where = find(world, at, parameters);
		if (!where.ok) return { ok: false, says: where.detail };
		const place = where.value;
		const device = (world.r.fabric.devices[place.device] as { id: string }).id;
		const first = place.media < 0 ? -1 : Math.floor(place.media / LINE_BYTES) * LINE_BYTES;
		return act({ world, peer, place: { ...place, media: first }, device, at: first, cause, ordered: parameters['weak'] !== true });
	};
}

function find(world: World, host: string, parameters: QmpArguments): ReturnType<typeof placeInTag> {
	const { tag, offset, device, dpa, ld } = parameters;
	if (typeof tag === 'string') return placeInTag(world, host, tag, typeof offset === 'number' && offset >= 0 ? offset : 0);
	const index = typeof device === 'string' ? deviceIndexOf(world, device) : -1;
	const own = world.r.fabric.devices[index]?.lds.findIndex((one) => one.host === host) ?? -1;
	return placeAt(world, host, index, typeof ld === 'number' ? ld : own < 0 ? 63 : own, typeof dpa === 'number' ? dpa : -1);
}

function note(access: Access, rule: RuleId, text: string): void {
	emit(access.world, {
		kind: 'coherence',
		rule,
		cause: access.cause,
		host: access.peer.id,
		values: { device: access.device, at: access.at / LINE_BYTES },
		text
	});
}

/** What a load meets where nothing answers as memory does (CXL 4.0 Table 8-117). */
function deadLoad(access: Access): FabricOutcome | null {
	const { world, peer, place } = access;
	if (place.meets === 'link down' && !peer.isolation) return timedOut(access, 'load');
	if (place.meets === 'link down') {
		note(access, 'link-down', `${peer.id} loads over a link that is down: an exception`);
		return { ok: false, says: 'the link is down: the load gives a synchronous exception' };
	}
	if (place.meets === 'not assigned') {
		count(world, 'deadReads');
		countLine(world, peer.id, place.device, 'read');
		const gives = peer.poisonOnDecodeError ? 'poison' : 'all ones';
		note(access, 'dead-place', `${peer.id} loads what is not assigned to it: ${gives}`);
		return said(`${gives}: nothing there is assigned to ${peer.id}`, { reads: gives });
	}
	const poisoned = isPoisoned(world, place.device, place.ld, place.dpa);
	if (poisoned && lineOf(world, peer.id, access.device, access.at) === null) {
		count(world, 'poisonReads');
		countLine(world, peer.id, place.device, 'read');
		note(access, 'poisoned-line', `${peer.id} loads a poisoned line: machine check, SIGBUS to whoever asked`);
		return said('poison: a machine check, and SIGBUS to whoever asked', { reads: 'poison' });
	}
	return null;
}

/** Nobody answers and nobody isolates the port: the access hangs until the watchdog, and the host with it (CXL 3.2 12.3). */
function timedOut({ world, peer, cause }: Access, what: 'load' | 'store'): FabricOutcome {
	crashHost(world, peer, `a ${what} over a link that is down timed out, and its root ports do not isolate`, cause);
	return said(`the ${what} times out and takes ${peer.id} along`, { crashed: true });
}

/** A store that goes nowhere; the promise that it would have been is noted as lost. */
function vanish(access: Access, rule: RuleId, why: string): FabricOutcome {
	const { world, peer } = access;
	count(world, 'vanishedStores');
	if (access.place.meets !== 'link down') countLine(world, peer.id, access.place.device, 'write');
	note(access, rule, `${peer.id} stores, and the store vanishes: ${why}`);
	return said(`the store vanishes without a word: ${why}`, { stored: false });
}

function deadStore(access: Access): FabricOutcome | null {
	const { place } = access;
	if (place.meets === 'link down' && !access.peer.isolation) return timedOut(access, 'store');
	if (place.meets === 'link down') return vanish(access, 'link-down', 'the link is down, the root port completes it');
	if (place.meets === 'not assigned') return vanish(access, 'dead-place', `nothing there is assigned to ${access.peer.id}`);
	if (place.region.readOnly) return vanish(access, 'read-only-region', 'the region is read-only');
	return null;
}

export const MEMORY_WORDS: Readonly<Record<string, FabricWord>> = {
	load: accessed((access) => {
		const { world, peer, place, device, at, cause } = access;
		const dead = deadLoad(access);
		if (dead) return dead;
		if (place.region.hardwareCoherent) {
			const line = coherentLoad(world, peer.id, place, cause);
			return line
				? said(`version ${line.value} by ${line.writer || 'nobody'}, from its own cache`, {
						version: line.value,
						writer: line.writer,
						stale: false
					})
				: said('the device is asked');
		}
		const got = load(world, peer.id, device, at, cause);
		note(
			access,
			'line-cache',
			`${peer.id} loads version ${got.version} from ${got.from === 'cache' ? 'its cache' : device}${got.stale ? ', which is old' : ''}`
		);
		return said(`version ${got.version} by ${got.writer || 'nobody'}, from the ${got.from}${got.stale ? ': old' : ''}`, {
			version: got.version,
			writer: got.writer,
			stale: got.stale
		});
	}),
	store: accessed((access) => {
		const { world, peer, place, device, at, cause } = access;
		const dead = deadStore(access);
		if (dead) return dead;
		// A store of a whole line clears its poison (from memory).
		clearLine(world, place.device, place.ld, place.dpa);
		if (place.region.hardwareCoherent)
			return coherentStore(world, peer.id, place, cause) ? said('done in its own cache') : said('the device is asked for the line');
		const held = store(world, peer.id, device, at, peer.id, cause);
		note(access, 'line-cache', `${peer.id} stores version ${held.version}: dirty in its cache`);
		return said(`version ${held.version}, dirty in the cache of ${peer.id}`, { version: held.version });
	}),
	flush: accessed((access) => {
		const { world, peer, place, device, at, cause, ordered } = access;
		if (place.meets !== 'live') return said('nothing to write back to');
		if (place.region.hardwareCoherent) return said('not needed: the device keeps all caches coherent');
		const dirty = flush(world, peer.id, device, at, ordered, cause);
		note(access, 'line-flush', `${peer.id} flushes: ${dirty ? 'written back' : 'the line was not dirty'}`);
		return said(dirty ? (ordered ? 'written back' : 'writing back has begun') : 'the line was not dirty');
	}),
	invalidate: accessed((access) => {
		const { world, peer, place, device, at, cause, ordered } = access;
		if (place.meets !== 'live') return said('nothing is cached of it');
		if (place.region.hardwareCoherent) return said('not needed: the device keeps all caches coherent');
		invalidate(world, peer.id, device, at, ordered, cause);
		note(access, 'line-invalidate', `${peer.id} invalidates the line`);
		return said(ordered ? 'dropped' : 'dropping has begun');
	}),
	fence: (world, at, _parameters, cause) => {
		if (!peerOf(world, at)) return { ok: false, says: `there is no host "${at}"` };
		const waited = fence(world, at, cause);
		return said(waited === 0 ? 'nothing was under way' : `${waited} lines have arrived`);
	},
	settle: accessed(({ world, peer, place, device, at, cause }) => {
		if (place.region.hardwareCoherent) return said('nothing is under way: the device keeps all caches coherent');
		settle(world, peer.id, device, at, cause);
		return said('what was under way has arrived');
	}),
	evict: accessed((access) => {
		const { world, peer, place, device, at, cause } = access;
		if (place.meets !== 'live') return said('nothing is cached of it');
		if (place.region.hardwareCoherent) coherentEvict(world, peer.id, device, at, cause);
		else evict(world, peer.id, device, at, cause);
		note(access, 'line-cache', `the cache of ${peer.id} makes room: the line leaves`);
		return said('the line has left the cache');
	}),
	prefetch: accessed((access) => {
		const { world, peer, place, device, at, cause } = access;
		if (place.meets !== 'live' || place.region.hardwareCoherent) return said('nothing is fetched ahead');
		prefetch(world, peer.id, device, at, cause);
		note(access, 'line-cache', `the cache of ${peer.id} fetches the line ahead`);
		return said('fetched ahead');
	}),
	'write-back-clean': accessed((access) => {
		const { world, peer, device, at, cause } = access;
		if (lineOf(world, peer.id, device, at)?.state !== 'clean') return { ok: false, says: 'there is no clean line' };
		if (!writeBackClean(world, peer, device, at, cause)) return { ok: false, says: `${peer.id} guarantees no clean writebacks` };
		note(access, 'clean-writeback', `the cache of ${peer.id} writes a line back that it never changed`);
		return said('written back although it was clean');
	})
};
