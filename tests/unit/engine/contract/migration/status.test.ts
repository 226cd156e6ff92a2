/** Goal: the table of statuses is one machine. Method: everything is reached, nothing leaves it, every end begins anew. */
import { describe, expect, it } from 'vitest';
import {
	inPostcopy,
	isMigrationStatus,
	mayBecome,
	MIGRATION_STATUSES,
	MIGRATION_STATUS_NAMES,
	statusRuns
} from '../../../../../src/lib/engine/contract/migration/status.ts';

describe('statuses of a migration', () => {
	it('every change leads to a status, every status is reached from none', () => {
		const reached = new Set<string>(['none']);
		for (let size = 0; size !== reached.size;) {
			size = reached.size;
			for (const name of reached) for (const next of MIGRATION_STATUSES[name as keyof typeof MIGRATION_STATUSES].next) reached.add(next);
		}
		expect([...reached].every(isMigrationStatus)).toBe(true);
		expect([...reached].sort()).toEqual([...MIGRATION_STATUS_NAMES].sort());
	});
	it('what does not run begins with setup only', () => {
		for (const name of MIGRATION_STATUS_NAMES) if (!statusRuns(name)) expect(MIGRATION_STATUSES[name].next).toEqual(['setup']);
	});
	it('behind the switch of post-copy nothing is cancelled, and a broken stream pauses', () => {
		for (const name of MIGRATION_STATUS_NAMES) if (inPostcopy(name)) expect(mayBecome(name, 'cancelling')).toBe(false);
		expect(mayBecome('postcopy-active', 'postcopy-paused')).toBe(true);
		expect(mayBecome('postcopy-paused', 'failed')).toBe(false);
	});
	it('the guest runs in one place: at the target behind the switch, nowhere while it is stopped', () => {
		for (const name of MIGRATION_STATUS_NAMES)
			if (inPostcopy(name) && name !== 'postcopy-device') expect(MIGRATION_STATUSES[name].guestRuns).toBe('target');
		expect(MIGRATION_STATUSES.device.guestRuns).toBe('nobody');
	});
});
