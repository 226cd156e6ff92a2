import { createRequire } from 'node:module';
import type SortedBTree from 'sorted-btree';
import { emptyTree, type IovaTreeRecord } from '../../src/lib/engine/vdpa/iova/nodes.ts';
import { allocateMap, insertMap, removeMaps } from '../../src/lib/engine/vdpa/iova/tree.ts';
import { compare, type Measured, type Variant } from './measure.ts';
import { number, type Row } from './rows.ts';

/**
 * Maps of device addresses, one page each, in trees of three sizes, against sorted-btree with the same checks: a map that
 * overlaps is refused, a removal takes whatever it touches. The library's keys are doubles; ours have 64 bits, keep GLib's
 * shape and the largest gap below each node; the goal is the library's time all the same. Then first fit, for which an ordered
 * map has to be walked; of ten maps that is no more than a search.
 */
const SIZES = [10, 10_000, 1_000_000] as const;
const PAGE = 4096;
/** Every map has four pages to itself, and lies in one or the other of two of them. */
const SLOT = 4 * PAGE;
const STEPS = 20_000;
/** So often in one timed run: a run of a few milliseconds would measure the machine's other work. */
const REPEATS = 4;
const SIZE = BigInt(PAGE - 1);
const TOP = 2n ** 64n - 1n;
const PERM = 3;

// A CommonJS package with a default export, which Node's own import would hand over as a property of another.
const { default: BTree } = createRequire(import.meta.url)('sorted-btree') as { default: typeof SortedBTree };

interface Entry {
	readonly last: number;
	readonly target: number;
	readonly perm: number;
}
type Library = SortedBTree<number, Entry>;

/** The same numbers in every run. */
function drawn(count: number, below: number): number[] {
	let state = 12345;
	return Array.from({ length: count }, () => {
		state = (state * 1103515245 + 12345) % 2 ** 31;
		return Math.floor((state / 2 ** 31) * below);
	});
}

/** 0 … count − 1, mixed. */
function mixed(count: number): number[] {
	const list = Array.from({ length: count }, (_, index) => index);
	drawn(count, 2 ** 31).forEach((chance, index) => {
		const other = chance % (index + 1);
		[list[index], list[other]] = [list[other] as number, list[index] as number];
	});
	return list;
}

function must(holds: boolean, what: string): void {
	if (!holds) throw new Error(what);
}

const pair: [number, Entry] = [0, { last: 0, target: 0, perm: 0 }];

/** The entry with the highest address that is not above `last`, if it reaches `first`. */
function touching(library: Library, first: number, last: number): number | null {
	const found = library.getPairOrNextLower(last, pair);
	return found !== undefined && found[1].last >= first ? found[0] : null;
}

function mapLibrary(library: Library, first: number, bytes: number): void {
	const last = first + bytes - 1;
	must(touching(library, first, last) === null, 'the address is taken');
	library.set(first, { last, target: first, perm: PERM });
}

function unmapLibrary(library: Library, first: number, bytes: number): number {
	let removed = 0;
	const last = first + bytes - 1;
	for (let key = touching(library, first, last); key !== null; key = touching(library, first, last)) {
		library.delete(key);
		removed += 1;
	}
	return removed;
}

/** The lowest hole between two entries, as QEMU looks for it. */
function firstFitLibrary(library: Library, bytes: number): number {
	let free = 0;
	library.forRange(0, Infinity, true, (first, entry) => {
		if (first - free >= bytes) return { break: true };
		free = entry.last + 1;
		return undefined;
	});
	return free;
}

/** One row of two ways, the library first. */
function row(what: string, floor: string, library: Variant, ours: Variant, rounds: number, goal: number): Row {
	const [theirs, mine] = compare([library, ours], rounds) as [Measured, Measured];
	const perSecond = (each: Measured): string => `${number(1e3 / each.ns)} million a second`;
	return {
		what,
		floor: `${floor} (${perSecond(theirs)})`,
		value: `${number(mine.ratio)}x (${perSecond(mine)})`,
		spread: `${number(mine.least)} to ${number(mine.most)}; ${number(mine.ns)} ns each`,
		goal: `at most ${goal}x`,
		met: mine.ratio <= goal
	};
}

/** Maps that leave their place for the one beside it, and in the end have come back. */
function moved(size: number, rounds: number): Row {
	const library: Library = new BTree<number, Entry>();
	const tree = emptyTree();
	for (const index of mixed(size)) {
		mapLibrary(library, index * SLOT + PAGE, PAGE);
		must(insertMap(tree, mapOf(index * SLOT + PAGE)) === 'OK', 'the address is taken');
	}
	const place = new Uint8Array(size);
	const there = drawn(STEPS, size).map((index) => {
		const side = place[index] as number;
		place[index] = 1 - side;
		return { from: index * SLOT + PAGE * (1 + side), to: index * SLOT + PAGE * (2 - side) };
	});
	const steps = [...there, ...there.toReversed().map(({ from, to }) => ({ from: to, to: from }))];
	const wide = steps.map(({ from, to }) => ({ from: BigInt(from), map: mapOf(to) }));
	const units = 2 * steps.length * REPEATS;
	const both = row(
		`a tree of ${size.toLocaleString('en')} maps of device addresses: one taken away, and mapped beside`,
		'sorted-btree with the same checks',
		{
			name: 'library',
			units,
			run: () => {
				for (let repeat = 0; repeat < REPEATS; repeat += 1)
					for (const { from, to } of steps) {
						must(unmapLibrary(library, from, PAGE) === 1, 'nothing was mapped');
						mapLibrary(library, to, PAGE);
					}
			}
		},
		{
			name: 'tree',
			units,
			run: () => {
				for (let repeat = 0; repeat < REPEATS; repeat += 1)
					for (const { from, map } of wide) {
						must(removeMaps(tree, from, SIZE) === 1, 'nothing was mapped');
						must(insertMap(tree, map) === 'OK', 'the address is taken');
					}
			}
		},
		rounds,
		1
	);
	must(tree.count === size && library.size === size, 'maps were lost');
	return both;
}

function mapOf(first: number) {
	return { iova: BigInt(first), target: BigInt(first), size: SIZE, perm: PERM };
}

/** One map taken away somewhere, and the hole found again by first fit. */
function found(size: number, rounds: number): Row {
	const library: Library = new BTree<number, Entry>();
	const tree: IovaTreeRecord = emptyTree();
	// A tree without a hole, the last one apart.
	for (let index = 0; index < size; index += 1) {
		mapLibrary(library, index * PAGE, PAGE);
		must(insertMap(tree, mapOf(index * PAGE)) === 'OK', 'the address is taken');
	}
	// A walk takes the longer the larger the tree: few of a million are enough to be timed.
	const walks = Math.min(STEPS, Math.max(4, Math.ceil(1e6 / size)));
	const order = drawn(STEPS, size);
	const wide = order.map((index) => BigInt(index * PAGE));
	const request = { target: 0n, size: SIZE, perm: PERM };
	return row(
		`a tree of ${size.toLocaleString('en')} maps of device addresses without a hole: one taken away, its hole found by first fit`,
		'sorted-btree, walked as QEMU walks its tree',
		{
			name: 'library',
			units: 2 * walks,
			run: () => {
				for (let step = 0; step < walks; step += 1) {
					const first = (order[step] as number) * PAGE;
					must(unmapLibrary(library, first, PAGE) === 1, 'nothing was mapped');
					must(firstFitLibrary(library, PAGE) === first, 'another hole was found');
					mapLibrary(library, first, PAGE);
				}
			}
		},
		{
			name: 'tree',
			units: 2 * STEPS,
			run: () => {
				for (const first of wide) {
					must(removeMaps(tree, first, request.size) === 1, 'nothing was mapped');
					must(allocateMap(tree, request, 0n, TOP).iova === first, 'another hole was found');
				}
			}
		},
		rounds,
		1
	);
}

export function deviceAddresses(rounds: number): Row[] {
	return [...SIZES.map((size) => moved(size, rounds)), ...SIZES.map((size) => found(size, rounds))];
}
