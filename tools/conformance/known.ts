import { MONITOR_QUESTIONS, MONITOR_WORDS } from '../../src/lib/engine/contract/migration/monitor.ts';
import type { RecordedCase, RecordedStep } from './case.ts';

/**
 * What recordings may say and their players read, by family: inputs of the case, and fields of a step by its op. Anything else is
 * named: no case passes in silence on the strength of what was overlooked.
 */
interface Known {
	readonly config: readonly string[];
	readonly fields: Readonly<Record<string, readonly string[]>>;
	/** Steps that act; a field that nobody reads may change what they do. */
	readonly acts: readonly string[];
}

const EVERYWHERE = ['op', 'what', 'note', 'side', 't', 'seconds', 'result', 'host'];
const PROCESS = ['ops', 'out', 'name'];

const KNOWN: Readonly<Record<string, Known>> = {
	migration: {
		config: [
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
		],
		fields: {
			qmp: ['command', 'arguments', 'value'],
			'guest-load': ['working_set', 'dirty_rate_bytes_per_s', 'pattern'],
			'watch-migration': ['limit_s', 'status_over_time', 'trace_columns', 'trace', 'query-migrate'],
			'destination-state': ['query-status', 'query-migrate', 'source', 'guest_answers', 'guest_out', 'exited', 'exit_code', 'stderr'],
			events: ['events'],
			stderr: ['lines'],
			'blocked-reasons': ['reasons'],
			'kill-destination': [],
			'state-file': ['bytes'],
			'start-with-only-migratable': ['stderr'],
			'guest-shell': ['rc', 'out', 'err']
		},
		acts: ['qmp', 'guest-load', 'kill-destination']
	},
	'dcd-qmp': {
		config: ['dc_regions', 'region_bytes', 'block_bytes', 'static_volatile_bytes', 'qemu_args', 'dc_bytes', 'hosts', 'backing'],
		fields: {
			add: ['path', 'host_id', 'policy', 'region', 'tag', 'extents'],
			'release-request': ['path', 'host_id', 'policy', 'region', 'tag', 'forced', 'sanitize', 'extents'],
			'host-accept': ['flags', 'extents'],
			'host-release': ['flags', 'extents'],
			'host-get-extent-list': ['count', 'start'],
			'host-get-dc-events': [],
			'host-clear-dc-events': ['cleared'],
			'device-get-dc-config': [],
			'system-reset': [],
			start: []
		},
		acts: ['add', 'release-request', 'host-accept', 'host-release', 'host-get-extent-list']
	},
	'virtio-mem': {
		config: ['memdev', 'device_props', 'online_policy', 'kernel_append', 'driver_loaded_at_start', 'qemu_args', 'memaddr'],
		fields: {
			start: ['device'],
			'set-requested-size': ['value', 'size_over_time', 'device', 'device_id', 'reached'],
			'guest-state': ['meminfo_kB', 'zones_pages', 'device_memory_blocks'],
			'guest-shell': ['out', 'rc'],
			events: ['events'],
			'kernel-log': ['lines'],
			qmp: ['command', 'arguments', 'events'],
			watch: ['size_over_time', 'device', 'reached'],
			'guest-process': PROCESS,
			'guest-process-ends': PROCESS,
			'devices-left': ['types']
		},
		acts: ['set-requested-size', 'qmp', 'guest-process']
	},
	'zones-hotplug': {
		config: ['node0', 'node1', 'node2', 'memory_block', 'online_policy', 'kernel_append', 'qemu_args'],
		fields: {
			'hotplug-dimm': ['id', 'size', 'node', 'addr', 'slot', 'first_block', 'blocks'],
			'write-block-state': ['block', 'value', 'state_after', 'valid_zones_after'],
			layout: ['zones_pages', 'blocks', 'buddy_free_per_order', 'nodes'],
			'kernel-log': ['lines'],
			'guest-shell': ['out', 'rc'],
			process: PROCESS,
			'process-holds': PROCESS,
			'process-ends': PROCESS,
			qmp: ['command', 'arguments', 'events']
		},
		acts: ['hotplug-dimm', 'write-block-state', 'process', 'process-holds', 'qmp']
	},
	'cxl-topology': {
		config: ['topology', 'topology_text', 'online_policy', 'qemu_args', 'hosts', 'backing', 'share'],
		fields: {
			cli: ['cmd', 'rc', 'messages', 'json'],
			'kernel-log': ['lines'],
			'guest-shell': ['rc', 'out'],
			start: [],
			names: ['memdevs_by_serial', 'endpoint_decoders_by_serial'],
			'sysfs-write': ['path', 'value'],
			'sysfs-read': ['path', 'value'],
			process: PROCESS
		},
		acts: ['cli', 'sysfs-write', 'process']
	},
	'iova-tree': {
		config: ['level', 'size_is', 'page'],
		fields: {
			new: ['first', 'last'],
			insert: ['iova', 'size', 'taddr', 'perm'],
			alloc: ['size', 'begin', 'last', 'taddr', 'perm'],
			find: ['iova', 'size'],
			'find-by-target': ['taddr', 'size'],
			remove: ['iova', 'size', 'taddr'],
			'map-alloc': ['size', 'taddr', 'perm'],
			'map-alloc-gpa': ['size', 'taddr', 'perm'],
			'find-iova': ['taddr', 'size'],
			'find-gpa': ['taddr', 'size'],
			'remove-gpa': ['iova', 'taddr', 'size']
		},
		acts: ['new', 'insert', 'alloc', 'remove', 'map-alloc', 'map-alloc-gpa', 'remove-gpa']
	}
};

const LOAD_PATTERN = 'one 8-byte write per 4 KiB page, round robin';

export interface NotRead {
	/** May change what happens: the case is not answered. */
	readonly inputs: string[];
	/** Beside what is compared: said, and no more. */
	readonly beside: string[];
}

/**
 * What nobody reads of a case. A machine of the other families is its command line, and what stands beside it in `config` repeats
 * it in words; the family migration has inputs of its own there.
 */
export function notRead(recorded: RecordedCase): NotRead {
	const known = KNOWN[recorded.family];
	const found: NotRead = { inputs: [], beside: [] };
	if (!known) return found;
	for (const key of Object.keys(recorded.config))
		if (!known.config.includes(key)) (recorded.family === 'migration' ? found.inputs : found.beside).push(`config.${key} is not read`);
	recorded.steps.forEach((step, index) => {
		for (const text of unreadOf(known, step))
			(known.acts.includes(step.op) ? found.inputs : found.beside).push(`step ${index + 1} (${step.op}): ${text}`);
	});
	return found;
}

function unreadOf(known: Known, step: RecordedStep): string[] {
	const fields = known.fields[step.op];
	if (!fields) return [];
	const other = Object.keys(step).filter((name) => !fields.includes(name) && !EVERYWHERE.includes(name));
	const found = other.map((name) => `${name} is not read`);
	const { pattern } = step;
	if (pattern !== undefined && pattern !== LOAD_PATTERN) found.push(`the pattern "${String(pattern)}" is not played`);
	return found;
}

export const isMonitorWord = (command: string): boolean =>
	Object.hasOwn(MONITOR_WORDS, command) || Object.hasOwn(MONITOR_QUESTIONS, command);

/** Questions of QEMU that change nothing and that this engine does not answer. */
export const onlyLooks = (command: string): boolean => /^(query-|qom-get$|qom-list)/.test(command);
