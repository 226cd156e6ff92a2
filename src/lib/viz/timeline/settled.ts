import { formatNumber } from '../../base/format.ts';
import { REASONS, type ReasonId } from '../../engine/contract/reasons.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import { operationOf } from '../describe/moment.ts';

/** The sentence of a reason; a reason that we do not know speaks for itself. */
export function reasonSentence(reason: string | null): string | null {
	if (reason === null) return null;
	return reason in REASONS ? REASONS[reason as ReasonId].sentence : reason;
}

/** What stands below the clock at the right end of the controls. */
export function settledWords(status: WorldStatus, playing: boolean): string {
	const operation = operationOf(status);
	if (!operation)
		return callWords(status) ?? (playing ? 'nothing is moving' : 'settled, nothing is moving');
	if (operation.state !== 'running')
		return operation.state === 'completed' ? 'migration completed' : `migration ${operation.state}`;
	const batch = operation.batch;
	if (batch && batch.direction !== 'stream' && batch.endNs > status.nowNs)
		return `${formatNumber(batch.pages)} pages on the way`;
	const span = operation.phases.at(-1);
	const head = (span?.label ?? operation.phase).split(/[:,]/)[0] ?? '';
	// The steps of RDMA have the letters of the list that they come from.
	const label = /^[a-e]$/.test(head) ? 'preparation' : head;
	return playing ? label : `settled in ${label}`;
}

/** Of Linux machines: calls that have not come back. One that waits for something tries again and again. */
function callWords({ machines }: WorldStatus): string | null {
	const running = machines.flatMap((machine) =>
		machine.calls.filter((call) => call.state === 'running')
	);
	if (running.length === 0) return null;
	if (running.some((call) => call.waitingFor !== null && call.tries > 1))
		return 'a call keeps trying';
	return running.length === 1 ? 'a call runs' : `${formatNumber(running.length)} calls run`;
}
