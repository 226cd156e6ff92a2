import { untrack } from 'svelte';
import { centre, type Box, type Point } from '../geometry/box.ts';
import { UNMAGNIFIED, type Magnified } from '../interact/magnify.ts';
import {
	keepInside,
	meets,
	mostCloser,
	nearestPlace,
	shiftKeeping,
	shiftShowing,
	windowOf
} from './closer.ts';
import { roomOfBlock } from './dropping.ts';
import { layoutRooms, magnifyRooms, seenOf, type LayoutInput } from './layout.ts';
import { placeBlocks } from './placing.ts';
import type { RoomsScene } from './scene.ts';

/** Where everything of the figure lies now: as a whole, or drawn larger and seen through a window. */
export class CloserLook {
	#wanted: Magnified = $state.raw(UNMAGNIFIED);
	readonly #input: () => LayoutInput;
	readonly #scene: () => RoomsScene | null;

	constructor(input: () => LayoutInput, scene: () => RoomsScene | null) {
		this.#input = input;
		this.#scene = scene;
	}

	readonly whole = $derived.by(() => layoutRooms(this.#input()));
	readonly seen: Box = $derived.by(() => seenOf(this.whole));
	readonly #shape: string = $derived.by(() => JSON.stringify(this.#input()));
	/** How close one can go. */
	readonly most: number = $derived.by(() => {
		void this.#shape;
		return untrack(() => mostCloser(this.#input(), this.whole));
	});
	readonly #factor: number = $derived.by(() => Math.min(this.#wanted.factor, this.most));
	readonly layout = $derived.by(() => magnifyRooms(this.#input(), this.whole, this.#factor));
	readonly placing = $derived.by(() => placeBlocks(this.#scene(), this.layout));
	readonly now: Magnified = $derived.by(() =>
		this.#factor <= 1
			? UNMAGNIFIED
			: { factor: this.#factor, shift: keepInside(this.#wanted.shift, this.layout, this.seen) }
	);
	/** Part of the figure that is seen; null for all. */
	readonly window: Box | null = $derived.by(() => windowOf(this.now, this.seen));

	/** Buttons stand at the right end of the first row of panels, also while these are seen larger. */
	readonly buttons: { readonly right: number; readonly top: number } = $derived.by(() => {
		const [first] = this.whole.nodes;
		const row = this.whole.nodes.filter((node) => node.box.y === first?.box.y);
		const last = row.at(-1)?.box;
		return { right: last ? last.x + last.width : this.seen.width, top: (last?.y ?? 0) + 3 };
	});
	/** Where the middle of the window is, in words; null while all is seen. */
	readonly where: string | null = $derived.by(() => {
		const scene = this.#scene();
		if (this.window === null || scene === null) return null;
		const at = nearestPlace(this.placing, centre(this.window));
		const index = this.placing.blocks[at];
		const room = index === undefined ? null : roomOfBlock(scene, index);
		return room === null ? null : `Node ${room.node}, ${room.name}`;
	});

	/** What is under `at` stays there. */
	go(factor: number, at: Point): void {
		const to = Math.min(this.most, Math.max(1, factor));
		if (to <= 1) {
			this.#wanted = UNMAGNIFIED;
			return;
		}
		const { placing, now, seen } = this;
		const layout = magnifyRooms(this.#input(), this.whole, to);
		const after = { layout, placing: placeBlocks(this.#scene(), layout) };
		this.#wanted = { factor: to, shift: shiftKeeping({ placing, now }, after, at, seen) };
	}
	/** By keys and buttons: around the place that is chosen, where it is seen. */
	goBy(by: number, place: number): void {
		const box = this.placing.boxes[place];
		const { shift } = this.now;
		const middle = box && meets(this.window, box) ? centre(box) : null;
		this.go(
			this.now.factor * by,
			middle === null
				? { x: this.seen.width / 2, y: this.seen.height / 2 }
				: { x: middle.x - shift.x, y: middle.y - shift.y }
		);
	}
	pan(shift: Point): void {
		this.#wanted = { ...this.now, shift: keepInside(shift, this.layout, this.seen) };
	}
	/** The window follows what the keys have reached. */
	show(place: number): void {
		const box = this.placing.boxes[place];
		if (box && this.now.factor > 1)
			this.#wanted = { ...this.now, shift: shiftShowing(box, this.now, this.layout, this.seen) };
	}
	out(): void {
		this.#wanted = UNMAGNIFIED;
	}
}
