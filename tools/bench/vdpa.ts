import type { SwitchStrategyId } from '../../src/lib/engine/contract/vdpa/choice.ts';
import { SWITCH_STRATEGIES } from '../../src/lib/engine/contract/vdpa/choice.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { compare, type Measured, type Variant } from './measure.ts';
import { number, type Row } from './rows.ts';

/**
 * A guest of 512 GiB whose device changes to shadow virtqueues, under each strategy: how long the network stands still in the
 * model, and how long the engine computes for it. The floor is one plain pass over the words of the guest's blocks in the same
 * run: what anything costs that looks at each block once. No goal was set.
 */
const GIB = 2 ** 30;
const GUEST_GIB = 512;
const START_NS = 1e9;

function worldOf(strategy: SwitchStrategyId): Simulation {
	const host = (id: string, windowBaseHpa: number) => ({
		id,
		dramBytes: (GUEST_GIB + 16) * GIB,
		normalBytes: (GUEST_GIB + 12) * GIB,
		windowBaseHpa
	});
	const opened = Simulation.open({
		limitBytes: 64e9,
		checkpointBytes: 0,
		scenario: {
			switchyard: 1,
			id: 'bench',
			title: 'Bench',
			hosts: [host('A', 2 ** 44), host('B', 2 ** 45)],
			networkBytesPerSecond: 11.5e9,
			vms: [
				{
					id: 'vm0',
					host: 'A',
					bytes: GUEST_GIB * GIB,
					workload: { kind: 'idle' },
					pages: '4k',
					vdpa: { nics: [{ id: 'net0', kind: 'mlx5', preset: 'seed2023', strategy, traffic: { packetsPerSecond: 100 } }] }
				}
			],
			untilNs: '600 s'
		}
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

/** The migration has begun, and the target's device is open: what comes next is the change. */
function beforeChange(strategy: SwitchStrategyId): Simulation {
	const simulation = worldOf(strategy);
	simulation.advance(START_NS);
	const sent = simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy' });
	if (!sent.ok) throw new Error(sent.detail);
	simulation.advance(600e9, Infinity, (world) => world.r.vdpa.nics[0]?.change?.status.kind === 'to-svq');
	return simulation;
}

const changed = (simulation: Simulation) => simulation.world.r.vdpa.nics[0]?.changes.find((change) => change.kind === 'to-svq');

/** Rounds are few: each needs a world of half a terabyte of its own. */
const ROUNDS = 1;

function row(strategy: SwitchStrategyId): Row {
	let simulation = beforeChange(strategy);
	const { c } = simulation.world;
	const words = (GUEST_GIB * GIB) / (2 * 1024 * 1024);
	let sum = 0;
	const floor: Variant = {
		name: 'a pass over the blocks',
		units: 100,
		run: () => {
			for (let pass = 0; pass < 100; pass += 1) for (let block = 0; block < words; block += 1) sum += c.mapWord.get(block);
		}
	};
	const change: Variant = {
		name: strategy,
		units: 1,
		prepare: () => {
			simulation = beforeChange(strategy);
		},
		run: () => simulation.advance(600e9, Infinity, () => changed(simulation) !== undefined)
	};
	const [, measured] = compare([floor, change], ROUNDS) as [Measured, Measured];
	if (sum < 0) throw new Error('nothing was read');
	const status = changed(simulation);
	if (!status) throw new Error(`${strategy}: the device never changed`);
	const deadS = ((status.deadToNs ?? NaN) - (status.deadFromNs ?? NaN)) / 1e9;
	return {
		what: `vDPA: a guest of ${GUEST_GIB} GiB changes to shadow virtqueues, ${SWITCH_STRATEGIES[strategy].title}: ${number(deadS)} s without network in the model`,
		floor: 'one pass over the words of its 262,144 blocks',
		value: `${number(measured.ratio)}x`,
		spread: `${number(measured.ns / 1e6)} ms each`,
		goal: '',
		met: null
	};
}

export function switches(): Row[] {
	return (Object.keys(SWITCH_STRATEGIES) as SwitchStrategyId[]).map(row);
}
