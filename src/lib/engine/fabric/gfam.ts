import { byteAddress, type Dpa, type Hpa } from '../../base/address.ts';
import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { HostRecord } from '../state/records.ts';

/**
 * The G-FAM style translation (CXL 4.0 7.7.2.4): the device has one decoder entry per requester and takes that host's own
 * base away. Two hosts reach the same byte by different host physical addresses. Interleave, SAT and several decoders per
 * requester come with the fabric's own issue.
 */
export function toDpa(host: HostRecord, hpa: Hpa): Outcome<Dpa, 'not-switched'> {
	const { hpaBase, dpaBase, bytes } = host.decoder;
	const offset = hpa - hpaBase;
	if (offset < 0 || offset >= bytes) return refused('not-switched', `host ${host.id}: no decoder claims 0x${hpa.toString(16)}`);
	return ok(byteAddress(dpaBase + offset, 'DPA') as Dpa);
}

/** The address by which `host` reaches a device address, or a refusal when its decoder does not cover it. */
export function toHpa(host: HostRecord, dpa: Dpa): Outcome<Hpa, 'not-switched'> {
	const { hpaBase, dpaBase, bytes } = host.decoder;
	const offset = dpa - dpaBase;
	if (offset < 0 || offset >= bytes)
		return refused('not-switched', `host ${host.id}: device address 0x${dpa.toString(16)} is behind no decoder`);
	return ok(byteAddress(hpaBase + offset, 'HPA') as Hpa);
}

export const frameToDpa = (frame: number): Dpa => (frame * PAGE_BYTES) as Dpa;
export const dpaToFrame = (dpa: Dpa): number => Math.floor(dpa / PAGE_BYTES);
