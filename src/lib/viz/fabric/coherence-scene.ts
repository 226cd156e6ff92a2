import { formatAddress } from '../../base/address.ts';
import type {
	FabricLineStatus,
	FabricMessageStatus,
	FabricStatus
} from '../../engine/contract/fabric-status.ts';
import { hostTitle } from './extents-scene.ts';

/** One line of memory: what the device holds, and what hosts hold of it in their caches. */
export interface CachedRow {
	/** "mem0 0x1_0000_0000" */
	readonly key: string;
	readonly device: string;
	readonly at: number;
	readonly media: FabricLineStatus['media'];
	readonly newest: FabricLineStatus['newest'];
	/** One per host of the view, in their order; null where the host has no copy. */
	readonly copies: readonly (FabricLineStatus | null)[];
	/** The newest store has not reached the device. */
	readonly isBehind: boolean;
}

export interface CoherenceScene {
	readonly hosts: readonly { readonly id: string; readonly index: number }[];
	readonly rows: readonly CachedRow[];
	/** Lines beyond those that are shown. */
	readonly hidden: number;
	readonly ghosts: number;
	/** Snoops, reads and answers about lines, newest last. */
	readonly traffic: readonly FabricMessageStatus[];
}

const MOST_HOSTS = 6;

/** Ghosts first, then lines that are ahead of the device, then the rest by address; at most `most`. */
export function buildCoherence(fabric: FabricStatus, most: number): CoherenceScene {
	const caching = new Set(fabric.lines.map((line) => line.host));
	const hosts = fabric.hosts
		.toSorted((a, b) => Number(caching.has(b.id)) - Number(caching.has(a.id)) || a.index - b.index)
		.slice(0, MOST_HOSTS)
		.toSorted((a, b) => a.index - b.index)
		.map(({ id, index }) => ({ id, index }));
	const places = new Map<string, FabricLineStatus[]>();
	for (const line of fabric.lines) {
		const key = `${line.device} ${formatAddress(line.at)}`;
		places.set(key, [...(places.get(key) ?? []), line]);
	}
	const all = [...places].map(([key, lines]): CachedRow => {
		const first = lines[0] as FabricLineStatus;
		return {
			key,
			device: first.device,
			at: first.at,
			media: first.media,
			newest: first.newest,
			copies: hosts.map((host) => lines.find((line) => line.host === host.id) ?? null),
			isBehind: first.newest.version !== first.media.version
		};
	});
	const weight = (row: CachedRow): number =>
		row.copies.some((copy) => copy?.stale) ? 0 : row.isBehind ? 1 : 2;
	const ranked = all.toSorted((a, b) => weight(a) - weight(b) || a.at - b.at);
	return {
		hosts,
		rows: ranked.slice(0, most).toSorted((a, b) => a.device.localeCompare(b.device) || a.at - b.at),
		hidden: Math.max(0, all.length - most),
		ghosts: fabric.lines.filter((line) => line.stale).length,
		traffic: fabric.messages.filter(isTraffic)
	};
}

/** Messages of the coherency protocol, not of any mailbox. */
export const isTraffic = (message: FabricMessageStatus): boolean =>
	/^(BI|Mem|S2M|M2S)/.test(message.what) || /^(BI|Mem)/.test(message.opcode);

/** Something that was done to a line, as the engine's record says it. */
export interface Deed {
	readonly seq: number;
	readonly atNs: number;
	readonly text: string;
}

/** The newest that fit and have happened, oldest first. */
export const newestDeeds = (deeds: readonly Deed[], nowNs: number, most: number): readonly Deed[] =>
	deeds.filter((deed) => deed.atNs <= nowNs).slice(-most);

/** Who keeps the shown copies equal. `mayAct`: whoever looks can store and flush, and is told who has to; a lesson asks it. */
export function coherenceNote(fabric: FabricStatus, mayAct: boolean): string | null {
	if (!mayAct)
		return fabric.lines.some((line) => line.state !== 'clean' && line.state !== 'dirty')
			? 'The device keeps the copies equal: it asks others for theirs (BISnp) before it answers.'
			: null;
	return fabric.devices.some((device) => device.hardwareCoherent)
		? 'Where the device is coherent, it asks others for their copies (BISnp) before it answers; elsewhere nobody tells a cache that its copy is old.'
		: 'Nobody tells a cache that its copy is old: the writer flushes, the reader invalidates, or it reads a ghost.';
}

const STATES: Readonly<Record<FabricLineStatus['state'], string>> = {
	clean: 'clean copy',
	dirty: 'changed here, not flushed',
	shared: 'S, may be read',
	exclusive: 'E, may be written',
	modified: 'M, changed here'
};

export function copyWords(copy: FabricLineStatus): string {
	const leaving =
		copy.leaving === 'back'
			? ', being written back'
			: copy.leaving === 'drop'
				? ', being dropped'
				: '';
	const ghost = copy.stale ? `, stale: the newest store is ${valueWords(copy.newest)}` : '';
	return `${hostTitle(copy.host)}: ${valueWords({ writer: copy.writer, version: copy.value })}, ${STATES[copy.state]}${leaving}${ghost}`;
}

/** "A’s 3rd store" would promise an order of its own; the version counts all stores. */
export const valueWords = (held: { readonly writer: string; readonly version: number }): string =>
	held.version === 0 ? 'zeroes' : `store ${held.version} of ${held.writer}`;

export function coherenceWords(scene: CoherenceScene): string {
	if (scene.rows.length === 0) return 'No host caches a line of shared capacity.';
	return [
		...scene.rows.map(
			(row) =>
				`Line ${row.key}: the device holds ${valueWords(row.media)}${row.isBehind ? `, the newest is ${valueWords(row.newest)}` : ''}; ${row.copies
					.flatMap((copy) => (copy === null ? [] : [copyWords(copy)]))
					.join('; ')}`
		),
		...(scene.hidden > 0 ? [`${scene.hidden} more lines are not shown`] : [])
	]
		.map((sentence) => `${sentence}.`)
		.join(' ');
}
