import { MIB } from '../../../base/units.ts';
import { dpaBases } from '../address/decoders.ts';
import { waysOfCode } from '../address/encoding.ts';
import { regionIsOff } from '../address/region-off.ts';
import type { DcEventRecord, HdmDecoderRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import type { Entry } from '../dcd/entries.ts';
import { isAccessible } from '../dcd/lists.ts';
import { isSequence } from '../dcd/offer.ts';
import { deviceAt, ldAt, readExtent } from '../dcd/rows.ts';
import { overlapping } from '../dcd/tree.ts';

/**
 * What Linux accepts of an offer (DCD series v11, drivers/cxl/core/mbox.c, extent.c): per tag all or nothing. Each gate that
 * drops something says why in the host's log.
 */
const PMD_BYTES = 2 * MIB;

export interface Judged {
	readonly entries: readonly Entry[];
	/** Why extents are missing from the answer. */
	readonly dropped: readonly string[];
}

export function judge(world: World, peer: PeerRecord, device: number, ld: number, chain: readonly DcEventRecord[]): Judged {
	const groups = new Map<string, DcEventRecord[]>();
	for (const record of chain) groups.set(record.tag, [...(groups.get(record.tag) ?? []), record]);
	const entries: Entry[] = [];
	const dropped: string[] = [];
	for (const [tag, records] of groups) {
		const { survivors, reason } = judgeGroup(world, peer, device, ld, tag, records);
		if (reason !== null) dropped.push(`${tag === '' ? 'extents without a tag' : `tag ${tag}`}: ${reason}`);
		entries.push(...survivors);
	}
	return { entries, dropped };
}

function judgeGroup(
	world: World,
	peer: PeerRecord,
	device: number,
	ld: number,
	tag: string,
	records: readonly DcEventRecord[]
): { readonly survivors: readonly Entry[]; readonly reason: string | null } {
	const none = (reason: string): { survivors: Entry[]; reason: string } => ({ survivors: [], reason });
	if (tag !== '' && isLiveTag(world, peer, tag)) return none('this host has the tag already');
	if (!inSequence(records, tag)) return none('firmware bug: sequence numbers are neither all 0 nor 0 to n − 1');
	if (new Set(records.map((record) => record.region)).size > 1) return none('extents of more than one partition');
	if (records.some((record) => record.dpa % PMD_BYTES !== 0 || record.bytes % PMD_BYTES !== 0)) return none('not aligned to 2 MiB');
	const survivors: Entry[] = [];
	const reasons: string[] = [];
	for (const { dpa, bytes } of records) {
		const reason = extentProblem(world, peer, device, ld, dpa, bytes);
		if (reason === null) survivors.push({ dpa, bytes });
		else if (!reasons.includes(reason)) reasons.push(reason);
	}
	if (reasons.length === 0) return { survivors, reason: null };
	// A tag is one allocation: without one of its extents it is none.
	return tag === '' ? { survivors, reason: reasons.join(', ') } : none(reasons.join(', '));
}

/** Unique on the whole host, whichever device it comes from. */
function isLiveTag(world: World, peer: PeerRecord, tag: string): boolean {
	return world.r.fabric.tags.some((record) => record.tag === tag && record.holders.includes(peer.id));
}

function inSequence(records: readonly DcEventRecord[], tag: string): boolean {
	const numbers = records.map((record) => record.sequence);
	return tag === '' || numbers.every((number) => number === 0) || isSequence(numbers);
}

/** ENXIO of Linux in words; null: it can be used. */
function extentProblem(world: World, peer: PeerRecord, device: number, ld: number, dpa: number, bytes: number): string | null {
	const { decoders } = ldAt(world, device, ld);
	// A host whose windows nobody described maps everything: our simplification.
	if (peer.windows.length > 0 && !decodes(decoders, dpa, bytes)) return 'no decoder of a region holds it (ENXIO)';
	if (regionIsOff(world, peer, device, ld, dpa)) return 'the region is disabled (ENXIO)';
	const taken = overlapping(world, device, ld, dpa, bytes).filter((row) => isAccessible(world, row));
	if (taken.length === 0) return null;
	const same = taken.length === 1 ? readExtent(world, taken[0] as number) : null;
	return same && same.dpa === dpa && same.bytes === bytes ? null : `it overlaps what ${deviceAt(world, device).id} gave before (ENXIO)`;
}

function decodes(decoders: readonly HdmDecoderRecord[], dpa: number, bytes: number): boolean {
	const bases = dpaBases(decoders);
	return decoders.some((decoder, index) => {
		const base = bases[index] as number;
		return decoder.committed && dpa >= base && dpa + bytes <= base + decoder.bytes / (waysOfCode(decoder.ways) || 1);
	});
}
