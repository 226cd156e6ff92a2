import { assert } from '../../../base/assert.ts';
import { exp } from '../../../base/exact-math.ts';

const GB = 1e9;

export interface LoopCase {
	readonly memoryBytes: number;
	readonly bandwidthGBps: number;
	readonly dirtyGBps: number;
	readonly workingSetBytes: number;
	readonly downtimeLimitS: number;
	readonly switchoverFixedS?: number;
	readonly autoConverge?: boolean;
	/** 'random' writes anywhere in the working set; 'sequential' goes round it and meets no page twice before its end. */
	readonly writer?: 'random' | 'sequential';
	/** When to give up; default 600 s. */
	readonly untilS?: number;
	/** How often it is asked whether the rest fits; default 10, the rate windows. QEMU asks after each slice of 50 ms, too. */
	readonly ticksPerSecond?: number;
}

export interface LoopResult {
	readonly converges: boolean;
	readonly totalS: number;
	readonly downtimeS: number;
	readonly sentBytes: number;
	/** Bitmap syncs: one in setup, one per exact test. The one after the stop is not counted. */
	readonly syncs: number;
	readonly throttle: number;
	/** What was left right after each sync, with its time: the curve of a picture. */
	readonly afterSync: readonly { readonly atS: number; readonly leftBytes: number }[];
}

/** QEMU's rate window (BUFFER_DELAY). */
const TICKS_PER_SECOND = 10;

/**
 * QEMU's pre-copy loop as a fluid, in ticks of 100 ms unless asked otherwise: what is sent is taken from cold and hot pages in proportion; when
 * less than bandwidth × limit is left, the dirty log is fetched, and the guest is stopped if it still fits.
 * Auto-converge: at the first sync of each period of at least 1 s, what the period's syncs brought anew is held
 * against half of what the period sent; two strikes throttle by 20 %, then 10 % more each time.
 * Source: live-migration reference 2 (QEMU 10.2.2 migration/migration.c, ram.c); the fluid form is ours.
 */
export function qemuLikeLoop(guest: LoopCase): LoopResult {
	const { memoryBytes, workingSetBytes } = guest;
	assert(workingSetBytes > 0 && workingSetBytes <= memoryBytes, 'a working set within the memory');
	const ticksPerSecond = guest.ticksPerSecond ?? TICKS_PER_SECOND;
	const perTick = (guest.bandwidthGBps * GB) / ticksPerSecond;
	const dirtyPerTick = (guest.dirtyGBps * GB) / ticksPerSecond;
	const limitBytes = guest.bandwidthGBps * GB * guest.downtimeLimitS;
	const fixedS = guest.switchoverFixedS ?? 0;
	const tickLimit = Math.floor((guest.untilS ?? 600) * ticksPerSecond);
	const sequential = guest.writer === 'sequential';

	let cold = memoryBytes - workingSetBytes;
	let hot = workingSetBytes;
	let sinceSync = 0;
	let sentBytes = 0;
	let syncs = 1;
	let throttle = 0;
	let strikes = 0;
	let periodTicks = 0;
	let periodSent = 0;
	let periodNew = 0;
	const afterSync: { atS: number; leftBytes: number }[] = [{ atS: 0, leftBytes: memoryBytes }];

	for (let tick = 1; tick <= tickLimit; tick += 1) {
		const before = cold + hot;
		const portion = Math.min(perTick, before);
		if (before > 0) {
			cold -= (portion * cold) / before;
			hot -= (portion * hot) / before;
		}
		sentBytes += portion;
		periodSent += portion;
		periodTicks += 1;
		const written = dirtyPerTick * (1 - throttle);
		sinceSync = sequential
			? Math.min(workingSetBytes, sinceSync + written)
			: workingSetBytes - (workingSetBytes - sinceSync) * exp(-written / workingSetBytes);

		if (cold + hot >= limitBytes) continue;
		// A random write may hit a page that is unsent anyway; a sequential one comes to pages sent long ago.
		const fresh = sequential ? Math.min(sinceSync, workingSetBytes - hot) : sinceSync * (1 - hot / workingSetBytes);
		hot += fresh;
		sinceSync = 0;
		syncs += 1;
		periodNew += fresh;
		// A throttle check needs a period of at least a second; two strikes, never reset by good periods.
		if (guest.autoConverge === true && periodTicks >= ticksPerSecond) {
			if (periodNew > periodSent / 2) strikes += 1;
			if (strikes === 2) {
				strikes = 0;
				throttle = throttle === 0 ? 0.2 : Math.min(0.99, throttle + 0.1);
			}
			periodTicks = 0;
			periodSent = 0;
			periodNew = 0;
		}
		const left = cold + hot;
		afterSync.push({ atS: tick / ticksPerSecond, leftBytes: left });
		if (left <= limitBytes) {
			const restS = left / (guest.bandwidthGBps * GB);
			return {
				converges: true,
				totalS: tick / ticksPerSecond + restS + fixedS,
				downtimeS: restS + fixedS,
				sentBytes: sentBytes + left,
				syncs,
				throttle,
				afterSync
			};
		}
	}
	return {
		converges: false,
		totalS: tickLimit / ticksPerSecond,
		downtimeS: Infinity,
		sentBytes,
		syncs,
		throttle,
		afterSync
	};
}
