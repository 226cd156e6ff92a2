/**
 * Goal: the two statements about virtio-mem notice what they are there for.
 * Method: a healthy world, then one thing bent; the statement names it.
 */
import { beforeEach, expect, it } from 'vitest';
import { MIB } from '$lib/base/units.ts';
import type { Simulation } from '$lib/engine/index.ts';
import type { VirtioMemRecord } from '$lib/engine/state/machine-records.ts';
import { virtioSizes, virtioStates } from '$lib/engine/whole/machine-virtio.ts';
import { ask, machine, VIRTIO_MEM } from '../../../support/machines.ts';

let simulation: Simulation;
let device: VirtioMemRecord;
beforeEach(() => {
	simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
	ask(simulation, { name: 'qmp', execute: 'qom-set', arguments: { path: 'vm0', property: 'requested-size', value: 200 * MIB } });
	simulation.advance(1e9);
	device = simulation.world.r.virtioMems[0] as VirtioMemRecord;
	expect([virtioSizes(simulation.world), virtioStates(simulation.world)]).toEqual([null, null]);
});

it.each([
	['a size that the bitmap does not hold', () => (device.pluggedBytes += 2 * MIB), 'bitmap'],
	['a usable region below the size', () => (device.usableBytes = 128 * MIB), 'usable'],
	['a usable region below the request', () => (device.requestedBytes = 1024 * MIB), 'below the request']
])('sizes: %s', (_, bend, text) => {
	bend();
	expect(virtioSizes(simulation.world)).toContain(text);
});

it.each([
	['a full block that is said to be partial', () => (device.driver.blockStates[0] = 'MOVABLE_PARTIAL'), 'memory32 is MOVABLE_PARTIAL'],
	['an online block that is said to be offline', () => (device.driver.blockStates[0] = 'OFFLINE'), 'memory32 is OFFLINE'],
	['a block in Linux that is said to be unused', () => (device.driver.blockStates[1] = 'UNUSED'), 'memory33 is UNUSED'],
	['offline memory that is not there', () => (device.driver.offlineBytes = 128 * MIB), 'the driver counts'],
	['a belief that the device does not share', () => simulation.world.c.driverPlugged.set(device.firstDeviceWord, 0), 'disagree']
])('states: %s', (_, bend, text) => {
	bend();
	expect(virtioStates(simulation.world)).toContain(text);
});
