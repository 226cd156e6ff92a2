/**
 * Goal: pages of processes move, stay and are refused as measured on Linux 7.2.13 (experiments M-3, M-6b, M-8 and M-9 of the
 * reference).
 * Method: a host with one node of DRAM and an empty node that gets a DIMM; the words of the measuring program; every
 * statement about the whole world is checked at the end of each test.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { checkAll } from '$lib/engine/sim/invariants.ts';
import type { CallRecord } from '$lib/engine/state/machine-records.ts';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { ask, machine, memoryState, settle, write } from '../support/machines.ts';

/** Node 0: CPUs and DRAM. Node 1: nothing yet. */
const hostOf = (dram: string): string =>
	`-machine q35 -cpu max -smp 2 -m ${dram},slots=4,maxmem=8G -object memory-backend-ram,id=b0,size=${dram} -numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1`;

const MIB = 2 ** 20;

/** The host with so much memory on node 1, all of it online in one zone. */
function host(dram: string, nodeOneMiB: number, how: 'online_movable' | 'online_kernel' = 'online_movable'): Simulation {
	const simulation = machine(hostOf(dram), 'memhp_default_state=offline');
	const size = nodeOneMiB * MIB;
	ask(simulation, {
		name: 'qmp',
		execute: 'object-add',
		arguments: { 'qom-type': 'memory-backend-ram', id: 'd0', size }
	});
	ask(simulation, {
		name: 'qmp',
		execute: 'device_add',
		arguments: { driver: 'pc-dimm', id: 'dimm0', memdev: 'd0', node: 1 }
	});
	// The guest learns of the DIMM by an interrupt.
	simulation.advance(simulation.nowNs + 1e9);
	for (let block = 32; block < 32 + nodeOneMiB / 128; block += 1) expect(write(simulation, memoryState(block), how)).toBe('OK');
	return simulation;
}

const tell = (simulation: Simulation, words: string, process = 'p'): CallRecord => ask(simulation, { name: 'process', process, words }, 60);
const say = (simulation: Simulation, words: string, process = 'p') => tell(simulation, words, process).value as Record<string, unknown>;

function sound(simulation: Simulation): void {
	expect(checkAll(simulation.world, INVARIANTS).filter((statement) => !statement.holds)).toEqual([]);
}

describe('M-3: move_pages and what holds a page', () => {
	it('tells each page of a mixed range its own fate', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 32K', 'nothp a', 'touch a 16K', 'read a 4K@16K', 'unmap a 4K@24K'])
			expect(tell(simulation, words).errno).toBeNull();
		expect(say(simulation, 'move a 1 list')).toEqual({
			op: 'move',
			area: 'a',
			ret: 0,
			errno: 'OK',
			pages: 8,
			status: { node1: 4, '-EFAULT': 2, '-ENOENT': 2 },
			list: ['node1', 'node1', 'node1', 'node1', '-EFAULT', '-ENOENT', '-EFAULT', '-ENOENT']
		});
		sound(simulation);
	});

	it('says nothing about any page when one has a reference, and moves the others; all goes once the pipe is empty', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 16K', 'nothp a', 'touch a', 'vmsplice a 4K']) tell(simulation, words);
		expect(say(simulation, 'move a 1 list')).toMatchObject({ ret: 1, status: { untouched: 4 } });
		expect(say(simulation, 'status a')).toMatchObject({ status: { node0: 1, node1: 3 } });
		tell(simulation, 'drain');
		expect(say(simulation, 'move a 1')).toMatchObject({ ret: 0, status: { node1: 4 } });
		sound(simulation);
	});

	it('refuses pages of two processes without move-all, and pins where the zone allows it', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 16K', 'nothp a', 'touch a', 'fork']) tell(simulation, words);
		expect(say(simulation, 'move a 1')).toMatchObject({ ret: 0, status: { '-EACCES': 4 } });
		expect(say(simulation, 'move a 1 all')).toMatchObject({ ret: 0, status: { node1: 4 } });
		for (const words of ['map b 16K', 'nothp b', 'touch b']) tell(simulation, words);
		expect(say(simulation, 'pin b')).toMatchObject({ ret: 0, errno: 'OK' });
		expect(say(simulation, 'move b 1')).toMatchObject({ ret: 4, status: { untouched: 4 } });
		for (const words of ['map c 16K', 'nothp c', 'bind c bind 1', 'touch c', 'mlock c']) tell(simulation, words);
		expect(say(simulation, 'zones c')).toMatchObject({ zones: { Movable: { pages: 4 } } });
		expect(say(simulation, 'pin c')).toMatchObject({ ret: 0, errno: 'OK' });
		expect(say(simulation, 'status c')).toMatchObject({ status: { node0: 4 } });
		expect(say(simulation, 'check c')).toMatchObject({ ret: 0 });
		sound(simulation);
	});

	it('gives EIO for strict, and for strict with move when one page is held: the others move', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 16K', 'nothp a', 'touch a']) tell(simulation, words);
		expect(say(simulation, 'bind a bind 1 strict')).toMatchObject({ ret: -1, errno: 'EIO' });
		expect(say(simulation, 'status a')).toMatchObject({ status: { node0: 4 } });
		tell(simulation, 'vmsplice a 4K');
		expect(say(simulation, 'bind a bind 1 strict,move')).toMatchObject({ ret: -1, errno: 'EIO' });
		expect(say(simulation, 'status a')).toMatchObject({ status: { node0: 1, node1: 3 } });
		expect(simulation.world.r.areas.find((area) => area?.name === 'a')?.policy).toMatchObject({
			mode: 'bind',
			nodes: [1]
		});
		sound(simulation);
	});
});

describe('M-6b: huge folios, and a held page under an offline', () => {
	it('moves 512 pages for one address', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 2M', 'touch a']) tell(simulation, words);
		expect(say(simulation, 'move a 1 4K')).toMatchObject({
			ret: 0,
			pages: 1,
			status: { node1: 1 }
		});
		expect(say(simulation, 'status a')).toMatchObject({ status: { node1: 512 } });
		sound(simulation);
	});

	it('says EBUSY for every second address of a huge folio', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 6M', 'touch a']) tell(simulation, words);
		expect(say(simulation, 'move a 1')).toMatchObject({
			ret: 0,
			status: { node1: 1533, '-EBUSY': 3 }
		});
		sound(simulation);
	});

	it('retries for ever, ends by a signal, and ends well when the reference goes', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 16K', 'nothp a', 'bind a bind 1', 'touch a', 'vmsplice a 4K']) tell(simulation, words);
		const path = memoryState(32);
		const first = ask(simulation, { name: 'write-file', path, value: 'offline' }, 20);
		expect(first.state).toBe('running');
		expect(first.waitingFor).not.toBeNull();
		simulation.send({ name: 'signal', machine: 'm', call: first.id });
		expect(settle(simulation, first.id).errno).toBe('EINTR');
		const second = ask(simulation, { name: 'write-file', path, value: 'offline' }, 2);
		expect(second.state).toBe('running');
		tell(simulation, 'drain');
		const ended = settle(simulation, second.id, 1);
		expect([ended.state, ended.errno]).toEqual(['done', null]);
		expect(say(simulation, 'check a')).toMatchObject({ ret: 0 });
		sound(simulation);
	});
});

describe('M-8: a target that is too small', () => {
	it('ends move_pages with ENOMEM, no status and most of the node full', () => {
		const simulation = host('1G', 256);
		for (const words of ['map a 400M', 'nothp a', 'touch a']) tell(simulation, words);
		expect(say(simulation, 'move a 1')).toMatchObject({
			ret: -1,
			errno: 'ENOMEM',
			status: { untouched: 102_400 }
		});
		const { status } = say(simulation, 'status a') as { status: Record<string, number> };
		// 65 266 on the real one: 65 536 less the watermark and what lay in per-CPU lists, which are left out here.
		expect(status['node1']).toBeGreaterThan(65_000);
		expect(status['node1']).toBeLessThan(65_536);
		expect(simulation.world.r.processes.every((process) => process.state === 'running')).toBe(true);
		sound(simulation);
	});

	it('ends mbind with EIO and migrate_pages with ENOMEM', () => {
		const bound = host('1G', 256);
		for (const words of ['map a 400M', 'nothp a', 'touch a']) tell(bound, words);
		expect(say(bound, 'bind a bind 1 strict,move')).toMatchObject({ ret: -1, errno: 'EIO' });
		const whole = host('1G', 256);
		for (const words of ['map a 400M', 'nothp a', 'touch a']) tell(whole, words);
		expect(say(whole, 'migrate 0 0 1')).toMatchObject({ ret: -1, errno: 'ENOMEM' });
		sound(bound);
		sound(whole);
	});

	it('kills the user of node 0 when pages of node 1 are pinned and DRAM is short, with node 1 free', () => {
		const simulation = host('1G', 512);
		const free = (): number => {
			const { world } = simulation;
			return (
				world.r.oses[0]?.zones
					.filter((zone) => world.r.zones[zone]?.node === 0)
					.reduce((sum, zone) => sum + world.c.zoneFreePages.get(zone), 0) ?? 0
			);
		};
		const take = Math.floor((free() * 4096) / MIB) - 60;
		for (const words of [`map big ${take}M`, 'bind big bind 0', 'touch big']) expect(tell(simulation, words, 'big').errno).toBeNull();
		for (const words of ['map a 200M', 'bind a bind 1', 'touch a']) tell(simulation, words);
		expect(say(simulation, 'pin a')).toMatchObject({ ret: 0, errno: 'OK' });
		expect(simulation.world.r.processes.find((process) => process.id === 'big')?.state).toBe('ended');
		expect(say(simulation, 'status a')).toMatchObject({ status: { node0: 51_200 } });
		sound(simulation);
	});
});

describe('M-9: consecutive frames on a fresh node', () => {
	it('is one run on a fresh node, many runs back in used DRAM', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 64M', 'nothp a', 'touch a', 'move a 1']) tell(simulation, words);
		expect(say(simulation, 'frames a')).toMatchObject({ pages: 16_384, runs: 1 });
		expect(say(simulation, 'check a')).toMatchObject({ ret: 0 });
		for (const words of ['map b 64M', 'nothp b', 'touch b', 'move b 1']) tell(simulation, words, 'q');
		const { runs } = say(simulation, 'frames b', 'q') as { runs: number };
		expect(runs).toBeLessThan(100);
		sound(simulation);
	});
});

describe('a page in flight', () => {
	it('makes its toucher wait for one batch, not for the whole move', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 64M', 'nothp a', 'touch a']) tell(simulation, words);
		const move = simulation.send({
			name: 'process',
			machine: 'm',
			process: 'p',
			words: 'move a 1'
		});
		const touch = simulation.send({
			name: 'process',
			machine: 'm',
			process: 'p',
			words: 'touch a 4K'
		});
		const [moved, touched] = [move, touch].map((answer) => settle(simulation, (answer as { value: { call: number } }).value.call));
		expect(moved?.value).toMatchObject({ ret: 0, status: { node1: 16_384 } });
		expect(touched?.errno).toBeNull();
		const stalls = simulation.world.trace.filter((record) => record.kind === 'stall');
		expect(stalls.map((record) => record.values['page'])).toEqual([0]);
		expect((touched?.endNs ?? 0) - (touched?.startNs ?? 0)).toBeLessThan(((moved?.endNs ?? 0) - (moved?.startNs ?? 0)) / 8);
		expect(say(simulation, 'check a')).toMatchObject({ ret: 0 });
		sound(simulation);
	});

	it('is put back when the mover is interrupted; what has landed stays', () => {
		const simulation = host('1G', 512);
		for (const words of ['map a 64M', 'nothp a', 'touch a']) tell(simulation, words);
		const answer = simulation.send({
			name: 'process',
			machine: 'm',
			process: 'p',
			words: 'move a 1'
		});
		const call = (answer as { value: { call: number } }).value.call;
		simulation.advance(simulation.nowNs + 2_000_000);
		simulation.send({ name: 'signal', machine: 'm', call });
		expect(settle(simulation, call).errno).toBe('EINTR');
		const { status } = say(simulation, 'status a') as { status: Record<string, number> };
		expect(Object.keys(status).sort()).toEqual(['node0', 'node1']);
		expect((status['node1'] ?? 0) % 512).toBe(0);
		expect(say(simulation, 'check a')).toMatchObject({ ret: 0 });
		sound(simulation);
	});
});
