import { formatBytesBinary, formatNs } from '../../base/format.ts';
import type { FabricGuestStatus, FabricStatus } from '../../engine/contract/fabric-status.ts';
import { hostTitle } from './extents-scene.ts';
import { tagFace } from './tags.ts';

/** VMs of a fabric and what their programs have before them, in words. */

/** What its program is doing, short enough for a card. */
export function programWords(guest: FabricGuestStatus): string {
	if (guest.state === 'lost') return 'lost with its host';
	if (guest.state === 'stopped') return 'stands still';
	if (guest.doing === 'saving') return 'saves its data';
	switch (guest.program) {
		case 'none':
			return guest.moves > 0 || guest.tag !== null ? 'has let its device go' : 'has no device';
		case 'opening':
			return 'takes its device';
		case 'closing':
			return 'lets its device go';
		case 'absent':
			return 'its memory is absent';
		default:
			return guest.finds === 'its data'
				? 'works on its data'
				: guest.finds === 'zeroes'
					? 'finds zeroes'
					: 'finds other data than it wrote';
	}
}

/** What goes on between two hosts, or null. */
export function wayWords(guest: FabricGuestStatus, nowNs: number): string | null {
	if (guest.to === null) return null;
	const left = guest.dueNs === null ? '' : `, ${formatNs(Math.max(0, guest.dueNs - nowNs))} left`;
	if (guest.doing === 'copying') return `its data are copied${left}`;
	return guest.state === 'stopped'
		? `stopped${left}`
		: `${formatBytesBinary(guest.ramBytes)} of its own memory${left}`;
}

/** The engine's reason with the short form of a tag that stands beside it. */
export const reasonWords = (guest: FabricGuestStatus): string | null =>
	guest.reason === null || guest.tag === null
		? guest.reason
		: guest.reason.replace(guest.tag, tagFace(guest.tag).digits);

export function guestsWords(fabric: FabricStatus, nowNs: number): string {
	if (fabric.guests.length === 0) return 'No VM runs in this fabric.';
	const hosts = fabric.hosts.map((host) => {
		const dax = host.dax.map(
			(each) =>
				`${each.id} of ${formatBytesBinary(each.bytes)}${each.tag === null ? '' : ` under ${tagFace(each.tag).words}`}, ${each.state}`
		);
		return `${hostTitle(host.id)} has ${dax.length === 0 ? 'nothing of the pool' : dax.join(' and ')}.`;
	});
	const guests = fabric.guests.map((guest) => {
		const way = wayWords(guest, nowNs);
		return [
			`${guest.id} is on ${hostTitle(guest.host)}`,
			...(way === null || guest.to === null
				? []
				: [`on its way to ${hostTitle(guest.to)}: ${way}`]),
			`its program ${programWords(guest)}`,
			...(guest.reason === null ? [] : [reasonWords(guest) ?? '']),
			`${formatBytesBinary(guest.copiedBytes)} of its data were copied`
		].join(', ');
	});
	return [...guests.map((each) => `${each}.`), ...hosts].join(' ');
}
