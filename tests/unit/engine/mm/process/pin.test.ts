/**
 * Goal: a pin of memory that nobody touched looks for pages where its policy says, without ZONE_MOVABLE; and a pin that finds no room outside ZONE_MOVABLE kills somebody, even its own process, while its pages are on their way.
 * Method: 1 GiB of movable memory, nearly all of it used by one process that pins it; less than that is free elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { ask, machine, THREE_NODES } from '../../../../support/machines.ts';

it('ends with the process that it kills, and leaves a world that goes on', () => {
	const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
	ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 30 } });
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
	simulation.advance(simulation.nowNs + 2e9);
	const words = (text: string): ReturnType<typeof ask> => ask(simulation, { name: 'process', process: 'p', words: text }, 60);
	for (const text of ['map a 950M', 'bind a bind 2', 'touch a']) expect(words(text).errno).toBeNull();
	const pinned = words('pin a');
	expect(pinned.state).toBe('done');
	expect(simulation.world.r.processes.find(({ id }) => id === 'p')?.state ?? 'gone').not.toBe('running');
	expect(ask(simulation, { name: 'process', process: 'q', words: 'map a 64M' }).errno).toBeNull();
});

describe('a pin of untouched memory on a movable-only node', () => {
	const pinned = (policy: string): { errno: string | null; zones: unknown } => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
		ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 28 } });
		ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
		simulation.advance(simulation.nowNs + 2e9);
		const words = (text: string): ReturnType<typeof ask> => ask(simulation, { name: 'process', process: 'p', words: text }, 60);
		for (const text of ['map a 16M', `bind a ${policy}`]) expect(words(text).errno).toBeNull();
		const { errno } = words('pin a');
		return { errno, zones: (words('zones a').value as { zones: unknown }).zones };
	};

	it('finds nothing when it is bound there: the mask was made before __GFP_MOVABLE went away', () => {
		expect(pinned('bind 2')).toEqual({ errno: 'ENOMEM', zones: {} });
	});
	it('goes on to the next node when it only prefers it', () => {
		expect(pinned('preferred 2')).toEqual({ errno: null, zones: { DMA32: { pages: 4096, block_lo: 4, block_hi: 4 } } });
		expect(pinned('preferred-many 2')).toMatchObject({ errno: null, zones: { DMA32: { pages: 4096 } } });
	});
});
