/**
 * Goal: move_pages, mbind and long-term pins do with every single page what the kernel's loops do, whatever lies where, who maps
 * it and who holds it. Method: random words of a process beside a slow version that keeps one record per page
 * (Linux 7.2.13 mm/migrate.c, do_pages_move; mm/mempolicy.c, do_mbind; mm/gup.c).
 */
import { expect, it } from 'vitest';
import type { ProcessRecord } from '../../src/lib/engine/state/machine-records.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { ask, machine, THREE_NODES } from '../support/machines.ts';
import { expectSound } from '../support/worlds.ts';

const PAGES = 64;
/** Node 2 is a DIMM in ZONE_MOVABLE; its nearest kernel zone is node 1's (equal distance, no CPUs). */
const MOVABLE_NODE = 2;
const PIN_NODE = 1;

interface SlowPage {
	/** null: nothing there. "zero": the shared zero page. */
	at: number | 'zero' | null;
	shared: boolean;
	/** A pipe refers to it. */
	held: boolean;
	pinned: boolean;
}

class SlowArea {
	readonly pages: SlowPage[] = Array.from({ length: PAGES }, () => ({ at: null, shared: false, held: false, pinned: false }));
	readonly written = new Set<SlowPage>();
	policyNode = 0;

	touch(first: number, count: number): void {
		for (const page of this.pages.slice(first, first + count)) {
			if (typeof page.at === 'number' && !page.shared) continue;
			// A copy of its own; what a pipe refers to stays the old page.
			page.at = this.policyNode;
			page.shared = false;
			page.held = false;
		}
	}
	read(first: number, count: number): void {
		for (const page of this.pages.slice(first, first + count)) page.at ??= 'zero';
	}
	private stuck = (page: SlowPage): boolean => page.held || page.pinned;

	/** do_pages_move: runs of queued entries, flushed by the first entry that is not queued. */
	move(node: number, all: boolean): { ret: number; list: string[] } {
		const list = new Array<string>(PAGES).fill('untouched');
		let pending: number[] = [];
		let start = 0;
		const flush = (stop: number): number => {
			const run = pending;
			pending = [];
			let failed = 0;
			for (const index of run) {
				const page = this.pages[index] as SlowPage;
				if (this.stuck(page)) failed += 1;
				else page.at = node;
			}
			if (failed === 0) list.fill(`node${node}`, start, stop);
			return failed;
		};
		for (const [index, page] of this.pages.entries()) {
			if (pending.length === 0) start = index;
			if (typeof page.at === 'number' && page.at !== node && (all || !page.shared)) {
				pending.push(index);
				continue;
			}
			list[index] = page.at === 'zero' ? '-EFAULT' : page.at === null ? '-ENOENT' : page.at === node ? `node${node}` : '-EACCES';
			const told = list[index];
			if (pending.length === 0) continue;
			const failed = flush(index);
			list[index] = told;
			if (failed > 0) return { ret: failed + PAGES - index - 1, list };
		}
		return { ret: pending.length === 0 ? 0 : flush(PAGES), list };
	}

	/** do_mbind with BIND and MOVE; STRICT makes pages that stayed an error. Shared pages are passed over in silence. */
	bind(node: number, flags: string): string {
		const strays = this.pages.filter((page) => typeof page.at === 'number' && page.at !== node);
		if (flags === 'strict' && strays.length > 0) return 'EIO';
		this.policyNode = node;
		if (flags === 'strict') return 'OK';
		const tried = strays.filter((page) => flags.includes('moveall') || !page.shared);
		for (const page of tried) if (!this.stuck(page)) page.at = node;
		return flags.includes('strict') && tried.some(this.stuck) ? 'EIO' : 'OK';
	}

	/** All or nothing: what lies in ZONE_MOVABLE has to leave first, and untouched memory bound there finds nothing. */
	pin(first: number, count: number): string {
		const wanted = this.pages.slice(first, first + count);
		for (const page of wanted) {
			if (typeof page.at === 'number' && !page.shared) continue;
			if (this.policyNode === MOVABLE_NODE) return 'ENOMEM';
			this.touch(this.pages.indexOf(page), 1);
		}
		const unfit = wanted.filter((page) => page.at === MOVABLE_NODE);
		const left = unfit.filter(this.stuck);
		for (const page of unfit) if (!this.stuck(page)) page.at = PIN_NODE;
		if (left.length > 0) return 'ENOMEM';
		for (const page of wanted) page.pinned = true;
		return 'OK';
	}

	status(): string[] {
		return this.pages.map((page) => (page.at === null ? '-ENOENT' : page.at === 'zero' ? '-EFAULT' : `node${page.at}`));
	}
}

it.each([0, 1, 2, 3, 4, 5, 6, 7].map((offset) => seedOr(1700) + offset))('pages fare as the slow version says, seed %i', (seed) => {
	const chance = new Chance(seed);
	const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
	ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 27 } });
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
	simulation.advance(simulation.nowNs + 2e9);
	const say = (words: string) => ask(simulation, { name: 'process', process: 'p', words }).value as Record<string, unknown>;
	for (const words of [`map a ${PAGES * 4}K`, 'nothp a', 'bind a bind 0']) expect(say(words)['errno']).toBe('OK');
	const slow = new SlowArea();
	const done: string[] = [];
	const range = (): [first: number, count: number, text: string] => {
		const first = chance.whole(0, PAGES - 1);
		const count = chance.whole(1, Math.min(12, PAGES - first));
		return [first, count, `${count * 4}K@${first * 4}K`];
	};
	let child: string | null = null;
	for (let step = 0; step < 60; step += 1) {
		const [first, count, text] = range();
		const node = chance.whole(0, 2);
		switch (chance.whole(0, 9)) {
			case 0:
			case 1:
				done.push(`touch a ${text}`);
				say(done.at(-1) as string);
				slow.touch(first, count);
				for (const page of slow.pages.slice(first, first + count)) slow.written.add(page);
				break;
			case 2:
				done.push(`read a ${text}`);
				say(done.at(-1) as string);
				slow.read(first, count);
				break;
			case 3:
				done.push(`vmsplice a ${text}`);
				say(done.at(-1) as string);
				for (const page of slow.pages.slice(first, first + count)) if (typeof page.at === 'number') page.held = true;
				break;
			case 4:
				done.push('drain');
				say('drain');
				for (const page of slow.pages) page.held = false;
				break;
			case 5: {
				if (child === null) {
					done.push('fork');
					const pid = say('fork')['child'];
					child = (simulation.world.r.processes.find((each) => each.pid === pid) as ProcessRecord).id;
					// Pinned pages are copied for the child at once.
					for (const page of slow.pages) page.shared = typeof page.at === 'number' && !page.pinned;
				} else {
					done.push('the child ends');
					ask(simulation, { name: 'process-end', process: child });
					child = null;
					for (const page of slow.pages) page.shared = false;
				}
				break;
			}
			case 6: {
				const flags = chance.pick(['strict', 'move', 'strict,move', 'strict,moveall', 'moveall']);
				done.push(`bind a bind ${node} ${flags}`);
				expect(say(done.at(-1) as string)['errno'], done.join('; ')).toBe(slow.bind(node, flags));
				break;
			}
			case 7: {
				if (!chance.once(3)) break;
				done.push(`pin a ${text}`);
				expect(say(done.at(-1) as string)['errno'], done.join('; ')).toBe(slow.pin(first, count));
				break;
			}
			default: {
				const all = chance.once(2);
				done.push(`move a ${node}${all ? ' all' : ''} list`);
				const value = say(done.at(-1) as string);
				const theirs = slow.move(node, all);
				expect({ ret: value['ret'], list: value['list'] }, done.join('; ')).toEqual(theirs);
			}
		}
		const counts: Record<string, number> = {};
		for (const status of slow.status()) counts[status] = (counts[status] ?? 0) + 1;
		expect(say('status a')['status'], done.join('; ')).toEqual(counts);
	}
	// Whatever moved and was copied: what was written is still there.
	expect(say('check a')['ret'], done.join('; ')).toBe(PAGES - slow.written.size);
	expectSound(simulation);
});
