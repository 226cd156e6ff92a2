/**
 * Hardware-managed coherence of one line, message by message (CXL 4.0 chapter 3 coarsely, reference 5.2): a load or store that
 * misses asks the device (MemRd), the device snoops whoever holds the line (BISnpData for a load, BISnpInv for a store), waits
 * for every answer (BIRsp) and grants the line (MemData). Each arrival is one step of whoever gets it (decision D13). A second
 * request for a line waits for the first one's end, in place of BIConflict (our simplification).
 *
 * The rules know no world: a running fabric and the explorer lend them their ground. `V` is what a line holds.
 */
export type CopyState = 'shared' | 'exclusive' | 'modified';
export interface Copy<V> {
	readonly host: string;
	readonly state: CopyState;
	readonly value: V;
}

export type BiKind = 'MemRd' | 'BISnpData' | 'BISnpInv' | 'BIRsp' | 'MemData';
export type Want = 'shared' | 'exclusive';

/** A request that the device works on, or one that waits for it. */
export interface BiRequest {
	readonly host: string;
	readonly want: Want;
	/** What the host stores once it owns the line; 0: it loads. */
	readonly store: number;
	waitingFor: string[];
	queued: boolean;
}

/** One line: its copies, what the medium holds, requests in order of arrival, and messages. */
export interface Ground<V, R extends BiRequest = BiRequest> {
	readonly copies: () => readonly Copy<V>[];
	readonly put: (host: string, copy: Copy<V> | null) => void;
	readonly media: () => V;
	readonly writeBack: (host: string, value: V) => void;
	readonly requests: () => readonly R[];
	readonly addRequest: (request: BiRequest) => R;
	readonly removeRequest: (request: R) => void;
	/** From or to the device; `to` says which host. `state`: of the line that MemData brings. */
	readonly send: (
		kind: BiKind,
		host: string,
		about: { readonly request: R | null; readonly state?: CopyState; readonly kept?: boolean }
	) => void;
	/** The host stores into a line that it owns: what it holds then. */
	readonly stored: (request: { readonly host: string; readonly store: number }, held: V) => V;
	/** A request has been served. */
	readonly served: (request: R, copy: Copy<V>) => void;
}

/** Each part of the protocol that a mutant may leave out (tests/exhaustive). */
export interface BiRules {
	/** Whoever holds the line is snooped. */
	readonly snoops: boolean;
	/** The line is granted when every answer is there. */
	readonly waits: boolean;
	/** A changed line is written back before the answer. */
	readonly writesBack: boolean;
	/** BISnpInv takes the copy away. */
	readonly invalidates: boolean;
	/** A second request waits for the first. */
	readonly queues: boolean;
}
export const BI_RULES: BiRules = { snoops: true, waits: true, writesBack: true, invalidates: true, queues: true };

const active = <V, R extends BiRequest>(ground: Ground<V, R>): R | undefined => ground.requests().find((each) => !each.queued);
const copyOf = <V, R extends BiRequest>(ground: Ground<V, R>, host: string): Copy<V> | null =>
	ground.copies().find((copy) => copy.host === host) ?? null;

/** MemRd has come to the device. */
export function requestArrives<V, R extends BiRequest>(
	ground: Ground<V, R>,
	asked: { readonly host: string; readonly want: Want; readonly store: number },
	rules: BiRules = BI_RULES
): void {
	const busy = rules.queues && active(ground) !== undefined;
	const request = ground.addRequest({ ...asked, waitingFor: [], queued: busy });
	if (!busy) begin(ground, request, rules);
}

function begin<V, R extends BiRequest>(ground: Ground<V, R>, request: R, rules: BiRules): void {
	const holders = rules.snoops
		? ground
				.copies()
				.filter((copy) => copy.host !== request.host && (request.want === 'exclusive' || copy.state !== 'shared'))
				.map((copy) => copy.host)
		: [];
	request.waitingFor = rules.waits ? holders : [];
	for (const host of holders) ground.send(request.want === 'exclusive' ? 'BISnpInv' : 'BISnpData', host, { request });
	if (request.waitingFor.length === 0) grant(ground, request);
}

/** A snoop has come to a host: a changed line is written back, then kept as shared or given up. */
export function snoopArrives<V, R extends BiRequest>(
	ground: Ground<V, R>,
	host: string,
	kind: 'BISnpData' | 'BISnpInv',
	rules: BiRules = BI_RULES
): void {
	const copy = copyOf(ground, host);
	if (copy?.state === 'modified' && rules.writesBack) ground.writeBack(host, copy.value);
	if (copy && kind === 'BISnpInv' && rules.invalidates) ground.put(host, null);
	else if (copy) ground.put(host, { ...copy, state: 'shared' });
	ground.send('BIRsp', host, { request: null, kept: kind === 'BISnpData' });
}

/** An answer has come to the device. */
export function answerArrives<V, R extends BiRequest>(ground: Ground<V, R>, host: string): void {
	const request = active(ground);
	if (!request?.waitingFor.includes(host)) return;
	nobodyAnswers(ground, request, host);
}

/** Nobody waits for this host any more: it has answered, or it is gone. */
export function nobodyAnswers<V, R extends BiRequest>(ground: Ground<V, R>, request: R, host: string): void {
	request.waitingFor = request.waitingFor.filter((each) => each !== host);
	if (request.waitingFor.length === 0 && !request.queued) grant(ground, request);
}

function grant<V, R extends BiRequest>(ground: Ground<V, R>, request: R): void {
	const others = ground.copies().some((copy) => copy.host !== request.host);
	ground.send('MemData', request.host, { request, state: request.want === 'exclusive' || !others ? 'exclusive' : 'shared' });
}

/** The line has come: it is installed, the store that waited for it happens, and the next request for it begins. */
export function dataArrives<V, R extends BiRequest>(ground: Ground<V, R>, host: string, state: CopyState, rules: BiRules = BI_RULES): void {
	const request = rules.queues ? active(ground) : ground.requests().find((each) => each.host === host);
	// What was granted before a crash and comes after the next boot is no answer to what was asked since.
	if (!request || request.host !== host || request.waitingFor.length > 0) return;
	// A host that asked twice owns the line already when the second grant comes: what it changed meanwhile stays.
	const before = copyOf(ground, host);
	let copy: Copy<V> = before && before.state !== 'shared' ? before : { host, state, value: ground.media() };
	if (request.store > 0) copy = { host, state: 'modified', value: ground.stored(request, copy.value) };
	ground.put(host, copy);
	ground.served(request, copy);
	endRequest(ground, request, rules);
}

export function endRequest<V, R extends BiRequest>(ground: Ground<V, R>, request: R, rules: BiRules = BI_RULES): void {
	ground.removeRequest(request);
	const next = ground.requests()[0];
	if (!next?.queued) return;
	next.queued = false;
	begin(ground, next, rules);
}

/** The line leaves a cache by itself: a changed one is written back. */
export function leaves<V, R extends BiRequest>(ground: Ground<V, R>, host: string): void {
	const copy = copyOf(ground, host);
	if (!copy) return;
	if (copy.state === 'modified') ground.writeBack(host, copy.value);
	ground.put(host, null);
}
