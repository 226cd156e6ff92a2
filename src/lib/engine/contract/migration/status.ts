/**
 * QEMU's status of a migration as a table: what it means, where the guest runs, which changes are made. QEMU 11.0.50 (19 June
 * 2026, on the way to 11.1) migration/migration.c (migrate_set_state, migration_is_running), qapi/migration.json MigrationStatus;
 * live-migration reference 1. "failing" is new in 11.0: a process that failed is still putting its threads and sockets away. A change is a compare-and-swap: one that is not in the table, or that lost against another, is not made.
 */
export interface StatusWords {
	readonly sentence: string;
	/** Where the guest runs while the status lasts. */
	readonly guestRuns: 'source' | 'target' | 'nobody';
	/** migration_is_running: nothing is plugged, no capability changes, no second migration begins. */
	readonly running: boolean;
	readonly next: readonly string[];
}

const status = (sentence: string, guestRuns: StatusWords['guestRuns'], running: boolean, next: readonly string[]): StatusWords => ({
	sentence,
	guestRuns,
	running,
	next
});

/** What every status before post-copy may also become. */
const ENDS = ['cancelling', 'failing', 'failed'] as const;

export const MIGRATION_STATUSES = {
	none: status('No migration has begun yet.', 'source', false, ['setup']),
	setup: status('Connected, dirty tracking starts, notifiers run.', 'source', true, ['wait-unplug', 'active', 'cancelled', ...ENDS]),
	'wait-unplug': status('Waits until the guest has let go of a network card that has a stand-in.', 'source', true, ['active', ...ENDS]),
	active: status('Pages go out while the guest runs.', 'source', true, ['pre-switchover', 'device', 'completed', ...ENDS]),
	'pre-switchover': status('The guest is stopped; the migration waits for migrate-continue.', 'nobody', true, ['device', ...ENDS]),
	device: status('The guest is stopped; the rest of its memory and the state of its devices go out.', 'nobody', true, [
		'completed',
		'colo',
		'postcopy-device',
		'postcopy-active',
		...ENDS
	]),
	'postcopy-device': status('The package is out; the target loads the state of the devices.', 'nobody', true, [
		'postcopy-active',
		'failing',
		'failed'
	]),
	'postcopy-active': status('The guest runs on the target; pages are pulled and pushed.', 'target', true, [
		'postcopy-paused',
		'completed',
		'failing',
		'failed'
	]),
	'postcopy-paused': status('The stream broke; each side keeps its half of the memory.', 'target', true, ['postcopy-recover-setup']),
	'postcopy-recover-setup': status('The source connects anew.', 'target', true, ['postcopy-recover', 'postcopy-paused']),
	'postcopy-recover': status('Both sides agree on what has arrived.', 'target', true, ['postcopy-active', 'postcopy-paused']),
	completed: status('The guest is the target’s; the source stays stopped.', 'target', false, ['setup']),
	failed: status('It failed; the guest goes on at the source, if its disks can be taken back.', 'source', false, ['setup']),
	/** By copy a cancel always wins. By reference (our design) the target's take-over may have been first. */
	cancelling: status('It was cancelled; the sockets are shut, the threads end.', 'source', true, ['cancelled', 'completed']),
	cancelled: status('It was cancelled; the guest goes on at the source.', 'source', false, ['setup']),
	colo: status('Both sides run in lockstep by checkpoints.', 'source', true, ['completed', 'failing', 'failed']),
	failing: status('It failed; the threads end, the guest goes on at the source.', 'source', true, ['failed'])
} as const satisfies Record<string, StatusWords>;

export type MigrationStatus = keyof typeof MIGRATION_STATUSES;
export const MIGRATION_STATUS_NAMES = Object.keys(MIGRATION_STATUSES) as readonly MigrationStatus[];

export const isMigrationStatus = (text: string): text is MigrationStatus => Object.hasOwn(MIGRATION_STATUSES, text);

const wordsOf = (text: string): StatusWords | null => (isMigrationStatus(text) ? MIGRATION_STATUSES[text] : null);

/** Whether the table has the change. */
export const mayBecome = (from: string, to: string): boolean => wordsOf(from)?.next.includes(to) ?? false;

/** migration_is_running: from setup to the end. */
export const statusRuns = (text: string): boolean => wordsOf(text)?.running ?? false;

/** migration_in_postcopy: the source's memory is stale, there is no way back. */
export const inPostcopy = (text: string): boolean => text.startsWith('postcopy-');

/** What qapi calls the run state of a process (query-status). */
export const RUN_STATES = {
	prelaunch: 'started with -S, never run',
	inmigrate: 'waits for a migration to come in',
	running: 'runs',
	paused: 'stopped by the user',
	'finish-migrate': 'stopped for the switch-over',
	postmigrate: 'stopped, its guest has moved away'
} as const;
export type RunState = keyof typeof RUN_STATES;
