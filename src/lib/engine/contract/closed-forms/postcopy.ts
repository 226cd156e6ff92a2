import { exp, expm1, ln1p } from '../../../base/exact-math.ts';
import { PAGE_BYTES } from '../../../base/units.ts';

/**
 * F7: pure post-copy. The stream pushes V/B seconds; at x = t/T the guest runs at 1/(1 + c(1−x)) with
 * c = (D/4096)·fault/vCPUs, on average at ln(1+c)/c. Source: cost model F7 (our own model; the fault time is an estimate).
 */
export function postcopy(guest: {
	readonly memoryBytes: number;
	readonly bandwidthGBps: number;
	readonly touchedGBps: number;
	readonly vcpus: number;
	readonly faultS: number;
	readonly downtimeS: number;
}): {
	readonly pushS: number;
	readonly stallRatio: number;
	readonly meanProgress: number;
	readonly totalS: number;
	readonly lostWorkS: number;
	readonly networkBytes: number;
} {
	const pushS = guest.memoryBytes / (guest.bandwidthGBps * 1e9);
	const pagesPerSecond = (guest.touchedGBps * 1e9) / PAGE_BYTES;
	const stallRatio = (pagesPerSecond * guest.faultS) / guest.vcpus;
	const meanProgress = stallRatio === 0 ? 1 : ln1p(stallRatio) / stallRatio;
	return {
		pushS,
		stallRatio,
		meanProgress,
		totalS: pushS + guest.downtimeS,
		lostWorkS: pushS * (1 - meanProgress),
		networkBytes: guest.memoryBytes
	};
}

/**
 * Share of a working set that faults when each page is first touched at random while an even push arrives:
 * 1 − (1 − e^−x)/x with x = touches per page during the push. Hines and Gopalan (VEE 2009) report at most 21 %.
 * Source: live-migration reference 4, our own model; an upper bound, because blocked guests touch less.
 */
export function postcopyFaultFraction(touchesPerPage: number): number {
	if (touchesPerPage === 0) return 0;
	return 1 + expm1(-touchesPerPage) / touchesPerPage;
}

/**
 * The same share when requests take their time from the one wire that the push uses, too: each page crosses once, so that
 * 1 − t/T is missing at t. Up to x = 1 that makes x/2; above it the wire carries nothing but requests until 1/x is missing,
 * and 1 − 1/(2x) is asked for in all. Source: our own model, open loop like the one above.
 */
export function postcopyFaultFractionOneWire(touchesPerPage: number): number {
	return touchesPerPage <= 1 ? touchesPerPage / 2 : 1 - 1 / (2 * touchesPerPage);
}

/** Time of one fault: a round trip, one page, its handling, and what is queued ahead of it on the wire. */
export function postcopyFaultS(fault: {
	readonly roundTripS: number;
	readonly pageBytes: number;
	readonly bandwidthGBps: number;
	readonly handlingS: number;
	readonly backlogBytes: number;
}): number {
	return fault.roundTripS + fault.handlingS + (fault.pageBytes + fault.backlogBytes) / (fault.bandwidthGBps * 1e9);
}

/**
 * One pre-copy pass, then post-copy of what was dirtied meanwhile, W(1 − e^(−D·t/W)).
 * Source: live-migration reference 4, our own model.
 */
export function hybrid(guest: {
	readonly memoryBytes: number;
	readonly bandwidthGBps: number;
	readonly dirtyGBps: number;
	readonly workingSetBytes: number;
}): {
	readonly precopyS: number;
	readonly pushS: number;
	readonly totalS: number;
	readonly networkBytes: number;
} {
	const precopyS = guest.memoryBytes / (guest.bandwidthGBps * 1e9);
	const writtenPerPage = (guest.dirtyGBps * 1e9 * precopyS) / guest.workingSetBytes;
	const pushBytes = guest.workingSetBytes * (1 - exp(-writtenPerPage));
	const pushS = pushBytes / (guest.bandwidthGBps * 1e9);
	return { precopyS, pushS, totalS: precopyS + pushS, networkBytes: guest.memoryBytes + pushBytes };
}
