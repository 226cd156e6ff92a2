import { floorDiv, maskParity } from '../../../base/address.ts';
import { MIB } from '../../../base/units.ts';
import type { PeerRecord, WindowRecord } from '../../state/fabric-records.ts';
import { codeOfGranularity, codeOfWays } from './encoding.ts';

/** Fixed memory windows of a host (CEDT CFMWS): static for the life of the boot, an address belongs to at most one. */
const UNIT = 256 * MIB;
const LIMIT = 2 ** 52;
/** CXIMS masks that an XOR window needs, by ways at the root (Linux 7.3.4 drivers/cxl/acpi.c). */
const MASKS_NEEDED: Readonly<Record<number, number>> = { 1: 0, 2: 1, 3: 0, 4: 2, 6: 1, 8: 3, 12: 2, 16: 4 };

export function windowOf(peer: PeerRecord, hpa: number): WindowRecord | null {
	for (const window of peer.windows) if (hpa >= window.baseHpa && hpa < window.baseHpa + window.bytes) return window;
	return null;
}

/** Linux ignores a window that fails one of these (drivers/cxl/acpi.c cxl_acpi_cfmws_verify); null = it is used. */
export function windowProblem(window: WindowRecord, others: readonly WindowRecord[], rootWays: number): string | null {
	if (window.baseHpa % UNIT !== 0) return 'EINVAL: the base of a window is a multiple of 256 MiB';
	if (window.bytes === 0 || window.bytes % UNIT !== 0) return 'EINVAL: the size of a window is a multiple of 256 MiB, not 0';
	if (window.baseHpa + window.bytes > LIMIT) return 'EINVAL: a window ends below 2^52';
	if (new Set(window.targets).size !== window.targets.length) return 'EINVAL: a window names each of its targets once';
	if (codeOfWays(rootWays) === null) return `EINVAL: no window has ${rootWays} ways: 1, 2, 4, 8, 16, 3, 6 or 12`;
	if (codeOfGranularity(window.granularity) === null) return 'EINVAL: a granularity is 256 B doubled up to six times, at most 16 KiB';
	if (window.bytes % (rootWays * UNIT) !== 0) return `EINVAL: a window of ${rootWays} ways is a multiple of ${rootWays} × 256 MiB`;
	const needed = MASKS_NEEDED[rootWays] ?? 0;
	if (window.arithmetic === 'xor' && window.xorMasks.length < needed)
		return `EINVAL: XOR over ${rootWays} ways needs ${needed} mask${needed === 1 ? '' : 's'}, ${window.xorMasks.length} given`;
	for (const other of others)
		if (other !== window && window.baseHpa < other.baseHpa + other.bytes && other.baseHpa < window.baseHpa + window.bytes)
			return 'EINVAL: an address belongs to at most one window: two of them overlap';
	return null;
}

/**
 * The address as the modulo of an XOR window sees it: for each mask the lowest bit in it becomes the parity of all bits in it.
 * Doing it twice gives the address back (Linux 7.3.4 drivers/cxl/acpi.c cxl_do_xormap_calc).
 */
export function xorView(window: Pick<WindowRecord, 'arithmetic' | 'xorMasks'>, rootWays: number, hpa: number): number {
	if (window.arithmetic === 'modulo') return hpa;
	let view = hpa;
	for (const mask of masksInUse(window, rootWays)) {
		const bit = lowestBit(mask);
		const now = floorDiv(view, bit) % 2;
		view += (maskParity(view, mask) - now) * bit;
	}
	return view;
}

/** Those of a window's masks that its ways at the root need; none with modulo. */
export const masksInUse = (window: Pick<WindowRecord, 'arithmetic' | 'xorMasks'>, rootWays: number): readonly number[] =>
	window.arithmetic === 'modulo' ? [] : window.xorMasks.slice(0, MASKS_NEEDED[rootWays] ?? 0);

function lowestBit(mask: number): number {
	let bit = 1;
	while (mask !== 0 && floorDiv(mask, bit) % 2 === 0) bit *= 2;
	return bit;
}

/** Which host bridge the root picks. */
export function rootIndex(window: Pick<WindowRecord, 'arithmetic' | 'xorMasks' | 'granularity'>, rootWays: number, hpa: number): number {
	return Math.floor(xorView(window, rootWays, hpa) / window.granularity) % rootWays;
}
