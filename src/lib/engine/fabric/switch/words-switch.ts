import { costNs } from '../../costs/cost-model.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { PortRecord, SwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { resetDevice } from '../dcd/resets.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { MOST_PORT_DECODERS } from '../address/encoding.ts';
import { answered, failed, refusedHere, textOf, wholeOf } from './asked.ts';
import { bindVppb, NO_LD, unbindVppb, VPPB } from './binding.ts';
import { tellFabricManager } from './events.ts';
import { downAmong } from './links.ts';
import { managed } from './managed.ts';

/**
 * Command sets 51h (physical switch) and 52h (virtual switch) by name (CXL 3.2 7.6.7.1, 7.6.7.2). Link widths and speeds are
 * those of the cost model's x16 links of 32 GT/s, our simplification.
 */
const PORT_LIMIT = 256;
const WIDTH = 16;
/** Speed code 5: 32 GT/s; bits of all speeds up to it. */
const SPEED = 5;
const SPEEDS = 0x1f;
/** LTSSM: Detect 0, Configuration 2, Recovery 3, L0 4, Disabled 7. */
const LTSSM = { detect: 0, l0: 4, disabled: 7 } as const;

type SwitchWord = (world: World, one: SwitchRecord, parameters: QmpArguments, cause: number) => FabricOutcome;

export function onSwitch(word: SwitchWord): FabricWord {
	return (world, at, parameters, cause) => {
		const one = world.r.fabric.switches.find((candidate) => candidate.id === at);
		return one ? word(world, one, parameters, cause) : refusedHere(`there is no switch "${at}"`);
	};
}

const identify: SwitchWord = (_, one) => {
	const vppbs = one.virtualSwitches.flatMap((virtual) => virtual.vppbs);
	return answered(`${one.id}: ${one.ports.length} ports, ${one.virtualSwitches.length} virtual switches`, {
		'ingress-port-id': 0,
		'num-physical-ports': one.ports.length,
		'num-vcs': one.virtualSwitches.length,
		'active-ports': one.ports.flatMap((port, index) => (port.partner ? [index] : [])),
		'active-vcs': one.virtualSwitches.flatMap((virtual, index) => (virtual.enabled ? [index] : [])),
		'num-total-vppb': vppbs.length,
		'num-active-vppb': vppbs.filter((vppb) => vppb.status !== VPPB.unbound).length,
		'num-hdm-decoder-per-usp': MOST_PORT_DECODERS
	});
};

/** Connected device type: 00 none, 01 PCIe, 02 Type 1, 03 Type 2 or HBR switch, 04 Type 3 SLD, 05 Type 3 MLD, 06 PBR component. */
function partnerType(world: World, port: PortRecord): number {
	const { partner } = port;
	if (!partner) return 0;
	if (partner.kind === 'switch') return world.r.fabric.switches.find((one) => one.id === partner.id)?.kind === 'pbr' ? 6 : 3;
	const device = world.r.fabric.devices.find((one) => one.id === partner.id);
	if (!device) return 0;
	return device.kind === 'gfd' ? 6 : device.kind === 'mld' ? 5 : 4;
}

const portState: SwitchWord = (world, one, parameters) => {
	const asked = parameters['ports'];
	const ids = Array.isArray(asked) ? asked : one.ports.map((_, index) => index);
	if (!ids.every((id): id is number => typeof id === 'number' && one.ports[id] !== undefined))
		return failed('invalidInput', `${one.id} has ports 0 to ${one.ports.length - 1}`);
	return answered(`${ids.length} ports of ${one.id}`, {
		'num-ports': ids.length,
		ports: ids.map((id) => {
			const port = one.ports[id] as PortRecord;
			const device = world.r.fabric.devices.find((candidate) => candidate.id === port.partner?.id);
			const up = port.partner !== null && !port.inReset && downAmong(world, [one.id, `${one.id}:${id}`, port.partner.id]) === null;
			return {
				'port-id': id,
				'config-state': port.state,
				'conn-dev-type': up ? partnerType(world, port) : 0,
				'port-cxl-ver-bitmask': 0x6,
				'max-link-width': WIDTH,
				'negotiated-link-width': up ? WIDTH : 0,
				'supported-link-speeds-vector': SPEEDS,
				'max-link-speed': SPEED,
				'current-link-speed': up ? SPEED : 0,
				'ltssm-state': up ? LTSSM.l0 : port.inReset ? LTSSM.disabled : LTSSM.detect,
				'first-lane-num': 0,
				'perst-asserted': port.inReset,
				'presence-detect': port.partner !== null,
				'supported-ld-count': device?.kind === 'mld' ? device.lds.length : 0
			};
		})
	});
};

const portControl: SwitchWord = (world, one, parameters, cause) => {
	const id = wholeOf(parameters, 'port-id', 0, PORT_LIMIT);
	const opcode = wholeOf(parameters, 'opcode', 0, 2);
	const port = id === null ? undefined : one.ports[id];
	if (id === null || !port) return failed('invalidInput', `port-id names a port of ${one.id}`);
	if (opcode === null) return failed('invalidInput', 'opcode: 0 assert PERST#, 1 deassert PERST#, 2 reset PPB');
	const deviceIndex = world.r.fabric.devices.findIndex((device) => device.id === port.partner?.id);
	const device = world.r.fabric.devices[deviceIndex];
	const bound = one.virtualSwitches.some((virtual) => virtual.vppbs.some((vppb) => vppb.status !== VPPB.unbound && vppb.port === id));
	if (port.state === 4 || (bound && device?.kind !== 'mld'))
		return failed('invalidInput', `port ${id} is bound to one host: only the host resets it`);
	const link = `${one.id}:${id}`;
	const { down } = world.r.fabric;
	if (opcode === 0) {
		port.inReset = true;
		if (!down.includes(link)) down.push(link);
	} else if (opcode === 1) {
		port.inReset = false;
		world.r.fabric.down = down.filter((name) => name !== link);
	}
	const seq = emit(world, {
		kind: 'fabric',
		rule: 'port-control',
		cause,
		host: null,
		vm: null,
		values: { switch: one.id, port: id, opcode },
		text: `${['PERST# is asserted at', 'PERST# is released at', 'the bridge is reset at'][opcode] ?? ''} port ${id} of ${one.id}`
	});
	if (device && opcode !== 1) resetDevice(world, deviceIndex, seq);
	return answered(`port ${id} of ${one.id}`, { 'link-retrain-ns': costNs(world.costs, 'linkRetrainMs') });
};

const virtualSwitchInfo: SwitchWord = (_, one, parameters) => {
	const asked = parameters['vcs-ids'];
	const ids = Array.isArray(asked) ? asked : one.virtualSwitches.map((__, index) => index);
	const first = wholeOf(parameters, 'start-vppb', 0, 255) ?? 0;
	const limit = wholeOf(parameters, 'vppb-list-limit', 0, 255) ?? 255;
	if (!ids.every((id): id is number => typeof id === 'number' && one.virtualSwitches[id] !== undefined))
		return failed('invalidInput', `${one.id} has ${one.virtualSwitches.length} virtual switches`);
	return answered(`${ids.length} virtual switches of ${one.id}`, {
		'num-vcs': ids.length,
		'vcs-list': ids.map((id) => {
			const virtual = one.virtualSwitches[id] as SwitchRecord['virtualSwitches'][number];
			return {
				'vcs-id': id,
				'vcs-state': virtual.enabled ? 1 : 0,
				'usp-id': virtual.upstreamPort,
				host: virtual.host,
				'num-vppb': virtual.vppbs.length,
				vppbs: virtual.vppbs.slice(first, first + limit).map((vppb, index) => ({
					'vppb-id': first + index,
					status: vppb.status,
					'port-id': vppb.port < 0 ? 0xff : vppb.port,
					'ld-id': vppb.ld < 0 ? NO_LD : vppb.ld
				}))
			};
		})
	});
};

/** Virtual switch by number, or by the host that it belongs to. */
function virtualSwitchOf(one: SwitchRecord, parameters: QmpArguments): number {
	const host = textOf(parameters, 'host');
	if (host !== null) return one.virtualSwitches.findIndex((virtual) => virtual.host === host);
	return wholeOf(parameters, 'vcs-id', 0, 255) ?? -1;
}

const bind: SwitchWord = (world, one, parameters, cause) => {
	const vppb = wholeOf(parameters, 'vppb-id', 0, 255);
	const port = wholeOf(parameters, 'port-id', 0, 255);
	const ld = parameters['ld-id'] === undefined ? NO_LD : wholeOf(parameters, 'ld-id', 0, NO_LD);
	const virtualSwitch = virtualSwitchOf(one, parameters);
	if (vppb === null || port === null || ld === null || virtualSwitch < 0)
		return failed('invalidInput', 'vcs-id (or host), vppb-id, port-id and, for an MLD, ld-id are numbers of this switch');
	return bindVppb(world, one, { virtualSwitch, vppb, port, ld }, cause);
};

const unbind: SwitchWord = (world, one, parameters, cause) => {
	const vppb = wholeOf(parameters, 'vppb-id', 0, 255);
	const option = parameters['option'] === undefined ? 0 : wholeOf(parameters, 'option', 0, 2);
	const virtualSwitch = virtualSwitchOf(one, parameters);
	if (vppb === null || option === null || virtualSwitch < 0)
		return failed('invalidInput', 'vcs-id (or host) and vppb-id are numbers of this switch; option is 0 link down, 1 managed, 2 surprise');
	return unbindVppb(world, one, virtualSwitch, vppb, option, cause);
};

const generateAer: SwitchWord = (world, one, parameters, cause) => {
	const vppb = wholeOf(parameters, 'vppb-id', 0, 255);
	const virtual = one.virtualSwitches[virtualSwitchOf(one, parameters)];
	if (vppb === null || !virtual?.vppbs[vppb]) return failed('invalidInput', `${one.id} has no such vPPB`);
	const text = `vPPB ${vppb} of ${one.id} reports an error to ${virtual.host}`;
	const seq = emit(world, {
		kind: 'fabric',
		rule: 'port-control',
		cause,
		host: virtual.host,
		vm: null,
		values: { switch: one.id, vppb },
		text
	});
	tellFabricManager(world, one, { type: 2, log: 'informational', text, payload: { vppb }, cause: seq });
	return answered(text, { error: textOf(parameters, 'error') ?? 'correctable' });
};

export const SWITCH_WORDS = managed({
	'identify-switch-device': ['5100h', 'Identify Switch Device', onSwitch(identify)],
	'get-physical-port-state': ['5101h', 'Get Physical Port State', onSwitch(portState)],
	'physical-port-control': ['5102h', 'Physical Port Control', onSwitch(portControl)],
	'get-virtual-cxl-switch-info': ['5200h', 'Get Virtual CXL Switch Info', onSwitch(virtualSwitchInfo)],
	'bind-vppb': ['5201h', 'Bind vPPB', onSwitch(bind)],
	'unbind-vppb': ['5202h', 'Unbind vPPB', onSwitch(unbind)],
	'generate-aer-event': ['5203h', 'Generate AER Event', onSwitch(generateAer)]
});
