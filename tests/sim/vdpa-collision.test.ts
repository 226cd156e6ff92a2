import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../src/lib/base/units.ts';
import type { SwitchStrategyId } from '../../src/lib/engine/contract/vdpa/choice.ts';
import type { BandStatus, NicStatus } from '../../src/lib/engine/contract/vdpa/status.ts';
import { INVARIANTS } from '../../src/lib/engine/whole/index.ts';
import { checkAll } from '../../src/lib/engine/sim/invariants.ts';
import { frameOf } from '../../src/lib/engine/mm/space/mapping.ts';
import { entriesOf, hvaBehind } from '../../src/lib/engine/vdpa/kernel/translate.ts';
import { gfnOfHva, gpaOfGfn } from '../../src/lib/engine/vdpa/queues/reach.ts';
import { migrate, open } from '../support/worlds.ts';
import { nic, nicWorld, vdpa } from '../support/nics.ts';

/**
 * Hotplug during a migration that then fails, as Si-Wei Liu describes it (S2), with the addresses of vDPA reference 16: q35, 4 GiB of
 * RAM, four slots, 16 GiB at most, two pairs of 256 and a control queue of 64.
 */
const DIMM = 0x1_8000_0000;
const worldWith = (strategy: SwitchStrategyId, more: Record<string, unknown> = {}) =>
	nicWorld({
		mib: 4096,
		hostMib: 8192,
		nics: [nic({ kind: 'mlx5', strategy, traffic: { packetsPerSecond: 2000 } })],
		vdpa: { maxBytes: 16 * GIB, slots: 4, hotplugWhileMigrating: true, ...more },
		more: { untilNs: 20e9 }
	});

const nicOf = (simulation: ReturnType<typeof open>): NicStatus => simulation.status().vdpa?.nics[0] as NicStatus;
const bandsOf = (simulation: ReturnType<typeof open>): readonly BandStatus[] => nicOf(simulation).ends[0]?.bands ?? [];
const band = (simulation: ReturnType<typeof open>, gpa: number) => bandsOf(simulation).find((one) => one.gpa === gpa);

/** Guest address that the device reaches at a device address, null for a fault. */
function reach(simulation: ReturnType<typeof open>, iova: number): number | null {
	const { vdpa: records } = simulation.world.r;
	const [record] = records.nics;
	const [guest] = records.guests;
	const end = record?.ends[0];
	if (!end || !guest) return null;
	const hva = hvaBehind(entriesOf(end, 0), iova, 2);
	return hva < 0 ? null : gpaOfGfn(guest.sections, gfnOfHva(guest.sections, 0, hva));
}

/** t0 to t3: a migration begins, a DIMM of 1 GiB comes, the target goes away, the device is back on the guest's rings. */
function play(strategy: SwitchStrategyId, failAfter = true) {
	const simulation = open(worldWith(strategy));
	simulation.send(migrate('precopy'));
	simulation.advance(10e9, Infinity, (world) => world.r.vms[0]?.status === 'active');
	const plugged = simulation.send(vdpa('plug-dimm', { bytes: GIB }));
	expect(plugged.ok).toBe(true);
	if (!failAfter) return simulation;
	simulation.advance(simulation.nowNs + 10e6);
	expect(simulation.send(vdpa('fail-migration')).ok).toBe(true);
	simulation.advance(simulation.nowNs + 10e9, Infinity, (world) => {
		const [record] = world.r.vdpa.nics;
		return record?.changes.at(-1)?.kind === 'to-passthrough' && record.change === null;
	});
	return simulation;
}

const AT_T2: readonly [SwitchStrategyId, number][] = [
	['full-remap', 0x1_0001_1000],
	['identity-hole', 0x1_8001_0000],
	['identity-high', DIMM],
	['identity-top', DIMM],
	['own-asid', DIMM],
	['rings-first', DIMM],
	['pin-early', 0x1_0001_1000],
	['parallel-maps', 0x1_0001_1000],
	['pin-call', 0x1_0001_1000]
];

describe('the DIMM while shadow virtqueues are on', () => {
	it.each(AT_T2)('%s maps it at %i', (strategy, iova) => {
		const simulation = play(strategy, false);
		// Pins of a call of their own belong to no map.
		expect(band(simulation, DIMM)).toMatchObject({ iova, bytes: GIB, pinnedPages: strategy === 'pin-call' ? 0 : 262_144, wrong: false });
		expect(nicOf(simulation).wrongMaps).toEqual([]);
	});
	it('the rings of an identity map lie in the hole above guest memory', () => {
		const simulation = play('identity-hole', false);
		const rings = bandsOf(simulation).filter((one) => one.kind === 'svq');
		expect([rings[0]?.iova, rings.reduce((sum, one) => sum + one.bytes, 0)]).toEqual([DIMM, 0x1_0000]);
	});
});

const SAFE: readonly SwitchStrategyId[] = [
	'full-remap',
	'identity-high',
	'identity-top',
	'own-asid',
	'update-all',
	'pin-early',
	'pin-call',
	'parallel-maps',
	'rings-first'
];

describe('after the migration has failed', () => {
	it.each(SAFE)('%s: the DIMM is at its own address, and every packet lands where it is meant', (strategy) => {
		const simulation = play(strategy);
		simulation.advance(simulation.nowNs + 1e9);
		expect(nicOf(simulation).wrongMaps).toEqual([]);
		expect(band(simulation, DIMM)).toMatchObject({ iova: DIMM, kind: 'identity', wrong: false });
		expect([nicOf(simulation).wrongCount, nicOf(simulation).faultCount]).toEqual([0, 0]);
		expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
	});

	it('identity-hole: a map 64 KiB off, told, and wrong in each of three ways', () => {
		const simulation = play('identity-hole');
		expect(nicOf(simulation).wrongMaps.map((wrong) => [wrong.promisedIova, wrong.mappedIova])).toEqual([[DIMM, 0x1_8001_0000]]);
		expect(band(simulation, DIMM)).toMatchObject({ iova: 0x1_8001_0000, kind: 'shifted', wrong: true });
		// 4a: nothing is mapped there. 4b: 64 KiB off. 4c: mapped, though no guest memory has that address.
		expect(reach(simulation, 0x1_8000_4000)).toBeNull();
		expect(reach(simulation, 0x1_8002_0000)).toBe(0x1_8001_0000);
		expect(reach(simulation, 0x1_c000_0000)).toBe(0x1_bfff_0000);
		expect(reach(simulation, 0x1_c000_ffff)).toBe(0x1_bfff_f000);
	});

	it('identity-hole: packets go into pages that the guest did not mean; each is told, and the world is marked', () => {
		const simulation = play('identity-hole');
		simulation.advance(simulation.nowNs + 3e9);
		const { wrongCount, faultCount, wrongAccesses, traffic } = nicOf(simulation);
		expect(wrongCount).toBeGreaterThan(0);
		expect(traffic.misplaced).toBe(wrongCount);
		expect(simulation.status().marks.join()).toContain('net0');
		for (const access of wrongAccesses) {
			if (access.reachedGpa === null) continue;
			expect(access.meantGpa - access.reachedGpa).toBe(0x1_0000);
		}
		expect(faultCount).toBeGreaterThanOrEqual(0);
		// The page that was hit holds what the guest never wrote, and the statement knows it by name.
		expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
		const [gfn] = simulation.world.r.vdpa.guests[0]?.corruptedGfns ?? [];
		expect(gfn).toBeDefined();
		expect(frameOf(simulation.world, simulation.world.r.vms[0] as never, 0, gfn as number)).toBeGreaterThanOrEqual(0);
	});

	it('mapping the DIMM anew at its own address mends it', () => {
		const simulation = play('identity-hole');
		const section = simulation.world.r.vdpa.guests[0]?.sections.find((one) => one.kind === 'dimm');
		simulation.send(vdpa('message', { op: 'invalidate', iova: 0x1_8001_0000, bytes: GIB }));
		simulation.send(vdpa('message', { op: 'update', iova: DIMM, bytes: GIB, uaddr: section?.hva[0] ?? 0 }));
		expect(nicOf(simulation).wrongMaps).toEqual([]);
		expect(reach(simulation, 0x1_8002_0000)).toBe(0x1_8002_0000);
	});
});

describe('QEMU as it is', () => {
	it('plugs nothing while a migration runs', () => {
		const simulation = open(worldWith('identity-hole', { hotplugWhileMigrating: false }));
		simulation.send(migrate('precopy'));
		simulation.advance(10e9, Infinity, (world) => world.r.vms[0]?.status === 'active');
		expect(simulation.send(vdpa('plug-dimm', { bytes: GIB }))).toMatchObject({
			ok: false,
			reason: 'migrating',
			detail: 'device_add not allowed while migrating'
		});
	});
	it('a DIMM that comes during a migration is there after it', () => {
		const simulation = play('identity-high', false);
		simulation.advance(60e9, Infinity, (world) => world.r.operations[0]?.state !== 'running');
		expect(simulation.world.r.operations[0]?.state).toBe('completed');
		expect(simulation.world.r.vms[0]?.pageCount).toBe((4096 + 1024) * (MIB / 4096));
		expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
	});
});
