import { byteAddress, formatAddress, type Dpa, type Hpa } from '../../base/address.ts';
import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { HostRecord } from '../state/records.ts';

/**
 * The G-FAM translation (CXL 4.0 7.7.2.4) of the two-host worlds, whose pool is one device with one decoder entry per host: it
 * takes that host's own base away, and two hosts reach the same byte by different addresses. The same as `gfd/decode.ts` with
 * one entry and no interleave (tests/property/gfam.test.ts holds them together), once per page and therefore without a list;
 * decision 15 says why that pool is no device of the fabric's records.
 */
export function toDpa(host: HostRecord, hpa: Hpa): Outcome<Dpa, 'not-switched'> {
	const { hpaBase, dpaBase, bytes } = host.decoder;
	const offset = hpa - hpaBase;
	if (offset < 0 || offset >= bytes) return refused('not-switched', `host ${host.id}: no decoder claims ${formatAddress(hpa)}`);
	return ok(byteAddress(dpaBase + offset, 'DPA') as Dpa);
}

/** The address by which `host` reaches a device address, or a refusal when its decoder does not cover it. */
export function toHpa(host: HostRecord, dpa: Dpa): Outcome<Hpa, 'not-switched'> {
	const { hpaBase, dpaBase, bytes } = host.decoder;
	const offset = dpa - dpaBase;
	if (offset < 0 || offset >= bytes)
		return refused('not-switched', `host ${host.id}: device address ${formatAddress(dpa)} is behind no decoder`);
	return ok(byteAddress(hpaBase + offset, 'HPA') as Hpa);
}

export const frameToDpa = (frame: number): Dpa => (frame * PAGE_BYTES) as Dpa;
export const dpaToFrame = (dpa: Dpa): number => Math.floor(dpa / PAGE_BYTES);
