import { formatBytesBinary } from '../../base/format.ts';
import { MEMORY_BLOCK_BYTES } from '../../base/units.ts';
import { place } from '../contract/layout.ts';
import type { MemoryEstimate } from '../contract/port.ts';
import type { MachineScenario, Scenario } from '../contract/scenario/schema.ts';
import { capacitiesOf } from './capacities.ts';

/** What does not fit, part by part; of a world of machines also how many memory blocks its largest could have. */
export function tooLargeText(scenario: Scenario, estimate: MemoryEstimate): string {
	const parts = estimate.parts.map((part) => `${part.label} ${formatBytesBinary(part.bytes)}`).join('; ');
	const text = `it needs ${formatBytesBinary(estimate.bytes)}, the limit is ${formatBytesBinary(estimate.limitBytes)} (${parts})`;
	const fits = (memoryBlocks: number): boolean => place(capacitiesOf(scenario, memoryBlocks)).byteLength <= estimate.limitBytes;
	const blocksOf = (machine: MachineScenario): number =>
		capacitiesOf({ ...scenario, hosts: [], pool: null, vms: [], machines: [machine] }).memoryBlock;
	const largest = [...scenario.machines].sort((a, b) => blocksOf(b) - blocksOf(a))[0];
	if (!largest || !fits(1)) return text;
	const beyond = blocksOf(largest);
	let most = 1;
	for (let step = 2 ** 30; step >= 1; step /= 2) if (most + step < beyond && fits(most + step)) most += step;
	const unit = formatBytesBinary(MEMORY_BLOCK_BYTES);
	return `${text}; ${largest.id} has addresses for ${beyond} memory blocks of ${unit}, and ${most} would fit`;
}
