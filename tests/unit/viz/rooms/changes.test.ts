/**
 * Goal: the list of what changed says what differs between two pictures, and nothing where nothing does.
 * Method: a real machine before and after an offline, a touch, a pin and an end.
 */
import { describe, expect, it } from 'vitest';
import type { MachineStatus } from '../../../../src/lib/engine/contract/machine-status.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { changeList } from '../../../../src/lib/viz/rooms/changes.ts';
import { typed } from '../../../support/console.ts';
import { machine, memoryState, THREE_NODES, write } from '../../../support/machines.ts';

const now = (simulation: Simulation): MachineStatus => simulation.status().machines[0]!;

describe('what changed', () => {
	it('is nothing between a picture and itself', () => {
		const simulation = machine(THREE_NODES);
		expect(changeList(now(simulation), now(simulation), [])).toEqual([]);
	});
	it('names blocks by their states, zones by what is free and present, calls by their ends', () => {
		const simulation = machine(THREE_NODES);
		const was = now(simulation);
		const block = was.memoryBlocks.at(-2)!.id;
		write(simulation, memoryState(block), 'offline');
		const list = changeList(was, now(simulation), []);
		expect(list[0]).toBe(`memory${block}: online → offline`);
		expect(list.filter((line) => /present$/.test(line))).toHaveLength(1);
		expect(list.filter((line) => /free$/.test(line)).length).toBeGreaterThan(0);
		expect(list.at(-1)).toBe(`shell: echo offline > ${memoryState(block)}: done`);
	});
	it('tells of processes, and puts what moved first', () => {
		const simulation = machine(THREE_NODES);
		const was = now(simulation);
		for (const line of ['p0: map a 8M', 'p0: touch a']) typed(simulation, line);
		const list = changeList(was, now(simulation), [{ from: 1, to: 4, huge: 3, pages: 0 }]);
		expect(list[0]).toBe('3 folios × 2\u2009MiB go from memory1 to memory4'.replace('\u2009', ' '));
		expect(list).toContain('p0 has begun');
		const then = now(simulation);
		typed(simulation, 'p0: exit');
		expect(changeList(then, now(simulation), [])).toContain('p0 has ended');
	});
	it('joins blocks that changed alike', () => {
		const simulation = machine(THREE_NODES);
		const was = now(simulation);
		const ids = was.memoryBlocks.slice(-3, -1).map((one) => one.id);
		for (const id of ids) write(simulation, memoryState(id), 'offline');
		expect(changeList(was, now(simulation), [])[0]).toBe(`memory${ids[0]}–${ids[1]}: online → offline`);
	});
});
