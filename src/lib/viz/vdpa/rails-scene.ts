import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary, formatNumber } from '../../base/format.ts';
import type {
	BandStatus,
	DeviceEndStatus,
	NicGuestStatus,
	NicStatus
} from '../../engine/contract/vdpa/status.ts';

/**
 * Guest addresses and device addresses side by side. Both rails share one scale, so that a map of equal numbers lies
 * horizontal; the scale is not true to size: 64 KiB of rings would vanish beside 6 GiB.
 */
export interface RailPiece {
	readonly from: number;
	readonly bytes: number;
	readonly y: number;
	readonly height: number;
	readonly what: 'ram' | 'dimm' | 'ring' | 'control';
	readonly label: string;
}

/** A band, or several maps of single pages that could not be told apart: then where they begin and end for the guest. */
export interface DrawnBand extends BandStatus {
	readonly many?: { readonly count: number; readonly from: number; readonly to: number };
}

export interface PlacedBand {
	readonly band: DrawnBand;
	/** Edges on the guest's rail, null where no guest address names it; and on the device's. */
	readonly left: readonly [number, number] | null;
	readonly right: readonly [number, number];
	/** "identity", "+ 64 KiB", "rings". */
	readonly says: string;
}

export interface Tick {
	readonly y: number;
	readonly label: string;
}

export interface RailsScene {
	readonly guest: readonly RailPiece[];
	readonly device: readonly RailPiece[];
	/** Rings with an address space of their own: a rail beside. */
	readonly own: readonly RailPiece[];
	readonly bands: readonly PlacedBand[];
	readonly ticks: readonly Tick[];
	/** More bands than can be told apart were put together. */
	readonly merged: boolean;
	/** Where each of them begins on the device's rail, as a strip: how densely it is mapped. Empty while nothing is put together. */
	readonly density: readonly number[];
	readonly top: number;
	readonly bottom: number;
}

/** More than so many bands are put together by kind; a shifted one never joins an identity. */
const MOST_BANDS = 12;
const MIB = 2 ** 20;

/** An address without leading noise: whole GiB as such, anything else in hexadecimal digits. */
export function addressLabel(address: number): string {
	return address % 2 ** 30 === 0
		? address === 0
			? '0'
			: formatBytesBinary(address)
		: formatAddress(address);
}

/** How far a map is from being one of equal numbers. */
export function offsetWords(band: Pick<DrawnBand, 'gpa' | 'iova' | 'kind' | 'many'>): string {
	if (band.many) return `${formatNumber(band.many.count)} maps`;
	if (band.gpa === null) return 'rings';
	if (band.kind === 'identity') return 'identity';
	const offset = band.iova - band.gpa;
	return `${offset > 0 ? '+' : '−'} ${formatBytesBinary(Math.abs(offset))}`;
}

/** How far the device's address is from the guest's; null for what the guest has no address of. */
const offsetOf = ({ gpa, iova }: BandStatus): number | null => (gpa === null ? null : iova - gpa);

/** Bands as they are, or put together when there are too many of them. */
export function bandsToDraw(bands: readonly BandStatus[]): {
	readonly bands: readonly DrawnBand[];
	readonly merged: boolean;
} {
	if (bands.length <= MOST_BANDS) return { bands, merged: false };
	const together: DrawnBand[] = [];
	for (const band of [...bands].sort((a, b) => a.asid - b.asid || a.iova - b.iova)) {
		const last = together.at(-1);
		const joins =
			last &&
			last.asid === band.asid &&
			last.kind === band.kind &&
			last.wrong === band.wrong &&
			offsetOf(last) === offsetOf(band);
		if (!last || !joins) together.push(band);
		else
			together[together.length - 1] = {
				...last,
				bytes: band.iova + band.bytes - last.iova,
				pinnedPages: last.pinnedPages + band.pinnedPages
			};
	}
	return { bands: together.length > MOST_BANDS ? fansOf(together) : together, merged: true };
}

/** Maps that lie side by side for the device and anywhere for the guest, each shifted by itself: one fan. A wrong one stays alone. */
function fansOf(bands: readonly DrawnBand[]): DrawnBand[] {
	const fans: DrawnBand[] = [];
	for (const band of bands) {
		const last = fans.at(-1);
		const loose = (one: DrawnBand): boolean => one.kind === 'shifted' && !one.wrong;
		if (
			!last ||
			last.gpa === null ||
			band.gpa === null ||
			last.asid !== band.asid ||
			!loose(last) ||
			!loose(band)
		) {
			fans.push(band);
			continue;
		}
		const many = last.many ?? { count: 1, from: last.gpa, to: last.gpa + last.bytes };
		const from = Math.min(many.from, band.gpa);
		fans[fans.length - 1] = {
			...last,
			gpa: from,
			bytes: band.iova + band.bytes - last.iova,
			pinnedPages: last.pinnedPages + band.pinnedPages,
			many: { count: many.count + 1, from, to: Math.max(many.to, band.gpa + band.bytes) }
		};
	}
	return fans;
}

interface Stretch {
	readonly from: number;
	readonly to: number;
	readonly weight: number;
}

/** Room of a stretch: memory by its logarithm, small things so that they can be seen, nothing at all a little. */
function weightOf(bytes: number, covered: boolean): number {
	if (!covered) return 0.35;
	if (bytes < MIB) return 0.8;
	return 1 + Math.min(2, Math.log2(bytes / MIB) / 8);
}

/** One place for each address, lowest at the bottom. */
function scaleOf(
	points: readonly number[],
	covered: (from: number, to: number) => boolean,
	top: number,
	bottom: number
) {
	const sorted = [...new Set(points)].sort((a, b) => a - b);
	const stretches: Stretch[] = [];
	for (let index = 1; index < sorted.length; index += 1) {
		const from = sorted[index - 1] as number;
		const to = sorted[index] as number;
		stretches.push({ from, to, weight: weightOf(to - from, covered(from, to)) });
	}
	const whole = stretches.reduce((sum, stretch) => sum + stretch.weight, 0) || 1;
	return (address: number): number => {
		let y = bottom;
		for (const stretch of stretches) {
			const height = (stretch.weight / whole) * (bottom - top);
			if (address >= stretch.to) y -= height;
			else if (address > stretch.from)
				return y - (height * (address - stretch.from)) / (stretch.to - stretch.from);
			else break;
		}
		return y;
	};
}

const inside = (from: number, to: number, at: number, bytes: number): boolean =>
	from >= at && to <= at + bytes;

/** `height`: room for the rails, pixels. */
export function railsScene(
	guest: NicGuestStatus,
	end: DeviceEndStatus | null,
	height: number
): RailsScene {
	const top = 8;
	const bottom = height - 8;
	const { bands, merged } = bandsToDraw(end?.bands ?? []);
	const main = bands.filter((band) => band.asid === 0);
	const points = [
		0,
		...guest.sections.flatMap((section) => [section.gpa, section.gpa + section.bytes]),
		...main.flatMap((band) => [band.iova, band.iova + band.bytes])
	];
	const covered = (from: number, to: number): boolean =>
		guest.sections.some((section) => inside(from, to, section.gpa, section.bytes)) ||
		main.some((band) => inside(from, to, band.iova, band.bytes));
	const y = scaleOf(points, covered, top, bottom);
	const piece = (
		from: number,
		bytes: number,
		what: RailPiece['what'],
		label: string,
		place = y
	): RailPiece => {
		const low = place(from);
		const high = place(from + bytes);
		return { from, bytes, what, label, y: high, height: Math.max(1, low - high) };
	};
	const rings = bands.filter((band) => band.asid !== 0);
	const ownScale = scaleOf(
		rings.flatMap((band) => [band.iova, band.iova + band.bytes]),
		() => true,
		top + (bottom - top) * 0.55,
		bottom
	);
	return {
		guest: guest.sections.map((section) =>
			piece(section.gpa, section.bytes, section.kind, section.kind === 'dimm' ? 'DIMM' : 'RAM')
		),
		device: main.map((band) => piece(band.iova, band.bytes, band.what, offsetWords(band))),
		own: rings.map((band) => piece(band.iova, band.bytes, band.what, 'rings', ownScale)),
		bands: bands.map((band) => {
			const place = band.asid === 0 ? y : ownScale;
			return {
				band,
				left:
					band.gpa === null
						? null
						: [y(band.many?.to ?? band.gpa + band.bytes), y(band.many?.from ?? band.gpa)],
				right: [place(band.iova + band.bytes), place(band.iova)],
				says: offsetWords(band)
			};
		}),
		ticks: ticksOf(guest, y),
		merged,
		density: merged
			? [
					...new Set(
						(end?.bands ?? [])
							.filter((band) => band.asid === 0)
							.map((band) => Math.round(y(band.iova) * 2) / 2)
					)
				]
			: [],
		top,
		bottom
	};
}

/** Borders of the sections; of two that would overlap on the screen the lower one gives way. */
function ticksOf(guest: NicGuestStatus, y: (address: number) => number): Tick[] {
	const ticks: Tick[] = [];
	const addresses = [
		...new Set(guest.sections.flatMap((section) => [section.gpa, section.gpa + section.bytes]))
	].sort((a, b) => b - a);
	for (const address of addresses) {
		const at = y(address);
		if (ticks.some((tick) => Math.abs(tick.y - at) < 14)) continue;
		ticks.push({ y: at, label: addressLabel(address) });
	}
	return ticks;
}

/** Rings for which no place was found: what the change under way, or the last one, says of them; null when all have one. */
export function ringsWithoutPlace(nic: Pick<NicStatus, 'change' | 'changes'>): string | null {
	const change = nic.change ?? nic.changes.at(-1);
	const error = change?.errors.find((one) => one.kernel.startsWith('no room for the rings'));
	return error?.kernel ?? null;
}
