import { MIB, NS_PER_MS, PAGE_BYTES } from '../../../base/units.ts';
import { CAPABILITY_NAMES } from '../../contract/migration/capabilities.ts';
import { numberOf, PARAMETER_NAMES, parameterOf } from '../../contract/migration/parameters.ts';
import type { MigrationInfo, MigrationRam } from '../../contract/migration/query.ts';
import { inPostcopy } from '../../contract/migration/status.ts';
import type { QmpValue } from '../../contract/machine-commands.ts';
import type { MonitoredRecord, QemuRecord } from '../../state/qemu-records.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { blockedReasons } from './blocked.ts';
import { dimmBytes, dimmNormalPages, OTHER_BLOCKS, sharedFile } from './ram-blocks.ts';
import { runStateOf } from './processes.ts';

/** Questions at a monitor: nothing changes. */

/** QEMU 11.0.50 migration/migration.c, fill_destination_migration_info, then fill_source_migration_info. */
export function queryMigrate(world: World, process: QemuRecord): MigrationInfo {
	const info: MigrationInfo = {};
	if (process.incoming !== 'none') info.status = process.incoming;
	const reasons = process.runState === 'inmigrate' ? [] : blockedReasons(world, process);
	if (reasons.length > 0) info['blocked-reasons'] = reasons;
	if (process.outgoing !== 'none') fillSource(world, process, info);
	if (process.error !== null) info['error-desc'] = process.error;
	return info;
}

const WITH_NUMBERS = ['active', 'cancelling', 'failing', 'pre-switchover', 'device', 'completed'];

function fillSource(world: World, process: QemuRecord, info: MigrationInfo): void {
	const status = process.outgoing;
	info.status = status;
	if (!WITH_NUMBERS.includes(status) && !inPostcopy(status)) return;
	if (process.cpr) return fillCpr(process, info);
	const operation = world.r.operations[process.operation - 1];
	const monitored = operation?.monitored;
	if (!operation || !monitored) return;
	const end = status === 'completed' ? operation.endNs : world.r.nowNs;
	info['total-time'] = Math.floor((end - operation.startNs) / NS_PER_MS);
	info['setup-time'] = Math.floor(((monitored.setupEndNs < 0 ? world.r.nowNs : monitored.setupEndNs) - operation.startNs) / NS_PER_MS);
	if (status === 'completed' || inPostcopy(status)) info.downtime = Math.floor(downtimeNs(world, operation) / NS_PER_MS);
	else info['expected-downtime'] = expectedDowntimeMs(process, operation, monitored);
	const { throttlePercent } = world.r.vms[process.vm] as { throttlePercent: number };
	if (throttlePercent > 0) info['cpu-throttle-percentage'] = throttlePercent;
	fillDirtyLimit(world, process, info);
	info.ram = ramOf(world, process, operation, monitored, end);
}

/**
 * dirty-limit in service (populate_ram_info, system/dirtylimit.c): how long a vCPU takes to fill its ring at the rate it would have,
 * and how long it then sleeps so that a full ring lasts as long as the quota says. In µs.
 */
function fillDirtyLimit(world: World, process: QemuRecord, info: MigrationInfo): void {
	const vm = world.r.vms[process.vm];
	const quota = vm?.dirtyQuotaMiBps;
	const entries = world.scenario.vms[process.vm]?.qemu?.dirtyRing;
	if (!vm || quota === undefined || entries === undefined || vm.writesPerSecond === 0) return;
	const ringMiB = (entries * PAGE_BYTES) / MIB;
	const fullUs = Math.floor((ringMiB * 1e6) / ((vm.writesPerSecond * PAGE_BYTES) / vm.vcpus / MIB));
	info['dirty-limit-throttle-time-per-round'] = Math.max(0, Math.floor((ringMiB * 1e6) / quota) - fullUs);
	info['dirty-limit-ring-full-time'] = fullUs;
}

/** INT64_MAX: what cannot be told yet. */
const FOREVER_MS = 2 ** 63;

/**
 * What the last sync found, at the bandwidth of the switch; before the first pass is over what was asked for (QEMU 11.0.50
 * migration/migration.c, migration_downtime_calc_expected).
 */
function expectedDowntimeMs(process: QemuRecord, operation: OperationRecord, { syncs, dirtyBytes }: MonitoredRecord): number {
	if (syncs <= 1) return numberOf(process.parameters, 'downtime-limit');
	const asked = operation.parameters.availSwitchoverBandwidthBytesPerSecond;
	const bandwidth = asked > 0 ? asked : operation.bandwidth;
	return bandwidth > 0 ? Math.floor((dirtyBytes / bandwidth) * 1000) : FOREVER_MS;
}

/** From just before vm_stop until the source has sent everything; the start of the target's devices is not in it. */
function downtimeNs(world: World, operation: OperationRecord): number {
	const parts = operation.downtime.filter((part) => part.id !== 'nic-start');
	return parts.reduce((sum, part) => sum + (part.endNs ?? world.r.nowNs) - part.startNs, 0);
}

function ramOf(world: World, process: QemuRecord, operation: OperationRecord, monitored: MonitoredRecord, endNs: number): MigrationRam {
	const vm = world.r.vms[process.vm] as { pageCount: number; fetch?: { requested: number } };
	const done = process.outgoing === 'completed';
	const begun = monitored.setupEndNs >= 0;
	const dimmPages = dimmBytes(world, process.vm) / PAGE_BYTES;
	const others = begun ? OTHER_BLOCKS.pages + dimmPages : 0;
	const othersNormal = begun ? OTHER_BLOCKS.normalPages + dimmNormalPages(world, process.vm) : 0;
	const asked = vm.fetch?.requested ?? operation.fetched?.requested ?? 0;
	const normal = monitored.normalPages + asked + othersNormal;
	const other = othersNormal * (PAGE_BYTES + 8) + (others - othersNormal) * 9;
	const transferred = operation.networkBytes + other;
	const transferMs = (endNs - (begun ? monitored.setupEndNs : operation.startNs)) / NS_PER_MS;
	const ignored = sharedFile(world, process) ? vm.pageCount * PAGE_BYTES : 0;
	return {
		transferred,
		remaining: done ? 0 : operation.dirtyPages * PAGE_BYTES,
		total: vm.pageCount * PAGE_BYTES - ignored + OTHER_BLOCKS.pages * PAGE_BYTES + dimmBytes(world, process.vm),
		duplicate: monitored.zeroPages + others - othersNormal,
		normal,
		'normal-bytes': normal * PAGE_BYTES,
		'dirty-pages-rate': done ? 0 : monitored.dirtyPagesRate,
		mbps: tenth(done ? (transferMs > 0 ? (transferred * 8) / transferMs / 1000 : 0) : (monitored.bandwidth * 8) / 1e6),
		'dirty-sync-count': monitored.syncs,
		'postcopy-requests': asked,
		'page-size': PAGE_BYTES,
		'multifd-bytes': process.capabilities.includes('multifd') ? transferred : 0,
		'pages-per-second': Math.floor(monitored.pagesPerSecond),
		'precopy-bytes': monitored.precopyBytes + other,
		'downtime-bytes': monitored.downtimeBytes,
		'postcopy-bytes': monitored.postcopyBytes,
		'dirty-sync-missed-zero-copy': 0
	};
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Memory went by descriptor: nothing of RAM was sent, and what was belongs to devices. */
function fillCpr(process: QemuRecord, info: MigrationInfo): void {
	const { cpr } = process;
	if (!cpr) return;
	info['total-time'] = Math.floor(cpr.totalNs / NS_PER_MS);
	info['setup-time'] = 0;
	info.downtime = Math.floor(cpr.downtimeNs / NS_PER_MS);
	info.ram = {
		transferred: cpr.stateBytes,
		remaining: 0,
		total: 0,
		duplicate: 0,
		normal: 0,
		'normal-bytes': 0,
		'dirty-pages-rate': 0,
		mbps: tenth(cpr.totalNs > 0 ? (cpr.stateBytes * 8000) / cpr.totalNs : 0),
		'dirty-sync-count': 2,
		'postcopy-requests': 0,
		'page-size': PAGE_BYTES,
		'multifd-bytes': 0,
		'pages-per-second': 0,
		'precopy-bytes': 0,
		'downtime-bytes': 0,
		'postcopy-bytes': 0,
		'dirty-sync-missed-zero-copy': 0
	};
}

export function queryStatus(world: World, process: QemuRecord): QmpValue {
	const status = runStateOf(world, process);
	return { status, running: status === 'running' };
}

export function queryCapabilities(process: QemuRecord): QmpValue {
	return CAPABILITY_NAMES.map((capability) => ({ capability, state: process.capabilities.includes(capability) }));
}

export function queryParameters(process: QemuRecord): QmpValue {
	return Object.fromEntries(PARAMETER_NAMES.map((name) => [name, parameterOf(process.parameters, name)]));
}
