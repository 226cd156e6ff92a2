import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../../../../src/lib/base/units.ts';
import { writtenOf } from '../../../../../src/lib/engine/mm/space/written.ts';
import type { VmRecord } from '../../../../../src/lib/engine/state/records.ts';
import type { DeviceEndRecord, NicGuestRecord, QueueRecord, SectionRecord } from '../../../../../src/lib/engine/state/vdpa-records.ts';
import { worldQueues } from '../../../../../src/lib/engine/vdpa/queues/port.ts';
import { isLogged, startLog } from '../../../../../src/lib/engine/hypervisor/dirty-log.ts';
import { insertMap, IOMMU_PERM } from '../../../../../src/lib/engine/vdpa/iova/tree.ts';
import { makeVhostTree } from '../../../../../src/lib/engine/vdpa/iova/vhost-tree.ts';
import { gpaOfGfn } from '../../../../../src/lib/engine/vdpa/queues/reach.ts';
import { packetsOnRings, queueStatuses, trafficStatus } from '../../../../../src/lib/engine/vdpa/queues/status.ts';
import { packetsAddUp, ringsAddUp } from '../../../../../src/lib/engine/whole/packets.ts';
import { changeAtOnce, nicWorld, passTo, type NicWorld } from '../../../../support/nic-world.ts';

const vmOf = ({ world }: NicWorld) => world.r.vms[0] as VmRecord;
const guestOf = ({ world }: NicWorld) => world.r.vdpa.guests[0] as NicGuestRecord;
const endOf = ({ nic }: NicWorld) => nic.ends[0] as DeviceEndRecord;
const queueOf = ({ nic }: NicWorld, index: number) => nic.queues[index] as QueueRecord;
const shadowed = (made: NicWorld, index: number) => queueStatuses(made.world, made.nic, endOf(made))[index];

const sound = ({ world }: NicWorld) => expect([packetsAddUp(world), ringsAddUp(world)]).toEqual([null, null]);

describe('a shadow queue', () => {
	it('begins at index 0 and takes over where the guest’s ring stands; the guest’s ring goes on behind it', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 50_000, receivePermille: 1000 }, queuePairs: 1 });
		passTo(made.world, 1_000_000);
		const queue = queueOf(made, 0);
		expect([queue.guest.usedIndex, queue.guest.lastAvailIndex]).toEqual([50, 50]);
		changeAtOnce(made, 'to-svq');
		expect(endOf(made).kernel.vrings[0]?.base).toBe(0);
		passTo(made.world, 1_100_000);
		expect(queue.guest.usedIndex).toBe(54);
		expect(queue.shadow.usedIndex).toBe(5);
		changeAtOnce(made, 'to-passthrough');
		expect(queue.guest.lastAvailIndex).toBe(queue.guest.usedIndex);
		expect(queue.guest.usedIndex).toBe(55);
		expect(endOf(made).kernel.vrings[0]?.base).toBe(55);
		passTo(made.world, 2_000_000);
		expect(made.nic.traffic.received).toBe(100);
		expect(made.nic.traffic.lost).toBe(0);
	});

	it('offers other addresses than the guest wrote, and the device reaches the pages that are meant', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 50_000 } });
		changeAtOnce(made, 'to-svq');
		passTo(made.world, 2_000_000);
		for (const index of [0, 1, 2, 3]) {
			const rows = shadowed(made, index)?.rows ?? [];
			expect(rows.length).toBe(8);
			for (const row of rows) {
				expect(row.state).toBe('used');
				expect(row.iova).not.toBe(row.gpa);
				expect(row.reachedGfn).toBe(row.meantGfn);
			}
			expect(shadowed(made, index)?.shadow?.descriptors).toBe(endOf(made).rings.find((ring) => ring.queue === index)?.iova);
		}
		expect([made.nic.wrongCount, made.nic.faultCount]).toEqual([0, 0]);
	});

	it('stops at an address that the tree does not know; nothing is lost in silence', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 50_000, receivePermille: 500 }, queuePairs: 1 });
		changeAtOnce(made, 'to-svq');
		endOf(made).tree = makeVhostTree(0n, 2n ** 48n - 1n);
		passTo(made.world, 1_000_000);
		expect(queueOf(made, 0).halted).toMatch(/Invalid address given by guest.*EINVAL/);
		expect(queueOf(made, 1).halted).toMatch(/Invalid address given by guest/);
		expect(shadowed(made, 1)?.rows[0]?.state).toBe('unanswered');
		sound(made);
		const { traffic } = made.nic;
		expect(traffic.received + traffic.sent).toBe(0);
		expect(traffic.arrived).toBe(traffic.lost + packetsOnRings(made.world, made.nic).waiting);
		// Both queues stand still: it began with the first packet that was to go out.
		expect(trafficStatus(made.world, made.nic).gaps.length).toBe(1);
		// The elements are on the guest's ring again when the device goes back to it.
		changeAtOnce(made, 'to-passthrough');
		passTo(made.world, 2_000_000);
		expect(queueOf(made, 0).halted).toBeNull();
		expect(traffic.received).toBe(25);
		expect(packetsOnRings(made.world, made.nic).waiting).toBe(0);
	});

	it('splits buffers that cross two sections, parks one that finds no room, and goes on when something comes back', () => {
		const made = nicWorld({
			traffic: { packetsPerSecond: 1_000, receivePermille: 1000, payloadBytes: 4096 },
			queuePairs: 1,
			ringEntries: 4
		});
		const { world } = made;
		const queue = queueOf(made, 0);
		const guest = guestOf(made);
		// The same memory, told as two sections: as RAM and a DIMM behind it are.
		const [low] = guest.sections as [SectionRecord];
		const border = 64 * MIB;
		guest.sections = [
			{ ...low, bytes: border },
			{
				...low,
				id: 'ram-behind',
				gpa: border,
				bytes: low.bytes - border,
				firstGfn: border / 4096,
				hva: [low.hva[0] + border, low.hva[1] + border]
			}
		];
		queue.drawnBytes = low.bytes;
		for (let slot = 0; slot < 4; slot += 1) {
			const at = border - 2048;
			world.c.ringAddress.set(queue.firstEntry + slot, at);
			world.c.ringBuffer.set(queue.firstEntry + slot, Math.floor(at / 4096));
		}
		changeAtOnce(made, 'to-svq');
		passTo(world, 500_000);
		expect(queue.shadow.availIndex).toBe(2);
		expect(queue.shadow.freeCount).toBe(0);
		expect(shadowed(made, 0)?.parked).toBe(true);
		expect(queue.guest.lastAvailIndex).toBe(3);
		sound(made);
		const vm = vmOf(made);
		startLog(world, vm, false);
		const pages = [border / 4096 - 1, border / 4096] as const;
		const before = pages.map((gfn) => writtenOf(world, vm, gfn));
		passTo(world, 1_100_000);
		// Two pages are written by one packet, and both are in the log.
		expect(pages.map((gfn, at) => writtenOf(world, vm, gfn) - (before[at] as number))).toEqual([1, 1]);
		expect(pages.map((gfn) => isLogged(world, vm, gfn))).toEqual([true, true]);
		expect(made.nic.traffic.received).toBe(1);
		// What came back made room for the parked one.
		expect(queue.shadow.availIndex).toBe(3);
		expect([made.nic.wrongCount, made.nic.faultCount]).toEqual([0, 0]);
		passTo(world, 20_500_000);
		expect(made.nic.traffic.received).toBe(20);
		expect(made.nic.traffic.lost).toBe(0);
		changeAtOnce(made, 'to-passthrough');
		sound(made);
		expect([queue.parkedSlot, queue.inFlight]).toEqual([-1, 0]);
		expect(queue.guest.lastAvailIndex).toBe(queue.guest.usedIndex);
	});

	it('is slower than the device: what comes faster than its thread can move is lost, and the rest is late', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 200_000, receivePermille: 1000 } });
		passTo(made.world, 20_000_000);
		expect([made.nic.traffic.received, made.nic.traffic.worstDelayNs]).toEqual([4_000, 5_000]);
		changeAtOnce(made, 'to-svq');
		passTo(made.world, 120_000_000);
		const passedThrough = made.nic.traffic.received - 4_000;
		// 0.35 of what the device moves: 70,000 a second.
		expect(passedThrough).toBeGreaterThan(6_900);
		expect(passedThrough).toBeLessThan(7_100);
		expect(made.nic.traffic.lost).toBeGreaterThan(12_000);
		expect(made.nic.traffic.worstDelayNs).toBeGreaterThan(500_000);
	});

	it('stopped while the device cannot tell its indices: the packet on its way goes out once more', () => {
		for (const known of [true, false]) {
			const made = nicWorld({ traffic: { packetsPerSecond: 200_000, receivePermille: 0 }, queuePairs: 1 });
			passTo(made.world, 1_002_500);
			const queues = worldQueues(made.world);
			queues.stop(made.nic, endOf(made), known);
			expect([made.nic.traffic.sent, queueOf(made, 1).duplicates]).toEqual(known ? [200, 0] : [199, 1]);
			queues.start(made.nic, endOf(made));
			passTo(made.world, 2_002_500);
			expect(made.nic.traffic.sent + packetsOnRings(made.world, made.nic).waiting).toBe(400);
		}
	});
});

describe('memory that comes and goes under the driver', () => {
	it('buffers move into a new section, and out of one that is gone', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 50_000, receivePermille: 1000 }, queuePairs: 1, ringEntries: 64 });
		const { world } = made;
		const guest = guestOf(made);
		const [low] = guest.sections as [SectionRecord];
		const border = 64 * MIB;
		// The upper half is a DIMM 4 GiB higher that is not there yet.
		const dimm: SectionRecord = {
			id: 'dimm0',
			kind: 'dimm',
			gpa: 4 * GIB,
			bytes: low.bytes - border,
			firstGfn: border / 4096,
			hva: [low.hva[0] + border, low.hva[1] + border]
		};
		const inDimm = (queue: QueueRecord) =>
			Array.from({ length: queue.entries }, (_, slot) => world.c.ringBuffer.get(queue.firstEntry + slot)).filter(
				(gfn) => gfn >= dimm.firstGfn
			).length;
		const queue = queueOf(made, 0);
		guest.sections = [{ ...low, bytes: border }];
		passTo(world, 2_000_000);
		expect(inDimm(queue)).toBe(0);
		guest.sections.push(dimm);
		const end = endOf(made);
		end.kernel.spaces[0]?.entries.push({ iova: dimm.gpa, bytes: dimm.bytes, uaddr: dimm.hva[0], permission: 3, pinnedPages: 0 });
		passTo(world, 6_000_000);
		expect(inDimm(queue)).toBeGreaterThan(10);
		expect([made.nic.wrongCount, made.nic.faultCount]).toEqual([0, 0]);
		// The same under shadow queues.
		changeAtOnce(made, 'to-svq');
		passTo(world, 9_000_000);
		const inTree = end.tree.guest.count;
		expect(inTree).toBe(2);
		guest.sections = guest.sections.slice(0, 1);
		passTo(world, 12_000_000);
		expect(inDimm(queue)).toBe(0);
		for (let slot = 0; slot < queue.entries; slot += 1) {
			const row = queue.firstEntry + slot;
			if (world.c.ringFlags.get(row) !== 0)
				expect(world.c.ringAddress.get(row)).toBe(gpaOfGfn(guest.sections, world.c.ringBuffer.get(row)));
		}
		expect([made.nic.wrongCount, made.nic.faultCount]).toEqual([0, 0]);
		expect(made.nic.traffic.lost).toBe(0);
		sound(made);
	});

	it('a section that the tree has elsewhere than the device: the shadow queue is led to the wrong page', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 50_000, receivePermille: 1000 }, queuePairs: 1 });
		changeAtOnce(made, 'to-svq');
		const end = endOf(made);
		const [mapped] = end.mapped;
		const tree = makeVhostTree(0n, 2n ** 48n - 1n);
		const size = BigInt((mapped?.bytes ?? 0) - 1);
		insertMap(tree.guest, { iova: BigInt((mapped?.iova ?? 0) + 8192), target: BigInt(mapped?.gpa ?? 0), size, perm: IOMMU_PERM.readWrite });
		end.tree = tree;
		passTo(made.world, 2_000_000);
		expect(made.nic.wrongCount).toBeGreaterThan(50);
		expect(made.nic.traffic.received).toBe(0);
		expect(made.nic.wrongAccesses[0]?.reachedGfn).toBe((made.nic.wrongAccesses[0]?.meantGfn ?? 0) + 2);
	});
});
