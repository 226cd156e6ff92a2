/**
 * Goal: several channels as one node (seed S3, a proposal): what adds up, what is hidden, and that blocks still go their way.
 * Method: 512 MiB with CPUs and three channels of different distance, latency and bandwidth, with and without the proposal.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { groupNodes, groupsOf } from '../../../../../src/lib/engine/mm/boot/grouped-nodes.ts';
import { typed } from '../../../../support/console.ts';
import { ask, machine, memoryState, write } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

const lb = (target: number, type: string, value: string): string =>
	`-numa hmat-lb,initiator=0,target=${target},hierarchy=memory,data-type=${type},${value}`;
const CHANNELS = [
	'-machine q35,hmat=on -smp 2 -m 1280M,slots=4,maxmem=8G -object memory-backend-ram,id=b0,size=512M',
	'-object memory-backend-ram,id=b1,size=256M -object memory-backend-ram,id=b2,size=256M -object memory-backend-ram,id=b3,size=256M',
	'-numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1,memdev=b1 -numa node,nodeid=2,memdev=b2 -numa node,nodeid=3,memdev=b3',
	'-numa dist,src=0,dst=1,val=20 -numa dist,src=0,dst=2,val=20 -numa dist,src=0,dst=3,val=40',
	'-numa dist,src=1,dst=2,val=25 -numa dist,src=1,dst=3,val=45 -numa dist,src=2,dst=3,val=45',
	lb(0, 'access-latency', 'latency=100'),
	lb(0, 'access-bandwidth', 'bandwidth=20G'),
	lb(1, 'access-latency', 'latency=200'),
	lb(1, 'access-bandwidth', 'bandwidth=8G'),
	lb(2, 'access-latency', 'latency=200'),
	lb(2, 'access-bandwidth', 'bandwidth=8G'),
	lb(3, 'access-latency', 'latency=600'),
	lb(3, 'access-bandwidth', 'bandwidth=4G')
].join(' ');
const NODE = '/sys/devices/system/node';

const grouped = (): Simulation => machine(CHANNELS, 'grouped_node=1:1-3', { proposals: ['grouped-nodes'] });
const say = (simulation: Simulation, words: string) =>
	ask(simulation, { name: 'process', process: 'p', words }).value as Record<string, unknown>;
const read = (simulation: Simulation, file: string): string => typed(simulation, `cat ${NODE}/${file}`).trim();

describe('the word on the command line', () => {
	it.each([
		['grouped_node=1:1-3', [{ node: 1, channels: [1, 2, 3] }]],
		[
			'a grouped_node=1:1,3;4:4-5 b',
			[
				{ node: 1, channels: [1, 3] },
				{ node: 4, channels: [4, 5] }
			]
		],
		['grouped_node=9:1-3', []],
		['', []]
	])('%s', (append, groups) => {
		expect(groupsOf({ append, proposals: ['grouped-nodes'] })).toEqual(groups);
		expect(groupsOf({ append, proposals: [] })).toEqual([]);
	});
	it('one number is left for what had several', () => {
		const node = (id: number, distances: number[], latency: number | null, bandwidth: number | null) => ({
			id,
			cpus: id === 0 ? [0] : [],
			distances,
			readLatencyNs: latency,
			writeLatencyNs: latency,
			readBandwidthMiBps: bandwidth,
			writeBandwidthMiBps: bandwidth
		});
		const nodes = [node(0, [10, 20, 30], null, null), node(1, [20, 10, 15], 200, 5), node(2, [30, 15, 10], 300, 7)];
		expect(groupNodes([{ node: 1, channels: [1, 2] }], nodes)).toEqual([node(0, [10, 30], null, null), node(1, [30, 10], 300, 12)]);
	});
});

describe('three channels as node 1', () => {
	it('are one node with all of the memory, the farthest distance and the sum of the bandwidths', () => {
		const simulation = grouped();
		expect(read(simulation, 'possible')).toBe('0-1');
		expect(typed(simulation, 'numactl -H')).toMatch(
			/available: 2 nodes \(0-1\)[^]*node 1 size: [67]\d\d MB[^]*node {5}0 {4}1 \n {3}0: {3}10 {3}40 \n/
		);
		expect(read(simulation, 'node1/memory_channels')).toBe('1-3');
		expect(read(simulation, 'node1/access0/initiators/read_latency')).toBe('600');
		expect(read(simulation, 'node1/access0/initiators/read_bandwidth')).toBe('20480');
		expectSound(simulation);
	});

	it('hide that a process has all its pages in one channel, and which', () => {
		const simulation = grouped();
		for (const words of ['map a 128M', 'bind a bind 1', 'touch a']) expect(say(simulation, words)['errno']).toBe('OK');
		expect(say(simulation, 'status a')['status']).toEqual({ node1: 32768 });
		expect(say(simulation, 'channels a')['channels']).toEqual({ channel1: 32768 });
		for (const words of ['map b 450M', 'bind b bind 1', 'touch b']) expect(say(simulation, words)['errno']).toBe('OK');
		const { channel1 = 0, channel2 = 0, channel3 = 0 } = say(simulation, 'channels b')['channels'] as Record<string, number>;
		expect(channel1 + channel2 + channel3).toBe(115200);
		// The near channels fill first; nobody chose so, and nothing tells the process that the last pages are three times as slow.
		expect([channel2 > channel3, channel3 > 0]).toEqual([true, true]);
		expectSound(simulation);
	});

	it('are three plain nodes without the proposal', () => {
		const simulation = machine(CHANNELS, 'grouped_node=1:1-3');
		expect(read(simulation, 'possible')).toBe('0-3');
		for (const words of ['map a 128M', 'bind a weighted-interleave 1-3', 'touch a']) expect(say(simulation, words)['errno']).toBe('OK');
		expect(Object.keys(say(simulation, 'status a')['status'] as object).sort()).toEqual(['node1', 'node2', 'node3']);
		expect(say(simulation, 'channels a')['errno']).toBe('EINVAL');
	});

	it('a DIMM of a channel comes and goes under the group', () => {
		const simulation = machine(CHANNELS, 'grouped_node=1:1-3 memhp_default_state=online_movable', { proposals: ['grouped-nodes'] });
		ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 28 } });
		ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 3 } });
		simulation.advance(simulation.nowNs + 2e9);
		expect(typed(simulation, 'ls /sys/devices/system/memory/memory32')).toContain('node1\n');
		for (const words of ['map a 64M', 'bind a bind 1', 'touch a']) expect(say(simulation, words)['errno']).toBe('OK');
		expect(say(simulation, 'channels a')['channels']).toEqual({ channel3: 16384 });
		for (const block of [32, 33]) expect(write(simulation, memoryState(block), 'offline')).toBe('OK');
		// Offlining chases pages off the node, so off all of its channels.
		expect(say(simulation, 'status a')['status']).toEqual({ node0: 16384 });
		ask(simulation, { name: 'qmp', execute: 'device_del', arguments: { id: 'dimm' } });
		simulation.advance(simulation.nowNs + 2e9);
		expect(simulation.world.r.oses[0]?.channelRanges?.some((each) => each.startPfn >= 2 ** 20)).toBe(false);
		expectSound(simulation);
	});
});
