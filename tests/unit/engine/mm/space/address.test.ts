/**
 * Goal: where mmap puts an area: at the hint where it is free, else in the highest gap that fits.
 * Method: maps with and without hints, gaps by unmapping, ends of user space; the addresses of the records.
 */
import { expect, it } from 'vitest';
import { ask, machine } from '../../../../support/machines.ts';

const HINT = 0x7fd473e00000;

function mapped() {
	const simulation = machine();
	const say = (words: string): unknown => ask(simulation, { name: 'process', process: 'p', words }).errno;
	const at = (name: string): number | undefined =>
		simulation.world.r.areas.find((area) => area?.name === name && area.kind !== 'kernel')?.startHva;
	return { simulation, say, at };
}

it('takes a hint where nothing is mapped, rounded down to a page', () => {
	const { say, at } = mapped();
	expect(say('map a 64M at 0x7fd473e00000')).toBe(null);
	expect(at('a')).toBe(HINT);
	say(`mapshared b 8K at ${HINT - 8192 + 77}`);
	expect(at('b')).toBe(HINT - 8192);
	say('map c 4K at 0x1234');
	expect(at('c')).toBe(65_536);
});

it.each([
	['into an area', '0x7fd473e01000'],
	['an end inside an area', '0x7fd473dff000'],
	['beyond user space', '0x7ffffffff000'],
	['none', '0']
])('chooses itself: %s', (_what, hint) => {
	const { say, at } = mapped();
	say('map a 64M at 0x7fd473e00000');
	say(`map b 8K at ${hint}`);
	expect(at('b')).toBe(0x7ffff7800000 - 8192);
});

it('fills the highest gap that is large enough', () => {
	const { say, at } = mapped();
	for (const name of ['a', 'b', 'c']) say(`map ${name} 2M`);
	const [b, c] = [at('b'), at('c')];
	say('free b');
	say('map d 4M');
	expect(at('d')).toBe((c as number) - 4 * 2 ** 20);
	say('map e 2M');
	expect(at('e')).toBe(b);
});

it('refuses what is no address', () => {
	const { say } = mapped();
	for (const words of ['map a 4K at', 'map a 4K at here', 'map a 4K at 0x1000 more', 'map a 4K at 0x1000000000000'])
		expect(say(words)).toBe('EINVAL');
});
