import type { RuleId } from '../../contract/rules.ts';
import type { DeviceRecord, PeerRecord, RegionRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { isAccessible } from '../dcd/lists.ts';
import { isPoisoned } from '../dcd/poison.ts';
import { GFD_SPACE, readExtent } from '../dcd/rows.ts';
import { findExtent } from '../dcd/tree.ts';
import { resolve } from './resolve.ts';
import type { Resolved } from './resolved.ts';

/**
 * What a load gives and a store does, in live and in dead places (CXL 4.0 Table 8-117, 9.13.3, 7.7.2.4; QEMU 11.1.3 as
 * measured). Order of the questions: does the way end early, is the address assigned to this host, is it poisoned, may it
 * be written.
 */
export type AccessKind =
	| 'data'
	| 'written'
	| 'all-ones'
	| 'poison'
	| 'dropped'
	| 'access-error'
	| 'exception'
	/** QEMU's own: the transaction fails. */
	| 'memtx-error';

export interface AccessEffect {
	readonly kind: AccessKind;
	readonly says: string;
	readonly rule: RuleId;
	/** Byte of the media that answers, or −1. */
	readonly media: number;
}
export type Direction = 'load' | 'store';

export function whatHappens(world: World, host: string, hpa: number, direction: Direction): AccessEffect {
	return effectOf(world, host, resolve(world, host, hpa), direction);
}

/** The same for an address that has been resolved. */
export function effectOf(world: World, host: string, way: Resolved, direction: Direction): AccessEffect {
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	if (!way.ok) return endedEffect(peer, way, direction);
	const device = world.r.fabric.devices[way.device] as DeviceRecord;
	const place = assignedMedia(world, way.device, way.ld, way.dpa);
	if (place < 0) {
		if (device.profile === 'qemu111')
			return {
				kind: 'memtx-error',
				says: 'QEMU fails the transaction (MEMTX_ERROR); the guest reads 0 or a bus error',
				rule: 'dead-qemu',
				media: -1
			};
		return dead(peer, direction, 'hdm-unassigned', 'nothing is assigned to this host there');
	}
	const poisoned = isPoisoned(world, way.device, way.ld < 0 ? GFD_SPACE : way.ld, way.dpa);
	const region = regionAt(device, way.ld, way.dpa);
	if (direction === 'store' && region?.readOnly)
		return {
			kind: 'dropped',
			says: 'dropped without a word, a completion comes back: the region is read-only',
			rule: 'hdm-read-only',
			media: place
		};
	if (poisoned)
		return direction === 'load'
			? { kind: 'poison', says: 'data with poison: a machine check for whoever uses it', rule: 'hdm-poison', media: place }
			: { kind: 'written', says: 'a write of the whole line clears its poison', rule: 'hdm-poison', media: place };
	return direction === 'load'
		? { kind: 'data', says: 'what is stored there', rule: 'hdm-access', media: place }
		: { kind: 'written', says: 'is stored', rule: 'hdm-access', media: place };
}

/** Media behind a device address that this logical device may reach; −1 for what is free, offered, or cut off. */
export function assignedMedia(world: World, device: number, ld: number, dpa: number): number {
	const record = world.r.fabric.devices[device];
	if (!record) return -1;
	if (ld >= 0 && dpa < record.staticBytes) return ld * record.staticBytes + dpa;
	const row = findExtent(world, device, ld < 0 ? GFD_SPACE : ld, dpa);
	if (row < 0 || !isAccessible(world, row)) return -1;
	const extent = readExtent(world, row);
	return extent.media + (dpa - extent.dpa);
}

function regionAt(device: DeviceRecord, ld: number, dpa: number): RegionRecord | null {
	const regions: readonly RegionRecord[] = ld < 0 ? (device.gfd?.partitions ?? []) : (device.lds[ld]?.regions ?? []);
	return regions.find((region) => dpa >= region.baseDpa && dpa < region.baseDpa + region.bytes) ?? null;
}

function endedEffect(peer: PeerRecord | undefined, way: Extract<Resolved, { ok: false }>, direction: Direction): AccessEffect {
	switch (way.at) {
		case 'link-down':
		case 'absent':
			return direction === 'load'
				? {
						kind: 'exception',
						says: `the root port answers by itself with an exception such as poison: ${way.says}`,
						rule: 'hdm-isolation',
						media: -1
					}
				: { kind: 'dropped', says: `the root port makes up a completion: ${way.says}`, rule: 'hdm-isolation', media: -1 };
		case 'no-gdt':
		case 'many-gdt':
		case 'no-group':
		case 'no-access':
			return direction === 'load'
				? { kind: 'access-error', says: `an access error comes back: ${way.says}`, rule: 'gfam-error', media: -1 }
				: { kind: 'access-error', says: `the write fails and is reported later: ${way.says}`, rule: 'gfam-error', media: -1 };
		case 'no-window':
		case 'no-decoder':
		case 'no-segment':
		case 'unbound':
			return dead(peer, direction, 'hdm-miss', way.says);
	}
}

function dead(peer: PeerRecord | undefined, direction: Direction, rule: RuleId, why: string): AccessEffect {
	if (direction === 'store') return { kind: 'dropped', says: `dropped without a word, a completion comes back: ${why}`, rule, media: -1 };
	return peer?.poisonOnDecodeError
		? { kind: 'poison', says: `poison, as this host asked for: ${why}`, rule, media: -1 }
		: { kind: 'all-ones', says: `all ones (0xFF…FF), no fault: ${why}`, rule, media: -1 };
}
