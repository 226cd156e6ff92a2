import type { FabricMessageStatus, FabricStatus } from '../../engine/contract/fabric-status.ts';
import { tagFace, type TagFace } from './tags.ts';

/** Messages in the order in which they were sent, between three columns: manager, device, hosts. */
export type Column = 'manager' | 'device' | 'hosts';
export const COLUMNS: readonly Column[] = ['manager', 'device', 'hosts'];

export interface MessageRow {
	readonly message: FabricMessageStatus;
	readonly from: Column;
	readonly to: Column;
	/** The host at the end of the arrow, if one is there. */
	readonly host: string | null;
	readonly label: string;
	readonly tag: TagFace | null;
	/** The answer's row follows the message's own. */
	readonly answer: string | null;
	/** 0 … 1 of the way; 1 once it has arrived. */
	readonly share: number;
}

export function columnOf(name: string, fabric: FabricStatus): Column {
	if (fabric.hosts.some((host) => host.id === name)) return 'hosts';
	if (name === 'fm' || name === 'orchestrator') return 'manager';
	return 'device';
}

const SHORT: readonly (readonly [RegExp, string])[] = [
	[/Initiate Dynamic Capacity /i, ''],
	[/Dynamic Capacity /i, ''],
	[/ Capacity/i, ''],
	[/ Response$/i, ' answer'],
	[/^Get /i, 'Get ']
];
/** "5604h Initiate Dynamic Capacity Add" → "5604h Add". The full name is in the inspector. */
export function shortLabel(message: FabricMessageStatus): string {
	const bare = message.what.replace(new RegExp(`^${message.opcode}\\s*`), '');
	const short = SHORT.reduce((text, [pattern, word]) => text.replace(pattern, word), bare).trim();
	return [message.opcode, short].filter(Boolean).join(' ');
}

/** The newest that fit, oldest first, and how many are older. */
export function messageRows(
	fabric: FabricStatus,
	nowNs: number,
	most: number
): { readonly rows: readonly MessageRow[]; readonly earlier: number } {
	const rows: MessageRow[] = [];
	let used = 0;
	let taken = 0;
	for (let at = fabric.messages.length - 1; at >= 0; at -= 1) {
		const message = fabric.messages[at] as FabricMessageStatus;
		const high = message.answer === null ? 1 : 2;
		if (used + high > most) break;
		used += high;
		taken += 1;
		const from = columnOf(message.from, fabric);
		const to = columnOf(message.to, fabric);
		const span = message.arriveNs - message.sentNs;
		rows.unshift({
			message,
			from,
			to,
			host: to === 'hosts' ? message.to : from === 'hosts' ? message.from : null,
			label: shortLabel(message),
			tag: message.tag === null ? null : tagFace(message.tag),
			answer: message.answer,
			share:
				message.state === 'arrived' || span <= 0
					? 1
					: Math.min(1, Math.max(0, (nowNs - message.sentNs) / span))
		});
	}
	return { rows, earlier: fabric.messages.length - taken };
}
