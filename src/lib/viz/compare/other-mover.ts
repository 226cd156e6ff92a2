import { NS_PER_MS, NS_PER_S } from '../../base/units.ts';
import { defaultCosts } from '../../engine/contract/costs.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { JournalEntry, MigrateCommand, StrategyId } from '../../engine/contract/commands.ts';
import { passesByCopy, STRATEGY_WORDS } from '../../engine/contract/migration/strategies.ts';
import { COPY, ordered } from './ways.ts';

const ROUND_NS = 100 * NS_PER_MS;

/** The other way to move the same VM. */
export const otherStrategy = (strategy: StrategyId): StrategyId =>
	passesByCopy(strategy) ? 'transit' : 'precopy';

export const strategyName = (strategy: StrategyId): string => STRATEGY_WORDS[strategy].way;

/**
 * The same journal with every migration done the other way. Parameters that mean something to one way only are dropped; a
 * copy gets an unlimited bandwidth and eight channels, so that the wire and not QEMU's cautious default is compared.
 */
export const byOtherMover = (journal: readonly JournalEntry[]): JournalEntry[] =>
	journal.map((entry) =>
		entry.command.name === 'migrate' ? { ...entry, command: swapped(entry.command) } : entry
	);

function swapped(command: MigrateCommand): MigrateCommand {
	const strategy = otherStrategy(command.strategy);
	return ordered(command, strategy, strategy === 'precopy' ? COPY : {});
}

/** The way that a journal moves its VM first; null when it orders no migration. */
export function strategyOf(journal: readonly JournalEntry[]): StrategyId | null {
	for (const entry of journal) if (entry.command.name === 'migrate') return entry.command.strategy;
	return null;
}

/**
 * How long movers must be watched: a copy needs at least one pass over the wire, and half as long again for what is written
 * meanwhile; RDMA gets less of the wire. Only the length of the picture; the runs themselves do not change.
 */
export function untilForBoth(
	scenario: Scenario,
	journal: readonly JournalEntry[] = scenario.journal as readonly JournalEntry[]
): number {
	const first = journal.find((entry) => entry.command.name === 'migrate');
	const bytes = Math.max(...scenario.vms.map((vm) => vm.populatedBytes ?? vm.bytes));
	const { netGoodputFraction, rdmaLinkFraction } = defaultCosts();
	const share = strategyOf(journal) === 'rdma' ? rdmaLinkFraction / netGoodputFraction : 1;
	const passNs = (bytes / (scenario.networkBytesPerSecond * share)) * NS_PER_S;
	const needed = (first?.atNs ?? 0) + passNs * 1.5;
	return Math.max(scenario.untilNs, Math.ceil(needed / ROUND_NS) * ROUND_NS);
}
