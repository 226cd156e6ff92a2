import { formatAddress } from '../../../base/address.ts';
import type { PeerRecord, VirtualSwitchRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { anyDown, downAmong } from '../switch/links.ts';
import { endpointHit, portHit } from './decoders.ts';
import { granularityBytes, waysOfCode } from './encoding.ts';
import { ended, type Ladder, type Resolved } from './resolved.ts';
import { rootIndex } from './window.ts';
import { bitsWords, sizeWords } from './words.ts';

/**
 * The way through root, host bridge, switches and endpoint by HDM decoders (CXL 4.0 8.2.4.20, 9.18.1.3). A bridge or virtual
 * switch with one place and no decoder passes everything on, as Linux's drivers/cxl/port.c takes it.
 */
const MOST_LEVELS = 8;

export function resolveByPorts(world: World, peer: PeerRecord, window: WindowRecord, hpa: number, ladder: Ladder): Resolved {
	const root = rootIndex(window, window.bridges.length, hpa);
	const bridge = peer.bridges.find((one) => one.id === window.bridges[root]);
	if (!bridge) return ended({ window }, 'no-decoder', `window ${formatAddress(window.baseHpa)} leads to no host bridge`);
	ladder?.push({
		at: 'root',
		title: `Host bridge ${bridge.id}`,
		says:
			window.bridges.length === 1
				? 'The window leads to one host bridge.'
				: `${window.arithmetic === 'xor' ? 'The parity of the masked bits' : capital(bitsWords(window.granularity, window.bridges.length))} says ${root} of ${window.bridges.length}.`,
		value: root,
		rule: window.arithmetic === 'xor' ? 'hdm-xor' : 'hdm-root'
	});
	const place = portPlace(bridge.decoders, bridge.ports.length, hpa);
	if (place === null) return ended({ window }, 'no-decoder', `host bridge ${bridge.id} has no decoder for ${formatAddress(hpa)}`);
	if (place.way >= 0)
		ladder?.push(portStep('hostBridge', `Root port ${place.target} of ${bridge.id}`, bridge.decoders[place.index], place));
	let next = bridge.ports[place.target];
	const switches: string[] = [];
	for (let level = 0; level < MOST_LEVELS; level++) {
		if (!next) break;
		if (next.kind === 'device') return atDevice(world, peer, window, hpa, ladder, switches, next.id, null);
		const { id } = next;
		switches.push(id);
		const one = world.r.fabric.switches.find((candidate) => candidate.id === id);
		const virtual: VirtualSwitchRecord | undefined = one?.virtualSwitches.find((candidate) => candidate.host === peer.id);
		if (!one || !virtual) return ended({ window, switches }, 'unbound', `switch ${id} has no virtual switch for host ${peer.id}`);
		const cut = anyDown(world) ? downAmong(world, [peer.id, id, `${id}:${virtual.upstreamPort}`]) : null;
		if (cut !== null) return ended({ window, switches }, 'link-down', `the link ${cut} is down`);
		const bound = virtual.vppbs.flatMap((vppb, index) => (vppb.status >= 2 ? [index] : []));
		const hit = virtual.decoders.some((decoder) => decoder.committed) ? portHit(virtual.decoders, hpa) : null;
		const passes = virtual.decoders.length === 0 && bound.length === 1;
		const target = hit?.target ?? (passes ? (bound[0] as number) : -1);
		if (target < 0) return ended({ window, switches }, 'no-decoder', `switch ${id} has no decoder for ${formatAddress(hpa)}`);
		const vppb = virtual.vppbs[target];
		if (hit) ladder?.push(portStep('switch', `vPPB ${target} of ${id}`, virtual.decoders[hit.index], hit));
		else
			ladder?.push({
				at: 'switch',
				title: `vPPB ${target} of ${id}`,
				says: 'The only one bound: passes on.',
				value: target,
				rule: 'hdm-port'
			});
		const partner = vppb && vppb.status >= 2 ? one.ports[vppb.port]?.partner : null;
		if (!vppb || !partner) return ended({ window, switches }, 'unbound', `vPPB ${target} of switch ${id} is not bound`);
		const broken = anyDown(world) ? downAmong(world, [`${id}:${vppb.port}`]) : null;
		if (broken !== null) return ended({ window, switches }, 'link-down', `the link ${broken} is down`);
		if (partner.kind === 'device') return atDevice(world, peer, window, hpa, ladder, switches, partner.id, vppb.ld);
		next = { kind: 'switch', id: partner.id };
	}
	return ended({ window, switches }, 'no-decoder', 'nothing hangs at the end of this way');
}

function atDevice(
	world: World,
	peer: PeerRecord,
	window: WindowRecord,
	hpa: number,
	ladder: Ladder,
	switches: readonly string[],
	id: string,
	bound: number | null
): Resolved {
	const device = world.r.fabric.devices.findIndex((one) => one.id === id);
	const record = world.r.fabric.devices[device];
	const way = window.targets.indexOf(id);
	if (!record) return ended({ window, switches, way }, 'absent', `there is no device ${id}`);
	const ld =
		bound === null || bound < 0
			? Math.max(
					0,
					record.lds.findIndex((one) => one.host === peer.id)
				)
			: bound;
	const known = { window, switches, way, device, ld };
	if (!record.present) return ended(known, 'absent', `device ${id} has been pulled out`);
	const cut = anyDown(world) ? downAmong(world, [peer.id, id, `${id}:${ld}`]) : null;
	if (cut !== null) return ended(known, 'link-down', `the link ${cut} is down`);
	const logical = record.lds[ld];
	if (!logical || logical.host !== peer.id) return ended(known, 'unbound', `device ${id} has no logical device for host ${peer.id}`);
	const hit = endpointHit(logical.decoders, hpa);
	if (!hit) return ended(known, 'no-decoder', `device ${id} has no decoder for ${formatAddress(hpa)}`);
	if (ladder) {
		const decoder = logical.decoders[hit.index] as (typeof logical.decoders)[number];
		const ways = waysOfCode(decoder.ways);
		const inDevice = hit.dpa - hit.dpaBase;
		ladder.push({
			at: 'endpoint',
			title: `Decoder ${hit.index} of ${id}`,
			says: `${formatAddress(hpa)} less base ${formatAddress(decoder.baseHpa)} is ${formatAddress(hit.offset)}${
				ways === 1 ? '' : `; without ${bitsWords(granularityBytes(decoder.granularity), ways)} it is ${formatAddress(inDevice)}`
			}; plus start ${formatAddress(hit.dpaBase)}.`,
			value: hit.dpa,
			rule: 'hdm-endpoint'
		});
	}
	return { ok: true, window, switches, way, device, ld, offset: hit.offset, dpa: hit.dpa };
}

function portPlace(
	decoders: Parameters<typeof portHit>[0],
	places: number,
	hpa: number
): { readonly index: number; readonly way: number; readonly target: number } | null {
	if (decoders.length === 0 && places === 1) return { index: -1, way: -1, target: 0 };
	return portHit(decoders, hpa);
}

function portStep(
	at: string,
	title: string,
	decoder: Parameters<typeof portHit>[0][number] | undefined,
	hit: { readonly way: number; readonly target: number }
): NonNullable<Ladder>[number] {
	const ways = waysOfCode(decoder?.ways ?? 0);
	const granularity = granularityBytes(decoder?.granularity ?? 0);
	const says =
		ways === 1
			? 'One way: passes on.'
			: `${capital(bitsWords(granularity, ways))} of the address say ${hit.way}: ${ways} ways of ${sizeWords(granularity)}.`;
	return { at, title, says, value: hit.way, rule: 'hdm-port' };
}

function capital(words: string): string {
	return words.charAt(0).toUpperCase() + words.slice(1);
}
