import fourWays from './four-ways-two-hosts.json' with { type: 'json' };
import gfdTwoHosts from './gfd-two-hosts.json' with { type: 'json' };
import logOverflow from './log-overflow.json' with { type: 'json' };
import offerAcceptUseRelease from './offer-accept-use-release.json' with { type: 'json' };
import pooledMld from './pooled-mld-behind-a-switch.json' with { type: 'json' };
import recallFourHosts from './recall-four-hosts.json' with { type: 'json' };
import silentHost from './silent-host.json' with { type: 'json' };
import specAgainstQemu from './spec-against-qemu.json' with { type: 'json' };
import twoHostsShare from './two-hosts-share-a-tag.json' with { type: 'json' };
import vmWithTaggedExtents from './vm-with-tagged-extents.json' with { type: 'json' };
import waysOfAWindow from './ways-of-a-window.json' with { type: 'json' };

/** Fabrics and their dynamic capacity, in the order in which they are offered. */
export const FABRIC_SCENARIOS: readonly { readonly id: string; readonly scenario: unknown }[] = [
	offerAcceptUseRelease,
	twoHostsShare,
	pooledMld,
	gfdTwoHosts,
	fourWays,
	waysOfAWindow,
	recallFourHosts,
	logOverflow,
	silentHost,
	specAgainstQemu,
	vmWithTaggedExtents
].map((scenario) => ({ id: scenario.id, scenario }));
