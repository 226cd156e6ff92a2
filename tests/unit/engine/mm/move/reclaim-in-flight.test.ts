/**
 * Goal: pages that are being moved are off the lists: making room for them never reclaims one of them.
 * Method: a cold area moves while both nodes are so full that each target is found by reclaim. Without the rule the frames that
 * were just swapped out were moved (an assertion of the buddy allocator noticed).
 */
import { expect, it } from 'vitest';
import { ask, machine, THREE_NODES } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

it.each([
	['mbind', 'bind a preferred 1 move'],
	['migrate_pages', 'migrate 0 0 1']
])('%s', { timeout: 30_000 }, (_name, words) => {
	const simulation = machine(THREE_NODES, '', { swapBytes: 2 ** 30 });
	const say = (process: string, text: string): ReturnType<typeof ask> => ask(simulation, { name: 'process', process, words: text }, 120);
	for (const text of ['map a 200M', 'nothp a', 'bind a preferred 0', 'touch a']) expect(say('p', text).errno).toBeNull();
	for (const text of ['map h 620M', 'nothp h', 'bind h interleave 0,1', 'touch h']) expect(say('h', text).errno).toBeNull();
	say('p', words);
	expectSound(simulation);
	for (const [process, area] of ['p a', 'h h'].map((text) => text.split(' ') as [string, string]))
		expect((say(process, `check ${area}`).value as { ret: number }).ret).toBe(0);
	const { areas, oses } = simulation.world.r;
	expect(oses[0]?.settings.swapUsedPages).toBe(areas.reduce((sum, area) => sum + (area?.swapped ?? 0), 0));
});
