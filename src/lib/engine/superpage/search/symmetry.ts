import type { ActorRecord } from '../steps.ts';
import type { Model, Symmetry } from './model.ts';
import type { Tables } from './tables.ts';

/** Replaces a row by the smallest of the rows that differ from it only in the names of alike hosts. */
export function canonical(model: Model, symmetry: Symmetry, tables: Tables, row: Uint16Array): void {
	const actors = model.actors.length;
	const best = row.slice();
	for (const permutation of symmetry.permutations) {
		const other = row.slice();
		for (let actor = 0; actor < actors; actor += 1) {
			const host = (model.actors[actor] as { host: number }).host;
			const twin = model.actors.findIndex((each) => each.host === permutation[host]);
			other[twin] = tables.recordId(symmetry.local(tables.records[row[actor] as number] as ActorRecord, permutation));
		}
		for (let slot = 0; slot < model.words.length; slot += 1) {
			const [index] = model.words[slot] as readonly [number, bigint];
			const [to, value] = symmetry.word(index, tables.values[row[actors + slot] as number] as bigint, permutation);
			other[actors + tables.slotOf(to)] = tables.valueId(value);
		}
		const at = actors + model.words.length;
		// Hosts that are dead, hosts that are cut off.
		for (const mask of [at, at + 1]) {
			let bits = 0;
			permutation.forEach((to, from) => {
				if (((row[mask] as number) >> from) & 1) bits |= 1 << to;
			});
			other[mask] = bits;
		}
		if (smaller(other, best)) best.set(other);
	}
	row.set(best);
}

function smaller(a: Uint16Array, b: Uint16Array): boolean {
	for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return (a[at] as number) < (b[at] as number);
	return false;
}
