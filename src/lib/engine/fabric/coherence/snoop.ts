import { costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { LineRecord, MessageRecord, SnoopRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { LINE_BYTES, mediaHeld, noteStore, survives, writeMedia } from '../content.ts';
import { count } from '../counts.ts';
import { send } from '../messages.ts';
import { deviceIndexOf, type Place } from './place.ts';
import { lineOf } from './lines.ts';

/**
 * Hardware-managed coherence, coarsely (reference 5.2): a load or store that misses asks the device (MemRd), the device snoops
 * whoever holds the line (BISnpData for a load, BISnpInv for a store), waits for every answer (BIRsp) and grants the line.
 * Each arrival is one step of whoever gets it (decision D13). A second request for a line waits for the first one's end, in
 * place of BIConflict (our simplification).
 */
export type Want = SnoopRecord['want'];

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
	switch (message.opcode) {
		case 'MemRd':
			atDevice(world, message, at);
			return true;
		case 'BISnpData':
		case 'BISnpInv':
			atHolder(world, message, at);
			return true;
		case 'BIRsp': {
			const snoop = active(world, message.to, at);
			if (!snoop) return true;
			snoop.waitingFor = snoop.waitingFor.filter((host) => host !== message.from);
			if (snoop.waitingFor.length === 0) grant(world, snoop);
			return true;
		}
		case 'MemData':
			atRequester(world, message, at);
			return true;
		default:
			return false;
	}
}

const active = (world: World, device: string, at: number): SnoopRecord | undefined =>
	world.r.fabric.snoops.find((snoop) => snoop.device === device && snoop.at === at && !snoop.queued);

function atDevice(world: World, message: MessageRecord, at: number): void {
	const busy = active(world, message.to, at) !== undefined;
	const snoop: SnoopRecord = {
		device: message.to,
		at,
		host: message.from,
		want: message.payload['want'] === 'exclusive' ? 'exclusive' : 'shared',
		waitingFor: [],
		store: message.payload['store'] === true ? 1 : 0,
		queued: busy,
		causeSeq: message.causeSeq
	};
	world.r.fabric.snoops.push(snoop);
	if (!busy) begin(world, snoop);
}

function begin(world: World, snoop: SnoopRecord): void {
	const holders = world.r.fabric.lines.filter(
		(line) =>
			line.device === snoop.device &&
			line.at === snoop.at &&
			line.host !== snoop.host &&
			(snoop.want === 'exclusive' || line.state !== 'shared')
	);
	snoop.waitingFor = holders.map((line) => line.host);
	const opcode = snoop.want === 'exclusive' ? 'BISnpInv' : 'BISnpData';
	for (const { host } of holders) {
		count(world, 'snoops');
		send(world, {
			from: snoop.device,
			to: host,
			opcode,
			what: opcode === 'BISnpInv' ? 'give the line up' : 'write the line back, others read it',
			payload: { at: snoop.at },
			cause: snoop.causeSeq,
			ns: halfWayNs(world, deviceIndexOf(world, snoop.device))
		});
	}
	if (holders.length === 0) grant(world, snoop);
}

/** One step of a host that is snooped: a changed line is written back, then kept as shared or given up. */
function atHolder(world: World, message: MessageRecord, at: number): void {
	const { fabric } = world.r;
	const line = lineOf(world, message.to, message.from, at);
	if (line?.state === 'modified') writeMedia(world, line.device, at, LINE_BYTES, { version: line.value, writer: line.writer });
	if (line && message.opcode === 'BISnpInv') fabric.lines.splice(fabric.lines.indexOf(line), 1);
	else if (line) line.state = 'shared';
	send(world, {
		from: message.to,
		to: message.from,
		opcode: 'BIRsp',
		what: message.opcode === 'BISnpInv' ? 'BIRspI: given up' : 'BIRspS: written back',
		payload: { at },
		cause: message.causeSeq,
		ns: halfWayNs(world, deviceIndexOf(world, message.from))
	});
}

function grant(world: World, snoop: SnoopRecord): void {
	const shared = world.r.fabric.lines.some((line) => line.device === snoop.device && line.at === snoop.at && line.host !== snoop.host);
	send(world, {
		from: snoop.device,
		to: snoop.host,
		opcode: 'MemData',
		what: snoop.want === 'exclusive' || !shared ? 'MemData, exclusive' : 'MemData, shared',
		payload: { at: snoop.at, state: snoop.want === 'exclusive' || !shared ? 'exclusive' : 'shared' },
		cause: snoop.causeSeq,
		ns: halfWayNs(world, deviceIndexOf(world, snoop.device))
	});
}

/** The line has come: it is installed, the store that waited for it happens, and the next request for it begins. */
function atRequester(world: World, message: MessageRecord, at: number): void {
	const { fabric } = world.r;
	const snoop = active(world, message.from, at);
	if (!snoop || snoop.host !== message.to) return;
	// A host that asked twice owns the line already when the second grant comes: what it changed meanwhile stays.
	const before = lineOf(world, message.to, message.from, at);
	const owned = before !== null && before.state !== 'shared';
	const held = mediaHeld(world, message.from, at);
	const line: LineRecord = owned
		? before
		: {
				host: message.to,
				device: message.from,
				at,
				state: message.payload['state'] === 'shared' ? 'shared' : 'exclusive',
				value: held.version,
				writer: held.writer,
				leaving: 'no'
			};
	if (before && !owned) fabric.lines.splice(fabric.lines.indexOf(before), 1);
	if (!owned) fabric.lines.push(line);
	if (snoop.store > 0) change(world, line);
	emit(world, {
		kind: 'coherence',
		rule: 'back-invalidate',
		cause: snoop.causeSeq,
		host: message.to,
		values: { device: message.from, at: at / LINE_BYTES, state: line.state, version: line.value },
		text: `${message.to} has line ${at / LINE_BYTES} of ${message.from}: ${line.state}, version ${line.value}`
	});
	endSnoop(world, snoop);
}

function endSnoop(world: World, snoop: SnoopRecord): void {
	const { fabric } = world.r;
	fabric.snoops.splice(fabric.snoops.indexOf(snoop), 1);
	const next = fabric.snoops.find((each) => each.queued && each.device === snoop.device && each.at === snoop.at);
	if (!next) return;
	next.queued = false;
	begin(world, next);
}

/** A line of a coherent area leaves the cache: a changed one is written back. */
export function coherentEvict(world: World, host: string, device: string, at: number, cause: number | null): void {
	const { fabric } = world.r;
	const line = lineOf(world, host, device, at);
	if (!line) return;
	if (line.state === 'modified') writeMedia(world, device, at, LINE_BYTES, { version: line.value, writer: line.writer });
	fabric.lines.splice(fabric.lines.indexOf(line), 1);
	survives(world, device, at, LINE_BYTES, 'dropped', cause);
}

/** A host is gone or cut off: what it asked for is forgotten, and nobody waits for its answer any more. */
export function forgetRequests(world: World, host: string, device: string | null): void {
	const { fabric } = world.r;
	const concerns = (snoop: SnoopRecord): boolean => device === null || snoop.device === device;
	for (const snoop of fabric.snoops.filter((each) => each.host === host && concerns(each)))
		if (snoop.queued) fabric.snoops.splice(fabric.snoops.indexOf(snoop), 1);
		else endSnoop(world, snoop);
	for (const snoop of fabric.snoops.filter((each) => concerns(each) && each.waitingFor.includes(host))) {
		snoop.waitingFor = snoop.waitingFor.filter((each) => each !== host);
		if (snoop.waitingFor.length === 0) grant(world, snoop);
	}
}
