import { CHEAPEST, CHOICE_IDS, CHOICES, type Design } from './design.ts';
import { FAULT_KINDS, HOSTS, MOST_FAULTS, UNTIL_S, type RackFault } from './faults.ts';

/**
 * A design, and faults that somebody chose against it, as the fragment of an address: "rack=pool.multi-headed.yes…" and
 * "break=crash-A-3.4,pause-C-15". Words, so that a link can be read and mended by hand.
 */
export interface RackLink {
	readonly design: Design;
	readonly faults: readonly RackFault[];
}

export function writeRackLink({ design, faults }: RackLink): string {
	const words = CHOICE_IDS.map((id) => design[id]).join('.');
	const broken = faults.map(
		(fault) =>
			`${fault.kind}-${fault.kind === 'lose-pool' ? 'pool' : (HOSTS[fault.host] ?? 'A')}-${fault.atS}`
	);
	return `rack=${words}${broken.length === 0 ? '' : `&break=${broken.join(',')}`}`;
}

const FAULT = new RegExp(
	`^(${FAULT_KINDS.join('|')})-(${HOSTS.join('|')}|pool)-(\\d+(?:\\.\\d)?)$`
);

/** From a fragment or a whole address; null when it is none of this page. */
export function readRackLink(text: string): RackLink | null {
	const parts = new URLSearchParams(text.trim().replace(/^[^#]*#/, ''));
	const words = parts.get('rack')?.split('.');
	if (words === undefined || words.length !== CHOICE_IDS.length) return null;
	const design: Record<string, string> = { ...CHEAPEST };
	for (const [at, id] of CHOICE_IDS.entries()) {
		const word = words[at] ?? '';
		if (!CHOICES[id].options.some((option) => option.id === word)) return null;
		design[id] = word;
	}
	const faults: RackFault[] = [];
	for (const each of (parts.get('break') ?? '').split(',').filter((one) => one !== '')) {
		const match = FAULT.exec(each);
		if (!match || faults.length >= MOST_FAULTS) return null;
		const [, kind = '', host = '', at = ''] = match;
		const atS = Number(at);
		if (atS > UNTIL_S || (host === 'pool') !== (kind === 'lose-pool')) return null;
		faults.push({
			kind: kind as RackFault['kind'],
			host: Math.max(0, (HOSTS as readonly string[]).indexOf(host)),
			atS
		});
	}
	return { design: design as Design, faults };
}
