import { catalogueScenario } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { MIB } from '../../src/lib/base/units.ts';
import type { Command, MigrationParameters, StrategyId } from '../../src/lib/engine/contract/commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { migrate, open, settle, smallWorld, vm, type ScenarioFile } from '../support/worlds.ts';

/** How each reason of a move by copy, or by a file that both hosts map, comes about. */

const answer = (simulation: Simulation, command: Command): string => {
	const said = simulation.send(command);
	return said.ok ? 'accepted' : said.reason;
};
const ended = (simulation: Simulation): string => {
	settle(simulation);
	return simulation.world.r.operations.at(-1)?.reason ?? 'completed';
};
const of = (more: Record<string, unknown>, world: Partial<ScenarioFile> = {}): Simulation =>
	open(smallWorld({ vms: [vm('vm0', 'A', 128, more)], ...world }));
const onFile = (ways: Record<string, unknown> = {}): Simulation =>
	of({ ways: { lives: 'pool', backing: 'dax', memory: 'shared-file', ...ways } });
const stream = (execute: 'break-stream' | 'recover-stream'): Command => ({ name: 'rack', execute, vm: 'vm0' });

function inPhase(strategy: StrategyId, phase: string, simulation: Simulation, parameters: MigrationParameters = {}): Simulation {
	simulation.send(migrate(strategy, parameters));
	simulation.advance(2_000_000_000, Infinity, ({ r }) => r.operations[0]?.phase === phase);
	return simulation;
}

export const COPY_WAYS = {
	memlock: () => answer(of({ ways: { memlockBytes: 64 * MIB } }), migrate('rdma')),
	'no-room-source': () =>
		answer(
			open(smallWorld({ vms: [vm('vm0', 'A', 512, { populatedBytes: 128 * MIB, workload: { kind: 'idle', workingSetBytes: MIB } })] })),
			migrate('rdma')
		),
	'pins-missing': () => answer(open(catalogueScenario('switch-today')), migrate('postcopy')),
	'not-paused': () => answer(inPhase('postcopy', 'fetch', of({})), stream('recover-stream')),
	'stream-cut': () => {
		const simulation = inPhase('postcopy', 'fetch', of({}));
		simulation.send(stream('break-stream'));
		return answer(simulation, stream('recover-stream'));
	},
	'stream-broken': () => {
		const simulation = inPhase('precopy', 'round', of({}), { downtimeLimitNs: 1_000_000 });
		simulation.send(stream('break-stream'));
		return ended(simulation);
	},
	'not-shared': () => answer(of({}), migrate('shared-file')),
	'mismatched-gpas': () => {
		const simulation = onFile({ targetRamBase: 1024 * MIB });
		simulation.send(migrate('shared-file'));
		return ended(simulation);
	},
	'two-runners': () => {
		const simulation = inPhase('shared-file', 'switchover', onFile());
		simulation.send(stream('break-stream'));
		return ended(simulation);
	}
} as const satisfies Record<string, () => string>;
