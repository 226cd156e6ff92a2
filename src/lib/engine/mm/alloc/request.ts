import type { GfpClass, ZoneWish } from './gfp.ts';

/** What a page allocation asks for (Linux 7.2.13 include/linux/gfp_types.h; policies and callers fill it in). */
export interface AllocRequest {
	readonly os: number;
	readonly gfp: GfpClass;
	/** Default: that of the class. */
	readonly order?: number;
	/** Node whose list is walked: where a policy wants the page, or the local node. */
	readonly node: number;
	readonly nodemask: readonly number[] | null;
	/** __GFP_THISNODE. */
	readonly thisNode?: boolean;
	/** __GFP_RETRY_MAYFAIL: no OOM kill. */
	readonly retryMayfail?: boolean;
	/** No direct reclaim and no OOM kill: demotion, promotion, a first try that has another behind it. */
	readonly noReclaim?: boolean;
	/** Made inside a long-term pin: PF_MEMALLOC_PIN. */
	readonly pinning?: boolean;
	/** Who asks: its CPU decides what numastat calls local. */
	readonly process?: string;
	readonly zoneWish?: ZoneWish;
	/** The area asked for huge pages (MADV_HUGEPAGE): a huge page may then come from another node and by reclaim. */
	readonly advised?: boolean;
	/** The request follows an interleaving policy: a hit on `node` counts as interleave_hit. */
	readonly interleaved?: boolean;
}
