import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { MigrateCommand, StrategyId } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { cancelPrecopyNow, checkPrecopy, runPrecopy, startPrecopy } from './precopy.ts';
import { cancelTransit, checkTransit, runTransit, startTransit } from './transit.ts';

/** One way to move a VM. Adding one = one file, one line here and its words (contract/migration/strategies.ts). */
export interface Strategy {
	/** What it needs and refuses; changes nothing. */
	readonly check: (
		world: World,
		operation: Pick<OperationRecord, 'vm' | 'source' | 'target' | 'parameters'>,
		command: MigrateCommand
	) => Outcome<null, ReasonId>;
	readonly start: (world: World, operation: OperationRecord) => void;
	readonly run: (world: World, operation: OperationRecord) => void;
	readonly cancel: (world: World, operation: OperationRecord) => Outcome<null, ReasonId>;
}

export const STRATEGIES: Readonly<Record<StrategyId, Strategy>> = {
	precopy: {
		check: checkPrecopy,
		start: startPrecopy,
		run: runPrecopy,
		cancel: (world, operation) => {
			if (operation.phase === 'switchover') return refused('too-late', 'the guest is stopped and the device state is on its way');
			cancelPrecopyNow(world, operation);
			return ok(null);
		}
	},
	transit: {
		check: checkTransit,
		start: startTransit,
		run: runTransit,
		cancel: cancelTransit
	}
};
