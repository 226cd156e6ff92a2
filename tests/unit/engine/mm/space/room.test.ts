/**
 * Goal: a machine that fits its world can be filled with base pages to the last one; one that does not fit says ENOMEM and
 * stays whole.
 * Method: nearly all of a small machine's memory touched in 4 KiB pages; a large one whose world has little left to
 * describe single pages with.
 */
import { expect, it } from 'vitest';
import { checkAll } from '$lib/engine/sim/invariants.ts';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { ask, machine } from '../../../../support/machines.ts';

const say = (simulation: ReturnType<typeof machine>, words: string) =>
	ask(simulation, { name: 'process', process: 'p', words }, 600).value as Record<string, unknown>;

it('fills a small machine page by page', () => {
	const simulation = machine('-machine q35 -m 512M -object memory-backend-ram,id=b0,size=512M -numa node,nodeid=0,memdev=b0');
	for (const words of ['map a 260M', 'nothp a', 'touch a 4K']) expect(say(simulation, words)).toMatchObject({ errno: 'OK' });
	expect(say(simulation, 'touch a')).toMatchObject({ errno: 'OK' });
	expect(say(simulation, 'check a')).toMatchObject({ ret: 0 });
});

it('says ENOMEM where a world has no room for so many single pages', () => {
	const simulation = machine('-machine q35 -m 28G -object memory-backend-ram,id=b0,size=28G -numa node,nodeid=0,memdev=b0');
	const { detail } = simulation.world.r.pools;
	for (const words of ['map a 64M', 'nothp a']) say(simulation, words);
	// As if most of the memory lay in single pages already; filling it for real takes long.
	const { used } = detail;
	detail.used = simulation.world.capacities.detail - 80;
	expect(say(simulation, 'touch a 6M')).toMatchObject({ ret: 0, errno: 'OK' });
	expect(say(simulation, 'touch a')).toMatchObject({
		ret: -1,
		errno: 'ENOMEM',
		text: expect.stringMatching(/^this world can describe \d+ blocks/)
	});
	detail.used = used + detail.used - (simulation.world.capacities.detail - 80);
	const broken = checkAll(simulation.world, INVARIANTS).filter((statement) => !statement.holds);
	expect(broken).toEqual([]);
	expect(say(simulation, 'touch a')).toMatchObject({ ret: 0, errno: 'OK' });
});
