import type {
	JournalEntry,
	MigrateCommand,
	MigrationParameters,
	StrategyId
} from '../../engine/contract/commands.ts';
import { MOVERS, type Mover, type MoverId } from '../../engine/contract/mover-worlds.ts';
import { passesByCopy, STRATEGY_WORDS } from '../../engine/contract/migration/strategies.ts';
import type { Scenario, VmScenario } from '../../engine/contract/scenario/schema.ts';

/** What a run follows from: two runs that have the same of it are the same run. */
export interface RunInputs {
	readonly scenario: Scenario;
	readonly journal: readonly JournalEntry[];
	readonly belief: string | null;
}

/** The same move, another way: of the ways of /model/movers those that are no other page size. */
export const WAY_IDS = [
	'precopy',
	'postcopy',
	'hybrid',
	'rdma',
	'transit',
	'resident',
	'shared-file'
] as const satisfies readonly MoverId[];
export type WayId = (typeof WAY_IDS)[number];

export const wayTitle = (id: WayId): string => MOVERS[id].title;

/** The wire and not QEMU's cautious default is compared. */
export const COPY: MigrationParameters = { maxBandwidthBytesPerSecond: 0, multifdChannels: 8 };
const PARAMETERS: Readonly<Record<WayId, MigrationParameters>> = {
	precopy: COPY,
	postcopy: { ...COPY, preempt: true },
	hybrid: { ...COPY, preempt: true, precopyPasses: 1 },
	rdma: { maxBandwidthBytesPerSecond: 0 },
	transit: {},
	resident: {},
	'shared-file': {}
};

/** The VM that a journal moves first. */
export function movedVm({ scenario, journal }: RunInputs): VmScenario | undefined {
	const order = journal.find(({ command }) => command.name === 'migrate')?.command;
	const id = order?.name === 'migrate' ? order.vm : undefined;
	return scenario.vms.find((vm) => vm.id === id) ?? scenario.vms[0];
}

/** The same run with another of its VM's properties. */
export function withMovedVm(
	run: RunInputs,
	change: (vm: VmScenario) => VmScenario
): RunInputs['scenario'] {
	const moved = movedVm(run);
	return { ...run.scenario, vms: run.scenario.vms.map((vm) => (vm === moved ? change(vm) : vm)) };
}

/** The same run with other parameters of every order to migrate. */
export const withOrders = (
	run: RunInputs,
	change: (order: MigrateCommand) => MigrateCommand
): JournalEntry[] =>
	run.journal.map((entry) =>
		entry.command.name === 'migrate' ? { ...entry, command: change(entry.command) } : entry
	);

/** Why a run cannot go this way at all; null when it can be tried. The engine may still refuse, and says why. */
export function noWay(run: RunInputs, id: WayId): string | null {
	if (!run.journal.some(({ command }) => command.name === 'migrate'))
		return 'This run orders no migration yet';
	return passesByCopy(MOVERS[id].strategy) || run.scenario.pool !== null
		? null
		: 'There is no memory here that two hosts share';
}

/**
 * The same run, moved this way. A guest that lives on the pool lives there from the start; for the other ways it begins in
 * the memory of its host. The limit on the downtime stays with moves by reference, as in "the other mover".
 */
export function byWay(run: RunInputs, id: WayId): RunInputs {
	const { strategy, ways: start = {} }: Mover = MOVERS[id];
	const scenario = withMovedVm(run, ({ ways: own = {}, ...vm }) => {
		const { lives: _, backing: __, memory: ___, ...others } = own;
		const ways = { ...others, ...start };
		return Object.keys(ways).length === 0 ? vm : { ...vm, ways };
	});
	return {
		scenario,
		journal: withOrders(run, (order) => ordered(order, strategy, PARAMETERS[id])),
		belief: run.belief
	};
}

/** The same order another way: what means something to one way only is left behind. */
export function ordered(
	{ parameters, ...order }: MigrateCommand,
	strategy: StrategyId,
	own: MigrationParameters
): MigrateCommand {
	const limit = passesByCopy(strategy) ? undefined : parameters?.downtimeLimitNs;
	const wanted = { ...own, ...(limit === undefined ? {} : { downtimeLimitNs: limit }) };
	return {
		...order,
		strategy,
		...(Object.keys(wanted).length === 0 ? {} : { parameters: wanted })
	};
}

/** The way that a run moves its VM first; null when it orders no migration. */
export function wayOf({ journal }: RunInputs): { strategy: StrategyId; passes: number } | null {
	for (const { command } of journal)
		if (command.name === 'migrate')
			return { strategy: command.strategy, passes: command.parameters?.precopyPasses ?? 0 };
	return null;
}

const SHORT: Readonly<Record<StrategyId, string>> = {
	precopy: 'pre-copy',
	postcopy: 'post-copy',
	rdma: 'RDMA',
	transit: 'nil transit',
	resident: 'nil resident',
	'shared-file': 'shared file'
};

/** How it is called beside others: by copy, by reference; among more than two, or two of one kind, by what it is. */
export function wayName(run: RunInputs, all: readonly RunInputs[]): string | null {
	const mine = wayOf(run);
	if (mine === null) return null;
	const words = all.map((one) => STRATEGY_WORDS[wayOf(one)?.strategy ?? 'precopy'].way);
	if (all.length <= 2 && new Set(words).size === all.length)
		return STRATEGY_WORDS[mine.strategy].way;
	const rounds = `${mine.passes} round${mine.passes === 1 ? '' : 's'}`;
	return mine.strategy === 'postcopy' && mine.passes > 0
		? `post-copy after ${rounds}`
		: SHORT[mine.strategy];
}
