import cancelledSwitch from './cancelled-switch.json' with { type: 'json' };
import identityHoleCollision from './identity-hole-collision.json' with { type: 'json' };
import keysOneByOne from './keys-one-by-one.json' with { type: 'json' };
import memlockTooSmall from './memlock-too-small.json' with { type: 'json' };
import movableEviction from './movable-eviction.json' with { type: 'json' };
import ownAsid from './own-asid.json' with { type: 'json' };
import pinEarly from './pin-early.json' with { type: 'json' };
import switchToday from './switch-today.json' with { type: 'json' };
import viommuNic from './viommu-nic.json' with { type: 'json' };

/** VMs with vDPA network devices, in the order in which they are offered. */
export const VDPA_SCENARIOS: readonly { readonly id: string; readonly scenario: unknown }[] = [
	switchToday,
	ownAsid,
	keysOneByOne,
	identityHoleCollision,
	cancelledSwitch,
	pinEarly,
	memlockTooSmall,
	movableEviction,
	viommuNic
].map((scenario) => ({ id: scenario.id, scenario }));
