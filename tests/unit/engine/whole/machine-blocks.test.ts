/**
 * Goal: a range that virtio-mem is emptying is isolated, and that is no fault, also while the machine stands still in the middle
 * of it (found by the fuzz of machines, seed 70005). Method: stop during an unplug of used memory; then one block bent.
 */
import { expect, it } from 'vitest';
import { isolatedBlocks } from '../../../../src/lib/engine/whole/machine-blocks.ts';
import { ask, machine, VIRTIO_MEM } from '../../../support/machines.ts';
import { expectSound } from '../../../support/worlds.ts';

it('stop in the middle of an unplug leaves a sound world', () => {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_kernel');
	const request = (value: number) =>
		ask(simulation, { name: 'qmp', execute: 'qom-set', arguments: { path: 'vm0', property: 'requested-size', value } });
	request(2 ** 28);
	simulation.advance(simulation.nowNs + 2e9);
	for (const words of ['map a 200M', 'nothp a', 'touch a']) ask(simulation, { name: 'process', process: 'p', words }, 60);
	request(0);
	const { world } = simulation;
	simulation.advance(simulation.nowNs + 5e9, Infinity, () => (world.r.oses[0]?.isolated.length ?? 0) > 0);
	ask(simulation, { name: 'qmp', execute: 'stop' });
	expect(world.r.oses[0]?.isolated).not.toEqual([]);
	expectSound(simulation);
	world.r.oses[0]?.isolated.push({ firstBlock: 0, count: 1 });
	expect(isolatedBlocks(world)).toMatch(/pageblocks are isolated, 0 are going offline, \d+ are being emptied/);
	world.r.oses[0]?.isolated.pop();
	ask(simulation, { name: 'qmp', execute: 'cont' });
	simulation.advance(simulation.nowNs + 60e9);
	expect(world.r.oses[0]?.isolated).toEqual([]);
	expectSound(simulation);
});
