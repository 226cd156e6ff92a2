import { formatNs } from '../../base/format.ts';
import { MIB, NS_PER_S } from '../../base/units.ts';
import { flushS, handOverDowntime } from '../../engine/contract/closed-forms/nil-migration.ts';
import { withOverrides } from '../../engine/contract/costs.ts';
import type { JournalEntry } from '../../engine/contract/commands.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';

/** The same hand-off with each kind of switch-over, as the cost model of the scenario has it. */
export interface HandOver {
	readonly idealNs: number;
	/** With what QEMU's own switch-over takes, whatever there is to send. */
	readonly qemuNs: number;
}

/** Formula F9 of the cost model, with the scenario's own costs. Null without costs that fit. */
export function handOverOf(
	scenario: Pick<Scenario, 'costs' | 'pool'>,
	vcpus: number
): HandOver | null {
	const read = withOverrides(scenario.costs);
	if (!read.ok) return null;
	const costs = read.value;
	const cost = {
		vcpus,
		flushS: flushS({
			dirtyBytes: costs.dirtyLlcMiB * MIB,
			vcpus,
			perThreadGBps: costs.cacheFlushGBpsPerThread,
			hardwareCoherent: scenario.pool?.hardwareCoherent ?? false
		}),
		switchoverFixedS: costs.switchoverFixedMs / 1e3,
		vcpuSaveRestoreS: costs.vcpuSaveRestoreUs / 1e6,
		doorbellS: costs.cxlDoorbellUs / 1e6
	};
	const ns = (kind: 'ideal' | 'qemu'): number =>
		Math.round(handOverDowntime(kind, cost) * NS_PER_S);
	return { idealNs: ns('ideal'), qemuNs: ns('qemu') };
}

/** What stands beside a downtime of some milliseconds: what it leaves out, and what that would make of it. */
export function handOverNote(
	strategy: string,
	kind: 'ideal' | 'qemu',
	both: HandOver | null
): string | null {
	if (strategy !== 'transit' || both === null) return null;
	return kind === 'ideal'
		? `ideal: without QEMU’s fixed costs, ${formatNs(both.qemuNs)} with them`
		: `with QEMU’s fixed costs, ${formatNs(both.idealNs)} without them`;
}

/** How the migration that is told of hands over: the newest order of this VM that has been given, else the first to come. */
export function handOverKind(
	journal: readonly JournalEntry[],
	vm: string,
	nowNs: number
): 'ideal' | 'qemu' {
	const orders = journal.flatMap(({ atNs, command }) =>
		command.name === 'migrate' && command.vm === vm ? [{ atNs, command }] : []
	);
	const order = orders.findLast(({ atNs }) => atNs <= nowNs) ?? orders[0];
	return order?.command.parameters?.handOver ?? 'ideal';
}
