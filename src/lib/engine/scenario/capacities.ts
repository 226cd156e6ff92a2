import { BLOCK_BYTES, MEMORY_BLOCK_BYTES } from '../../base/units.ts';
import { COLUMNS, COLUMN_NAMES, place, type Capacities, type ColumnSpec } from '../contract/layout.ts';
import type { MemoryEstimate } from '../contract/port.ts';
import type { Scenario } from '../contract/scenario/schema.ts';
import { MIGRATETYPES, ORDERS, SUPERPAGE_WORDS_PER_VM, VM_LIMIT } from '../contract/words.ts';

/** Most bytes that a world may take on a page unless it asks otherwise. */
export const DEFAULT_LIMIT_BYTES = 256 * 1024 * 1024;

/** How many rows of everything a scenario can ever need: worst cases, so that running out is impossible (decision D17). */
export function capacitiesOf(scenario: Scenario): Capacities {
	const dramBlocks = scenario.hosts.reduce((sum, host) => sum + host.dramBytes / BLOCK_BYTES, 0);
	const poolBlocks = scenario.pool ? scenario.pool.bytes / BLOCK_BYTES : 0;
	const blocks = dramBlocks + poolBlocks;
	const guestBlocks = scenario.vms.reduce((sum, vm) => sum + vm.bytes / BLOCK_BYTES, 0);
	// A guest block may be spread over source, pool and target at once, and leave broken blocks on each.
	const details = Math.min(blocks, guestBlocks * 3 + 64);
	const zones = scenario.hosts.length * 2 + scenario.vms.length * 2;
	return {
		memory: scenario.hosts.length + 1,
		memoryBlock: (blocks * BLOCK_BYTES) / MEMORY_BLOCK_BYTES,
		block: blocks,
		detail: details,
		content: details,
		structure: details,
		row: details,
		zone: zones,
		freeList: zones * MIGRATETYPES * ORDERS,
		guestBlock: guestBlocks,
		guestDetail: guestBlocks,
		guestRow: guestBlocks,
		mapping: guestBlocks * 2,
		mapDetail: guestBlocks * 2,
		mapRow: guestBlocks * 2,
		gfnWord: guestBlocks * 16,
		event: 256 + scenario.vms.length * 64,
		stream: scenario.vms.length * 2 + 2,
		word: VM_LIMIT * SUPERPAGE_WORDS_PER_VM + 16,
		descriptor: Math.max(64, scenario.descriptorLimit)
	};
}

const WIDTH = { u8: 1, u16: 2, u32: 4, f64: 8, u64: 8 } as const;

/** Bytes of the one buffer, in parts that people can read. Parts that a run never touches cost address space only. */
export function estimateMemory(scenario: Scenario, limitBytes: number): MemoryEstimate {
	const capacities = capacitiesOf(scenario);
	const sums = new Map<string, number>();
	for (const name of COLUMN_NAMES) {
		const spec: ColumnSpec = COLUMNS[name];
		const bytes = capacities[spec.region] * (spec.per ?? 1) * WIDTH[spec.type];
		const label =
			spec.region === 'content' || spec.region === 'row' || spec.region === 'detail' || spec.region === 'structure'
				? 'frames in full detail'
				: spec.region.startsWith('guest') || spec.region.startsWith('map') || spec.region === 'gfnWord'
					? 'guest pages, mappings, dirty log'
					: 'blocks, zones, events';
		sums.set(label, (sums.get(label) ?? 0) + bytes);
	}
	return {
		bytes: place(capacities).byteLength,
		limitBytes,
		parts: [...sums].map(([label, bytes]) => ({ label, bytes }))
	};
}
