/**
 * Goal: a process that the OOM killer takes in the middle of its own page fault gets nothing any more.
 * Method: memory is filled to the mark, then one page in each of many steps is touched, which takes a page table and a page: with
 * an even and an odd number of pages left, so that once the table kills and once the page. Pages that came after the table's
 * death were lost (found by random commands).
 */
import { expect, it } from 'vitest';
import { ask, machine } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

it.each([0, 1])('with %i pages more', (more) => {
	const simulation = machine('-machine q35 -smp 1 -m 256M', 'transparent_hugepage=never');
	const say = (words: string) => ask(simulation, { name: 'process', process: 'p', words }, 60);
	for (const words of ['map a 1000M', 'map b 300M', 'map c 64K']) expect(say(words).errno).toBe(null);
	if (more > 0) expect(say(`touch c ${more * 4}K`).errno).toBe(null);
	const free = (): number =>
		simulation.status().machines[0]?.nodes[0]?.zones.reduce((sum, zone) => sum + zone.freePages - zone.min, 0) ?? 0;
	const filled = (Math.floor(free() / 513) - 1) * 512;
	expect(say(`touch b ${filled * 4}K`).errno).toBe(null);
	let step = 0;
	while (say(`touch a 4K@${step * 2}M`).errno === null) {
		step += 1;
		if (step % 100 === 0) expectSound(simulation);
		expect(step).toBeLessThan(500);
	}
	expect(simulation.world.r.processes.find((process) => process.id === 'p')?.state).toBe('ended');
	expectSound(simulation);
});
