import {
	answerArrives,
	BI_RULES,
	dataArrives,
	requestArrives,
	snoopArrives,
	type BiKind,
	type BiRequest,
	type BiRules,
	type Copy,
	type CopyState,
	type Ground,
	type Want
} from './back-invalidate.ts';

/** Lines of a coherent device as plain values, for explorers: copies, medium, requests, and every message under way. */
export interface BiMessage {
	readonly kind: BiKind;
	readonly host: string;
	readonly want?: Want;
	readonly store?: number;
	readonly state?: CopyState;
}
export interface BiLine<V> {
	readonly copies: readonly Copy<V>[];
	readonly media: V;
	readonly requests: readonly BiRequest[];
	/** In any order: nothing is promised between channels. */
	readonly flying: readonly BiMessage[];
}

export const emptyLine = <V>(media: V): BiLine<V> => ({ copies: [], media, requests: [], flying: [] });

/** Something a rule did that those who wait for it want to hear of. */
export type Heard<V> = (request: BiRequest, copy: Copy<V>) => void;

/** Runs a rule on a copy of the line. `stored` says what a store makes of what the line held. */
export function onGround<V>(
	line: BiLine<V>,
	stored: (host: string, store: number, held: V) => V,
	heard: Heard<V>,
	act: (ground: Ground<V>) => void
): BiLine<V> {
	let copies = [...line.copies];
	let { media } = line;
	let requests = line.requests.map((request) => ({ ...request }));
	const flying = [...line.flying];
	act({
		copies: () => copies,
		put: (host, copy) => {
			copies = [...copies.filter((each) => each.host !== host), ...(copy === null ? [] : [copy])];
		},
		media: () => media,
		writeBack: (_host, value) => {
			media = value;
		},
		requests: () => requests,
		addRequest: (request) => {
			requests.push(request);
			return request;
		},
		removeRequest: (request) => {
			requests = requests.filter((each) => each !== request);
		},
		send: (kind, host, { state }) => {
			flying.push({ kind, host, ...(state ? { state } : {}) });
		},
		stored: ({ host, store }, held) => stored(host, store, held),
		served: heard
	});
	return inOrder({ copies, media, requests, flying });
}

/** Who holds what and what flies has no order: one writing for one state. */
function inOrder<V>(line: BiLine<V>): BiLine<V> {
	const text = (value: unknown): string => JSON.stringify(value);
	return {
		...line,
		copies: [...line.copies].sort((a, b) => (a.host < b.host ? -1 : 1)),
		flying: [...line.flying].sort((a, b) => (text(a) < text(b) ? -1 : 1))
	};
}

/** A host asks for a line. */
export const withRequest = <V>(line: BiLine<V>, host: string, want: Want, store: number): BiLine<V> =>
	inOrder({ ...line, flying: [...line.flying, { kind: 'MemRd', host, want, store }] });

/** One of the messages arrives. */
export function arrives<V>(
	line: BiLine<V>,
	index: number,
	stored: (host: string, store: number, held: V) => V,
	heard: Heard<V>,
	rules: BiRules = BI_RULES
): BiLine<V> {
	const message = line.flying[index] as BiMessage;
	const rest = { ...line, flying: line.flying.filter((_, at) => at !== index) };
	return onGround(rest, stored, heard, (ground) => {
		switch (message.kind) {
			case 'MemRd':
				return requestArrives(ground, { host: message.host, want: message.want ?? 'shared', store: message.store ?? 0 }, rules);
			case 'BISnpData':
			case 'BISnpInv':
				return snoopArrives(ground, message.host, message.kind, rules);
			case 'BIRsp':
				return answerArrives(ground, message.host);
			case 'MemData':
				return dataArrives(ground, message.host, message.state ?? 'shared', rules);
		}
	});
}

/** What flies, in words. */
export const messageWords = ({ kind, host, want, state }: BiMessage): string => {
	switch (kind) {
		case 'MemRd':
			return `MemRd of ${host} reaches the device: ${want === 'exclusive' ? 'it wants to own the line' : 'it wants to read'}`;
		case 'BISnpData':
			return `BISnpData reaches ${host}: it writes back what it changed and keeps the line to read`;
		case 'BISnpInv':
			return `BISnpInv reaches ${host}: it gives the line up`;
		case 'BIRsp':
			return `BIRsp of ${host} reaches the device`;
		case 'MemData':
			return `MemData reaches ${host}: the line is ${state ?? 'shared'}`;
	}
};
