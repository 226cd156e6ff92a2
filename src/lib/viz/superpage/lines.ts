import {
	InitState,
	PEER_STATE_NAMES,
	unpackFence,
	unpackInit,
	unpackLock,
	unpackRecovery,
	unpackSuspect
} from '../../engine/contract/superpage-words.ts';
import {
	SUPERPAGE_PARTS,
	SUPERPAGE_SPECS,
	superpageOffset,
	wordAt,
	type SuperpageWordName,
	type WordWriters
} from '../../engine/contract/superpage.ts';
import { OWNER_STATE_NAMES, OwnerState, unpackOwner } from '../../engine/contract/words.ts';
import type { SuperpagePicture, Taken } from './picture.ts';

/** Words become rows: one for each line of 64 bytes that holds something or was touched, in the order of the device. */
export interface Field {
	readonly label: string;
	readonly value: string;
}

export interface LineRow {
	readonly id: string;
	readonly title: string;
	readonly offset: string;
	readonly writers: WordWriters;
	/** Place of the only host that writes it; null for several. */
	readonly writer: number | null;
	readonly fields: readonly Field[];
	/** Earlier values of an owner word, oldest first. */
	readonly earlier: readonly (readonly Field[])[];
	/** Whom the owner word names; −1 for nobody, null for other lines. */
	readonly owner: number | null;
	readonly nobodyRuns: boolean;
	readonly fenced: boolean;
	readonly taken: readonly Taken[];
}

const PHASES = ['idle', 'proposed', 'prepared'];
const INIT_NAMES = ['nobody formats', 'being formatted', 'ready'];

function fieldsOf(
	name: SuperpageWordName,
	value: bigint,
	host: (index: number) => string
): Field[] {
	const field = (label: string, of: string | number | bigint): Field => ({
		label,
		value: String(of)
	});
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
		default:
			return [field(LABELS[name] ?? name, value)];
	}
}

const LABELS: Partial<Record<SuperpageWordName, string>> = {
	heartbeat: 'heartbeat',
	incarnation: 'incarnation',
	seenEpoch: 'epoch seen',
	fenceEpoch: 'fence epoch',
	ringHead: 'entries',
	vcpuMapToken: 'changes of the map',
	vcpuSaved: 'vCPUs saved',
	mapped: 'mapped for token',
	abortReason: 'reason',
	eventGeneration: 'generation',
	eventFirst: 'first half',
	eventSecond: 'second half'
};

function titleOf(name: SuperpageWordName, item: number, picture: SuperpagePicture): string {
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
					5: 'head of the ring'
				}[line as number] ?? 'header'
			);
		case 'peer':
			return line === 2 ? `fence of ${host}` : line === 3 ? `suspicion of ${host}` : `peer ${host}`;
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

export function lineRows(picture: SuperpagePicture): LineRow[] {
	const host = (index: number): string =>
		index < 0 ? 'nobody' : (picture.hosts[index] ?? String(index));
	const rows = new Map<string, { first: number; row: LineRow }>();
	const touched = new Set(picture.taken.flatMap(({ index }) => (index === null ? [] : [index])));
	for (const [index, value] of [...picture.words].sort(([a], [b]) => a - b)) {
		const at = wordAt(index);
		if (!at || (value === 0n && !touched.has(index))) continue;
		const { part, line, writers } = SUPERPAGE_SPECS[at.name];
		const id = `${part}.${at.item}.${line}`;
		const offset = superpageOffset(part, at.item, line);
		const known = rows.get(id)?.row;
		const taken = picture.taken.filter((each) => each.index === index);
		const isOwner = at.name === 'owner';
		const word = isOwner ? unpackOwner(value) : null;
		rows.set(id, {
			first: offset,
			row: {
				id,
				title: titleOf(at.name, at.item, picture),
				offset: `0x${offset.toString(16).padStart(5, '0')}`,
				writers: known?.writers ?? writers,
				writer: writers === 'its peer' && part === 'peer' ? at.item : null,
				fields: [...(known?.fields ?? []), ...fieldsOf(at.name, value, host)],
				earlier: isOwner
					? (picture.before.get(index) ?? []).map((each) => fieldsOf('owner', each, host))
					: (known?.earlier ?? []),
				owner: word ? word.owner : (known?.owner ?? null),
				nobodyRuns: word?.state === OwnerState.handoff || (known?.nobodyRuns ?? false),
				fenced: (at.name === 'fence' && value !== 0n) || (known?.fenced ?? false),
				taken: [...(known?.taken ?? []), ...taken].sort((a, b) => a.number - b.number)
			}
		});
	}
	return [...rows.values()].sort((a, b) => a.first - b.first).map(({ row }) => row);
}

/** What was done without touching a line: a step inside a host, a crash, a whim of a cache. */
export const besideLines = (picture: SuperpagePicture): readonly Taken[] =>
	picture.taken.filter(({ index }) => index === null);

/** Whether the far form is used: one row for each VM. */
export const FAR_VMS = 5;
export const vmsIn = (picture: SuperpagePicture): number[] =>
	[...picture.words].flatMap(([index, value]) => {
		const at = wordAt(index);
		return at?.name === 'owner' && value !== 0n && at.item < SUPERPAGE_PARTS.vm.count
			? [at.item]
			: [];
	});
