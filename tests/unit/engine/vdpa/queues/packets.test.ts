import { describe, expect, it } from 'vitest';
import { isLogged, startLog, stopLog } from '../../../../../src/lib/engine/hypervisor/dirty-log.ts';
import { writtenOf } from '../../../../../src/lib/engine/mm/space/written.ts';
import type { VmRecord } from '../../../../../src/lib/engine/state/records.ts';
import type { DeviceEndRecord, NicGuestRecord } from '../../../../../src/lib/engine/state/vdpa-records.ts';
import { driverMemory, pageOfDraw } from '../../../../../src/lib/engine/vdpa/queues/driver-memory.ts';
import { shadowPacketNs } from '../../../../../src/lib/engine/vdpa/queues/plan.ts';
import { worldQueues } from '../../../../../src/lib/engine/vdpa/queues/port.ts';
import { packetsOnRings, trafficStatus } from '../../../../../src/lib/engine/vdpa/queues/status.ts';
import { setTraffic } from '../../../../../src/lib/engine/vdpa/queues/traffic.ts';
import { proveContent } from '../../../../../src/lib/engine/whole/content.ts';
import { packetsAddUp, ringsAddUp } from '../../../../../src/lib/engine/whole/packets.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';
import { changeAtOnce, nicWorld, passTo, type NicWorld } from '../../../../support/nic-world.ts';
import { PlainNic } from './plain-nic.ts';

const vmOf = ({ world }: NicWorld) => world.r.vms[0] as VmRecord;
const endOf = ({ nic }: NicWorld) => nic.ends[0] as DeviceEndRecord;

/** The pages that the driver has given the places of each receive queue. */
function pagesOf({ world, nic }: NicWorld): number[][] {
	return nic.queues
		.filter((queue) => queue.kind === 'receive')
		.map((queue) => Array.from({ length: queue.entries }, (_, slot) => world.c.ringBuffer.get(queue.firstEntry + slot)));
}

/** Which page comes next is not what is judged here: it is drawn as the driver draws it. */
function pageDrawer({ world, nic }: NicWorld, everDrawn: number[][]): (pair: number) => number {
	const guest = world.r.vdpa.guests[0] as NicGuestRecord;
	const memory = driverMemory(world, guest);
	const draws = nic.queues.map((queue) => queue.draws);
	return (pair) => {
		for (;;) {
			draws[2 * pair] = (draws[2 * pair] as number) + 1;
			const gfn = pageOfDraw(memory, guest.sections, nic.traffic.pageSeed, 2 * pair, draws[2 * pair] as number);
			if (gfn < 0) continue;
			everDrawn[pair]?.push(gfn);
			return gfn;
		}
	};
}

function compare(made: NicWorld, plain: PlainNic, pages: readonly (readonly number[])[]): void {
	const { world, nic } = made;
	const { traffic } = nic;
	const open = plain.openGap();
	expect({
		arrived: traffic.arrived,
		received: traffic.received,
		sent: traffic.sent,
		lost: traffic.lost,
		misplaced: traffic.misplaced,
		worstDelayNs: traffic.worstDelayNs,
		duplicates: nic.queues.reduce((sum, queue) => sum + queue.duplicates, 0),
		rings: packetsOnRings(world, nic),
		gaps: trafficStatus(world, nic).gaps
	}).toEqual({
		arrived: plain.arrived,
		received: plain.received,
		sent: plain.sent,
		lost: plain.lost,
		misplaced: 0,
		worstDelayNs: plain.worstDelayNs,
		duplicates: plain.duplicates,
		rings: { waiting: plain.waiting(), returning: plain.returning() },
		gaps: [...plain.gaps, ...(open ? [open] : [])]
	});
	const vm = vmOf(made);
	for (const gfn of pages.flat()) {
		const [written, logged] = [writtenOf(world, vm, gfn), isLogged(world, vm, gfn)];
		// An expectation costs a thousand comparisons.
		if (written === 1 + (plain.writes.get(gfn) ?? 0) && logged === plain.logged.has(gfn)) continue;
		expect({ gfn, written, logged }).toEqual({ gfn, written: 1 + (plain.writes.get(gfn) ?? 0), logged: plain.logged.has(gfn) });
	}
	expect([packetsAddUp(world), ringsAddUp(world)]).toEqual([null, null]);
	const { course } = trafficStatus(world, nic);
	const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0);
	expect([sum(course.received), sum(course.lost)]).toEqual([plain.received + plain.sent, plain.lost]);
	expect(traffic.arrived).toBe(traffic.received + traffic.sent + traffic.lost + traffic.misplaced + plain.waiting() + plain.returning());
}

/** One game; returns how often what is rare came up. */
function play(seed: number, suspends: boolean): { readonly lost: number; readonly duplicates: number; readonly logged: number } {
	const chance = new Chance(seed);
	const entries = chance.pick([16, 64, 256]);
	const made = nicWorld({
		ringEntries: entries,
		queuePairs: chance.whole(1, 3),
		traits: { suspend: suspends },
		traffic: { packetsPerSecond: 150_000, receivePermille: chance.pick([500, 700, 0, 1000]) }
	});
	const { world, nic } = made;
	const pages = pagesOf(made);
	const shadowNs = shadowPacketNs(world.costs.svqThroughputFactor, world.costs.svqMaxMpps);
	const everDrawn = pages.map((list) => [...list]);
	const plain = new PlainNic(
		pages,
		pageDrawer(made, everDrawn),
		entries,
		nic.traffic.packetsPerSecond,
		nic.traffic.receivePermille,
		shadowNs
	);
	const queues = worldQueues(world);
	let served = true;
	let nowNs = 0;
	let logged = 0;
	for (let round = 0; round < 60; round += 1) {
		nowNs += chance.once(4) ? chance.whole(1, 40_000) : chance.whole(1, 3_000_000);
		passTo(world, nowNs);
		plain.passTo(nowNs);
		if (chance.once(3)) compare(made, plain, everDrawn);
		logged = Math.max(logged, plain.logged.size);
		switch (chance.whole(0, 7)) {
			case 0:
				changeAtOnce(made, endOf(made).svq ? 'to-passthrough' : 'to-svq');
				plain.serve(endOf(made).svq ? 'shadow' : 'direct', suspends || !served);
				served = true;
				break;
			case 1: {
				const known = chance.once(2);
				queues.stop(nic, endOf(made), known);
				plain.serve('none', known);
				served = false;
				break;
			}
			case 2:
				if (served) break;
				queues.start(nic, endOf(made));
				plain.serve(endOf(made).svq ? 'shadow' : 'direct', true);
				served = true;
				break;
			case 3:
				vmOf(made).vcpuState = vmOf(made).vcpuState === 'running' ? 'stopped' : 'running';
				plain.setRuns(vmOf(made).vcpuState === 'running');
				break;
			case 4: {
				const rate = chance.pick([0, 900, 30_000, 80_000, 200_000]);
				const share = chance.pick([0, 250, 500, 1000]);
				setTraffic(world, nic, { packetsPerSecond: rate, receivePermille: share });
				plain.setRate(rate, share);
				break;
			}
			case 5:
				if (plain.logging) stopLog(world, vmOf(made));
				else startLog(world, vmOf(made), false);
				plain.logging = !plain.logging;
				plain.logged.clear();
				break;
			default:
		}
	}
	nowNs += 1_000;
	passTo(world, nowNs);
	plain.passTo(nowNs);
	compare(made, plain, everDrawn);
	expect(nic.queues.map((queue) => queue.halted)).toEqual(nic.queues.map(() => null));
	expect([nic.faultCount, nic.wrongCount]).toEqual([0, 0]);
	expect(proveContent(world).found).toBeNull();
	return { lost: plain.lost, duplicates: plain.duplicates, logged };
}

describe('packets', () => {
	it('come, go, wait and are lost as in a model of lists, whatever is started, stopped and shadowed', () => {
		const seed = seedOr(0x9ac4e7);
		console.log(`packets: seeds ${seed} to ${seed + 15}`);
		const games = Array.from({ length: 16 }, (_, game) => play(seed + game, game % 3 !== 0));
		const most = (pick: (game: (typeof games)[number]) => number) => Math.max(...games.map(pick));
		expect([most((game) => game.lost), most((game) => game.duplicates), most((game) => game.logged)].every((count) => count > 0)).toBe(
			true
		);
	});
});
