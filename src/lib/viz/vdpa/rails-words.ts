import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary, formatNumber } from '../../base/format.ts';
import type {
	DeviceEndStatus,
	NicGuestStatus,
	NicStatus
} from '../../engine/contract/vdpa/status.ts';
import { bandsToDraw, offsetWords, ringsWithoutPlace, type DrawnBand } from './rails-scene.ts';

/** The rails in sentences. */

const WHAT = {
	ram: 'RAM',
	dimm: 'a DIMM',
	ring: 'rings of QEMU',
	control: 'buffers of the control queue'
} as const;

export function bandWords(band: DrawnBand): string {
	if (band.many)
		return `${offsetWords(band)} from device address ${formatAddress(band.iova)} to ${formatAddress(band.iova + band.bytes)}, for the guest anywhere from ${formatAddress(band.many.from)} to ${formatAddress(band.many.to)}, ${formatNumber(band.pinnedPages)} pages pinned`;
	const where = `${formatBytesBinary(band.bytes)} of ${WHAT[band.what]} at device address ${formatAddress(band.iova)}`;
	const space = band.asid === 0 ? '' : `, address space ${band.asid}`;
	const pins =
		band.pinnedPages === 0
			? ', nothing pinned'
			: `, ${formatNumber(band.pinnedPages)} pages pinned`;
	if (band.gpa === null) return `${where}${space}${pins}`;
	const from =
		band.kind === 'identity'
			? ', the same number as for the guest'
			: `, for the guest ${formatAddress(band.gpa)} (${offsetWords(band)})`;
	return `${where}${from}${space}${pins}${band.wrong ? '. Wrong: the device would reach other bytes than the guest means' : ''}`;
}

export function railsWords(
	nic: NicStatus,
	guest: NicGuestStatus,
	end: DeviceEndStatus | null
): string {
	if (!end)
		return `${nic.id} has no device here; the guest has ${guest.sections.length} sections of memory.`;
	const mode = end.svq ? 'through shadow queues of QEMU' : 'on the guest’s own rings';
	if (end.bands.length === 0)
		return `${nic.id} on ${end.host}: nothing is mapped, the device reaches no memory.`;
	const without = ringsWithoutPlace(nic) === null ? '' : ' The rings of QEMU have no place.';
	return `${nic.id} on ${end.host}, ${mode}. ${bandsToDraw(end.bands).bands.map(bandWords).join('; ')}.${without}`;
}

/** What a slanted map would do if shadow queues went off now; null while nothing is slanted or they are off. */
export function offNowWords(end: DeviceEndStatus): string | null {
	const shifted = end.svq ? end.bands.find((band) => band.kind === 'shifted') : undefined;
	if (!shifted || shifted.gpa === null) return null;
	const off = formatBytesBinary(Math.abs(shifted.iova - shifted.gpa));
	return `The device would read the guest’s ring itself and take its addresses as its own: ${off} off, bytes of ${WHAT[shifted.what]} wrong.`;
}
