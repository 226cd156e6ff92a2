import { GIB, MIB } from '../../src/lib/base/units.ts';
import { CATALOGUE, COPYING_CATALOGUE } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../src/lib/engine/contract/scenario/read.ts';
import type { Scenario } from '../../src/lib/engine/contract/scenario/schema.ts';

/** Of the other copies: a guest that goes first, a stream that breaks behind it, a file that both hosts map. */
const COPIES: readonly string[] = ['guest-goes-first', 'stream-breaks', 'one-file-two-hosts'];

/** The built-in scenarios with memory cut so that one run takes a fraction of a second; times and commands as they are. */
export function smallCatalogue(copies = COPIES): { readonly id: string; readonly scenario: Scenario }[] {
	return [...CATALOGUE, ...COPYING_CATALOGUE.filter(({ id }) => copies.includes(id))].map(({ id, scenario }) => ({
		id,
		scenario: shrink(scenario)
	}));
}

/** An eighth of the memory, at least 512 MiB a host and 256 MiB a VM; working sets and pins fit into it. */
function shrink(value: unknown): Scenario {
	const read = readScenario(value);
	if (!read.ok) throw new Error(read.detail);
	const scenario = structuredClone(read.value);
	const eighth = (bytes: number): number => Math.max(256 * MIB, Math.floor(bytes / 8 / (128 * MIB)) * 128 * MIB);
	for (const record of scenario.hosts) {
		record.dramBytes = Math.max(512 * MIB, eighth(record.dramBytes));
		record.normalBytes = 128 * MIB;
		record.kernelBytes = 64 * MIB;
		record.otherBytes = 32 * MIB;
	}
	if (scenario.pool) {
		scenario.pool.bytes = Math.max(768 * MIB, eighth(scenario.pool.bytes));
		if (scenario.pool.peerBytes > 0) scenario.pool.peerBytes = 128 * MIB;
	}
	for (const record of scenario.vms) {
		record.bytes = record.bytes >= GIB ? 256 * MIB : record.bytes;
		delete record.populatedBytes;
		const working = record.workload.workingSetBytes;
		if (working !== undefined) record.workload.workingSetBytes = Math.min(working, record.bytes / 2);
		const rate = record.workload.rateBytesPerSecond;
		if (rate !== undefined) record.workload.rateBytesPerSecond = Math.min(rate, 400_000_000);
		for (const pin of record.pins) pin.gfn = Math.min(pin.gfn, record.bytes / 4096 - 1);
	}
	scenario.untilNs = Math.min(scenario.untilNs, 1_500_000_000);
	return scenario;
}
