import { Simulation } from '../../src/lib/engine/index.ts';
import type { StrategyId } from '../../src/lib/engine/contract/commands.ts';
import { MOVERS, type Mover } from '../../src/lib/engine/contract/mover-worlds.ts';
import { ensureDetail } from '../../src/lib/engine/mm/frames.ts';
import { ensureGuestDetail } from '../../src/lib/engine/mm/space/written.ts';
import { wholeBlockOf } from '../../src/lib/engine/mm/space/mapping.ts';
import type { VmRecord } from '../../src/lib/engine/state/records.ts';

export const GIB = 1024 ** 3;

export interface BenchWorld {
	readonly bytes: number;
	readonly strategy?: StrategyId;
	readonly pages?: 'thp' | '4k';
	readonly rateBytesPerSecond?: number;
	readonly workingSetBytes?: number;
	/** Share of guest blocks that keep a word per page from the beginning. */
	readonly mixed?: number;
	readonly checkpointBytes?: number;
}

/** Two hosts, a pool, one VM; the migration starts at 0. A guest that is not moved page by page lives on the pool from the start. */
export function worldOf(asked: BenchWorld): Simulation {
	const mover = Object.values<Mover>(MOVERS).find(({ strategy }) => strategy === asked.strategy);
	const host = (id: string) => ({ id, dramBytes: asked.bytes + 2 * GIB, normalBytes: GIB, windowBaseHpa: 2 ** 44 });
	const opened = Simulation.open({
		limitBytes: 64e9,
		checkpointBytes: asked.checkpointBytes ?? 16e6,
		scenario: {
			switchyard: 1,
			id: 'bench',
			title: 'Bench',
			hosts: [host('A'), host('B')],
			pool: { bytes: asked.bytes + GIB },
			networkBytesPerSecond: '11.75 GB/s',
			vms: [
				{
					id: 'vm0',
					host: 'A',
					bytes: asked.bytes,
					pages: asked.pages ?? 'thp',
					...(mover?.ways ? { ways: mover.ways } : {}),
					workload: {
						kind: 'memory-muncher',
						rateBytesPerSecond: asked.rateBytesPerSecond ?? 0,
						workingSetBytes: asked.workingSetBytes ?? asked.bytes
					}
				}
			],
			untilNs: '600 s',
			journal: asked.strategy
				? [
						{
							atNs: 0,
							command: {
								name: 'migrate',
								vm: 'vm0',
								target: 'B',
								strategy: asked.strategy,
								parameters: mover?.ways ? {} : { maxBandwidthBytesPerSecond: 0, multifdChannels: 32 }
							}
						}
					]
				: []
		}
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	mix(opened.value, asked.mixed ?? 0);
	return opened.value;
}

/** Gives every n-th guest block its word per page, content unchanged: as if each had been written once in one page. */
function mix(simulation: Simulation, share: number): void {
	if (share === 0) return;
	const { world } = simulation;
	const vm = world.r.vms[0] as VmRecord;
	const every = Math.round(1 / share);
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += every) {
		ensureDetail(world, wholeBlockOf(world, vm, vm.running, guestBlock));
		ensureGuestDetail(world, vm, guestBlock);
	}
}

export function runToEnd(simulation: Simulation): void {
	simulation.advance(600e9, Infinity, ({ r }) => r.operations.length > 0 && r.operations[0]?.state !== 'running');
	const { operations } = simulation.world.r;
	if (operations[0]?.state !== 'completed') throw new Error(`the migration is ${operations[0]?.state ?? 'refused'}`);
}
