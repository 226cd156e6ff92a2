import { describe, expect, it } from 'vitest';
import { autoWeights } from '../../../../../src/lib/engine/mm/alloc/mempolicy.ts';
import {
	abstractDistance,
	demotionLines,
	demotionTargets,
	isTopTier,
	rangeText,
	tierOf
} from '../../../../../src/lib/engine/mm/alloc/tiers.ts';
import type { OsRecord } from '../../../../../src/lib/engine/state/machine-records.ts';
import { machine } from '../../../../support/machines.ts';

/** M-7: 1 + 1 GiB, 100 ns and 20 GiB/s against 250 ns and 10 GiB/s. */
const HMAT = [
	'-machine q35,hmat=on -smp 2 -m 2G -object memory-backend-ram,id=b0,size=1G -object memory-backend-ram,id=b1,size=1G',
	'-numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1,memdev=b1,initiator=0',
	'-numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency,latency=100',
	'-numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth,bandwidth=20G',
	'-numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,latency=250',
	'-numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-bandwidth,bandwidth=10G'
].join(' ');

describe('tiers', () => {
	it('of M-7: memory_tier4 and memory_tier22, one way down, weights 21 and 10', () => {
		const { world } = machine(HMAT);
		const os = world.r.oses[0] as OsRecord;
		expect(abstractDistance(os, 0)).toBe(576);
		expect(abstractDistance(os, 1)).toBe(2880);
		expect([tierOf(world, 0, 0), tierOf(world, 0, 1)]).toEqual([4, 22]);
		expect(demotionTargets(world, 0, 0)).toEqual({ preferred: [1], fallback: [1] });
		expect(demotionTargets(world, 0, 1)).toEqual({ preferred: [], fallback: [] });
		expect(demotionLines(world, 0)).toEqual([
			'Demotion targets for Node 0: preferred: 1, fallback: 1',
			'Demotion targets for Node 1: null'
		]);
		expect([isTopTier(world, 0, 0), isTopTier(world, 0, 1)]).toEqual([true, false]);
		expect(autoWeights(os)).toEqual([21, 10]);
	});

	it('without HMAT put every node with DRAM: nothing to demote to', () => {
		const { world } = machine();
		expect([tierOf(world, 0, 0), tierOf(world, 0, 1), tierOf(world, 0, 2)]).toEqual([4, 4, null]);
		expect(demotionTargets(world, 0, 0).preferred).toEqual([]);
		expect(autoWeights(world.r.oses[0] as OsRecord)).toEqual([1, 1, 1]);
	});

	it('switch the formula off when two DRAM nodes differ by more than a tenth', () => {
		const { world } = machine(HMAT);
		const os = world.r.oses[0] as OsRecord;
		const [dram] = os.nodes;
		if (!dram) throw new Error('no node');
		os.nodes.push({ ...dram, id: 2, cpus: [9], readLatencyNs: 111 });
		expect(abstractDistance(os, 1)).toBe(576);
		os.nodes[2] = { ...dram, id: 2, cpus: [9], readLatencyNs: 110 };
		expect(abstractDistance(os, 1)).toBe(2880);
	});

	it('prints node lists as the kernel does', () => {
		expect(rangeText([0, 1, 2, 4, 6, 7])).toBe('0-2,4,6-7');
		expect(rangeText([])).toBe('');
	});
});
