import {
	InitState,
	MAIL_NAMES,
	PEER_STATE_NAMES,
	unpackFence,
	unpackInit,
	unpackLock,
	unpackMail,
	unpackRecovery,
	unpackSuspect
} from '../../engine/contract/superpage-words.ts';
import {
	ALL_ONES,
	SUPERPAGE_SPECS,
	type SuperpageWordName
} from '../../engine/contract/superpage.ts';
import { OWNER_STATE_NAMES, unpackOwner } from '../../engine/contract/words.ts';
import type { SuperpagePicture } from './picture.ts';

/** What a word says, as named fields, and what its line is called. */
export interface Field {
	readonly label: string;
	readonly value: string;
}

const PHASES = ['idle', 'proposed', 'prepared'];
const INIT_NAMES = ['nobody formats', 'being formatted', 'ready'];

export function fieldsOf(
	name: SuperpageWordName,
	value: bigint,
	host: (index: number) => string
): Field[] {
	const field = (label: string, of: string | number | bigint): Field => ({
		label,
		value: String(of)
	});
	if (value === ALL_ONES) return [field('reads', 'all ones')];
	switch (name) {
		case 'owner': {
			const { owner, state, incarnation, token } = unpackOwner(value);
			return [
				field('owner', host(owner)),
				field('state', OWNER_STATE_NAMES[state] ?? '?'),
				field('inc.', incarnation),
				field('token', token)
			];
		}
		case 'fence': {
			const { incarnation, epoch } = unpackFence(value);
			return [
				field('fenced incarnation', incarnation === 0 ? 'none' : incarnation),
				field('epoch', epoch)
			];
		}
		case 'suspect': {
			const { by, beat } = unpackSuspect(value);
			return [field('suspected by', host(by)), field('at beat', beat)];
		}
		case 'recovery': {
			const { recoverer, victim, epoch } = unpackRecovery(value);
			return [
				field('recoverer', host(recoverer)),
				field('victim', host(victim)),
				field('epoch', epoch)
			];
		}
		case 'lock': {
			const { owner, incarnation, token } = unpackLock(value);
			return [
				field('held by', host(owner)),
				field('incarnation', incarnation),
				field('token', token)
			];
		}
		case 'init': {
			const { state, formatter } = unpackInit(value);
			return [
				field('state', INIT_NAMES[state] ?? '?'),
				...(state === InitState.formatting ? [field('formatter', host(formatter))] : [])
			];
		}
		case 'peerState':
			return [field('state', PEER_STATE_NAMES[Number(value)] ?? '?')];
		case 'phase':
			return [field('phase', PHASES[Number(value)] ?? String(value))];
		case 'vcpuState':
			return [
				field(
					'vCPU state',
					value === 0n
						? 'none'
						: value >> 32n === 1n
							? `whole, for token ${value & 0xffffffffn}`
							: 'torn'
				)
			];
		case 'magic':
			return [field('magic', value === 0n ? 'missing' : 'NILSUPG1')];
		case 'rangesCrc':
			return [field('checksum of the ranges', `0x${value.toString(16)}`)];
		case 'vcpuMap':
			return [field('vCPU map', `0x${value.toString(16)}`)];
		case 'mailbox': {
			const { kind, token } = unpackMail(value);
			return [field('says', MAIL_NAMES[kind] ?? '?'), field('token', token)];
		}
		default:
			return [field(LABELS[name] ?? name, value)];
	}
}

const LABELS: Partial<Record<SuperpageWordName, string>> = {
	heartbeat: 'heartbeat',
	incarnation: 'incarnation',
	seenEpoch: 'epoch seen',
	fenceEpoch: 'fence epoch',
	rangeHead: 'descriptors taken',
	rangesGeneration: 'generation',
	firstRange: 'first descriptor',
	rangeCount: 'descriptors',
	ringHead: 'entries',
	vcpuMapToken: 'changes of the map',
	vcpuSaved: 'vCPUs saved',
	mapped: 'mapped for token',
	abortReason: 'reason',
	eventGeneration: 'generation',
	eventFirst: 'first half',
	eventSecond: 'second half'
};

export function titleOf(
	name: SuperpageWordName,
	item: number,
	picture: Pick<SuperpagePicture, 'hosts' | 'vms'>
): string {
	const vm = picture.vms[item] ?? `VM ${item + 1}`;
	const host = picture.hosts[item] ?? String(item);
	const { part, line } = SUPERPAGE_SPECS[name];
	switch (part) {
		case 'header':
			return (
				{
					0: 'header',
					2: 'who formats',
					3: 'fence epoch',
					4: 'who recovers whom',
					5: 'head of the ring',
					6: 'descriptors'
				}[line as number] ?? 'header'
			);
		case 'peer':
			return line === 1
				? `mailbox of ${host}`
				: line === 2
					? `fence of ${host}`
					: line === 3
						? `suspicion of ${host}`
						: `peer ${host}`;
		case 'lock':
			return `lock ${item}`;
		case 'vm':
			return line === 0 ? `owner of ${vm}` : line === 1 ? `ranges of ${vm}` : `vCPUs of ${vm}`;
		case 'handOff':
			return line === 0
				? `phase of ${vm}, a hint`
				: line === 1
					? `saved state of ${vm}`
					: `hand-off of ${vm}`;
		case 'event':
			return `event ${item}`;
	}
}
