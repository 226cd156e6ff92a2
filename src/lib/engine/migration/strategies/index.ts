import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { MigrateCommand, StrategyId } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { cancelPrecopyNow, checkPrecopy, runPrecopy, startPrecopy } from './precopy.ts';
import { cancelTransit, checkTransit, runTransit, startTransit } from './transit.ts';

/** One way to move a VM. Adding one = one file and one line here. */
export interface Strategy {
	readonly title: string;
	readonly sentence: string;
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
		title: 'pre-copy',
		sentence: 'Copy the pages over the network while the guest runs, again and again, then stop it for the rest.',
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
		title: 'nil-migration in transit',
		sentence: 'Move the pages to memory that both hosts reach, flip one word, move them home.',
		check: checkTransit,
		start: startTransit,
		run: runTransit,
		cancel: cancelTransit
	}
};
