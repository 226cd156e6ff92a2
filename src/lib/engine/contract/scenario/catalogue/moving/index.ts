import daxMapping from './dax-mapping.json' with { type: 'json' };
import deviceAtTheTarget from './device-at-the-target.json' with { type: 'json' };
import equalAndDifferentWindows from './equal-and-different-windows.json' with { type: 'json' };
import farMemory from './far-memory.json' with { type: 'json' };
import leaveItThere from './leave-it-there.json' with { type: 'json' };
import metadataWasLocal from './metadata-was-local.json' with { type: 'json' };
import noContiguousRun from './no-contiguous-run.json' with { type: 'json' };
import ownerIsNamed from './owner-is-named.json' with { type: 'json' };
import passedThroughDevice from './passed-through-device.json' with { type: 'json' };
import policyHolds from './policy-holds.json' with { type: 'json' };
import promotedAfterPublication from './promoted-after-publication.json' with { type: 'json' };
import promotedAndNoticed from './promoted-and-noticed.json' with { type: 'json' };
import quiesced from './quiesced.json' with { type: 'json' };
import registersWereLocal from './registers-were-local.json' with { type: 'json' };
import scatteredAndLive from './scattered-and-live.json' with { type: 'json' };
import scatteredPages from './scattered-pages.json' with { type: 'json' };
import secureGuest from './secure-guest.json' with { type: 'json' };
import silentTarget from './silent-target.json' with { type: 'json' };
import tablePerPage from './table-per-page.json' with { type: 'json' };
import tagTaken from './tag-taken.json' with { type: 'json' };
import targetTiersToo from './target-tiers-too.json' with { type: 'json' };
import threePins from './three-pins.json' with { type: 'json' };
import twoAllocators from './two-allocators.json' with { type: 'json' };
import unflushedLine from './unflushed-line.json' with { type: 'json' };
import windowOfAnother from './window-of-another.json' with { type: 'json' };
import windowTooHigh from './window-too-high.json' with { type: 'json' };

/** VMs that move by reference, and what people object to it, in the order of the objections. */
export const MOVING_SCENARIOS: readonly { readonly id: string; readonly scenario: unknown }[] = [
	secureGuest,
	passedThroughDevice,
	promotedAfterPublication,
	promotedAndNoticed,
	policyHolds,
	threePins,
	daxMapping,
	equalAndDifferentWindows,
	windowOfAnother,
	tablePerPage,
	scatteredPages,
	noContiguousRun,
	twoAllocators,
	targetTiersToo,
	quiesced,
	scatteredAndLive,
	ownerIsNamed,
	registersWereLocal,
	metadataWasLocal,
	farMemory,
	leaveItThere,
	deviceAtTheTarget,
	unflushedLine,
	windowTooHigh,
	silentTarget,
	tagTaken
].map((scenario) => ({ id: scenario.id, scenario }));
