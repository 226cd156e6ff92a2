import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { passesByCopy } from '../../contract/migration/strategies.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import type { STREAM_WORDS } from '../../contract/rack/stream-words.ts';
import { hostName } from '../../migration/operation.ts';
import { recoverFetch } from '../../migration/postcopy/broken.ts';
import { breakStream } from '../../migration/break-stream.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import type { RackSubject, RackWordRun } from './word.ts';

/** The VM's migration that goes over a connection, while it runs. */
function streaming(world: World, subject: RackSubject): Outcome<OperationRecord, ReasonId> {
	if (subject.vm < 0) return refused('bad-command', 'vm: the VM whose migration is meant');
	const operation = world.r.operations.find(
		(one) => one.vm === subject.vm && one.state === 'running' && (passesByCopy(one.strategy) || one.strategy === 'shared-file')
	);
	if (operation) return ok(operation);
	return refused('no-migration', `no migration of ${world.r.vms[subject.vm]?.id ?? ''} goes over the network`);
}

/** Words about streams: break, mend, take up again. */
export const STREAMS: Readonly<Record<keyof typeof STREAM_WORDS, RackWordRun>> = {
	'break-stream': (world, subject) => {
		const found = streaming(world, subject);
		if (!found.ok) return found;
		const { source, target } = found.value;
		const broken = breakStream(world, found.value);
		return broken.ok ? ok(`the network between ${hostName(world, source)} and ${hostName(world, target)} fails`) : broken;
	},
	'mend-stream': (world, subject) => {
		const found = streaming(world, subject);
		if (!found.ok) return found;
		const fetch = world.r.vms[subject.vm]?.fetch;
		if (!fetch?.cut) return refused('not-paused', 'the network works');
		fetch.cut = false;
		return ok('the network works again; a paused migration still has to be taken up');
	},
	'recover-stream': (world, subject) => {
		const found = streaming(world, subject);
		return found.ok ? recoverFetch(world, found.value) : found;
	}
};
