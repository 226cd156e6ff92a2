import type { ActorRecord } from '../steps.ts';
import type { Model, PathStep } from './model.ts';
import { Edge, WAY_BITS } from './edges.ts';
import { Tables } from './tables.ts';

/** Takes the steps of a path once more and tells each in words. */
export function pathTo(model: Model, edges: readonly number[]): PathStep[] {
	const tables = new Tables(model);
	const records = model.actors.map((actor) => tables.recordId(actor.record));
	const device = model.words.map(([, value]) => tables.valueId(value));
	const cached = model.coherent === false;
	const copies = new Map<string, { value: number; dirty: boolean }>();
	const path: PathStep[] = [];
	const changed = (slot: number, before: number): PathStep['word'] =>
		slot < 0 || device[slot] === before
			? null
			: {
					index: (model.words[slot] as readonly [number, bigint])[0],
					before: tables.values[before] as bigint,
					after: tables.values[device[slot] as number] as bigint
				};
	for (const edge of edges) {
		const kind = edge >> 20;
		if (kind === 0) {
			const actor = edge >> WAY_BITS;
			const { host, name } = model.actors[actor] as { host: number; name: string };
			const read = (slot: number): number => (cached ? copies.get(`${host}.${slot}`)?.value : undefined) ?? (device[slot] as number);
			const way = tables.waysOf(actor, records[actor] as number)[edge & ((1 << WAY_BITS) - 1)];
			if (!way) throw new Error('a path that is none');
			const taken = tables.take(actor, records[actor] as number, way, read);
			records[actor] = taken.local;
			const before = taken.slot < 0 ? -1 : read(taken.slot);
			if (taken.slot >= 0 && !cached) device[taken.slot] = taken.value;
			if (taken.slot >= 0 && cached) {
				const old = copies.get(`${host}.${taken.slot}`);
				copies.set(`${host}.${taken.slot}`, { value: taken.value, dirty: taken.value !== before || (old?.dirty ?? false) });
			}
			const { says } = tables.stepOf(actor, way.step);
			path.push({ kind: 'step', actor: name, host, step: way.step, says, word: changed(taken.slot, before), refused: taken.refused });
			continue;
		}
		const host = kind === Edge.crash >> 20 ? edge & 0xff : (edge >> 8) & 0xff;
		const called = model.hosts[host] as string;
		if (kind === Edge.crash >> 20) {
			model.actors.forEach((actor, index) => {
				if (actor.host !== host) return;
				const { locals } = tables.records[records[index] as number] as ActorRecord;
				const known = Object.fromEntries(Object.entries(locals).filter(([name]) => model.survives?.includes(name)));
				records[index] = tables.recordId({ step: 'crashed', running: false, planned: false, locals: known });
			});
			for (const key of [...copies.keys()]) if (key.startsWith(`${host}.`)) copies.delete(key);
			path.push({ kind: 'crash', actor: called, host, step: 'crash', says: `host ${called} dies`, word: null, refused: false });
			continue;
		}
		const slot = edge & 0xff;
		const key = `${host}.${slot}`;
		const copy = copies.get(key);
		if (!copy) throw new Error('a path that is none');
		const before = device[slot] as number;
		if (kind === Edge.writeBack >> 20) {
			device[slot] = copy.value;
			copies.set(key, { ...copy, dirty: false });
			const says = `the cache of host ${called} writes its copy back`;
			path.push({ kind: 'write-back', actor: called, host, step: 'write-back', says, word: changed(slot, before), refused: false });
		} else {
			copies.delete(key);
			path.push({
				kind: 'drop',
				actor: called,
				host,
				step: 'drop',
				says: `the cache of host ${called} drops its copy`,
				word: null,
				refused: false
			});
		}
	}
	return path;
}
