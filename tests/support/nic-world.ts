import { expect } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { KernelEntryRecord, NicRecord } from '../../src/lib/engine/state/vdpa-records.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import { contextOf } from '../../src/lib/engine/vdpa/context.ts';
import { catchUpNics } from '../../src/lib/engine/vdpa/queues/traffic.ts';
import { planOf, type ChangeKind } from '../../src/lib/engine/vdpa/switching/plan.ts';
import { runAtOnce } from '../../src/lib/engine/vdpa/switching/run.ts';
import { host, smallWorld, vm } from './worlds.ts';

/** One VM of 128 MiB with one network device, serving; nothing else writes, and no event moves anything on. */
export interface NicWorld {
	readonly simulation: Simulation;
	readonly world: World;
	readonly nic: NicRecord;
}

export function nicWorld(
	device: Record<string, unknown> = {},
	more: Record<string, unknown> = {},
	networkBytesPerSecond = 1_000_000_000
): NicWorld {
	const scenario = smallWorld({
		hosts: [host('A', 512, { normalBytes: 256 * MIB }), host('B', 512, { normalBytes: 256 * MIB })],
		vms: [
			vm('vm0', 'A', 128, {
				workload: { kind: 'idle' },
				vdpa: { nics: [{ id: 'net0', kind: 'mlx5', queuePairs: 2, ringEntries: 64, controlEntries: 16, ...device }], ...more }
			})
		],
		networkBytesPerSecond,
		untilNs: 10_000_000_000
	});
	const opened = Simulation.open({ scenario });
	if (!opened.ok) throw new Error(opened.detail);
	const { world } = opened.value;
	return { simulation: opened.value, world, nic: world.r.vdpa.nics[0] as NicRecord };
}

/** Carries packets on to a time, and nothing else. */
export function passTo(world: World, nowNs: number): void {
	world.r.nowNs = nowNs;
	catchUpNics(world, 0);
}

/** A change of the first device, all of it at this instant. */
export function changeAtOnce({ world, nic }: NicWorld, kind: ChangeKind): void {
	catchUpNics(world, nic.vm);
	const context = contextOf(world, 0, world.r.vms[0]?.running === 1 ? 1 : 0);
	const { guest, end } = context;
	const done = runAtOnce(context, kind, planOf(kind, { guest, nic, end }, false), 'A');
	expect(done.errors).toEqual([]);
}

/** The device's map from `iova` on reaches so many bytes further than everybody means; null: nothing at all. Rings stay where they are. */
export function bendMap({ nic }: NicWorld, iova: number, shift: number | null, asid = 0): void {
	const space = nic.ends[0]?.kernel.spaces.find((one) => one.asid === asid);
	if (!space) throw new Error(`no address space ${asid}`);
	space.entries = space.entries.flatMap((entry): KernelEntryRecord[] => {
		const before = Math.min(entry.bytes, Math.max(0, iova - entry.iova));
		const rest = entry.bytes - before;
		const bent = { ...entry, iova: entry.iova + before, bytes: rest, uaddr: entry.uaddr + before + (shift ?? 0) };
		return [...(before > 0 ? [{ ...entry, bytes: before }] : []), ...(rest > 0 && shift !== null ? [bent] : [])];
	});
}
