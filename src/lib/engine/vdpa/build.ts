import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { BLOCK_BYTES, GIB, PAGE_BYTES } from '../../base/units.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { VmScenario } from '../contract/scenario/schema.ts';
import type { NicScenario } from '../contract/scenario/vdpa-schema.ts';
import { NEEDS, SWITCH_STRATEGIES, unmetNeeds, type SwitchChoice } from '../contract/vdpa/choice.ts';
import { VDPA_PRESETS } from '../contract/vdpa/figures.ts';
import { BACKEND_FEATURES, DEVICE_KINDS, type DeviceTraits } from '../contract/vdpa/kinds.ts';
import { openStream } from '../sim/streams.ts';
import type { NicGuestRecord, NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { contextOf } from './context.ts';
import { newEnd } from './ends.ts';
import { layoutOf } from './listener/layout.ts';
import { newQueues, newTraffic, openQueues } from './queues/port.ts';
import { tellWrongMaps } from './promise.ts';
import { planOf } from './switching/plan.ts';
import { runAtOnce } from './switching/run.ts';

/** The devices of every VM as the scenario describes them, opened and started: what happened before the first moment. */
export function buildNics(world: World): Outcome<null, ReasonId> {
	for (const [index, vm] of world.scenario.vms.entries()) {
		if (!vm.vdpa) continue;
		const built = buildGuest(world, index, vm, vm.vdpa);
		if (!built.ok) return built;
	}
	return ok(null);
}

function buildGuest(world: World, index: number, vm: VmScenario, vdpa: NonNullable<VmScenario['vdpa']>): Outcome<null, ReasonId> {
	const where = `vms[${index}].vdpa`;
	const maxBytes = vdpa.maxBytes ?? vm.bytes;
	if (maxBytes < vm.bytes) return refused('bad-scenario', `${where}.maxBytes: less than the VM has`);
	if (maxBytes % BLOCK_BYTES !== 0) return refused('bad-scenario', `${where}.maxBytes: not a multiple of 2 MiB`);
	if (vm.populatedBytes !== undefined && vm.populatedBytes < vm.bytes)
		return refused('bad-scenario', `vms[${index}].populatedBytes: a vDPA device pins all memory of its VM, so all of it is populated`);
	const layout = layoutOf(vm.bytes, maxBytes, vdpa.slots);
	const guest: NicGuestRecord = {
		vm: index,
		pages: vm.pages,
		sections: layout.sections,
		maxAddress: layout.maxAddress,
		deviceBase: layout.deviceBase,
		deviceEnd: layout.deviceEnd,
		freeSlots: vdpa.slots,
		memlockPages: vdpa.memlockBytes === null ? null : Math.floor(vdpa.memlockBytes / PAGE_BYTES),
		pinnedPages: [0, 0],
		hotplugWhileMigrating: vdpa.hotplugWhileMigrating,
		viommu: vdpa.viommu,
		proposals: vdpa.proposals,
		giova: [],
		corruptedGfns: [],
		jobs: [],
		then: null
	};
	world.r.vdpa.guests.push(guest);
	for (const [at, scenario] of vdpa.nics.entries()) {
		if (world.r.vdpa.nics.some((nic) => nic.id === scenario.id))
			return refused('bad-scenario', `${where}.nics[${at}].id: "${scenario.id}" is used twice`);
		const built = buildNic(world, guest, scenario, world.r.vdpa.nics.length);
		if (!built.ok) return refused(built.reason, `${where}.nics[${at}]: ${built.detail}`);
	}
	return ok(null);
}

function buildNic(world: World, guest: NicGuestRecord, scenario: NicScenario, nicIndex: number): Outcome<null, ReasonId> {
	const { vm } = guest;
	const traits: DeviceTraits = { ...DEVICE_KINDS[scenario.kind].traits, ...defined(scenario.traits) };
	if (scenario.iovaLast <= scenario.iovaFirst) return refused('bad-scenario', 'iovaLast: not above iovaFirst');
	const choice: SwitchChoice = { ...SWITCH_STRATEGIES[scenario.strategy].choice, ...defined(scenario.choice) };
	const [unmet] = unmetNeeds(choice, traits, guest);
	if (unmet !== undefined) return refused('need-not-met', `${scenario.strategy} needs ${NEEDS[unmet]}`);
	const changed = Object.keys(defined(scenario.choice)).length > 0;
	const record = world.r.vms[vm] as { id: string; instances: [number, number] };
	const nic: NicRecord = {
		id: scenario.id,
		vm,
		kind: scenario.kind,
		traits,
		queuePairs: scenario.queuePairs,
		ringEntries: scenario.ringEntries,
		controlQueue: scenario.controlQueue,
		controlEntries: scenario.controlEntries,
		iovaFirst: scenario.iovaFirst,
		iovaLast: scenario.iovaLast,
		strategy: changed ? null : scenario.strategy,
		choice,
		preset: scenario.preset,
		figures: { ...VDPA_PRESETS[scenario.preset].figures, ...defined(scenario.figures) },
		alwaysShadow: scenario.alwaysShadow,
		features: scenario.features,
		acknowledged: acknowledgedBits(choice, traits),
		hvaOffset: nicIndex * GIB,
		ends: [null, null],
		change: null,
		changes: [],
		nextChangeId: 1,
		generation: 0,
		queues: newQueues(world, scenario),
		traffic: newTraffic(scenario.traffic, openStream(world, `nic/${scenario.id}/buffers`)),
		wrongAccesses: [],
		wrongCount: 0,
		faultCount: 0,
		broken: null
	};
	world.r.vdpa.nics.push(nic);
	nic.ends[0] = newEnd(nic, record.instances[0], 0);
	openQueues(world, nic);
	for (const kind of ['init', 'start'] as const) {
		const context = contextOf(world, nicIndex, 0);
		const { end } = context;
		const done = runAtOnce(context, kind, planOf(kind, { guest, nic, end }, false), world.scenario.hosts[end.host]?.id ?? '');
		nic.changes.push(done);
		tellWrongMaps(guest, nic);
		// An error of a map is words on QEMU's standard error, no more: the VM runs, and the change keeps what was said.
	}
	return ok(null);
}

/** What QEMU acknowledges: what 10.2.2 does, and what the choice cannot do without. */
export function acknowledgedBits(choice: SwitchChoice, traits: DeviceTraits): number[] {
	const wanted = new Set<string>(BACKEND_FEATURES.filter((feature) => feature.qemu).map((feature) => feature.name));
	if (!traits.suspend) wanted.delete('SUSPEND');
	if (choice.rings === 'own-asid' && traits.descriptorGroup) wanted.add('DESC_ASID');
	if (choice.maps === 'identity' && traits.keepsMap) wanted.add('IOTLB_PERSIST');
	if (choice.maps === 'identity' && !traits.keepsMap && traits.resume) wanted.add('RESUME');
	return BACKEND_FEATURES.filter((feature) => wanted.has(feature.name)).map((feature) => feature.bit);
}

/** Without what is undefined: an optional field that was left out changes nothing. */
export function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
