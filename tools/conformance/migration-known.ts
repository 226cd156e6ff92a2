import { MONITOR_QUESTIONS, MONITOR_WORDS } from '../../src/lib/engine/contract/migration/monitor.ts';
import type { RecordedCase, RecordedStep } from './case.ts';

/**
 * What a recording of the family migration may say and this player reads. Anything else is named as not played: a case is not
 * passed on the strength of what was overlooked.
 */

const CONFIG = [
	'memory',
	'vcpus',
	'guest_booted',
	'capabilities',
	'parameters',
	'qemu_args',
	'destination_memory',
	'destination_vcpus',
	'destination_machine',
	'destination_qemu_args',
	'destination_args',
	'destination_extra_args',
	'destination_devices',
	'destination_capabilities',
	'destination_parameters'
];

/** Fields of a step by its op; those of every step are op, what, note and side. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
	qmp: ['command', 'arguments', 'result', 'value'],
	'guest-load': ['working_set', 'dirty_rate_bytes_per_s', 'pattern', 'seconds'],
	'watch-migration': ['limit_s', 'status_over_time', 'trace_columns', 'trace', 'query-migrate'],
	'destination-state': ['query-status', 'query-migrate', 'source', 'guest_answers', 'guest_out', 'exited', 'exit_code', 'stderr'],
	events: ['events'],
	stderr: ['lines'],
	'blocked-reasons': ['reasons'],
	'kill-destination': [],
	'state-file': ['bytes'],
	'start-with-only-migratable': ['result', 'stderr'],
	'guest-shell': ['rc', 'out', 'err']
};
const EVERYWHERE = ['op', 'what', 'note', 'side', 't'];

const LOAD_PATTERN = 'one 8-byte write per 4 KiB page, round robin';

/** Inputs of the case that nobody here reads. */
export function unreadConfig({ config }: RecordedCase): string[] {
	return Object.keys(config)
		.filter((key) => !CONFIG.includes(key))
		.map((key) => `config.${key} is not read`);
}

/** The same for one step; null where all of it is. */
export function unreadFields(step: RecordedStep): string | null {
	const known = FIELDS[step.op];
	if (!known) return null;
	const other = Object.keys(step).filter((name) => !known.includes(name) && !EVERYWHERE.includes(name));
	if (other.length > 0) return `${other.join(', ')} is not read`;
	const { pattern } = step;
	return pattern === undefined || pattern === LOAD_PATTERN ? null : `the pattern "${String(pattern)}" is not played`;
}

export const isMonitorWord = (command: string): boolean =>
	Object.hasOwn(MONITOR_WORDS, command) || Object.hasOwn(MONITOR_QUESTIONS, command);

/** Questions of QEMU that change nothing and that this engine does not answer. */
export const onlyLooks = (command: string): boolean => /^(query-|qom-get$|qom-list)/.test(command);
