import { assert } from '../../base/assert.ts';
import {
	COLUMN_NAMES,
	HEADER,
	LAYOUT_HASH,
	LAYOUT_MAGIC,
	LAYOUT_VERSION,
	place,
	REGION_NAMES,
	viewColumns,
	type Capacities,
	type ColumnArrays
} from './layout.ts';

/** Read-only use by the page: typed arrays over a world's buffer, checked before anything is believed. */
export interface WorldViews {
	readonly capacities: Capacities;
	readonly columns: ColumnArrays;
	readonly header: Uint32Array;
}

/**
 * Attaches to the world at `byteOffset` of `buffer` without copying. Throws an AssertionError that names what does not fit:
 * magic, version, layout hash, alignment, size.
 */
export function attach(buffer: ArrayBufferLike, byteOffset = 0): WorldViews {
	assert(byteOffset % 64 === 0, `world at byte ${byteOffset} is not aligned to 64`);
	assert(byteOffset + 512 <= buffer.byteLength, 'buffer is smaller than a header');
	const header = new Uint32Array(buffer, byteOffset, 128);
	assert(header[HEADER.magic] === LAYOUT_MAGIC, 'not a Switchyard world: wrong magic');
	assert(header[HEADER.version] === LAYOUT_VERSION, `layout version ${header[HEADER.version]}, expected ${LAYOUT_VERSION}`);
	assert(header[HEADER.layoutHash] === LAYOUT_HASH, 'the layout differs: written by another build');
	const capacities = {} as Record<string, number>;
	REGION_NAMES.forEach((name, index) => {
		capacities[name] = header[HEADER.firstCapacity + index] as number;
	});
	const placement = place(capacities as Capacities);
	assert(
		byteOffset + placement.byteLength <= buffer.byteLength,
		`buffer of ${buffer.byteLength} B is smaller than the world of ${placement.byteLength} B`
	);
	COLUMN_NAMES.forEach((name, index) => {
		assert(
			(header[HEADER.firstOffset + index] as number) * 64 === placement.offsets[name],
			`column ${name} is not where the layout puts it`
		);
	});
	return {
		capacities: capacities as Capacities,
		columns: viewColumns(buffer, byteOffset, placement),
		header
	};
}

/** True between turns. The page reads only then (decision D9). */
export function isSettled(views: WorldViews): boolean {
	return ((views.header[HEADER.epoch] as number) & 1) === 0;
}
