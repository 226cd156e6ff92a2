import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import type { OsRecord } from '../../../../../src/lib/engine/state/machine-records.ts';
import { fingerprintOf } from '../../../../../src/lib/engine/whole/fingerprint.ts';
import { expectSound } from '../../../../support/worlds.ts';
import { ask, machine, type MachineOptions } from '../../../../support/machines.ts';

/** M-7: 1 + 1 GiB, node 1 without CPUs 2.5 times as slow. */
const FAR = [
	'-machine q35,hmat=on -smp 2 -m 2G -object memory-backend-ram,id=b0,size=1G -object memory-backend-ram,id=b1,size=1G',
	'-numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1,memdev=b1,initiator=0',
	'-numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency,latency=100',
	'-numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth,bandwidth=20G',
	'-numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,latency=250',
	'-numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-bandwidth,bandwidth=10G'
].join(' ');

function far(settings: Partial<OsRecord['settings']>, options: MachineOptions = {}): { simulation: Simulation; os: OsRecord } {
	const simulation = machine(FAR, '', options);
	const os = simulation.world.r.oses[0] as OsRecord;
	Object.assign(os.settings, settings);
	return { simulation, os };
}

/** "p: map a 64M" for each line; the value of the last. */
function play(simulation: Simulation, lines: readonly string[]): Record<string, unknown> {
	let value: unknown = null;
	for (const line of lines) {
		const at = line.indexOf(':');
		value = ask(simulation, { name: 'process', process: line.slice(0, at), words: line.slice(at + 1).trim() }, 60).value;
	}
	return value as Record<string, unknown>;
}
const nodesOf = (value: Record<string, unknown>): Record<string, number> => value['status'] as Record<string, number>;

describe('memory gets short', () => {
	it.each([true, false])('an unbound policy spills to the far node and nothing is demoted, demotion %s (M-7)', (demotion) => {
		const { simulation, os } = far({ demotion, numaBalancing: 0 });
		const found = nodesOf(play(simulation, ['p: map a 1100M', 'p: touch a', 'p: status a']));
		expect((found['node1'] ?? 0) / 256).toBeGreaterThan(150);
		expect((found['node1'] ?? 0) / 256).toBeLessThan(250);
		expect((found['node0'] ?? 0) + (found['node1'] ?? 0)).toBe(1100 * 256);
		expect(os.counters['pgdemote_kswapd'] ?? 0).toBe(0);
		// It is said once for user pages and once for page tables, not once a page.
		expect(simulation.world.trace.filter((record) => record.rule === 'spill').map((record) => record.values['node'])).toEqual([1, 1]);
		const [near, away] = os.nodes.map((node) => node.numastat);
		// foreign of the preferred node = miss of the other; local and other as the CPU of node 0 sees them.
		expect(near?.[2]).toBe(away?.[1]);
		expect(near?.[4]).toBe(near?.[0]);
		expect(away?.[5]).toBe(away?.[1]);
		expectSound(simulation);
	});

	it('a binding policy demotes its own coldest pages to the node that it forbids (M-7)', () => {
		const { simulation, os } = far({ demotion: true, numaBalancing: 0 });
		const found = nodesOf(play(simulation, ['p: map a 1000M', 'p: bind a bind 0', 'p: touch a', 'p: status a']));
		const demoted = os.counters['pgdemote_kswapd'] ?? 0;
		// Measured: 27 010 on a host with 42 MiB less in use.
		expect(demoted).toBeGreaterThan(20_000);
		expect(demoted).toBeLessThan(40_000);
		expect(found).toEqual({ node0: 256_000 - demoted, node1: demoted });
		expect(play(simulation, ['p: check a'])).toMatchObject({ ret: 0 });
		expectSound(simulation);
	});

	it('without demotion the same goes to swap and comes back whole', () => {
		const { simulation, os } = far({ numaBalancing: 0 }, { swapBytes: 2 ** 30 });
		expect(play(simulation, ['p: map a 1000M', 'p: bind a bind 0', 'p: touch a', 'p: zones a'])['swapped']).toBeGreaterThan(20_000);
		expect(os.settings.swapUsedPages).toBe(os.counters['pswpout']);
		expect(play(simulation, ['p: touch a 4M', 'p: check a'])).toMatchObject({ ret: 0 });
		expectSound(simulation);
		// What is unmapped gives its entries back.
		const before = os.settings.swapUsedPages;
		expect(play(simulation, ['p: unmap a 8M@4M'])).toMatchObject({ errno: 'OK' });
		expect(before - os.settings.swapUsedPages).toBe(2048);
		expectSound(simulation);
		// A child has entries of its own; both give theirs back.
		const used = os.settings.swapUsedPages;
		play(simulation, ['p: fork']);
		expect(os.settings.swapUsedPages).toBe(2 * used);
		expectSound(simulation);
		for (const process of simulation.world.r.processes) ask(simulation, { name: 'process-end', process: process.id });
		expect(os.settings.swapUsedPages).toBe(0);
		expectSound(simulation);
	});

	it('without either the largest process dies, though the other node is empty; its memory is free again', () => {
		const { simulation, os } = far({ numaBalancing: 0 });
		const free = (): number => os.zones.reduce((sum, zone) => sum + simulation.world.c.zoneFreePages.get(zone), 0);
		const before = free();
		play(simulation, ['q: map b 500M', 'q: bind b bind 0', 'q: touch b', 'p: map a 450M', 'p: bind a bind 0', 'p: touch a']);
		expect(simulation.world.r.processes.map((process) => [process.id, process.state])).toEqual([
			['q', 'ended'],
			['p', 'running']
		]);
		expect(play(simulation, ['p: status a'])).toMatchObject({ status: { node0: 450 * 256 } });
		expect(os.log.some((line) => /Out of memory: Killed process \d+ \(q\)/.test(line.text))).toBe(true);
		// Larger than anybody else: this one takes itself.
		expect(play(simulation, ['r: map c 1000M', 'r: bind c bind 0', 'p: unmap a', 'r: touch c'])).toMatchObject({ errno: 'EINTR' });
		expectSound(simulation);
		ask(simulation, { name: 'process-end', process: 'p' });
		expect(free()).toBe(before);
	});

	it('a long-term pin of movable far memory kills the user of near memory, while far memory is free (M-8)', () => {
		const near =
			'-machine q35 -smp 2 -m 1G,slots=2,maxmem=4G -object memory-backend-ram,id=b0,size=1G -numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1';
		const simulation = machine(near, 'memhp_default_state=online_movable');
		const qmp = (execute: string, more: Record<string, string | number>) => ask(simulation, { name: 'qmp', execute, arguments: more });
		qmp('object-add', { 'qom-type': 'memory-backend-ram', id: 'm0', size: 2 ** 29 });
		qmp('device_add', { driver: 'pc-dimm', id: 'd0', memdev: 'm0', node: 1 });
		simulation.advance(2e9);
		play(simulation, ['q: map b 850M', 'q: bind b bind 0', 'q: touch b', 'p: map a 200M', 'p: bind a bind 1', 'p: touch a']);
		expect(nodesOf(play(simulation, ['p: status a']))).toEqual({ node1: 51_200 });
		expect(play(simulation, ['p: pin a'])).toMatchObject({ errno: 'OK' });
		expect(nodesOf(play(simulation, ['p: status a']))).toEqual({ node0: 51_200 });
		expect(simulation.world.r.processes.find((process) => process.id === 'q')?.state).toBe('ended');
		expectSound(simulation);
	});

	it('locked pages stay; held ones are passed over', () => {
		const { simulation } = far({ demotion: true, numaBalancing: 0 });
		const lines = [
			'q: map b 200M',
			'q: bind b bind 0',
			'q: touch b',
			'q: mlock b',
			'p: map a 760M',
			'p: bind a bind 0',
			'p: touch a',
			'q: status b'
		];
		expect(nodesOf(play(simulation, lines))).toEqual({ node0: 200 * 256 });
		expect(nodesOf(play(simulation, ['p: status a']))['node1']).toBeGreaterThan(0);
		expectSound(simulation);
	});

	it('gives the same with every block in full detail', () => {
		const print = (forceDetail: boolean): string => {
			const { simulation } = far({ demotion: true }, { forceDetail, swapBytes: 2 ** 26 });
			play(simulation, ['p: map a 900M', 'p: bind a bind 0', 'p: touch a', 'q: map b 100M', 'q: touch b', 'p: sleep 1', 'p: touch a']);
			return fingerprintOf(simulation.world);
		};
		expect(print(true)).toBe(print(false));
	});
});

describe('NUMA balancing', () => {
	/** 64 MiB on node 1, touched every second from node 0. */
	const hot = (policy: string): string[] => [
		'p: map a 64M',
		'p: bind a bind 1',
		'p: touch a',
		`p: bind a ${policy}`,
		...Array.from({ length: 4 }, () => ['p: sleep 1', 'p: touch a']).flat(),
		'p: status a'
	];

	it.each([
		['default', 1, 'node0'],
		['default', 2, 'node0'],
		['default', 0, 'node1'],
		['bind 1', 1, 'node1'],
		['bind 1', 2, 'node1'],
		['bind=balancing 0-1', 1, 'node0'],
		['bind=balancing 0-1', 2, 'node0'],
		['bind=balancing 1', 1, 'node1'],
		['preferred 1', 1, 'node1']
	])('policy %s, mode %i: hot pages end on %s (M-7)', (policy, numaBalancing, node) => {
		const { simulation } = far({ numaBalancing });
		expect(nodesOf(play(simulation, hot(policy)))).toEqual({ [node]: 16_384 });
		expectSound(simulation);
	});

	it('does not fill a node below HIGH, and does not move what is pinned', () => {
		const { simulation, os } = far({ numaBalancing: 1 });
		play(simulation, ['q: map b 900M', 'q: touch b']);
		const found = nodesOf(play(simulation, hot('default')));
		expect(found['node1']).toBeGreaterThan(0);
		const pinned = far({ numaBalancing: 1 });
		const lines = hot('default');
		lines.splice(3, 0, 'p: pin a');
		expect(nodesOf(play(pinned.simulation, lines))).toEqual({ node1: 16_384 });
		expect(os.counters['pswpout'] ?? 0).toBe(0);
	});
});
