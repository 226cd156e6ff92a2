import type { HostId, VmId } from '../ids.ts';
import type { QmpArguments } from '../machine-commands.ts';
import type { QmpEvent } from './query.ts';

/** A command of QEMU's monitor at one of a VM's processes. */
export interface MonitorCommand {
	readonly name: 'monitor';
	readonly vm: VmId;
	/** Host of the process; the running one unless said. */
	readonly at?: HostId;
	readonly execute: string;
	readonly arguments?: QmpArguments;
}

/** A look at a monitor. */
export interface MonitorAnswerView {
	/** What QMP writes: {"return": …} or {"error": …}. */
	readonly answer: QmpArguments;
	readonly events: readonly QmpEvent[];
	readonly stderr: readonly string[];
}

/** Words that the monitor knows, with what they are for; the ones of the second list only look. */
export const MONITOR_WORDS = {
	migrate: 'moves the guest to who listens at uri: {uri} or {channels}, {resume}',
	'migrate-incoming': 'a process that waits listens at uri: {uri}',
	migrate_cancel: 'ends a migration; not behind the switch of post-copy',
	'migrate-pause': 'breaks the stream of a post-copy on purpose',
	'migrate-recover': 'the target of a paused post-copy listens again: {uri}',
	'migrate-start-postcopy': 'the guest moves now, its memory follows',
	'migrate-continue': 'goes on with a switch-over that waits: {state}',
	'migrate-set-capabilities': 'switches what a migration may do: {capabilities}',
	'migrate-set-parameters': 'sets bandwidth, limits and the like, also while it runs',
	stop: 'stops the guest',
	cont: 'lets the guest run',
	quit: 'ends a process in which no guest lives',
	device_add: 'plugs a device: {driver, id}',
	device_del: 'takes it out: {id}',
	'object-add': 'makes what stands behind a device: {qom-type, id}',
	'object-del': 'takes it away: {id}',
	'announce-self': 'the guest’s network cards say where they are',
	'calc-dirty-rate': 'measures how fast the guest dirties its memory: {calc-time, calc-time-unit, sample-pages, mode}'
} as const;
export const MONITOR_QUESTIONS = {
	'query-migrate': 'how the migration stands',
	'query-migrate-capabilities': 'what is switched on',
	'query-migrate-parameters': 'how bandwidth, limits and the like are set',
	'query-status': 'whether the guest runs in this process',
	'query-dirty-rate': 'what the last measurement of dirtied memory found'
} as const;

/** What may be said with a word, where QAPI looks for it; any other name "is unexpected" (qapi/migration.json, qapi/misc.json). */
export const MONITOR_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
	migrate: ['uri', 'channels', 'resume'],
	'migrate-incoming': ['uri', 'channels', 'exit-on-error'],
	migrate_cancel: [],
	'migrate-pause': [],
	'migrate-recover': ['uri'],
	'migrate-start-postcopy': [],
	'migrate-continue': ['state'],
	'migrate-set-capabilities': ['capabilities'],
	stop: [],
	cont: [],
	quit: []
};
