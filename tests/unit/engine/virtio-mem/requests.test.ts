/**
 * Goal: the device checks requests in the order of the reference (virtio-mem 3) and answers as QEMU does.
 * Method: a machine whose driver is not loaded, so that only the test asks. Region 2 GiB at 4 GiB, blocks of 2 MiB.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { MIB } from '$lib/base/units.ts';
import type { Simulation } from '$lib/engine/index.ts';
import type { VirtioMemRecord } from '$lib/engine/state/machine-records.ts';
import { request, stateRequest } from '$lib/engine/virtio-mem/requests.ts';
import { ask, machine, VIRTIO_MEM } from '../../../support/machines.ts';

const BASE = 0x100000000;
const BLOCK = 2 * MIB;

let simulation: Simulation;
let device: VirtioMemRecord;

beforeEach(() => {
	simulation = machine(VIRTIO_MEM, '', { driverLoaded: false });
	device = simulation.world.r.virtioMems[0] as VirtioMemRecord;
	wish(128 * MIB);
});

function wish(bytes: number): void {
	ask(simulation, {
		name: 'qmp',
		execute: 'qom-set',
		arguments: { path: '/machine/peripheral/vm0', property: 'requested-size', value: bytes }
	});
}
const plug = (addr: number, bytes: number) => request(simulation.world, device, 'PLUG', addr, bytes, null);
const unplug = (addr: number, bytes: number) => request(simulation.world, device, 'UNPLUG', addr, bytes, null);
const unplugAll = () => request(simulation.world, device, 'UNPLUG_ALL', 0, 0, null);
const state = (addr: number, bytes: number) => stateRequest(simulation.world, device, addr, bytes);
const migrating = (is: boolean): void => {
	(simulation.world.r.oses[0] as { migrating: string }).migrating = is ? 'outgoing' : 'none';
};

describe('bad ranges are ERROR', () => {
	it.each([
		['off a block border', BASE + MIB, BLOCK],
		['of no blocks', BASE, 0],
		['below the region', BASE - BLOCK, BLOCK],
		['beyond the usable region', BASE + 384 * MIB, BLOCK],
		['across its end', BASE + 382 * MIB, 2 * BLOCK]
	])('%s', (_, addr, bytes) => {
		expect(device.usableBytes).toBe(384 * MIB);
		expect([plug(addr, bytes), unplug(addr, bytes), state(addr, bytes).answer]).toEqual(['ERROR', 'ERROR', 'ERROR']);
		expect(device.pluggedBytes).toBe(0);
	});
});

describe('plug and unplug', () => {
	it('plugs, counts, and unplugs again', () => {
		expect(plug(BASE, 64 * MIB)).toBe('ACK');
		expect(plug(BASE + 128 * MIB, 64 * MIB)).toBe('ACK');
		expect(device.pluggedBytes).toBe(128 * MIB);
		expect(unplug(BASE + 2 * BLOCK, BLOCK)).toBe('ACK');
		expect(device.pluggedBytes).toBe(126 * MIB);
	});

	it('one block more than requested is NACK, before anything else is looked at', () => {
		plug(BASE, 128 * MIB);
		expect(plug(BASE + 128 * MIB, BLOCK)).toBe('NACK');
		expect(plug(BASE, BLOCK)).toBe('NACK');
		migrating(true);
		expect(plug(BASE, BLOCK)).toBe('NACK');
	});

	it('blocks that are not all in the other state are ERROR, also while migrating', () => {
		plug(BASE, BLOCK);
		expect(plug(BASE, 2 * BLOCK)).toBe('ERROR');
		expect(unplug(BASE, 2 * BLOCK)).toBe('ERROR');
		migrating(true);
		expect(plug(BASE, BLOCK)).toBe('ERROR');
	});

	it('a driver may go below the request', () => {
		plug(BASE, 128 * MIB);
		expect(unplug(BASE, 128 * MIB)).toBe('ACK');
		expect(device.pluggedBytes).toBe(0);
	});

	it('everything is BUSY while migrating, and nothing changes', () => {
		plug(BASE, BLOCK);
		migrating(true);
		expect([plug(BASE + BLOCK, BLOCK), unplug(BASE, BLOCK), unplugAll()]).toEqual(['BUSY', 'BUSY', 'BUSY']);
		expect(device.pluggedBytes).toBe(BLOCK);
	});
});

describe('UNPLUG_ALL', () => {
	it('clears all and shrinks the usable region to the request', () => {
		plug(BASE, 128 * MIB);
		wish(1024 * MIB);
		wish(64 * MIB);
		expect(device.usableBytes).toBe(1280 * MIB);
		expect(unplugAll()).toBe('ACK');
		expect([device.pluggedBytes, device.usableBytes]).toEqual([0, 320 * MIB]);
	});

	it('with nothing plugged it is ACK even while migrating', () => {
		migrating(true);
		expect(unplugAll()).toBe('ACK');
	});
});

it('STATE tells plugged, unplugged and mixed', () => {
	plug(BASE, 2 * BLOCK);
	expect([state(BASE, 2 * BLOCK).state, state(BASE + 2 * BLOCK, BLOCK).state, state(BASE, 3 * BLOCK).state]).toEqual([
		'PLUGGED',
		'UNPLUGGED',
		'MIXED'
	]);
});

describe('the size event', () => {
	it('goes out at once, then once a second with the last value', () => {
		for (let index = 0; index < 5; index += 1) plug(BASE + index * BLOCK, BLOCK);
		expect(device.events.map((event) => event.size)).toEqual([BLOCK]);
		simulation.advance(5e9);
		expect(device.events).toEqual([
			{ atNs: 0, size: BLOCK },
			{ atNs: 1e9, size: 5 * BLOCK }
		]);
		plug(BASE + 5 * BLOCK, BLOCK);
		expect(device.events.at(-1)).toEqual({ atNs: 5e9, size: 6 * BLOCK });
	});
});
