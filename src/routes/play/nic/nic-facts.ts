import { formatAddress } from '$lib/base/address.ts';
import { formatBytesBinary, formatNs, formatNumber } from '$lib/base/format.ts';
import type { NicPart } from '$lib/engine/contract/queries.ts';
import type { RuleId } from '$lib/engine/contract/rules.ts';
import {
	LISTENER_POINTS,
	RING_PLACES,
	SWITCH_STRATEGIES
} from '$lib/engine/contract/vdpa/choice.ts';
import { VDPA_PRESETS } from '$lib/engine/contract/vdpa/figures.ts';
import { DEVICE_KINDS } from '$lib/engine/contract/vdpa/kinds.ts';
import {
	changeErrorWords,
	GAP_PARTS,
	type ChangeStatus,
	type GapPart,
	type NicGuestStatus,
	type NicStatus
} from '$lib/engine/contract/vdpa/status.ts';
import { CHANGE_TITLES, countsOf, workNs } from '$lib/viz/vdpa/gap-scene.ts';
import { bandWords } from '$lib/viz/vdpa/rails-words.ts';
import { lookUpWords, queueTitle, STATE_WORDS } from '$lib/viz/vdpa/rings-words.ts';

/** What the inspector tells of a vDPA device and its parts, with the rules behind it. */
export interface NicFacts {
	readonly title: string;
	readonly sentence: string;
	readonly rows: readonly (readonly [label: string, value: string])[];
	readonly list: { readonly title: string; readonly items: readonly string[] } | null;
	readonly rules: readonly RuleId[];
}

export function nicFacts(
	part: NicPart,
	id: string,
	nic: NicStatus,
	guest: NicGuestStatus,
	instance: 0 | 1
): NicFacts | null {
	switch (part) {
		case 'device':
			return deviceFacts(nic, guest, instance);
		case 'queue':
			return queueFacts(Number(id), nic, instance);
		case 'band':
			return bandFacts(Number(id), nic, instance);
		case 'section':
			return sectionFacts(id, guest);
		case 'change':
			return changeFacts(Number(id), nic);
	}
}

function deviceFacts(nic: NicStatus, guest: NicGuestStatus, instance: 0 | 1): NicFacts {
	const end = nic.ends[instance];
	const strategy = nic.strategy === null ? null : SWITCH_STRATEGIES[nic.strategy];
	return {
		title: `Device ${nic.id}`,
		sentence: `A network device of ${nic.vm}, ${DEVICE_KINDS[nic.kind].title}. ${DEVICE_KINDS[nic.kind].sentence}`,
		rows: [
			['State', end === null ? 'no device here' : `${end.life} on ${end.host}`],
			[
				'Queues',
				`${nic.queuePairs} ${nic.queuePairs === 1 ? 'pair' : 'pairs'} of ${nic.ringEntries}${nic.controlQueue ? ', and a control queue' : ''}`
			],
			['Strategy', strategy === null ? 'your own' : `${strategy.letter}: ${strategy.title}`],
			['Rings', RING_PLACES[nic.choice.rings]],
			['Listener', LISTENER_POINTS[nic.choice.listener].title],
			['Figures', VDPA_PRESETS[nic.preset].title],
			[
				'Pinned by the process',
				`${formatNumber(guest.pinnedPages[instance])} pages${guest.memlockPages === null ? '' : ` of ${formatNumber(guest.memlockPages)}`}`
			],
			['Features', end === null || end.features.length === 0 ? 'none' : end.features.join(', ')],
			['DMA faults', formatNumber(nic.faultCount)],
			['Wrong pages', formatNumber(nic.wrongCount)]
		],
		list:
			nic.wrongMaps.length > 0
				? { title: 'Wrong maps', items: nic.wrongMaps.map((wrong) => wrong.text) }
				: nic.wrongAccesses.length > 0
					? {
							title: 'Accesses that went wrong',
							items: nic.wrongAccesses
								.slice(0, 6)
								.map((access) => `${formatNs(access.atNs)}: ${access.text}`)
						}
					: null,
		rules:
			nic.wrongCount + nic.faultCount > 0
				? ['vdpa-dma', 'svq-strategy', 'vdpa-listener']
				: ['svq-strategy', 'vdpa-life', 'vdpa-listener']
	};
}

function queueFacts(index: number, nic: NicStatus, instance: 0 | 1): NicFacts | null {
	const end = nic.ends[instance];
	const queue = end?.queues.find((one) => one.index === index);
	if (!end || !queue) return null;
	const row = queue.rows[0];
	return {
		title: queueTitle(queue),
		sentence: queue.shadow
			? 'QEMU stands between the guest’s ring and the device.'
			: 'The device reads the guest’s ring itself.',
		rows: [
			['Group, address space', `${queue.group}, ${queue.asid}`],
			['Guest’s ring at', formatAddress(queue.guest.descriptors)],
			...(queue.shadow
				? ([['Shadow ring at', formatAddress(queue.shadow.descriptors)]] as const)
				: []),
			['In flight', formatNumber(queue.guest.inFlight)],
			['Kicks, calls', `${formatNumber(queue.guest.kicks)}, ${formatNumber(queue.guest.calls)}`],
			...(row
				? ([
						[
							'Newest',
							`${formatAddress(row.gpa)} → ${formatAddress(row.iova)}, ${STATE_WORDS[row.state]}`
						],
						['Look-up', lookUpWords(row, queue.shadow !== null)]
					] as const)
				: [])
		],
		list: null,
		rules: queue.shadow ? ['svq-forward', 'svq-log', 'vdpa-traffic'] : ['vdpa-dma', 'vdpa-traffic']
	};
}

function bandFacts(iova: number, nic: NicStatus, instance: 0 | 1): NicFacts | null {
	const end = nic.ends[instance];
	const band = end?.bands.find((one) => one.iova === iova);
	if (!end || !band) return null;
	const entries =
		end.spaces
			.find((space) => space.asid === band.asid)
			?.entries.filter((entry) => entry.iova >= band.iova && entry.iova < band.iova + band.bytes) ??
		[];
	const keys = end.spaces.find((space) => space.asid === band.asid)?.keys ?? null;
	return {
		title: `Map at ${formatAddress(iova)}`,
		sentence: `${bandWords(band)}.`,
		rows: [
			['Address space', String(band.asid)],
			['Entries in the kernel', `${formatNumber(entries.length)}, one per contiguous run`],
			...(keys
				? ([
						[
							'Keys of the chip',
							`${formatNumber(keys.direct)} direct, ${formatNumber(keys.nulls)} for holes, unit ${formatBytesBinary(keys.unitBytes)}`
						],
						['Built so far', `${formatNumber(keys.builds)} times`]
					] as const)
				: [])
		],
		list: null,
		rules:
			band.gpa === null
				? ['vdpa-tree', 'vdpa-message']
				: ['vdpa-listener', 'vdpa-pin', keys ? 'vdpa-keys' : 'vdpa-message']
	};
}

function sectionFacts(id: string, guest: NicGuestStatus): NicFacts | null {
	const section = guest.sections.find((one) => one.id === id);
	if (!section) return null;
	return {
		title: `Memory ${id}`,
		sentence: `${formatBytesBinary(section.bytes)} of guest memory at ${formatAddress(section.gpa)}.`,
		rows: [['In the process', section.hva.map((hva) => formatAddress(hva)).join(', ')]],
		list: null,
		rules: ['vdpa-listener', 'vdpa-hotplug']
	};
}

const RULES_OF: Readonly<Record<ChangeStatus['kind'], readonly RuleId[]>> = {
	'to-svq': ['svq-on', 'svq-strategy', 'vdpa-pin'],
	'to-passthrough': ['svq-off', 'svq-strategy'],
	stop: ['vdpa-life', 'vdpa-message'],
	start: ['vdpa-life', 'vdpa-listener'],
	init: ['vdpa-life', 'vdpa-listener', 'vdpa-pin'],
	'map-memory': ['vdpa-listener', 'vdpa-pin'],
	plug: ['vdpa-hotplug', 'vdpa-listener'],
	unplug: ['vdpa-hotplug', 'vdpa-listener'],
	close: ['vdpa-life'],
	'live-update': ['vdpa-live-update']
};

function changeFacts(id: number, nic: NicStatus): NicFacts | null {
	const change =
		nic.changes.find((one) => one.id === id) ?? (nic.change?.id === id ? nic.change : null);
	if (!change) return null;
	const dead =
		change.deadFromNs === null
			? null
			: (change.deadToNs ?? change.endNs ?? change.deadFromNs) - change.deadFromNs;
	return {
		title: `${CHANGE_TITLES[change.kind]}, on ${change.host}`,
		sentence: `${countsOf(change)}; ${change.updates} maps and ${change.invalidates} unmaps sent.`,
		rows: [
			['Takes', formatNs(workNs(change))],
			...(dead === null ? [] : ([['No packets for', formatNs(dead)]] as const)),
			...(Object.entries(change.parts) as [GapPart, number][]).map(
				([part, ns]) => [GAP_PARTS[part], formatNs(ns)] as const
			),
			...change.errors.map((error) => [error.step, changeErrorWords(error)] as const)
		],
		list: {
			title: 'Steps',
			items: change.steps.map(
				(step, index) =>
					`${index < change.at ? '' : '… '}${step.label}${step.durationNs > 0 ? `: ${formatNs(step.durationNs)}` : ''}`
			)
		},
		rules: RULES_OF[change.kind]
	};
}
