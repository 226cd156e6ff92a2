import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { vmOf } from './operation.ts';
import { pauseFetch } from './postcopy/broken.ts';
import { failPrecopy } from './strategies/precopy.ts';
import { breakSharedFile } from './strategies/shared-file.ts';

/**
 * The connection of a migration by copy is gone. While the guest runs at the source the migration fails and nothing is lost;
 * behind the switch of post-copy it pauses (QEMU 10.2.2 migration/migration.c, migration_detect_error).
 */
export function breakStream(world: World, operation: OperationRecord): Outcome<null, ReasonId> {
	const { fetch } = vmOf(world, operation);
	if (fetch) {
		if (fetch.cut) return refused('stream-cut', 'the network is down already');
		fetch.cut = true;
		pauseFetch(world, operation, 'the connection is gone');
		return ok(null);
	}
	if (operation.strategy === 'shared-file') {
		breakSharedFile(world, operation);
		return ok(null);
	}
	// The device state is a few milliseconds of wire; that it breaks inside is not played.
	if (operation.phase === 'switchover') return refused('too-late', 'the guest is stopped and the device state is on its way');
	operation.reason = 'stream-broken';
	failPrecopy(world, operation);
	return ok(null);
}
