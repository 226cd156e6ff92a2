import { costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { LineRecord, MessageRecord, SnoopRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES, mediaHeld, noteStore, survives, writeMedia, type Held } from '../content.ts';
import { count } from '../counts.ts';
import { send } from '../messages.ts';
import { countLine, countSnoop } from '../traffic/lines.ts';
import {
	answerArrives,
	dataArrives,
	endRequest,
	leaves,
	nobodyAnswers,
	requestArrives,
	snoopArrives,
	type BiKind,
	type Copy,
	type CopyState,
	type Ground,
	type Want
} from './back-invalidate.ts';
import { deviceIndexOf, type Place } from './place.ts';
import { lineOf } from './lines.ts';

/** The protocol of `back-invalidate.ts` in a running fabric: copies are lines of the records, what it sends are messages. */

/** Half of a round trip to the device, by how it is reached. */
export function halfWayNs(world: World, device: number): number {
	const record = world.r.fabric.devices[device];
	if (record?.kind === 'gfd') return Math.floor(costNs(world.costs, 'cxlGfamReadLatencyNs') / 2);
	const switched = world.r.fabric.switches.some((one) => one.ports.some((port) => port.partner?.id === record?.id));
	if (switched) return Math.floor(costNs(world.costs, 'cxlSwitchedReadLatencyNs') / 2);
	return Math.floor(costNs(world.costs, record?.kind === 'mh-sld' ? 'cxlMhdReadLatencyNs' : 'cxlDirectReadLatencyNs') / 2);
}

/** A load that hits gives the line; one that misses asks the device and gives null. */
export function coherentLoad(world: World, host: string, place: Place, cause: number | null): LineRecord | null {
	const device = (world.r.fabric.devices[place.device] as { id: string }).id;
	const line = lineOf(world, host, device, place.media);
	if (line === null) request(world, host, place, 'shared', false, cause);
	return line;
}

/** A store to a line that this host owns alone; every other one asks for ownership first. True when it was done at once. */
export function coherentStore(world: World, host: string, place: Place, cause: number | null): boolean {
	const device = (world.r.fabric.devices[place.device] as { id: string }).id;
	const line = lineOf(world, host, device, place.media);
	if (line === null || line.state === 'shared') {
		request(world, host, place, 'exclusive', true, cause);
		return false;
	}
	change(world, line);
	return true;
}

function change(world: World, line: LineRecord): void {
	const held = noteStore(world, line.device, line.at, LINE_BYTES, line.host);
	line.state = 'modified';
	line.value = held.version;
	line.writer = held.writer;
}

function request(world: World, host: string, place: Place, want: Want, storing: boolean, cause: number | null): void {
	const device = world.r.fabric.devices[place.device] as { id: string };
	send(world, {
		from: host,
		to: device.id,
		opcode: 'MemRd',
		what: want === 'shared' ? 'MemRd, to read' : 'MemRd, to own',
		payload: { at: place.media, want, store: storing },
		cause,
		ns: halfWayNs(world, place.device)
	});
}

/** Whatever of this file's messages arrives. */
export function receiveCoherence(world: World, message: MessageRecord): boolean {
	const at = Number(message.payload['at']);
	const cause = message.causeSeq;
	switch (message.opcode) {
		case 'MemRd':
			// Who has crashed takes nothing any more; the device is told so at once (our simplification).
			if (world.r.fabric.peers.some((peer) => peer.id === message.from && peer.state === 'crashed')) return true;
			requestArrives(groundAt(world, message.to, at, cause), {
				host: message.from,
				want: message.payload['want'] === 'exclusive' ? 'exclusive' : 'shared',
				store: message.payload['store'] === true ? 1 : 0
			});
			return true;
		case 'BISnpData':
		case 'BISnpInv':
			snoopArrives(groundAt(world, message.from, at, cause), message.to, message.opcode);
			return true;
		case 'BIRsp':
			answerArrives(groundAt(world, message.to, at, cause), message.from);
			return true;
		case 'MemData':
			dataArrives(groundAt(world, message.from, at, cause), message.to, message.payload['state'] === 'shared' ? 'shared' : 'exclusive');
			return true;
		default:
			return false;
	}
}

const COHERENT: ReadonlySet<string> = new Set(['shared', 'exclusive', 'modified']);
const WORDS: Readonly<Record<Exclude<BiKind, 'MemRd'>, (detail: { readonly state?: CopyState; readonly kept?: boolean }) => string>> = {
	BISnpInv: () => 'give the line up',
	BISnpData: () => 'write the line back, others read it',
	BIRsp: ({ kept }) => (kept ? 'BIRspS: written back' : 'BIRspI: given up'),
	MemData: ({ state }) => `MemData, ${state ?? 'shared'}`
};

/** One line of a device as the rules see it. */
function groundAt(world: World, device: string, at: number, cause: number | null): Ground<Held, SnoopRecord> {
	const { fabric } = world.r;
	const own = <T extends { readonly device: string; readonly at: number }>(list: readonly T[]): T[] =>
		list.filter((each) => each.device === device && each.at === at);
	const index = deviceIndexOf(world, device);
	return {
		copies: () =>
			own(fabric.lines).flatMap((line): Copy<Held>[] =>
				COHERENT.has(line.state)
					? [{ host: line.host, state: line.state as CopyState, value: { version: line.value, writer: line.writer } }]
					: []
			),
		put: (host, copy) => {
			const before = lineOf(world, host, device, at);
			if (copy === null) {
				if (before) fabric.lines.splice(fabric.lines.indexOf(before), 1);
				return;
			}
			const line: LineRecord = before ?? { host, device, at, state: copy.state, value: 0, writer: '', leaving: 'no' };
			line.state = copy.state;
			line.value = copy.value.version;
			line.writer = copy.value.writer;
			if (!before) fabric.lines.push(line);
		},
		media: () => {
			const { version, writer } = mediaHeld(world, device, at);
			return { version, writer };
		},
		writeBack: (host, value) => {
			writeMedia(world, device, at, LINE_BYTES, value);
			countLine(world, host, index, 'write');
		},
		requests: () => own(fabric.snoops),
		addRequest: (request) => {
			const record: SnoopRecord = { ...request, device, at, causeSeq: cause };
			fabric.snoops.push(record);
			return record;
		},
		removeRequest: (request) => fabric.snoops.splice(fabric.snoops.indexOf(request), 1),
		send: (kind, host, detail) => {
			const fromHost = kind === 'MemRd' || kind === 'BIRsp';
			if (kind === 'BISnpData' || kind === 'BISnpInv') {
				count(world, 'snoops');
				countSnoop(world, host, index);
			}
			if (kind === 'MemData') countLine(world, host, index, 'read');
			send(world, {
				from: fromHost ? host : device,
				to: fromHost ? device : host,
				opcode: kind,
				what: kind === 'MemRd' ? kind : WORDS[kind](detail),
				payload: { at, ...(detail.state ? { state: detail.state } : {}) },
				cause: detail.request?.causeSeq ?? cause,
				ns: halfWayNs(world, index)
			});
		},
		stored: ({ host }) => noteStore(world, device, at, LINE_BYTES, host),
		served: (request, copy) =>
			emit(world, {
				kind: 'coherence',
				rule: 'back-invalidate',
				cause: request.causeSeq,
				host: copy.host,
				values: { device, at: at / LINE_BYTES, state: copy.state, version: copy.value.version },
				text: `${copy.host} has line ${at / LINE_BYTES} of ${device}: ${copy.state}, version ${copy.value.version}`
			})
	};
}

/** A line of a coherent area leaves the cache: a changed one is written back. */
export function coherentEvict(world: World, host: string, device: string, at: number, cause: number | null): void {
	if (!lineOf(world, host, device, at)) return;
	leaves(groundAt(world, device, at, cause), host);
	survives(world, device, at, LINE_BYTES, 'dropped', cause);
}

/** A host is gone or cut off: what it asked for is forgotten, and nobody waits for its answer any more. */
export function forgetRequests(world: World, host: string, device: string | null): void {
	const { fabric } = world.r;
	const concerns = (snoop: SnoopRecord): boolean => device === null || snoop.device === device;
	const ground = (snoop: SnoopRecord): Ground<Held, SnoopRecord> => groundAt(world, snoop.device, snoop.at, snoop.causeSeq);
	for (const snoop of fabric.snoops.filter((each) => each.host === host && concerns(each)))
		if (snoop.queued) fabric.snoops.splice(fabric.snoops.indexOf(snoop), 1);
		else endRequest(ground(snoop), snoop);
	for (const snoop of fabric.snoops.filter((each) => concerns(each) && each.waitingFor.includes(host)))
		nobodyAnswers(ground(snoop), snoop, host);
}
