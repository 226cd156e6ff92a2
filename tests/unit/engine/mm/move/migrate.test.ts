/**
 * Goal: references decide about a move as in Linux, passing ones by chance and only sometimes.
 * Method: the same move on machines with different chances of a passing reference.
 */
import { expect, it } from 'vitest';
import { ask, machine, THREE_NODES } from '../../../../support/machines.ts';

function moved(transientChancePpm: number): Record<string, unknown> {
	const simulation = machine(THREE_NODES, '', { transientChancePpm });
	let value: unknown = null;
	for (const words of ['map a 8M', 'nothp a', 'touch a', 'move a 1'])
		({ value } = ask(simulation, { name: 'process', process: 'p', words }, 60));
	return value as Record<string, unknown>;
}

it('moves all without passing references, and with some that are gone after ten passes', () => {
	expect(moved(0)).toMatchObject({ ret: 0, status: { node1: 2048 } });
	expect(moved(300_000)).toMatchObject({ ret: 0, status: { node1: 2048 } });
});

it('leaves pages behind when references come again and again', () => {
	const { ret } = moved(900_000) as { ret: number };
	// 0.9 to the tenth power of 2048 pages, widely.
	expect(ret).toBeGreaterThan(500);
	expect(ret).toBeLessThan(950);
});
