import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../../../src/lib/base/address.ts';
import { MIB } from '../../../../../src/lib/base/units.ts';
import { isLogged, startLog } from '../../../../../src/lib/engine/hypervisor/dirty-log.ts';
import { writtenOf } from '../../../../../src/lib/engine/mm/space/written.ts';
import type { VmRecord } from '../../../../../src/lib/engine/state/records.ts';
import type { NicGuestRecord, QueueRecord } from '../../../../../src/lib/engine/state/vdpa-records.ts';
import { trafficStatus, queueStatuses, wrongAccessStatuses } from '../../../../../src/lib/engine/vdpa/queues/status.ts';
import { proveContent } from '../../../../../src/lib/engine/whole/content.ts';
import { bendMap, changeAtOnce, nicWorld, passTo, type NicWorld } from '../../../../support/nic-world.ts';

const vmOf = ({ world }: NicWorld) => world.r.vms[0] as VmRecord;
const guestOf = ({ world }: NicWorld) => world.r.vdpa.guests[0] as NicGuestRecord;
const queueOf = ({ nic }: NicWorld, index: number) => nic.queues[index] as QueueRecord;
const receives = { traffic: { packetsPerSecond: 20_000, receivePermille: 1000 } };

/** Pages of the buffers of a queue from 64 MiB on. */
const highPages = (made: NicWorld, queue: QueueRecord): number[] =>
	Array.from({ length: queue.entries }, (_, slot) => made.world.c.ringBuffer.get(queue.firstEntry + slot)).filter((gfn) => gfn >= 64 * 256);

describe('the device reaches what its own map says', () => {
	it('where nothing is mapped the packet is lost, counted as a fault, and the guest’s page stays as it was', () => {
		const made = nicWorld(receives);
		const { world, nic } = made;
		bendMap(made, 64 * MIB, null);
		passTo(world, 50_000_000);
		const { traffic } = nic;
		expect(nic.faultCount).toBeGreaterThan(100);
		expect(nic.faultCount).toBe(traffic.faulted);
		expect(traffic.lost).toBe(traffic.faulted);
		expect(traffic.received + traffic.lost).toBe(traffic.arrived);
		expect(traffic.misplaced).toBe(0);
		for (const gfn of highPages(made, queueOf(made, 0))) expect(writtenOf(world, vmOf(made), gfn)).toBe(1);
		expect(proveContent(world).found).toBeNull();
		expect(wrongAccessStatuses(world, nic)[0]).toMatchObject({ reachedGpa: null, text: expect.stringContaining('a DMA fault') });
		expect(world.r.marks).toEqual([]);
	});

	it('where another page is mapped that page is spoilt, remembered, told, and found by the proof', () => {
		const made = nicWorld(receives);
		const { world, nic } = made;
		const meant = highPages(made, queueOf(made, 0));
		bendMap(made, 64 * MIB, -40 * MIB);
		passTo(world, 50_000_000);
		expect(nic.traffic.misplaced).toBeGreaterThan(100);
		expect(nic.traffic.misplaced).toBe(nic.wrongCount);
		expect(nic.traffic.received + nic.traffic.misplaced).toBe(nic.traffic.arrived);
		const spoilt = guestOf(made).corruptedGfns;
		for (const gfn of meant) expect(spoilt).toContain(gfn - (40 * MIB) / 4096);
		expect(spoilt).toEqual([...new Set(spoilt)].sort((a, b) => a - b));
		for (const gfn of meant) expect(writtenOf(world, vmOf(made), gfn)).toBe(1);
		// The proof leaves out what is named; unnamed it would find it.
		guestOf(made).corruptedGfns = [];
		expect(proveContent(world).found).toMatch(/holds neither the guest’s last write nor an older one/);
		expect(world.r.marks).toEqual(['net0 wrote into a page that the guest did not mean']);
		const [first] = wrongAccessStatuses(world, nic);
		expect(first?.meantGpa).toBe((first?.reachedGpa ?? 0) + 40 * MIB);
		const told = world.trace.filter((record) => record.rule === 'vdpa-dma');
		expect(told.length).toBe(4);
		expect(told[0]?.text).toContain(`reaches GPA ${formatAddress(first?.reachedGpa ?? 0)}`);
	});

	it('a packet that is read from the wrong page is misplaced and spoils nothing', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 20_000, receivePermille: 0 } });
		bendMap(made, 64 * MIB, -40 * MIB);
		passTo(made.world, 50_000_000);
		expect(made.nic.traffic.misplaced).toBeGreaterThan(100);
		expect(made.nic.traffic.sent).toBeGreaterThan(100);
		expect(guestOf(made).corruptedGfns).toEqual([]);
		expect(proveContent(made.world).found).toBeNull();
	});

	it('a ring that is not mapped stops its queue, and says so', () => {
		const made = nicWorld(receives);
		passTo(made.world, 1_000_000);
		const { received } = made.nic.traffic;
		bendMap(made, 0, null);
		passTo(made.world, 3_000_000);
		expect(made.nic.traffic.received).toBe(received);
		expect(queueOf(made, 0).halted).toMatch(/descriptors at 0x100_0000 are not mapped/);
		expect(trafficStatus(made.world, made.nic).gaps).toEqual([{ fromNs: 1_000_000, toNs: null, lost: made.nic.traffic.lost }]);
		expect(made.nic.traffic.lost).toBe(40);
		expect(made.world.trace.some((record) => record.text.includes('queue 0 stands still'))).toBe(true);
	});

	it('a ring behind another page stops its queue too', () => {
		const made = nicWorld(receives);
		bendMap(made, 0, 4096);
		passTo(made.world, 1_000_000);
		expect(queueOf(made, 0).halted).toMatch(/another page than the one that holds the guest’s ring/);
	});
});

describe('what the dirty log hears', () => {
	it('of a device on the guest’s rings: nothing but what the driver itself writes', () => {
		const made = nicWorld(receives);
		const { world } = made;
		const vm = vmOf(made);
		startLog(world, vm, false);
		passTo(world, 40_000_000);
		const queue = queueOf(made, 0);
		const used = queue.used / 4096;
		expect(writtenOf(world, vm, used)).toBeGreaterThan(100);
		expect(isLogged(world, vm, used)).toBe(false);
		expect(isLogged(world, vm, queue.descriptors / 4096)).toBe(true);
		for (let slot = 0; slot < queue.entries; slot += 1)
			expect(isLogged(world, vm, world.c.ringBuffer.get(queue.firstEntry + slot))).toBe(false);
	});

	it('of a shadow queue: the pages that were written, the guest’s used ring, and no other page of the guest', () => {
		const made = nicWorld({ ...receives, ringEntries: 256 });
		const { world } = made;
		const vm = vmOf(made);
		changeAtOnce(made, 'to-svq');
		startLog(world, vm, false);
		passTo(world, 2_000_000);
		const wanted = new Set<number>();
		for (const queue of made.nic.queues) {
			if (queue.kind !== 'receive') continue;
			// 40 packets, 20 a queue, in the order in which the driver offered its buffers; all of them have been returned.
			for (let place = 0; place < 20; place += 1)
				wanted.add(world.c.ringBuffer.get(queue.firstEntry + world.c.ringAvail.get(queue.firstEntry + place)));
			// The driver awaits the next one in the page of the avail ring.
			wanted.add(Math.floor((queue.avail + 4 + 2 * 256) / 4096));
			wanted.add(queue.used / 4096);
		}
		// The last packets are on their way through QEMU.
		passTo(world, 2_020_000);
		// The first look at the rings by QEMU: it awaits the next buffer of each queue in the page of its used ring.
		for (const queue of made.nic.queues) if (queue.kind === 'transmit') wanted.add(queue.used / 4096);
		const logged = Array.from({ length: vm.pageCount }, (_, gfn) => gfn).filter((gfn) => isLogged(world, vm, gfn));
		expect(made.nic.traffic.received).toBe(40);
		expect(logged).toEqual([...wanted].sort((a, b) => a - b));
	});

	it('with payloads over a page: as many pages as there are bytes', () => {
		const made = nicWorld({ traffic: { packetsPerSecond: 1_000, receivePermille: 1000, payloadBytes: 4096 } });
		passTo(made.world, 5_000_000);
		expect(made.nic.traffic.received).toBe(5);
		expect(queueStatuses(made.world, made.nic, made.nic.ends[0] as never)[0]?.rows[0]).toMatchObject({ bytes: 4096, state: 'used' });
	});
});
