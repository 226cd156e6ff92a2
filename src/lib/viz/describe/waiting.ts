import { formatNumber } from '../../base/format.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { OperationStatus, WorldStatus } from '../../engine/contract/status.ts';
import { operationOf } from './moment.ts';

/** A move that stands still because somebody else holds a page: who waits, and for which page. */
export interface Waiting {
	readonly sentence: string;
	readonly vm: string;
	readonly gfn: number;
	/** How long this try lasts: too short for the eye while a run plays fast. */
	readonly lastsNs: number;
}

/**
 * A batch without pages is a folio that was put back: it has an extra reference, and page migration tries it again later
 * (Linux 7.2.13 mm/migrate.c, ten passes).
 */
export function waitingFor(status: WorldStatus): Waiting | null {
	const operation = operationOf(status);
	const batch = operation?.batch ?? null;
	if (operation?.state !== 'running' || batch === null || batch.pages > 0) return null;
	return {
		sentence: sentenceOf(operation, batch.firstGfn),
		vm: operation.vm,
		gfn: batch.firstGfn,
		lastsNs: batch.endNs - batch.beginNs
	};
}

function sentenceOf(operation: OperationStatus, gfn: number): string {
	const what =
		gfn % PAGES_PER_BLOCK === 0
			? `the folio that begins at page ${formatNumber(gfn)}`
			: `page ${formatNumber(gfn)}`;
	const tries = operation.retriedFolios;
	return `The migration of ${operation.vm} waits: somebody holds a pin on ${what}. It is put back and tried again${tries > 1 ? `, ${formatNumber(tries)} retries so far` : ''}.`;
}
