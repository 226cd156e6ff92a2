import type { PageAnswer, Rung } from '../../engine/contract/queries.ts';

export const SPACES = ['gva', 'gpa', 'hva', 'hpa', 'dpa'] as const;
export type Space = (typeof SPACES)[number];

/** One box of the waterfall: where an address stands and whose it is. */
export interface Box {
	readonly host: string | null;
	readonly running: boolean;
	readonly address: string | null;
	readonly note: string;
}

export interface Step {
	readonly space: Space;
	readonly short: string;
	readonly words: string;
	/** One box: the address is the same for both. Two: each host has its own. */
	readonly boxes: readonly Box[];
	/** Table that leads here from above. */
	readonly by: string;
	readonly closing: boolean;
}

const WORDS: Record<Space, string> = {
	gva: 'virtual, in the guest',
	gpa: 'physical, in the guest',
	hva: 'QEMU',
	hpa: 'host',
	dpa: 'device physical'
};

/** The column says which host it is; the note need not. */
const withoutHost = (note: string): string => note.replace(/,? (on|of) host \S+/u, '');

/** The five rungs: wide, wide, split, split, and closed again where both hosts meet on one device address. `live`: whose side it is. */
export function waterfall(answer: PageAnswer, live: string | null = null): Step[] {
	const at = (host: PageAnswer['hosts'][number], space: Space): Rung | undefined =>
		host.rungs.find((rung) => rung.space === space);
	return SPACES.map((space) => {
		const all = answer.hosts.map((host) => {
			const rung = at(host, space);
			return {
				host: host.host,
				running: live === null ? host.running : host.host === live,
				address: rung?.address ?? null,
				note: withoutHost(rung?.note ?? '')
			};
		});
		const by =
			answer.hosts.map((host) => at(host, space)?.by ?? '').find((name) => name !== '') ?? '';
		const guests = space === 'gva' || space === 'gpa';
		const closing = space === 'dpa' && answer.sameDeviceAddress;
		const one = guests || closing || all.every((box) => box.address === null);
		const first = all.find((box) => box.address !== null) ?? all[0];
		return {
			space,
			short: space.toUpperCase(),
			words: WORDS[space],
			boxes: one && first ? [{ ...first, host: null }] : all,
			by,
			closing
		};
	});
}

/** The same as a text, for people who do not see the figure. */
export function waterfallWords(answer: PageAnswer): string {
	return waterfall(answer)
		.map((step) => {
			const boxes = step.boxes
				.map((box) => {
					const whose = box.host === null ? '' : `host ${box.host} `;
					return `${whose}${box.address ?? 'none'}`;
				})
				.join(', ');
			const same = step.closing ? ', the same for both hosts' : '';
			return `${step.short}, ${step.words}: ${boxes}${same}.`;
		})
		.join(' ');
}
