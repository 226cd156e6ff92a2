import { formatAddress } from '$lib/base/address.ts';
import { formatBytesBinary, formatNs } from '$lib/base/format.ts';
import type { FabricCommand } from '$lib/engine/contract/fabric-commands.ts';
import type { FabricStatus } from '$lib/engine/contract/fabric-status.ts';
import type { FabricThing } from '$lib/engine/contract/queries.ts';
import { pieceActions } from '$lib/viz/fabric/actions.ts';
import { buildExtents, hostTitle, railsOf } from '$lib/viz/fabric/extents-scene.ts';
import {
	countWords,
	ordinal,
	pieceWords,
	STATE_WORDS,
	tagSentence
} from '$lib/viz/fabric/extents-words.ts';
import { heldBytes, partWords } from '$lib/viz/fabric/map-words.ts';
import { kindWords, mediaShares } from '$lib/viz/fabric/media.ts';
import { tagFace } from '$lib/viz/fabric/tags.ts';
import { copyWords } from '$lib/viz/fabric/coherence-scene.ts';
import { deviceActions, hostActions, portActions, tagActions } from './fabric-actions.ts';

/** What the inspector tells of a thing of the fabric. */
export interface FabricFacts {
	readonly title: string;
	readonly sentence: string;
	readonly rows: readonly (readonly [label: string, value: string])[];
	/** Longer lists: a log, notifications, steps of a plan. */
	readonly list: { readonly title: string; readonly items: readonly string[] } | null;
	readonly actions: readonly {
		readonly word: string;
		readonly hint: string;
		readonly command: FabricCommand;
	}[];
}
type Facts = FabricFacts | null;

const MOST_LINES = 8;
const counted = (count: number, one: string, many = `${one}s`): string =>
	count === 0 ? `no ${one}` : `${count} ${count === 1 ? one : many}`;

export function fabricFacts(
	thing: FabricThing,
	id: string,
	fabric: FabricStatus,
	nowNs: number
): Facts {
	switch (thing) {
		case 'host':
			return hostFacts(id, fabric);
		case 'device':
			return deviceFacts(id, fabric);
		case 'ld':
			return ldFacts(id, fabric);
		case 'switch':
		case 'port':
			return partFacts(thing, id, fabric);
		case 'tag':
			return tagFacts(id, fabric);
		case 'extent':
			return extentFacts(Number(id), fabric);
		case 'message':
			return messageFacts(Number(id), fabric, nowNs);
		case 'plan':
			return planFacts(Number(id), fabric);
		case 'app':
			return appFacts(id, fabric);
		case 'dax':
			return daxFacts(id, fabric);
		case 'line':
			return lineFacts(id, fabric);
	}
}

/** With nothing chosen: the fabric as a whole. */
export function wholeFacts(fabric: FabricStatus): FabricFacts {
	const plan = fabric.plans.at(-1);
	return {
		title: 'The fabric',
		sentence: `${counted(fabric.hosts.length, 'host')}, ${counted(fabric.switches.length, 'switch', 'switches')}, ${counted(fabric.devices.length, 'device')}.`,
		rows: [
			...fabric.devices.map(
				(device) =>
					[
						device.id,
						`${formatBytesBinary(device.freeBytes)} of ${formatBytesBinary(device.mediaBytes)} free`
					] as const
			),
			...fabric.hosts
				.slice(0, 8)
				.map(
					(host) =>
						[hostTitle(host.id), `holds ${formatBytesBinary(heldBytes(fabric, host.id))}`] as const
				),
			...(fabric.down.length > 0 ? [['Links down', fabric.down.join(', ')] as const] : [])
		],
		list: plan === undefined ? null : planList(plan),
		actions: []
	};
}

function hostFacts(id: string, fabric: FabricStatus): Facts {
	const host = fabric.hosts.find((one) => one.id === id);
	if (!host) return null;
	return {
		title: hostTitle(id),
		sentence: `${partWords(fabric, 'host', id).long}.`,
		rows: [
			['Profile', host.profile === 'linuxDcd' ? 'Linux, DCD series v11' : 'permissive'],
			['PID', `0x${host.pid.toString(16).padStart(3, '0')}`],
			['Unassigned loads give', host.poisonOnDecodeError ? 'poison' : 'all ones'],
			['Clean lines', host.noCleanWritebacks ? 'never written back' : 'may be written back'],
			...host.windows.map(
				(window, index) =>
					[
						`Window ${index}`,
						`${formatAddress(window.baseHpa)}, ${formatBytesBinary(window.bytes)}, ${window.ways} way${window.ways === 1 ? '' : 's'}`
					] as const
			),
			...host.dax.map(
				(dax) =>
					[
						dax.id,
						`${formatBytesBinary(dax.bytes)}, ${dax.use}, ${dax.state}${dax.stuckBytes > 0 ? `, ${formatBytesBinary(dax.stuckBytes)} stuck` : ''}`
					] as const
			),
			...fabric.apps
				.filter((app) => app.host === id)
				.map((app) => [app.id, `${app.kind}, ${app.state}`] as const)
		],
		list: {
			title: 'What it noted',
			items: [...host.log, ...host.notifications]
				.toSorted((a, b) => a.atNs - b.atNs)
				.slice(-MOST_LINES)
				.map((line) => `${formatNs(line.atNs)} ${line.text}`)
		},
		actions: hostActions(host, fabric)
	};
}

function deviceFacts(id: string, fabric: FabricStatus): Facts {
	const device = fabric.devices.find((one) => one.id === id);
	if (!device) return null;
	return {
		title: `Device ${id}`,
		sentence: `${partWords(fabric, 'device', id).long}.`,
		rows: [
			['Kind', kindWords(device)],
			['Profile', device.profile === 'qemu111' ? 'QEMU 11.1, as measured' : 'CXL 4.0'],
			['Media', formatBytesBinary(device.mediaBytes)],
			['Free', formatBytesBinary(device.freeBytes)],
			...mediaShares(fabric, device).map((share) => ['Used', share.words] as const),
			['Extents at most', String(device.extentLimit)],
			['Tags at most', String(device.tagLimit)],
			['Event log', `${device.logRecords} records`],
			['Coherency', device.hardwareCoherent ? 'by hardware (BISnp)' : 'by software'],
			...(device.gfd === null
				? []
				: [['PID', `0x${device.gfd.pid.toString(16).padStart(3, '0')}`] as const])
		],
		list: {
			title: device.gfd === null ? 'Logical devices' : 'Access by host',
			items:
				device.gfd === null
					? device.lds.map((ld) => `${ld.number}: ${ld.host ?? 'nobody'}, ${countWords(ld.counts)}`)
					: device.gfd.access.map(
							(one) =>
								`${one.host}: groups ${one.groups.length === 0 ? 'none' : one.groups.join(', ')}`
						)
		},
		actions: deviceActions(device)
	};
}

function ldFacts(id: string, fabric: FabricStatus): Facts {
	const [name, number] = id.split('/');
	const device = fabric.devices.find((one) => one.id === name);
	const ld = device?.lds.find((one) => one.number === Number(number));
	if (!device || !ld) return null;
	return {
		title: `Logical device ${id}`,
		sentence: `${ld.host === null ? 'Bound to nobody' : `Bound to ${hostTitle(ld.host)}`}: ${countWords(ld.counts)}.`,
		rows: [
			...ld.regions.map(
				(region, at) =>
					[
						`Region ${at}`,
						`${formatAddress(region.baseDpa)}, ${formatBytesBinary(region.bytes)}, blocks of ${formatBytesBinary(region.blockBytes)}${region.sharable ? ', sharable' : ''}${region.readOnly ? ', read-only' : ''}`
					] as const
			),
			['Offers that wait', String(ld.pendingGroups)],
			['Generation of the list', String(ld.generation)]
		],
		list: null,
		actions: []
	};
}

function partFacts(thing: 'switch' | 'port', id: string, fabric: FabricStatus): Facts {
	const one = fabric.switches.find((each) => each.id === id.split(':')[0]);
	if (!one) return null;
	return {
		title: thing === 'switch' ? `Switch ${id}` : `Port ${id.split(':')[1]} of ${one.id}`,
		sentence: `${partWords(fabric, thing, id).long}.`,
		rows:
			thing === 'switch'
				? one.virtualSwitches.flatMap((virtual) =>
						virtual.vppbs.map(
							(vppb, at) =>
								[
									`${hostTitle(virtual.host)}, vPPB ${at}`,
									vppb.port === null
										? vppb.status
										: `${vppb.status}, port ${vppb.port}${vppb.ld === null ? '' : `, LD ${vppb.ld}`}`
								] as const
						)
					)
				: [],
		list: null,
		actions: thing === 'port' ? portActions(one, Number(id.split(':')[1]), fabric) : []
	};
}

function tagFacts(id: string, fabric: FabricStatus): Facts {
	const tag = fabric.tags.find((one) => one.tag === id);
	if (!tag) return null;
	const scene = buildExtents(fabric, { device: tag.device, tag: id, hosts: [null, null] });
	return {
		title: `Tag ${tagFace(id).words}`,
		sentence: `${tagSentence(tag, scene.line)}.`,
		rows: [
			['Tag', id],
			['Device', tag.device],
			['Size', formatBytesBinary(tag.bytes)],
			['Held by', tag.holders.length === 0 ? 'no host' : tag.holders.join(', ')],
			['Offered to', tag.offered.length === 0 ? 'nobody' : tag.offered.join(', ')],
			['Manager’s reference', tag.referenced ? 'yes: the content outlives every host' : 'no'],
			...(tag.content === null
				? []
				: [
						[
							'Its first line holds',
							`store ${tag.content.version} of ${tag.content.writer}`
						] as const
					])
		],
		list: null,
		actions: tagActions(tag, fabric)
	};
}

function extentFacts(row: number, fabric: FabricStatus): Facts {
	for (const device of fabric.devices)
		for (const rail of railsOf(fabric, device)) {
			const piece = rail.pieces.find((one) => one.row === row);
			if (!piece) continue;
			return {
				title: `Extent at ${formatAddress(piece.dpa)}`,
				sentence: `${pieceWords(piece, rail)}.`,
				rows: [
					['Device', rail.id],
					['State', STATE_WORDS[piece.state]],
					['Device address', formatAddress(piece.dpa)],
					['Length', formatBytesBinary(piece.bytes)],
					['In the media', formatAddress(piece.media)],
					['Region', String(piece.region)],
					['Tag', piece.tag ?? 'none'],
					['Sequence number', piece.tag === null ? 'none' : String(piece.sequence)],
					...(piece.came > 0 ? [['Came', `${ordinal(piece.came)} of its tag`] as const] : [])
				],
				list: null,
				actions: pieceActions(piece, rail)
			};
		}
	return null;
}

function messageFacts(id: number, fabric: FabricStatus, nowNs: number): Facts {
	const message = fabric.messages.find((one) => one.id === id);
	if (!message) return null;
	const left = Math.max(0, message.arriveNs - nowNs);
	return {
		title: message.what,
		sentence: `From ${message.from} to ${message.to}: ${message.state === 'flying' ? `under way, ${formatNs(left)} left` : message.state === 'lost' ? 'lost, the link was down' : 'arrived'}.`,
		rows: [
			...(message.opcode === '' ? [] : [['Code', message.opcode] as const]),
			...(message.tag === null ? [] : [['Tag', message.tag] as const]),
			['Sent at', formatNs(message.sentNs)],
			[message.state === 'flying' ? 'Arrives at' : 'Arrived at', formatNs(message.arriveNs)],
			...(message.answer === null ? [] : [['Answer', message.answer] as const])
		],
		list: null,
		actions: []
	};
}

const planList = (plan: FabricStatus['plans'][number]) => ({
	title: `Plan ${plan.id}: ${plan.plan}`,
	items: plan.steps.map(
		(step, at) =>
			`${at < plan.step || plan.state === 'done' ? '✓' : at === plan.step ? (plan.state === 'failed' ? '✕' : '▸') : '·'} ${step}`
	)
});

function planFacts(id: number, fabric: FabricStatus): Facts {
	const plan = fabric.plans.find((one) => one.id === id);
	if (!plan) return null;
	return {
		title: `Plan ${plan.plan}`,
		sentence: `${plan.state}${plan.reason === null ? '' : `: ${plan.reason}`}.`,
		rows: [
			['Began at', formatNs(plan.startNs)],
			...(plan.endNs === null ? [] : [['Ended at', formatNs(plan.endNs)] as const])
		],
		list: planList(plan),
		actions: []
	};
}

function appFacts(id: string, fabric: FabricStatus): Facts {
	const app = fabric.apps.find((one) => one.id === id);
	return (
		(app && {
			title: `Program ${id}`,
			sentence: `${app.kind} on ${hostTitle(app.host)}: ${app.state}.`,
			rows: [
				['DAX device', app.dax],
				['Tag', app.tag ?? 'none']
			],
			list: null,
			actions: []
		}) ??
		null
	);
}

function daxFacts(id: string, fabric: FabricStatus): Facts {
	const host = fabric.hosts.find((one) => one.dax.some((dax) => dax.id === id));
	const dax = host?.dax.find((one) => one.id === id);
	if (!host || !dax) return null;
	return {
		title: `${id} of ${hostTitle(host.id)}`,
		sentence: `${formatBytesBinary(dax.bytes)} as ${dax.use}: ${dax.state}.`,
		rows: [
			['Device', dax.device],
			['Tag', dax.tag ?? 'none'],
			['Occupied', formatBytesBinary(dax.occupiedBytes)],
			['Cannot be given back', formatBytesBinary(dax.stuckBytes)],
			['Extents', String(dax.extents.length)]
		],
		list: null,
		actions: []
	};
}

function lineFacts(id: string, fabric: FabricStatus): Facts {
	const [host, at] = id.split(' ');
	const line = fabric.lines.find((one) => one.host === host && one.at === Number(at));
	return (
		(line && {
			title: `Line ${formatAddress(line.at)} in the cache of ${hostTitle(line.host)}`,
			sentence: `${copyWords(line)}.`,
			rows: [
				['Device', line.device],
				[
					'Device holds',
					line.media.version === 0
						? 'zeroes'
						: `store ${line.media.version} of ${line.media.writer}`
				],
				[
					'Newest store',
					line.newest.version === 0 ? 'none' : `${line.newest.version} of ${line.newest.writer}`
				]
			],
			list: null,
			actions: []
		}) ??
		null
	);
}
