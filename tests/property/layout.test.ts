import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLUMN_NAMES, HEADER, HEADER_BYTES, place, REGION_NAMES, type Capacities } from '../../src/lib/engine/contract/layout.ts';
import { attach, isSettled } from '../../src/lib/engine/contract/views.ts';
import { open, tinyWorld } from '../support/worlds.ts';

const { world } = open(tinyWorld());

function copy(change: (words: Uint32Array) => void = () => undefined): ArrayBuffer {
	const buffer = (world.buffer as ArrayBuffer).slice(0);
	change(new Uint32Array(buffer, 0, HEADER_BYTES / 4));
	return buffer;
}

describe('attach', () => {
	it('reads what the engine wrote, in place', () => {
		const views = attach(world.buffer);
		expect(views.capacities).toEqual(world.capacities);
		expect(views.columns.blockWord.buffer).toBe(world.buffer);
		expect([...views.columns.mapWord]).toEqual([...world.c.mapWord.data]);
		expect(isSettled(views)).toBe(true);
	});

	it('refuses a wrong magic, version, hash and place of a column', () => {
		const wrong = (index: number) => () => attach(copy((words) => void (words[index] = (words[index] as number) ^ 1)));
		expect(wrong(HEADER.magic)).toThrow('wrong magic');
		expect(wrong(HEADER.version)).toThrow('layout version');
		expect(wrong(HEADER.layoutHash)).toThrow('the layout differs');
		for (const [index, name] of COLUMN_NAMES.entries()) expect(wrong(HEADER.firstOffset + index)).toThrow(`column ${name}`);
	});

	it('refuses capacities that the buffer does not hold', () => {
		for (const index of REGION_NAMES.keys())
			expect(() => attach(copy((words) => void (words[HEADER.firstCapacity + index] = 0x00ff_ffff)))).toThrow();
	});

	it('refuses a buffer that is cut short or out of line', () => {
		expect(() => attach(world.buffer.slice(0, 100))).toThrow('smaller than a header');
		expect(() => attach(world.buffer.slice(0, world.buffer.byteLength - 4096))).toThrow('smaller than the world');
		const shifted = new ArrayBuffer(world.buffer.byteLength + 128);
		new Uint8Array(shifted, 64).set(new Uint8Array(world.buffer as ArrayBuffer));
		expect(attach(shifted, 64).capacities).toEqual(world.capacities);
		expect(() => attach(shifted, 32)).toThrow('not aligned');
		expect(() => attach(shifted, 0)).toThrow('wrong magic');
	});
});

describe('place', () => {
	it('lays columns side by side on 64-byte borders, without overlap', () => {
		const capacities = fc.tuple(...REGION_NAMES.map(() => fc.integer({ min: 0, max: 300 })));
		fc.assert(
			fc.property(capacities, (counts) => {
				const given = Object.fromEntries(REGION_NAMES.map((name, index) => [name, counts[index]])) as unknown as Capacities;
				const placement = place(given);
				const width = { u8: 1, u16: 2, u32: 4, f64: 8, u64: 8 };
				let end = HEADER_BYTES;
				for (const name of COLUMN_NAMES) {
					expect(placement.offsets[name] % 64).toBe(0);
					expect(placement.offsets[name]).toBeGreaterThanOrEqual(end);
					const type = name === 'superpageWord' ? 'u64' : columnType(name);
					end = placement.offsets[name] + placement.lengths[name] * width[type];
				}
				expect(placement.byteLength).toBeGreaterThanOrEqual(end);
				expect(placement.byteLength % 4096).toBe(0);
			}),
			{ numRuns: 60 }
		);
	});
});

/** Width of a column by what the engine attaches to it, not by the table that `place` itself reads. */
function columnType(name: (typeof COLUMN_NAMES)[number]): 'u8' | 'u16' | 'u32' | 'f64' {
	const { data } = world.c[name];
	return data instanceof Uint8Array ? 'u8' : data instanceof Uint16Array ? 'u16' : data instanceof Uint32Array ? 'u32' : 'f64';
}
