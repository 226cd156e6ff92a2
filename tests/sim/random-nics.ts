import { GIB, MIB, PAGE_BYTES } from '../../src/lib/base/units.ts';
import { SWITCH_STRATEGIES, unmetNeeds, type SwitchStrategyId } from '../../src/lib/engine/contract/vdpa/choice.ts';
import { DEVICE_KINDS, type DeviceKind } from '../../src/lib/engine/contract/vdpa/kinds.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import { promisedIova, reachedHva } from '../support/nic-model.ts';
import type { Chance } from '../support/chance.ts';
import { nic, nicWorld, vdpa } from '../support/nics.ts';
import type { ScenarioFile } from '../support/worlds.ts';

/** Random small VMs with vDPA devices and what happens to their maps, both out of one seed. */

export const STRATEGIES = Object.keys(SWITCH_STRATEGIES) as SwitchStrategyId[];
export const KINDS = Object.keys(DEVICE_KINDS) as DeviceKind[];

/** Strategies whose needs a kind of device meets. */
export const strategiesOf = (kind: DeviceKind): readonly SwitchStrategyId[] =>
	STRATEGIES.filter(
		(id) => unmetNeeds(SWITCH_STRATEGIES[id].choice, DEVICE_KINDS[kind].traits, { viommu: false, proposals: true }).length === 0
	);

export function randomNicScenario(chance: Chance, kind: DeviceKind, strategy: SwitchStrategyId): ScenarioFile {
	const mib = 128;
	const second = chance.once(3)
		? [nic({ id: 'net1', kind: chance.pick(KINDS), strategy: 'full-remap', preset: 'ideal', queuePairs: 1 })]
		: [];
	return nicWorld({
		mib,
		pages: chance.pick(['thp', '4k']),
		hostMib: 768,
		nics: [
			nic({
				kind,
				strategy,
				preset: chance.pick(['seed2023', 'dt2024', 'ideal']),
				queuePairs: chance.whole(1, 2),
				ringEntries: chance.pick([64, 256]),
				controlQueue: chance.once(2),
				traffic: { packetsPerSecond: chance.pick([0, 200, 2000]) }
			}),
			...second
		],
		vdpa: {
			maxBytes: 1 * GIB,
			slots: 3,
			hotplugWhileMigrating: !chance.once(4),
			...(chance.once(4) ? { memlockBytes: (mib + chance.pick([1, 130, 192])) * MIB } : {})
		},
		more: { seed: chance.whole(0, 0x7fffffff), untilNs: 100e9 }
	});
}

/** What happens next; mostly something that can. */
export function randomNicCommand(chance: Chance, world: World): Record<string, unknown> & { readonly name: string } {
	const running = world.r.operations.some((one) => one.state === 'running');
	const [record] = world.r.vms;
	const target = record?.instances[record.running] === 0 ? 'B' : 'A';
	switch (chance.whole(0, 9)) {
		case 0:
		case 1:
			return vdpa('plug-dimm', { bytes: 128 * MIB });
		case 2:
		case 3:
			return vdpa('unplug-dimm');
		case 4:
			return running ? vdpa('fail-migration') : { name: 'migrate', vm: 'vm0', target, strategy: 'precopy' };
		case 5:
			return running ? { name: 'migrate-cancel', vm: 'vm0' } : vdpa('set-strategy', { strategy: chance.pick(STRATEGIES) });
		case 6:
			return vdpa('set-traffic', { packetsPerSecond: chance.pick([0, 200, 2000]) });
		case 7:
			return vdpa('live-update');
		default:
			return { name: 'migrate', vm: 'vm0', target, strategy: 'precopy', parameters: { maxBandwidthBytesPerSecond: 0 } };
	}
}

/** Guest pages that the device would reach wrongly, or not at all: first, last and middle page of each section, by a model of its own. */
export function misplacedPages(world: World): string[] {
	const [guest] = world.r.vdpa.guests;
	const wrong: string[] = [];
	for (const record of world.r.vdpa.nics)
		for (const end of record.ends) {
			if (!end?.kernel.open || !end.listener || !guest) continue;
			for (const section of guest.sections) {
				const pages = section.bytes / PAGE_BYTES;
				for (const page of [0, Math.floor(pages / 2), pages - 1]) {
					const iova = promisedIova(end, section, page * PAGE_BYTES);
					if (reachedHva(end, iova) !== section.hva[end.instance] + page * PAGE_BYTES)
						wrong.push(`${record.id} ${section.id} page ${page}`);
				}
			}
		}
	return wrong;
}
