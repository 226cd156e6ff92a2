/**
 * Goal: which sub-blocks the driver takes, in which order, and when it tries again (virtio-mem reference 5).
 * Method: one machine, requests of the device read back; every statement about the world is checked at the end of each test.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { GIB, MIB } from '$lib/base/units.ts';
import type { Simulation } from '$lib/engine/index.ts';
import type { VirtioMemRecord } from '$lib/engine/state/machine-records.ts';
import { ask, machine, memoryState, VIRTIO_MEM, write, type MachineOptions } from '../../../../support/machines.ts';

const BASE = 4 * GIB;
const MOVABLE = 'memhp_default_state=online_movable';
const KERNEL = 'memhp_default_state=online_kernel';

let simulation: Simulation;
function open(append: string, options?: MachineOptions, args = VIRTIO_MEM): void {
	simulation = machine(args, append, options);
	simulation.advance(1e8);
}
const device = (): VirtioMemRecord => simulation.world.r.virtioMems[0] as VirtioMemRecord;
const mib = (): number => device().pluggedBytes / MIB;
function wish(sizeMib: number, seconds = 5): void {
	const call = ask(simulation, {
		name: 'qmp',
		execute: 'qom-set',
		arguments: { path: 'vm0', property: 'requested-size', value: sizeMib * MIB }
	});
	expect(call.errno).toBeNull();
	simulation.advance(simulation.nowNs + seconds * 1e9);
}
/** Requests since the last look, as "PLUG 64+64": MiB from the region's start, MiB. */
let seen = 0;
function asked(): string[] {
	const all = simulation.world.trace
		.filter((record) => record.rule === 'virtio-request' || record.rule === 'virtio-busy')
		.map(
			({ values: { type, addr, blocks, answer } }) =>
				`${type} ${(Number(addr) - BASE) / MIB}+${(Number(blocks) * device().blockBytes) / MIB}${answer === 'ACK' ? '' : ` ${answer}`}`
		);
	const fresh = all.slice(seen);
	seen = all.length;
	return fresh;
}
const states = (): string => device().driver.blockStates.join(' ');
const words = (process: string, ...list: string[]): void => {
	for (const each of list) expect(ask(simulation, { name: 'process', process, words: each }).errno, each).toBeNull();
};

afterEach(() => {
	seen = 0;
	expect(simulation.check().checks.filter((check) => !check.holds)).toEqual([]);
});

describe('plugging', () => {
	it('fills the partly plugged block first, then adds whole ones, one request per run', () => {
		open(MOVABLE);
		wish(80);
		wish(300);
		expect(asked()).toEqual(['PLUG 0+80', 'PLUG 80+48', 'PLUG 128+128', 'PLUG 256+44']);
		expect(states()).toBe('MOVABLE MOVABLE MOVABLE_PARTIAL');
	});

	it('kernel before movable before offline among the partly plugged', () => {
		open('memhp_default_state=offline');
		wish(384);
		for (const [block, word] of [
			[32, 'online_kernel'],
			[33, 'online_movable']
		] as const)
			expect(write(simulation, memoryState(block), word)).toBe('OK');
		wish(0);
		expect(mib()).toBeGreaterThan(0);
		asked();
		expect(states()).toBe('KERNEL_PARTIAL UNUSED UNUSED');
	});

	it('the lowest hole of a block comes first', () => {
		open(KERNEL);
		wish(128);
		words('p', 'map a 4M', 'nothp a', 'touch a', 'pin a');
		wish(0);
		const bits = simulation.world.c.driverPlugged;
		let lowest = 0;
		while ((bits.get(device().firstDeviceWord + (lowest >>> 5)) >>> (lowest & 31)) & 1) lowest += 1;
		asked();
		wish(mib() + 2);
		expect(asked()[0]).toBe(`PLUG ${lowest * 2}+2`);
	});

	it('what nobody onlines stops at 1 GiB; onlining half of it lets the driver go on', () => {
		open('memhp_default_state=offline');
		wish(2048);
		expect([mib(), device().driver.lastResult, device().driver.timerNs]).toEqual([1024, 'ENOSPC', -1]);
		for (const block of [32, 33, 34]) write(simulation, memoryState(block), 'online_movable');
		expect(mib()).toBe(1024);
		write(simulation, memoryState(35), 'online_movable');
		simulation.advance(simulation.nowNs + 1e9);
		expect(mib()).toBe(1536);
	});

	it('a NACK makes it read its configuration again, not sleep', () => {
		open(MOVABLE);
		const set = (value: number): unknown =>
			ask(simulation, { name: 'qmp', execute: 'qom-set', arguments: { path: 'vm0', property: 'requested-size', value: value * MIB } })
				.value;
		set(2048);
		simulation.advance(simulation.nowNs + 3e6);
		expect(mib()).toBeGreaterThan(0);
		set(256);
		simulation.advance(simulation.nowNs + 5e9);
		expect([mib(), device().retries]).toEqual([256, 0]);
	});
});

describe('unplugging', () => {
	it('partial blocks before full ones, from the top, whole blocks at once', () => {
		open(MOVABLE);
		wish(300);
		asked();
		wish(150);
		expect(asked()).toEqual([
			...Array.from({ length: 22 }, (_, index) => `UNPLUG ${298 - index * 2}+2`),
			...Array.from({ length: 53 }, (_, index) => `UNPLUG ${254 - index * 2}+2`)
		]);
		expect(states()).toBe('MOVABLE MOVABLE_PARTIAL UNUSED');
		wish(0);
		expect(asked().at(-1)).toBe('UNPLUG 0+128');
	});

	it('offline blocks go in few requests, and first', () => {
		open(MOVABLE);
		wish(512);
		expect(write(simulation, memoryState(33), 'offline')).toBe('OK');
		expect(mib()).toBe(512);
		asked();
		wish(320);
		expect(asked().slice(0, 2)).toEqual(['UNPLUG 128+128', `UNPLUG 510+2`]);
		expect(simulation.status().machines[0]?.memoryBlocks.some((block) => block.id === 33)).toBe(false);
	});

	it('a busy sub-block is skipped, the rest goes, and the driver says who is in it', () => {
		open(KERNEL);
		wish(512);
		words('p', 'map h 700M', 'touch h', 'map a 8M', 'nothp a', 'touch a', 'pin a');
		wish(0, 20);
		expect(mib()).toBeGreaterThanOrEqual(8);
		expect(device().driver.lastResult).toBe('EBUSY');
		const blocking = device().driver.work['blocking'] as [number, string][];
		expect(blocking.some(([, why]) => why.includes('pinned'))).toBe(true);
	});

	it('unplug_online=0 leaves online memory alone', () => {
		open(`${MOVABLE} virtio_mem.unplug_online=0`);
		wish(256);
		wish(0);
		expect([mib(), device().driver.lastResult]).toEqual([256, 'OK']);
		write(simulation, memoryState(33), 'offline');
		simulation.advance(simulation.nowNs + 1e9);
		expect(mib()).toBe(128);
	});

	it('evicted data stays on the node and keeps its content', () => {
		open(MOVABLE);
		wish(1024);
		words('p', 'map a 300M', 'touch a');
		wish(512, 20);
		expect(mib()).toBe(512);
		expect(ask(simulation, { name: 'process', process: 'p', words: 'check a' }).value).toMatchObject({ ret: 0 });
	});
});

describe('emptying a memory block', () => {
	/** 300 MiB of data in the upper blocks, then a wish for less: the driver is in the middle of moving it. */
	function inTheMiddle(): void {
		open(MOVABLE);
		wish(1024);
		words('p', 'map a 900M', 'nothp a', 'touch a', 'map b 100M', 'nothp b', 'touch b', 'unmap a');
		ask(simulation, { name: 'qmp', execute: 'qom-set', arguments: { path: 'vm0', property: 'requested-size', value: 0 } });
		const isolated = (): boolean => (simulation.world.r.oses[0]?.isolated.length ?? 0) > 0;
		simulation.advance(simulation.nowNs + 20e9, Infinity, isolated);
		expect(isolated()).toBe(true);
	}

	it('goes pageblock by pageblock, each move at its time', () => {
		inTheMiddle();
		simulation.advance(simulation.nowNs + 20e9);
		const moves = simulation.world.trace.filter((record) => record.kind === 'move');
		expect(new Set(moves.map((record) => record.atNs)).size).toBeGreaterThan(20);
		expect(mib()).toBe(0);
	});

	it('a run can be left in the middle and taken up from a checkpoint', () => {
		inTheMiddle();
		const middle = simulation.nowNs;
		simulation.advance(middle + 20e9);
		const end = simulation.fingerprint();
		simulation.seek(middle);
		simulation.seek(middle + 20e9);
		expect(simulation.fingerprint()).toBe(end);
	});

	it('a new wish in the middle: the range is given back, the new wish counts', () => {
		inTheMiddle();
		const before = mib();
		wish(before);
		expect([mib(), simulation.world.r.oses[0]?.isolated]).toEqual([before, []]);
	});

	it('unloading the module waits until the run is over', () => {
		inTheMiddle();
		ask(simulation, { name: 'module', module: 'virtio_mem', do: 'unload' });
		expect([mib(), device().driver.state, simulation.world.r.oses[0]?.isolated]).toEqual([0, 'absent', []]);
	});

	it('a reset in the middle leaves nothing isolated', () => {
		inTheMiddle();
		ask(simulation, { name: 'qmp', execute: 'system_reset' });
		expect([mib(), simulation.world.r.oses[0]?.isolated]).toEqual([0, []]);
	});

	it('stopping in the middle: it goes on with cont', () => {
		inTheMiddle();
		ask(simulation, { name: 'qmp', execute: 'stop' });
		simulation.advance(simulation.nowNs + 60e9);
		expect(simulation.world.r.oses[0]?.isolated.length).toBe(1);
		ask(simulation, { name: 'qmp', execute: 'cont' });
		simulation.advance(simulation.nowNs + 20e9);
		expect(mib()).toBe(0);
	});
});

describe('trying again', () => {
	it('50, 100, 200, 300, 300 s; a new wish runs at once; only success resets the delay', () => {
		open(KERNEL);
		wish(128);
		wish(0, 1);
		expect(mib()).toBeGreaterThan(0);
		const delays: number[] = [];
		for (let index = 0; index < 6; index += 1) {
			delays.push(Math.round((device().driver.timerNs - simulation.nowNs) / 1e9));
			simulation.advance(device().driver.timerNs + 1e9);
		}
		expect(delays).toEqual([49, 99, 199, 299, 299, 299]);
		wish(0, 1);
		expect(Math.round((device().driver.timerNs - simulation.nowNs) / 1e9)).toBe(299);
		wish(128, 1);
		wish(0, 1);
		expect(Math.round((device().driver.timerNs - simulation.nowNs) / 1e9)).toBe(49);
	});
});

describe('big blocks', () => {
	it('come and go whole; a busy one is rolled back', () => {
		open(`${KERNEL} virtio_mem.force_bbm=1`);
		wish(300);
		expect([mib(), device().driver.mode]).toEqual([256, 'bbm']);
		wish(0, 10);
		expect(mib()).toBe(128);
		expect(simulation.status().machines[0]?.memoryBlocks.find((block) => block.id === 32)?.offlinePages).toBe(0);
	});

	it('bbm_block_size makes them larger, if it is a fit power of two', () => {
		open(`${MOVABLE} virtio_mem.force_bbm=1 virtio_mem.bbm_block_size=0x20000000`);
		wish(1400);
		expect(mib()).toBe(1024);
		open(`${MOVABLE} virtio_mem.force_bbm=1 virtio_mem.bbm_block_size=0x1000000`);
		wish(1400);
		expect(mib()).toBe(1280);
		expect(simulation.world.r.oses[0]?.log.some((line) => line.text.endsWith('bbm_block_size is too small'))).toBe(true);
	});
});

describe('loading and unloading', () => {
	it('without a driver wishes change nothing; loading it serves them', () => {
		open(MOVABLE, { driverLoaded: false });
		wish(256);
		expect([mib(), device().driver.state]).toEqual([0, 'absent']);
		ask(simulation, { name: 'module', module: 'virtio_mem', do: 'load' });
		simulation.advance(simulation.nowNs + 1e9);
		expect(mib()).toBe(256);
	});

	it('unloaded with memory in Linux: all stays, and reloading is not supported', () => {
		open(MOVABLE);
		wish(256);
		expect(ask(simulation, { name: 'module', module: 'virtio_mem', do: 'unload' }).errno).toBeNull();
		wish(512);
		wish(0);
		expect([mib(), device().driver.state]).toEqual([256, 'removed']);
		ask(simulation, { name: 'module', module: 'virtio_mem', do: 'load' });
		simulation.advance(simulation.nowNs + 1e9);
		expect([mib(), device().driver.state]).toEqual([256, 'removed']);
		expect(simulation.world.r.oses[0]?.log.some((line) => line.text.endsWith('reloading the driver is not supported'))).toBe(true);
	});

	it('unloaded with nothing in Linux: loads again', () => {
		open(MOVABLE);
		wish(256);
		wish(0);
		ask(simulation, { name: 'module', module: 'virtio_mem', do: 'unload' });
		expect(device().driver.state).toBe('absent');
		ask(simulation, { name: 'module', module: 'virtio_mem', do: 'load' });
		wish(128);
		expect(mib()).toBe(128);
	});
});

describe('system_reset', () => {
	it('ends programs, unplugs all, boots and plugs what is wished', () => {
		open(MOVABLE);
		wish(1024);
		words('p', 'map a 1200M', 'touch a');
		wish(512, 0.01);
		ask(simulation, { name: 'qmp', execute: 'system_reset' });
		expect(mib()).toBe(0);
		simulation.advance(simulation.nowNs + 2e9);
		expect([mib(), device().usableBytes / MIB]).toEqual([512, 768]);
		expect(simulation.status().machines[0]?.processes.filter((process) => process.state === 'running')).toEqual([]);
	});

	it('of a stopped machine: it boots with cont', () => {
		open(MOVABLE);
		wish(256);
		ask(simulation, { name: 'qmp', execute: 'stop' });
		ask(simulation, { name: 'qmp', execute: 'system_reset' });
		simulation.advance(simulation.nowNs + 5e9);
		expect([mib(), simulation.status().machines[0]?.state]).toEqual([0, 'prelaunch']);
		ask(simulation, { name: 'qmp', execute: 'cont' });
		simulation.advance(simulation.nowNs + 1e9);
		expect(mib()).toBe(256);
	});

	it('while migrating nothing is unplugged: the new driver starts with UNPLUG_ALL, and waits for it', () => {
		open(KERNEL);
		wish(256);
		ask(simulation, { name: 'qmp', execute: 'migrate-set-parameters', arguments: { 'max-bandwidth': MIB } });
		ask(simulation, { name: 'qmp', execute: 'migrate', arguments: { uri: 'tcp:other:4444' } });
		ask(simulation, { name: 'qmp', execute: 'system_reset' });
		simulation.advance(simulation.nowNs + 1e9);
		asked();
		expect([mib(), device().driver.lastResult, device().driver.unplugAllRequired]).toEqual([256, 'ETXTBSY', true]);
		ask(simulation, { name: 'qmp', execute: 'migrate_cancel' });
		simulation.advance(simulation.nowNs + 60e9);
		expect(mib()).toBe(256);
		expect(asked()[0]).toMatch(/^UNPLUG_ALL/);
	});
});

describe('RFC v4 of 2019', () => {
	const old: MachineOptions = { profile: 'rfc-v4-2020' };

	it('works in sub-blocks of 4 MiB, one by one', () => {
		open(KERNEL, old);
		wish(126);
		expect(mib()).toBe(124);
		asked();
		wish(80);
		expect(asked()).toEqual(Array.from({ length: 11 }, (_, index) => `UNPLUG ${120 - index * 4}+4`));
	});

	it('never unplugs what is online in ZONE_MOVABLE', () => {
		open(MOVABLE, old);
		wish(256);
		wish(0);
		expect([mib(), device().driver.lastResult]).toEqual([256, 'EBUSY']);
	});

	it('a block with holes may not become movable', () => {
		open('memhp_default_state=offline', old);
		wish(192);
		expect(write(simulation, memoryState(33), 'online_movable')).toBe('EPERM');
		expect(write(simulation, memoryState(32), 'online_movable')).toBe('OK');
		expect(write(simulation, memoryState(33), 'online_kernel')).toBe('OK');
	});
});

it('full detail and slices of any size give the same world', () => {
	const course = (forceDetail: boolean, slice: number): string => {
		open(MOVABLE, { forceDetail });
		wish(512);
		words('p', 'map a 200M', 'touch a');
		ask(simulation, { name: 'qmp', execute: 'qom-set', arguments: { path: 'vm0', property: 'requested-size', value: 128 * MIB } });
		const until = simulation.nowNs + 3e9;
		while (!simulation.advance(until, slice).done);
		return simulation.fingerprint();
	};
	const plain = course(false, Infinity);
	expect(course(true, Infinity)).toBe(plain);
	expect(course(false, 1)).toBe(plain);
});

it('seeking back and forth through a run leads to the same world', () => {
	open(MOVABLE);
	wish(1024);
	const now = simulation.nowNs;
	wish(0, 2);
	const end = simulation.fingerprint();
	simulation.seek(now + 10_000_000);
	expect(mib()).toBeGreaterThan(0);
	simulation.seek(now + 2e9);
	expect(simulation.fingerprint()).toBe(end);
});
