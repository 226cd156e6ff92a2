import { costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { MessageRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { forgetRequests } from '../coherence/snoop.ts';
import { wayIsCut } from '../coherence/place.ts';
import { count } from '../counts.ts';
import { resetLogicalDevice } from '../dcd/resets.ts';
import { send } from '../messages.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { releaseVppb, VPPB } from '../switch/binding.ts';
import { wakeHosts } from '../hosts/wake.ts';
import { FabricTimerKind, scheduleFabricTimer } from '../timers.ts';

/**
 * Links that are down, resets of switches, and what is pulled out. A link is named by what hangs on it: a host, a device, a
 * switch, "switch:port" or "device:head" (fabric/switch/links.ts).
 */
const says = (text: string): FabricOutcome => ({ ok: true, says: text, output: text });
const no = (text: string): FabricOutcome => ({ ok: false, says: text });

function isLink(world: World, name: string): boolean {
	const { fabric } = world.r;
	const [first = '', place] = name.split(':');
	if (place === undefined) return [...fabric.peers, ...fabric.devices, ...fabric.switches].some((each) => each.id === name);
	const number = Number(place);
	if (!Number.isInteger(number) || number < 0) return false;
	const one = fabric.switches.find((each) => each.id === first);
	const device = fabric.devices.find((each) => each.id === first);
	return one ? number < one.ports.length : device ? number < device.lds.length : false;
}

const cutLink: FabricWord = (world, at, _parameters, cause) => {
	const { fabric } = world.r;
	if (!isLink(world, at)) return no(`no link is called "${at}"`);
	if (fabric.down.includes(at)) return no(`${at} is down already`);
	fabric.down.push(at);
	fabric.down.sort();
	emit(world, { kind: 'fault', rule: 'link-down', cause, values: { link: at }, text: `the link ${at} is down` });
	forgetCut(world);
	return says(`${at} is down`);
};

/** Requests for lines that nobody can answer any more. */
function forgetCut(world: World): void {
	for (const peer of world.r.fabric.peers)
		world.r.fabric.devices.forEach((record, device) => {
			const ld = record.lds.findIndex((logical) => logical.host === peer.id);
			if (ld >= 0 && wayIsCut(world, peer.id, device, ld)) forgetRequests(world, peer.id, record.id);
		});
}

const restoreLink: FabricWord = (world, at, _parameters, cause) => {
	const { fabric } = world.r;
	const index = fabric.down.indexOf(at);
	if (index < 0) return no(`${at} is not down`);
	fabric.down.splice(index, 1);
	emit(world, { kind: 'fault', rule: 'link-down', cause, values: { link: at }, text: `the link ${at} is up again` });
	wakeHosts(world);
	return says(`${at} is up again`);
};

/** All logical devices behind the switch are reset with it; it answers again after the time of the cost model. */
const resetSwitch: FabricWord = (world, at, _parameters, cause) => {
	const { fabric } = world.r;
	const index = fabric.switches.findIndex((each) => each.id === at);
	const one = fabric.switches[index];
	if (!one) return no(`there is no switch "${at}"`);
	if (fabric.down.includes(at)) return no(`${at} is down`);
	fabric.down.push(at);
	fabric.down.sort();
	const seq = emit(world, { kind: 'fault', rule: 'device-reset', cause, values: { switch: at }, text: `${at} is reset` });
	const behind = new Set(one.ports.flatMap((port) => (port.partner?.kind === 'device' ? [port.partner.id] : [])));
	fabric.devices.forEach((record, device) => {
		if (behind.has(record.id)) record.lds.forEach((_, ld) => resetLogicalDevice(world, device, ld, seq));
	});
	forgetCut(world);
	scheduleFabricTimer(world, world.r.nowNs + costNs(world.costs, 'switchResetMs'), FabricTimerKind.recovery, index);
	return says(`${at} is reset`);
};

export function runRecoveryTimer(world: World, index: number): void {
	const { fabric } = world.r;
	const one = fabric.switches[index];
	const place = one ? fabric.down.indexOf(one.id) : -1;
	if (!one || place < 0) return;
	fabric.down.splice(place, 1);
	emit(world, { kind: 'fault', rule: 'device-reset', cause: null, values: { switch: one.id }, text: `${one.id} answers again` });
	wakeHosts(world);
}

/** Pulled out: all of its logical devices vanish for all hosts; a switch unbinds them by itself and tells the manager. */
const surpriseRemove: FabricWord = (world, at, _parameters, cause) => {
	const { fabric } = world.r;
	const device = fabric.devices.find((each) => each.id === at);
	if (!device) return no(`there is no device "${at}"`);
	if (!device.present) return no(`${at} is not there`);
	device.present = false;
	const seq = emit(world, { kind: 'fault', rule: 'surprise-removal', cause, values: { device: at }, text: `${at} is pulled out` });
	for (const one of fabric.switches)
		for (const [port, { partner }] of one.ports.entries()) {
			if (partner?.id !== at) continue;
			one.virtualSwitches.forEach((virtual, place) =>
				virtual.vppbs.forEach((vppb, index) => {
					if (vppb.status >= VPPB.toPort && vppb.port === port) releaseVppb(world, one, place, index);
				})
			);
			send(world, { from: one.id, to: 'fm', opcode: '', what: 'Surprise removal', payload: { port, device: at }, cause: seq });
		}
	forgetCut(world);
	return says(`${at} is pulled out`);
};

/** A message that flies over a link that has gone down is lost. Asked when it would arrive. */
export function isLost(world: World, message: MessageRecord): boolean {
	const { fabric } = world.r;
	if (fabric.down.length === 0 && fabric.devices.every((device) => device.present)) return false;
	const device = fabric.devices.findIndex((each) => each.id === message.from || each.id === message.to);
	const host = fabric.peers.find((each) => each.id === message.from || each.id === message.to);
	if (device < 0) return false;
	const record = fabric.devices[device];
	if (!record?.present && message.what !== 'Surprise removal') return true;
	if (!host || !record) return false;
	const ld = record.lds.findIndex((logical) => logical.host === host.id);
	if (!wayIsCut(world, host.id, device, Math.max(0, ld))) return false;
	count(world, 'lostMessages');
	return true;
}

export const LINK_FAULTS: Readonly<Record<string, FabricWord>> = {
	'cut-link': cutLink,
	'restore-link': restoreLink,
	'reset-switch': resetSwitch,
	'surprise-remove': surpriseRemove
};
