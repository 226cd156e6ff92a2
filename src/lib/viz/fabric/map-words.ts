import { formatBytesBinary } from '../../base/format.ts';
import type { FabricHostStatus, FabricStatus } from '../../engine/contract/fabric-status.ts';
import type { FabricThing } from '../../engine/contract/queries.ts';
import { hostTitle } from './extents-scene.ts';
import { offerWords } from './extents-words.ts';
import { linkOf, linkWords } from './link-load.ts';
import { kindWords, mediaShares } from './media.ts';

/** What a part of the map says about itself. */
export interface PartWords {
	readonly short: string;
	readonly long: string;
}

const ANSWER_WORDS: Readonly<Record<FabricHostStatus['answer'], string>> = {
	accept: 'accepts offers',
	part: 'accepts a part',
	none: 'accepts nothing',
	'by-hand': 'asks you',
	silent: 'stays silent'
};

export function partWords(fabric: FabricStatus, thing: FabricThing, id: string): PartWords {
	switch (thing) {
		case 'host':
			return hostPart(fabric, id);
		case 'device': {
			const words = devicePart(fabric, id);
			// Plugged straight into hosts: no port tells of these links.
			const heads = fabric.links.filter((one) => one.id.startsWith(`${id}:`));
			return { ...words, long: [words.long, ...heads.map(linkWords)].join('; ') };
		}
		case 'switch':
			return switchPart(fabric, id);
		case 'port':
			return portPart(fabric, id);
		default:
			return { short: id, long: id };
	}
}

export function heldBytes(fabric: FabricStatus, host: string): number {
	const byLds = fabric.devices
		.flatMap((device) => device.lds)
		.filter((ld) => ld.host === host)
		.reduce((sum, ld) => sum + ld.counts.accepted.bytes + ld.counts.releasing.bytes, 0);
	const byGroups = fabric.tags
		.filter((tag) => tag.holders.includes(host))
		.filter((tag) => fabric.devices.find((device) => device.id === tag.device)?.kind === 'gfd')
		.reduce((sum, tag) => sum + tag.bytes, 0);
	return byLds + byGroups;
}

function hostPart(fabric: FabricStatus, id: string): PartWords {
	const host = fabric.hosts.find((one) => one.id === id);
	if (!host) return { short: '', long: hostTitle(id) };
	const held = heldBytes(fabric, id);
	const apps = fabric.apps.filter((app) => app.host === id && app.state === 'running').length;
	const state = host.state === 'up' ? ANSWER_WORDS[host.answer] : host.state;
	return {
		short:
			host.state === 'up'
				? host.offers.length > 0
					? 'asks you'
					: held > 0
						? `holds ${formatBytesBinary(held)}`
						: state
				: host.state,
		long: `${hostTitle(id)}: ${host.state === 'up' ? 'up' : host.state}, ${ANSWER_WORDS[host.answer]}${host.offers.map((offer) => `, ${offerWords(offer)}`).join('')}, holds ${formatBytesBinary(held)}${apps > 0 ? `, runs ${apps} program${apps === 1 ? '' : 's'}` : ''}`
	};
}

function devicePart(fabric: FabricStatus, id: string): PartWords {
	const device = fabric.devices.find((one) => one.id === id);
	if (!device) return { short: '', long: id };
	const shares = mediaShares(fabric, device).map((share) => share.words);
	return {
		short: kindWords(device),
		long: `Device ${id}: ${kindWords(device)}, ${device.present ? '' : 'pulled out, '}${formatBytesBinary(device.freeBytes)} of ${formatBytesBinary(device.mediaBytes)} free${shares.length > 0 ? `; ${shares.join(', ')}` : ''}${device.poisonedLines > 0 ? `; ${device.poisonedLines} poisoned lines` : ''}`
	};
}

function switchPart(fabric: FabricStatus, id: string): PartWords {
	const one = fabric.switches.find((each) => each.id === id);
	if (!one) return { short: '', long: id };
	const bound = one.virtualSwitches.reduce(
		(sum, virtual) =>
			sum +
			virtual.vppbs.filter((vppb) => vppb.status !== 'unbound' && vppb.status !== 'in progress')
				.length,
		0
	);
	const plugged = one.ports.filter((port) => port.partner !== null).length;
	return {
		short: `${plugged} of ${one.ports.length} ports`,
		long: `Switch ${id}: ${one.kind === 'pbr' ? 'port-based routing' : `${one.virtualSwitches.length} virtual switches, ${bound} vPPBs bound`}, ${plugged} of ${one.ports.length} ports in use`
	};
}

function portPart(fabric: FabricStatus, id: string): PartWords {
	const [name, number] = id.split(':');
	const one = fabric.switches.find((each) => each.id === name);
	const port = one?.ports.find((each) => each.index === Number(number));
	if (!one || !port) return { short: '', long: `Port ${id}` };
	const bound = one.virtualSwitches.flatMap((virtual) =>
		virtual.vppbs
			.map((vppb, at) => ({ vppb, at }))
			.filter(({ vppb }) => vppb.port === port.index && vppb.status !== 'unbound')
			.map(
				({ vppb, at }) =>
					`${vppb.status === 'in progress' ? 'being bound' : 'bound'} to vPPB ${at} of ${hostTitle(virtual.host)}${vppb.ld === null ? '' : `, logical device ${vppb.ld}`}`
			)
	);
	const link = linkOf(fabric, id) ?? linkOf(fabric, farEnd(fabric, one.id, port.partner));
	return {
		short: port.state,
		long: `Port ${port.index} of ${name}: ${port.state}${port.partner === null ? ', empty' : `, ${port.partner}`}${port.pid === null ? '' : `, PID 0x${port.pid.toString(16)}`}${port.down ? ', link down' : ''}${bound.length > 0 ? `, ${bound.join(', ')}` : ''}${link ? `; ${linkWords(link)}` : ''}`
	};
}

/** A link between two switches has the name of one of its two ports. */
function farEnd(fabric: FabricStatus, name: string, partner: string | null): string {
	const other = fabric.switches.find((each) => each.id === partner);
	const port = other?.ports.find((each) => each.partner === name);
	return other && port ? `${other.id}:${port.index}` : '';
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

export function mapWords(fabric: FabricStatus): string {
	return [
		...fabric.hosts.map((host) => hostPart(fabric, host.id).long),
		...fabric.switches.map((one) => switchPart(fabric, one.id).long),
		...fabric.devices.map((device) => devicePart(fabric, device.id).long),
		...fabric.links.map((link) => capital(linkWords(link))),
		...(fabric.down.length > 0 ? [`Links that are down: ${fabric.down.join(', ')}`] : [])
	]
		.map((sentence) => `${sentence}.`)
		.join(' ');
}
