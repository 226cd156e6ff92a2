import type { Outcome } from '../../../base/outcome.ts';
import type { MigrateCommand, StrategyId } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { cancelPostcopy, checkPostcopy, runPostcopy } from './postcopy.ts';
import { postcopyHostLost } from './postcopy-lost.ts';
import { cancelPrecopy, checkPrecopy, runPrecopy, startPrecopy } from './precopy.ts';
import { precopyHostLost } from './precopy-lost.ts';
import { checkResident, runResident, startResident } from './resident.ts';
import { checkRdma, runRdma, startRdma } from './rdma.ts';
import { cancelSharedFile, checkSharedFile, runSharedFile, sharedFileHostLost, startSharedFile } from './shared-file.ts';
import { cancelTransit, checkTransit, runTransit, startTransit } from './transit.ts';
import { transitHostLost } from './transit-lost.ts';

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
	/**
	 * The host of one side has crashed: its power is `down` already, its guests have caught up to now. Ends the operation or
	 * lets it go on with the side that lives; what only that host did stops at once, what the other has to notice takes
	 * `noticeNs` (migration/notice.ts). What becomes of the VM is not decided here: engine/rack looks at it afterwards.
	 */
	readonly hostLost: (world: World, operation: OperationRecord, side: 'source' | 'target') => void;
}

export const STRATEGIES: Readonly<Record<StrategyId, Strategy>> = {
	precopy: {
		check: checkPrecopy,
		start: startPrecopy,
		run: runPrecopy,
		cancel: cancelPrecopy,
		hostLost: precopyHostLost
	},
	transit: {
		check: checkTransit,
		start: startTransit,
		run: runTransit,
		cancel: cancelTransit,
		hostLost: transitHostLost
	},
	resident: {
		check: checkResident,
		start: startResident,
		run: runResident,
		cancel: cancelTransit,
		hostLost: transitHostLost
	},
	'shared-file': {
		check: checkSharedFile,
		start: startSharedFile,
		run: runSharedFile,
		cancel: cancelSharedFile,
		hostLost: sharedFileHostLost
	},
	rdma: {
		check: checkRdma,
		start: startRdma,
		run: runRdma,
		cancel: cancelPrecopy,
		hostLost: precopyHostLost
	},
	postcopy: {
		check: checkPostcopy,
		start: startPrecopy,
		run: runPostcopy,
		cancel: cancelPostcopy,
		hostLost: postcopyHostLost
	}
};
