import { describe, expect, it } from 'vitest';
import { COLUMN_NAMES } from '../../../../../src/lib/engine/contract/layout.ts';
import type { VmRecord } from '../../../../../src/lib/engine/state/records.ts';
import type { DeviceEndRecord } from '../../../../../src/lib/engine/state/vdpa-records.ts';
import { catchUpNics, setTraffic } from '../../../../../src/lib/engine/vdpa/queues/traffic.ts';
import { startLog } from '../../../../../src/lib/engine/hypervisor/dirty-log.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';
import { MIB } from '../../../../../src/lib/base/units.ts';
import { bendMap, changeAtOnce, nicWorld, passTo, type NicWorld } from '../../../../support/nic-world.ts';

/** Everything that packets leave behind, in records and in columns. */
function traces({ world, nic }: NicWorld): unknown {
	const columns = Object.fromEntries(
		COLUMN_NAMES.filter((name) => /^(ring|bucket|guestRow|kvmLog|content|guestLogged)/.test(name)).map((name) => {
			let hash = 0;
			const { data } = world.c[name];
			for (let index = 0; index < data.length; index += 1) hash = (Math.imul(hash, 31) + Math.floor(Number(data[index]))) >>> 0;
			return [name, hash];
		})
	);
	const { corruptedGfns } = world.r.vdpa.guests[0] as { corruptedGfns: number[] };
	return {
		columns,
		queues: nic.queues,
		traffic: nic.traffic,
		wrong: nic.wrongAccesses,
		counts: [nic.wrongCount, nic.faultCount],
		corruptedGfns
	};
}

describe('time cut into pieces', () => {
	it('changes nothing about packets, right or wrong', () => {
		const seed = seedOr(0x51ce);
		console.log(`slices: seeds ${seed} to ${seed + 3}`);
		let wrong = 0;
		for (let game = 0; game < 4; game += 1) {
			const chance = new Chance(seed + game);
			const device = { traffic: { packetsPerSecond: chance.pick([7_001, 60_000, 150_000]) }, ringEntries: 32 };
			const [whole, cut] = [nicWorld(device), nicWorld(device)];
			const both = (act: (made: NicWorld) => void) => [whole, cut].forEach(act);
			let nowNs = 0;
			for (let stage = 0; stage < 8; stage += 1) {
				const from = nowNs;
				nowNs += chance.whole(1, 6_000_000);
				for (let at = from; at < nowNs; at += chance.whole(1, 400_000)) passTo(cut.world, at);
				both(({ world }) => passTo(world, nowNs));
				expect(traces(cut), `stage ${stage} of game ${game}`).toEqual(traces(whole));
				const act = stage === 3 ? 5 : chance.whole(0, 4);
				const shift = 4096 * chance.whole(1, 64);
				const share = chance.pick([0, 400, 1000]);
				both((made) => {
					const { world, nic } = made;
					catchUpNics(world, 0);
					const vm = world.r.vms[0] as VmRecord;
					const end = nic.ends[0] as DeviceEndRecord;
					if (act === 0) changeAtOnce(made, end.svq ? 'to-passthrough' : 'to-svq');
					if (act === 1) vm.vcpuState = vm.vcpuState === 'running' ? 'stopped' : 'running';
					if (act === 2) setTraffic(world, nic, { receivePermille: share });
					if (act === 3 && !vm.logging) startLog(world, vm, false);
					// A wrong map: the device reaches other pages than everybody means, and the last ones not at all.
					if (act === 5) bendMap(made, 64 * MIB, shift);
				});
			}
			wrong += whole.nic.wrongCount;
		}
		expect(wrong).toBeGreaterThan(0);
	});
});
