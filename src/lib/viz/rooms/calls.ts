import type { CallStatus } from '../../engine/contract/machine-status.ts';

/** What calls say about one memory block: the walk that empties it now, and the last refusal that still stands. */
export interface BlockCalls {
	/** Writes to its files that still run, newest first. */
	readonly running: CallStatus | null;
	/** Its last write ended with this error, and nothing has gone well since. */
	readonly refused: CallStatus | null;
}

const NONE: BlockCalls = { running: null, refused: null };

/** Number of the memory block whose sysfs file a call writes, or null. */
export function blockOfCall(call: CallStatus): number | null {
	const found = /\/memory\/memory(\d+)\/(?:state|online)\b/.exec(call.text);
	return found ? Number(found[1]) : null;
}

/** Calls by the memory block that they write to. */
export function callsByBlock(calls: readonly CallStatus[]): ReadonlyMap<number, CallStatus[]> {
	const byBlock = new Map<number, CallStatus[]>();
	for (const call of calls) {
		const block = blockOfCall(call);
		if (block === null) continue;
		const own = byBlock.get(block);
		if (own) own.push(call);
		else byBlock.set(block, [call]);
	}
	return byBlock;
}

/** `own`: calls that write to files of this block, oldest first. */
export function blockCalls(own: readonly CallStatus[] | undefined): BlockCalls {
	if (own === undefined) return NONE;
	const running = own.findLast((call) => call.state === 'running') ?? null;
	const last = own.findLast((call) => call.state === 'done');
	return {
		running,
		refused: running === null && last !== undefined && last.errno !== null ? last : null
	};
}

/** Refused in the moment in which it was asked. */
export const isAtOnce = (call: CallStatus): boolean => call.endNs === call.startNs;
