import type { MigrationParameters, StrategyId } from '../engine/contract/commands.ts';
import { catalogueScenario } from '../engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../engine/contract/scenario/read.ts';
import type { Scenario } from '../engine/contract/scenario/schema.ts';
import type { Lesson } from './load.ts';
import type { Lane } from './schema.ts';

/** Scenarios that a lesson opens: its start with something set otherwise. Always read by the contract, never trusted. */

type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` laid over `base`, objects key by key, everything else replaced whole. */
export function laidOver(base: unknown, over: unknown): unknown {
	if (!isPlain(base) || !isPlain(over)) return over;
	const result: Plain = { ...base };
	for (const [key, value] of Object.entries(over))
		result[key] = key in base ? laidOver(base[key], value) : value;
	return result;
}

export function readChecked(value: unknown): Scenario {
	const read = readScenario(value);
	if (!read.ok) throw new Error(`a lesson's scenario cannot be read: ${read.detail}`);
	return read.value;
}

/** The lesson's scenario without any order. */
export function startScenario(lesson: Lesson, change: Readonly<Plain> = {}): Scenario {
	const base = catalogueScenario(lesson.start.catalogue);
	if (base === null)
		throw new Error(`no scenario of the catalogue is called "${lesson.start.catalogue}"`);
	const scenario = readChecked(
		laidOver(
			laidOver(base, { ...lesson.start.overrides, title: lesson.start.title, journal: [] }),
			change
		)
	);
	const { rateBytesPerSecond } = lesson.start;
	return rateBytesPerSecond === undefined ? scenario : withRate(scenario, rateBytesPerSecond);
}

/** The same scenario with its first VM ordered to the other host at once. */
export function withOrder(
	scenario: Scenario,
	strategy: StrategyId,
	parameters: MigrationParameters
): Scenario {
	const vm = scenario.vms[0];
	const target = scenario.hosts.find((host) => host.id !== vm?.host);
	if (vm === undefined || target === undefined)
		throw new Error('a lesson needs a VM and two hosts');
	return {
		...scenario,
		journal: [
			{ atNs: 0, command: { name: 'migrate', vm: vm.id, target: target.id, strategy, parameters } }
		]
	} as Scenario;
}

/** The lesson's scenario for one lane, at the start's write rate or another. */
export function laneScenario(
	lesson: Lesson,
	laneId: string,
	options: {
		readonly rateBytesPerSecond?: number;
		readonly change?: Readonly<Plain>;
		readonly parameters?: MigrationParameters;
	} = {}
): Scenario {
	const lane = lesson.steps.lanes.find((each) => each.id === laneId);
	if (lane === undefined) throw new Error(`lesson ${lesson.id} has no lane "${laneId}"`);
	let scenario = livingAs(startScenario(lesson, options.change), lane.ways);
	if (options.rateBytesPerSecond !== undefined)
		scenario = withRate(scenario, options.rateBytesPerSecond);
	return withOrder(scenario, lane.strategy, {
		...lesson.start.parameters[laneId],
		...options.parameters
	} as MigrationParameters);
}

/** The first VM living as a lane says. */
export function livingAs(scenario: Scenario, ways: Lane['ways']): Scenario {
	if (ways === undefined) return scenario;
	return {
		...scenario,
		vms: scenario.vms.map((vm, index) => (index === 0 ? { ...vm, ways } : vm))
	};
}

/** Every VM writing at another rate. */
export function withRate(scenario: Scenario, rateBytesPerSecond: number): Scenario {
	return {
		...scenario,
		vms: scenario.vms.map((vm) => ({ ...vm, workload: { ...vm.workload, rateBytesPerSecond } }))
	};
}
