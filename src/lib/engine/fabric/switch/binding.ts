import { costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { DeviceRecord, SwitchBackground, SwitchRecord, VirtualSwitchRecord, VppbRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { hostsChanged } from '../dcd/tags.ts';
import { send } from '../messages.ts';
import { RETURN_CODES, type FabricOutcome } from '../outcome.ts';
import { FabricTimerKind, scheduleFabricTimer } from '../timers.ts';
import { answered, failed } from './asked.ts';
import { detach, inUse } from './attachment.ts';
import { tellFabricManager } from './events.ts';
import { lowerSwitch, openLower } from './levels.ts';
import { downAmong } from './links.ts';

/**
 * Bind vPPB (5201h) and unbind vPPB (5202h): both start in the background, and an event tells how they ended (CXL 3.2
 * 7.6.7.2.2, 7.6.7.2.3; CXL 4.0 7.6.8.2). Times: one training of a link (cost model); whoever waits for a host or a link
 * gives up after the kernel's own limit, our simplification, since the standard names none.
 */
export const NO_LD = 0xffff;
const PORT = { bindInProgress: 1, unbindInProgress: 2, downstream: 3, fabric: 5 } as const;
export const VPPB = { unbound: 0, inProgress: 1, toPort: 2, toLd: 3, toPid: 4 } as const;

export interface BindRequest {
	readonly virtualSwitch: number;
	readonly vppb: number;
	readonly port: number;
	/** NO_LD unless the port has an MLD. */
	readonly ld: number;
}

function vppbOf(one: SwitchRecord, virtualSwitch: number, vppb: number): { virtual: VirtualSwitchRecord; place: VppbRecord } | null {
	const virtual = one.virtualSwitches[virtualSwitch];
	const place = virtual?.vppbs[vppb];
	return virtual && place ? { virtual, place } : null;
}

export function bindVppb(world: World, one: SwitchRecord, request: BindRequest, cause: number | null): FabricOutcome {
	if (one.background !== null) return failed('busy', `${one.id} carries out a background command`);
	const found = vppbOf(one, request.virtualSwitch, request.vppb);
	if (!found) return failed('invalidInput', `${one.id} has no vPPB ${request.vppb} in virtual switch ${request.virtualSwitch}`);
	const port = one.ports[request.port];
	if (!port?.partner || port.partner.kind === 'host')
		return failed('invalidInput', `nothing that can be bound hangs at port ${request.port}`);
	if (found.place.status !== VPPB.unbound) return failed('invalidInput', `vPPB ${request.vppb} is bound or being bound`);
	if (!found.virtual.enabled) return failed('retryRequired', `virtual switch ${request.virtualSwitch} is disabled`);
	const device = world.r.fabric.devices.find((candidate) => candidate.id === port.partner?.id);
	if (device?.kind === 'gfd') return failed('invalidInput', 'a G-FAM device is reached by its PID, not by a vPPB');
	const mld = device?.kind === 'mld';
	if (mld !== (request.ld !== NO_LD))
		return failed('invalidInput', mld ? 'the port has an MLD: name a logical device' : 'the port has no MLD: LD-ID is FFFFh');
	if (mld && !device.lds[request.ld]) return failed('invalidInput', `${device.id} has no logical device ${request.ld}`);
	if (boundElsewhere(one, request))
		return failed('invalidInput', mld ? `logical device ${request.ld} is bound already` : `port ${request.port} is bound already`);
	found.place.status = VPPB.inProgress;
	found.place.port = request.port;
	found.place.ld = mld ? request.ld : -1;
	if (!mld) port.state = PORT.bindInProgress;
	return start(world, one, { what: 'bind', ...request, option: 0, before: VPPB.unbound, startNs: world.r.nowNs, causeSeq: cause });
}

function boundElsewhere(one: SwitchRecord, request: BindRequest): boolean {
	return one.virtualSwitches.some((virtual) =>
		virtual.vppbs.some(
			(vppb) => vppb.status !== VPPB.unbound && vppb.port === request.port && (request.ld === NO_LD || vppb.ld === request.ld)
		)
	);
}

export function unbindVppb(
	world: World,
	one: SwitchRecord,
	virtualSwitch: number,
	vppb: number,
	option: number,
	cause: number | null
): FabricOutcome {
	if (one.background !== null) return failed('busy', `${one.id} carries out a background command`);
	const found = vppbOf(one, virtualSwitch, vppb);
	if (!found) return failed('invalidInput', `${one.id} has no vPPB ${vppb} in virtual switch ${virtualSwitch}`);
	if (found.place.status < VPPB.toPort) return failed('invalidInput', `vPPB ${vppb} is not bound`);
	const { port, ld, status } = found.place;
	found.place.status = VPPB.inProgress;
	const record = one.ports[port];
	if (record && ld < 0) record.state = PORT.unbindInProgress;
	if (option === 1)
		send(world, {
			from: one.id,
			to: found.virtual.host,
			opcode: '',
			what: 'managed hot-remove: attention button',
			payload: { vppb },
			cause
		});
	return start(world, one, {
		what: 'unbind',
		virtualSwitch,
		vppb,
		port,
		ld: ld < 0 ? NO_LD : ld,
		option,
		before: status,
		startNs: world.r.nowNs,
		causeSeq: cause
	});
}

function start(world: World, one: SwitchRecord, background: SwitchBackground): FabricOutcome {
	one.background = background;
	// A surprise asks nobody: it is over as soon as the switch has done it.
	const wait =
		background.what === 'unbind' && background.option === 2
			? costNs(world.costs, 'cxlMailboxCommandMs')
			: costNs(world.costs, 'linkRetrainMs');
	scheduleFabricTimer(world, world.r.nowNs + wait, FabricTimerKind.background, world.r.fabric.switches.indexOf(one));
	return answered('background command started', {
		'return-code': RETURN_CODES.backgroundStarted,
		command: background.what === 'bind' ? '5201h' : '5202h'
	});
}

/** The background command of a switch has its next moment. */
export function runBackground(world: World, index: number): void {
	const one = world.r.fabric.switches[index];
	const background = one?.background;
	if (!one || !background) return;
	if (background.what === 'bind') endBind(world, one, background);
	else goOnUnbinding(world, one, background, index);
}

function partnerDevice(world: World, one: SwitchRecord, port: number): { device: DeviceRecord; index: number } | null {
	const id = one.ports[port]?.partner?.id;
	const index = world.r.fabric.devices.findIndex((device) => device.id === id);
	const device = world.r.fabric.devices[index];
	return device ? { device, index } : null;
}

function endBind(world: World, one: SwitchRecord, background: SwitchBackground): void {
	const found = vppbOf(one, background.virtualSwitch, background.vppb);
	const port = one.ports[background.port];
	one.background = null;
	if (!found || !port) return;
	const { virtual, place } = found;
	const partner = partnerDevice(world, one, background.port);
	const broken = downAmong(world, [one.id, `${one.id}:${background.port}`, ...(partner ? [partner.device.id] : [])]);
	const why =
		broken !== null
			? `the link ${broken} does not train`
			: !port.partner || partner?.device.present === false
				? 'nothing answers at the port'
				: null;
	if (background.ld === NO_LD) port.state = one.kind === 'pbr' ? PORT.fabric : PORT.downstream;
	if (why !== null) {
		place.status = VPPB.unbound;
		place.port = -1;
		place.ld = -1;
		return said(world, one, background, virtual.host, 'warning', `vPPB ${background.vppb} of ${one.id} is not bound: ${why}`);
	}
	place.status = background.ld !== NO_LD ? VPPB.toLd : one.kind === 'pbr' ? VPPB.toPid : VPPB.toPort;
	const ld = background.ld === NO_LD ? 0 : background.ld;
	const logical = partner?.device.lds[ld];
	if (logical && partner) {
		logical.host = virtual.host;
		hostsChanged(world, world.r.fabric.devices.indexOf(partner.device));
	}
	const lower = lowerSwitch(world, one, background.port);
	if (lower) openLower(lower, one, virtual.host);
	said(
		world,
		one,
		background,
		virtual.host,
		'informational',
		`vPPB ${background.vppb} of ${one.id} is bound to port ${background.port}${background.ld === NO_LD ? '' : `, logical device ${ld}`}`
	);
	send(world, {
		from: one.id,
		to: virtual.host,
		opcode: '',
		what: 'hot-add',
		payload: { device: partner?.device.id ?? port.partner?.id ?? '', ld },
		cause: background.causeSeq
	});
}

function goOnUnbinding(world: World, one: SwitchRecord, background: SwitchBackground, index: number): void {
	const found = vppbOf(one, background.virtualSwitch, background.vppb);
	if (!found) return;
	const refusal = background.option === 2 ? null : stillHeld(world, one, background, found.virtual.host);
	if (refusal !== null) {
		const limit = background.startNs + costNs(world.costs, 'linkRetrainTimeoutMs');
		if (refusal.waits && world.r.nowNs < limit) {
			const next = Math.min(limit, world.r.nowNs + costNs(world.costs, 'linkRetrainMs'));
			return scheduleFabricTimer(world, next, FabricTimerKind.background, index);
		}
		one.background = null;
		found.place.status = background.before;
		settlePort(one, background);
		return said(world, one, background, found.virtual.host, 'warning', `vPPB ${background.vppb} of ${one.id} stays bound: ${refusal.why}`);
	}
	one.background = null;
	releaseVppb(world, one, background.virtualSwitch, background.vppb);
	said(world, one, background, found.virtual.host, 'informational', `vPPB ${background.vppb} of ${one.id} is unbound`);
	send(world, {
		from: one.id,
		to: found.virtual.host,
		opcode: '',
		what: background.option === 2 ? 'surprise hot-remove' : 'hot-remove',
		payload: { device: one.ports[background.port]?.partner?.id ?? '', ld: background.ld === NO_LD ? 0 : background.ld },
		cause: background.causeSeq
	});
}

function settlePort(one: SwitchRecord, background: SwitchBackground): void {
	const port = one.ports[background.port];
	if (port && background.ld === NO_LD) port.state = one.kind === 'pbr' ? PORT.fabric : PORT.downstream;
}

/** Takes the binding away at once, with everything that the host had behind it. */
export function releaseVppb(world: World, one: SwitchRecord, virtualSwitch: number, vppb: number): void {
	const found = vppbOf(one, virtualSwitch, vppb);
	if (!found) return;
	const { place } = found;
	const partner = partnerDevice(world, one, place.port);
	const port = one.ports[place.port];
	if (port && place.ld < 0) port.state = one.kind === 'pbr' ? PORT.fabric : PORT.downstream;
	if (partner) detach(world, partner.index, Math.max(0, place.ld));
	closeLower(world, one, place.port, found.virtual.host);
	place.status = VPPB.unbound;
	place.port = -1;
	place.ld = -1;
}

/** Everything below a switch that is taken away goes with it. */
function closeLower(world: World, one: SwitchRecord, port: number, host: string): void {
	const lower = lowerSwitch(world, one, port);
	const number = lower?.virtualSwitches.findIndex((virtual) => virtual.host === host) ?? -1;
	const virtual = lower?.virtualSwitches[number];
	if (!lower || !virtual) return;
	virtual.enabled = false;
	virtual.vppbs.forEach((vppb, slot) => vppb.status >= VPPB.toPort && releaseVppb(world, lower, number, slot));
}

/** Why the host or the link does not let the device go yet, and whether waiting can help. */
function stillHeld(world: World, one: SwitchRecord, background: SwitchBackground, host: string): { why: string; waits: boolean } | null {
	const partner = partnerDevice(world, one, background.port);
	if (background.option === 0) {
		const names = [one.id, `${one.id}:${background.port}`, ...(partner ? [partner.device.id] : [])];
		return downAmong(world, names) === null ? { why: 'its link does not go down', waits: true } : null;
	}
	const peer = world.r.fabric.peers.find((candidate) => candidate.id === host);
	if (!peer || peer.state === 'crashed') return null;
	if (peer.state === 'silent') return { why: `${host} does not answer the attention button`, waits: true };
	const using = partner ? inUse(world, host, partner.device.id, background.ld === NO_LD ? 0 : background.ld) : [];
	return using.length === 0 ? null : { why: `${host} still uses ${using.join(', ')}`, waits: false };
}

function said(
	world: World,
	one: SwitchRecord,
	background: SwitchBackground,
	host: string,
	log: 'informational' | 'warning',
	text: string
): void {
	const cause = emit(world, {
		kind: 'fabric',
		rule: 'port-binding',
		cause: background.causeSeq,
		host,
		vm: null,
		values: { switch: one.id, vppb: background.vppb, port: background.port, outcome: log },
		text
	});
	tellFabricManager(world, one, {
		type: 0,
		log,
		text,
		cause,
		payload: { 'virtual-switch': background.virtualSwitch, vppb: background.vppb }
	});
}
