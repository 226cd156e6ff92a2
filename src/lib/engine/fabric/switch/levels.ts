import type { SwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';

/** HBR switches below HBR switches: the upstream port of the lower one belongs to the host that the upper one binds it to. */
export const LOWER_VPPBS = 8;

export function lowerSwitch(world: World, one: SwitchRecord, port: number): SwitchRecord | null {
	const partner = one.ports[port]?.partner;
	return partner?.kind === 'switch' ? (world.r.fabric.switches.find((other) => other.id === partner.id) ?? null) : null;
}

/** The lower switch has a virtual switch for this host from now on. */
export function openLower(lower: SwitchRecord, above: SwitchRecord, host: string): void {
	const known = lower.virtualSwitches.find((virtual) => virtual.host === host);
	if (known) {
		known.enabled = true;
		return;
	}
	lower.virtualSwitches.push({
		host,
		upstreamPort: lower.ports.findIndex(({ partner }) => partner?.kind === 'switch' && partner.id === above.id),
		enabled: true,
		vppbs: Array.from({ length: LOWER_VPPBS }, () => ({ status: 0, port: -1, ld: -1 })),
		decoders: []
	});
}
