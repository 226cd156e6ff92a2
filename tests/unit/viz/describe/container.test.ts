import { describe, expect, it } from 'vitest';
import { formatNumber, THIN } from '../../../../src/lib/base/format.ts';
import { describeBlock, describeMemory, describePage, describePages, describeRange } from '../../../../src/lib/viz/describe/container.ts';
import { hostRole, slotsOf, slotsWords, windowWords } from '../../../../src/lib/viz/describe/host.ts';
import { momentOf } from '../../../../src/lib/viz/describe/moment.ts';
import { handOff, precopy, running, staging, unstaging } from '../../../../src/lib/viz/fixtures/moments.ts';
import { readCells } from '../../../../src/lib/viz/scene/cells.ts';
import { readPages } from '../../../../src/lib/viz/scene/pages.ts';
import type { DrawnWorld } from '../../../../src/lib/viz/fixtures/drawn-world.ts';

/** Goal: who cannot see the figure hears the same. Method: the sentences of drawn moments, read as a listener would. */
const cellsOf = ({ views, status }: DrawnWorld, id: string) =>
	readCells(
		views,
		status,
		status.memories.find((memory) => memory.id === id)!
	);

describe('a container', () => {
	it('says shares, extents and exceptions of the pool', () => {
		const world = staging();
		expect(describeMemory(cellsOf(world, 'pool'), world.status)).toBe(
			`Shared pool, CXL, 8${THIN}GiB: 27${THIN}% host A, 22${THIN}% reserved, 9${THIN}% other hosts, 2${THIN}% arriving, 41${THIN}% free, 1 extent, nothing pinned, kernel or poisoned.`
		);
	});

	it('never leaves out a pin', () => {
		const world = staging();
		expect(describeMemory(cellsOf(world, 'dram-A'), world.status)).toContain('2 short pins, retried');
		expect(describeRange(cellsOf(world, 'dram-A'), 20 * 64, 21 * 64, world.status)).toBe(
			`memory20, 128${THIN}MiB, 64 sub-blocks: 1 host A, 63 free, 1 pinned.`
		);
	});

	it('changes its text with the level', () => {
		const world = staging();
		const cells = cellsOf(world, 'dram-A');
		const block = 20 * 64 + 20;
		expect(describeBlock(cells, block, world.status)).toBe(
			`memory20, sub-block 20, 2${THIN}MiB: pages of vm0, host A may touch them, held by a pin. Guest memory from 0xffc0_0000.`
		);
		const pages = readPages(world.views, world.status, cells.memory, cells, block);
		expect(describePages(cells, pages, block)).toBe('Host A, node 0, DRAM, memory20, sub-block 20: 512 of 512 pages used, 512 pinned.');
		expect(describePage(pages, 3, world.status)).toBe(`Page 3: guest page ${formatNumber(2046 * 512 + 3)} of vm0, host A, pinned.`);
	});

	it('tells the kernel pages inside a block one by one', () => {
		const world = staging();
		const cells = cellsOf(world, 'dram-A');
		const pages = readPages(world.views, world.status, cells.memory, cells, 3 * 64 + 5);
		expect(describePages(cells, pages, 3 * 64 + 5)).toContain('200 of 512 pages used, 200 kernel');
		expect(describePage(pages, 0, world.status)).toBe('Page 0: kernel, does not move.');
		expect(describePage(pages, 300, world.status)).toBe('Page 300: free.');
	});
});

describe('the moment', () => {
	it.each([
		[running, 'vm0 runs on host A'],
		[staging, 'Staging: pages cross to the pool while the VM runs'],
		[handOff, 'Hand-off: one word flips, no page moves'],
		[unstaging, 'Unstaging: pages go home behind the running VM'],
		[precopy, 'Round 1: every page is copied while the VM runs']
	] as const)('%o is said in one sentence', (draw, sentence) => {
		expect(momentOf(draw().status).sentence).toBe(sentence);
	});

	it('gives at most four figures, and shows the zero that is the point', () => {
		for (const draw of [running, staging, handOff, unstaging, precopy])
			expect(momentOf(draw().status).figures.length).toBeLessThanOrEqual(4);
		expect(momentOf(handOff().status).figures).toContainEqual({
			value: `0${THIN}B`,
			words: 'moved now'
		});
		expect(momentOf(handOff().status).figures).toContainEqual({
			value: `4.75${THIN}ms`,
			words: 'guest stopped'
		});
	});
});

describe('a host', () => {
	const roles = (world: DrawnWorld) => world.status.hosts.map((host) => hostRole(host, world.status).words);
	it('says what it is at each step of the hand-off', () => {
		expect(roles(staging())).toEqual(['runs vm0', 'ready, does not run']);
		expect(roles(handOff())).toEqual(['stopped, must not run', 'owner, loading vCPUs']);
		expect(roles(unstaging())[1]).toBe('runs vm0');
		expect(roles(precopy())).toEqual(['runs vm0', 'receives a copy']);
	});

	it('shows a vCPU as running on at most one host', () => {
		for (const draw of [running, staging, handOff, unstaging, precopy]) {
			const { status } = draw();
			const ran = status.hosts.filter((host) => slotsOf(host, status).some((slot) => slot.state === 'running'));
			expect(ran.length).toBeLessThanOrEqual(1);
		}
		const { status } = handOff();
		expect(status.hosts.map((host) => slotsWords(host, status))).toEqual(['vCPU 0–3 left', 'vCPU 0–3 being restored']);
	});

	it('knows the state of its window', () => {
		const { status } = staging();
		expect(status.hosts.map((host) => windowWords(host, status))).toEqual(['online, MOVABLE', 'accepted']);
	});
});
