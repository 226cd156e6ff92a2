import cancelledSwitch from './cancelled-switch.json' with { type: 'json' };
import identityHoleCollision from './identity-hole-collision.json' with { type: 'json' };
import ownAsid from './own-asid.json' with { type: 'json' };
import pinEarly from './pin-early.json' with { type: 'json' };
import switchToday from './switch-today.json' with { type: 'json' };

/** VMs with vDPA network devices, in the order in which they are offered. */
export const VDPA_SCENARIOS: readonly { readonly id: string; readonly scenario: unknown }[] = [
	switchToday,
	ownAsid,
	identityHoleCollision,
	cancelledSwitch,
	pinEarly
].map((scenario) => ({ id: scenario.id, scenario }));
