import { catalogueScenario } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import type { NicGuestStatus, NicStatus } from '../../src/lib/engine/contract/vdpa/status.ts';
import { Simulation } from '../../src/lib/engine/index.ts';

/** Worlds of the catalogue with one vDPA device, at a moment of their course. */
export function nicSimulation(id: string, untilNs: number): Simulation {
	const opened = Simulation.open({ scenario: catalogueScenario(id), limitBytes: 2e9 });
	if (!opened.ok) throw new Error(opened.detail);
	opened.value.advance(untilNs);
	return opened.value;
}

export function firstNic(simulation: Simulation): { nic: NicStatus; guest: NicGuestStatus } {
	const { vdpa } = simulation.status();
	const [nic] = vdpa?.nics ?? [];
	const guest = vdpa?.guests.find((one) => one.vm === nic?.vm);
	if (!nic || !guest) throw new Error('the world has no vDPA device');
	return { nic, guest };
}
