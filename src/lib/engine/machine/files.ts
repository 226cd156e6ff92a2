import { PAGE_BYTES } from '../../base/units.ts';
import { readBytes } from '../contract/process-words.ts';
import { isOnlineWord, readBoolean } from '../mm/boot/command-line.ts';
import { startOffline } from '../mm/blocks/offline.ts';
import { onlineMemoryBlock } from '../mm/blocks/online.ts';
import { hardOffline, softOffline } from '../mm/blocks/poison.ts';
import { blockState } from '../mm/blocks/sections.ts';
import { weightOf } from '../mm/alloc/mempolicy.ts';
import { nodeIndex, zoneRank } from '../mm/alloc/zonelist.ts';
import { costNs } from '../costs/cost-model.ts';
import { cxlOf } from '../cxl/find.ts';
import { writeCxlFile } from '../cxl/sysfs.ts';
import { setPoolSize } from '../mm/hugetlb/pool.ts';
import { compactMemory } from '../mm/move/compact.ts';
import { continueLater, endCall } from '../mm/os/calls.ts';
import { osRecord } from '../mm/os/os.ts';
import { wakeParked } from '../mm/os/wake.ts';
import type { CallRecord, OsRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { hotplugBusy, HOTPLUG_LOCK } from './hotplug-lock.ts';
import { setAlarm, suspendGuest, writeMemSleep } from './suspend.ts';

/**
 * echo value > path: files of /sys and /proc that change memory. Each says what it accepts as Linux 7.2.13 does; a file that
 * is there but only for reading refuses the open (sysfs, EACCES) or the write (proc, EIO), any other is not there.
 */
export function writeFile(world: World, os: number, path: string, value: string, call: CallRecord): void {
	const block = /^\/sys\/devices\/system\/memory\/memory(\d+)\/(state|online)$/.exec(path);
	if (block) {
		call.work = { walk: STATE_WALK, block: Number(block[1]), file: block[2] as string, value };
		stateWalk(world, call);
		return;
	}
	if (/^\/sys\/bus\/(cxl|dax)\//.test(path)) {
		const cxl = cxlOf(world, os);
		const errno = cxl === null ? 'ENOENT' : writeCxlFile(world, cxl, path, value);
		endCall(world, call, errno === undefined ? 'ENOENT' : errno, null);
		wakeParked(world, os);
		return;
	}
	const record = osRecord(world, os);
	const proactive = /^\/sys\/devices\/system\/node\/node(\d+)\/reclaim$/.exec(path);
	if (proactive && nodeIndex(record, Number(proactive[1])) >= 0) {
		endCall(world, call, reclaimNode(world, os, Number(proactive[1]), value), null);
		wakeParked(world, os);
		return;
	}
	const compact = /^\/(?:proc\/sys\/vm\/compact_memory|sys\/devices\/system\/node\/node(\d+)\/compact)$/.exec(path);
	if (compact && (compact[1] === undefined || nodeIndex(record, Number(compact[1])) >= 0)) {
		const all = compact[1] === undefined;
		if (all && value.trim() !== '1') return endCall(world, call, 'EINVAL', null);
		compactMemory(world, os, all ? null : Number(compact[1]));
		endCall(world, call, null, null);
		wakeParked(world, os);
		return;
	}
	if (path === '/sys/power/state') return suspendGuest(world, os, value.trim(), call);
	const failure = /^\/sys\/devices\/system\/memory\/(hard|soft)_offline_page$/.exec(path);
	if (failure) {
		const addr = readAddress(value);
		const act = failure[1] === 'hard' ? hardOffline : softOffline;
		endCall(world, call, addr === null ? 'EINVAL' : act(world, os, Math.floor(addr / PAGE_BYTES)), null);
		wakeParked(world, os);
		return;
	}
	if (path === '/sys/power/mem_sleep') return endCall(world, call, writeMemSleep(world, os, value.trim()), null);
	if (path === '/sys/class/rtc/rtc0/wakealarm') return endCall(world, call, setAlarm(world, os, value), null);
	const huge = HUGE_PAGES.exec(path);
	if (huge && (huge[1] === undefined || nodeIndex(record, Number(huge[1])) >= 0)) {
		const node = huge[1] === undefined ? null : Number(huge[1]);
		endCall(
			world,
			call,
			number(value, 0, 2 ** 24, (wanted) => setPoolSize(world, os, wanted, node)),
			null
		);
		wakeParked(world, os);
		return;
	}
	for (const { pattern, write } of SETTINGS) {
		const match = pattern.exec(path);
		if (!match) continue;
		endCall(world, call, write(record, value, match), null);
		// A setting may change what a waiting walk can do: watermarks, policies, demotion.
		wakeParked(world, os);
		return;
	}
	const node = /^\/sys\/devices\/system\/node\/node(\d+)\//.exec(path);
	if (node && nodeIndex(record, Number(node[1])) < 0) return endCall(world, call, 'ENOENT', null);
	endCall(world, call, READ_ONLY_SYS.test(path) ? 'EACCES' : READ_ONLY_PROC.test(path) ? 'EIO' : 'ENOENT', null);
}

/** Size of the pool of hugetlb (mm/hugetlb_sysfs.c), of the machine or of one node; the sysctl is the former. */
const HUGE_PAGES =
	/^\/(?:proc\/sys\/vm\/nr_hugepages|sys\/(?:kernel\/mm|devices\/system\/node\/node(\d+))\/hugepages\/hugepages-2048kB\/nr_hugepages)$/;

/** kstrtoull with base 0. */
function readAddress(value: string): number | null {
	const text = value.trim();
	if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) return null;
	const addr = Number(text);
	return Number.isSafeInteger(addr) ? addr : null;
}

export const STATE_WALK = 'state-write';

/** drivers/base/memory.c, state_store; drivers/base/core.c, online_store. Waits for the hotplug lock. */
export function stateWalk(world: World, call: CallRecord): void {
	const { os, work } = call;
	const id = Number(work['block']);
	const value = String(work['value']);
	const state = blockState(world, os, id);
	if (state === null) return endCall(world, call, 'ENOENT', null);
	if (work['signal'] === true) return endCall(world, call, 'EINTR', null);
	if (work['onlined'] === true) return endCall(world, call, null, null);
	if (hotplugBusy(world, call)) {
		call.waitingFor = HOTPLUG_LOCK;
		return;
	}
	call.waitingFor = null;
	let word = value;
	if (work['file'] === 'online') {
		const wanted = readBoolean(value);
		if (value === '' || wanted === null) return endCall(world, call, 'EINVAL', null);
		// Unlike `state`, writing what already is goes well here.
		if (wanted === (state === 'online')) return endCall(world, call, null, null);
		word = wanted ? 'online' : 'offline';
	}
	if (word === 'offline') {
		if (state !== 'online') return endCall(world, call, 'EINVAL', null);
		startOffline(world, os, id, call);
		return;
	}
	const exmem = word === 'online_exmem' && osRecord(world, os).settings.exmem;
	if (!exmem && !isOnlineWord(word)) return endCall(world, call, 'EINVAL', null);
	const errno = onlineMemoryBlock(world, os, id, word as 'online', call.causeSeq);
	if (errno !== null) return endCall(world, call, errno, null);
	work['onlined'] = true;
	continueLater(world, call, costNs(world.costs, 'blockOnlineMs') * osRecord(world, os).sectionsPerBlock);
}

const HIGHEST_RANK = zoneRank('MOVABLE');

/** Proactive reclaim of one node (Linux 7.2.13 mm/vmscan.c, node_reclaim store): EAGAIN when less was there to take. */
function reclaimNode(world: World, os: number, node: number, value: string): string | null {
	const bytes = readBytes(value.trim().split(/\s+/)[0] ?? '');
	if (bytes === null || bytes <= 0) return 'EINVAL';
	const pages = Math.ceil(bytes / PAGE_BYTES);
	return world.relief.reclaim(world, os, node, HIGHEST_RANK, pages, 'direct') < pages ? 'EAGAIN' : null;
}

interface Setting {
	readonly pattern: RegExp;
	/** null, or the errno of the write. */
	readonly write: (record: OsRecord, value: string, match: RegExpExecArray) => string | null;
}

const MODULE = '^/sys/module/memory_hotplug/parameters/';

const SETTINGS: readonly Setting[] = [
	{
		pattern: /^\/sys\/devices\/system\/memory\/auto_online_blocks$/,
		write: (record, value) => {
			if (!isOnlineWord(value)) return 'EINVAL';
			record.settings.autoOnline = value;
			return null;
		}
	},
	{
		pattern: new RegExp(`${MODULE}online_policy$`),
		write: (record, value) => {
			if (value !== 'contig-zones' && value !== 'auto-movable') return 'EINVAL';
			record.settings.onlinePolicy = value;
			return null;
		}
	},
	{
		pattern: new RegExp(`${MODULE}auto_movable_ratio$`),
		write: (record, value) => number(value, 0, 2 ** 32 - 1, (ratio) => (record.settings.autoMovableRatio = ratio))
	},
	{
		pattern: new RegExp(`${MODULE}auto_movable_numa_aware$`),
		write: (record, value) => boolean(value, (on) => (record.settings.autoMovableNumaAware = on))
	},
	{
		pattern: /^\/sys\/module\/virtio_mem\/parameters\/unplug_online$/,
		write: (record, value) => boolean(value, (on) => (record.settings.unplugOnline = on))
	},
	{
		pattern: /^\/proc\/sys\/kernel\/numa_balancing$/,
		write: (record, value) => number(value, 0, 4, (mode) => (record.settings.numaBalancing = mode))
	},
	{
		pattern: /^\/sys\/kernel\/mm\/numa\/demotion_enabled$/,
		write: (record, value) => boolean(value, (on) => (record.settings.demotion = on))
	},
	{
		pattern: /^\/proc\/sys\/vm\/min_free_kbytes$/,
		write: (record, value) => number(value, 0, 2 ** 31 - 1, (kbytes) => (record.settings.minFreeKbytes = kbytes))
	},
	{
		pattern: /^\/proc\/sys\/vm\/watermark_scale_factor$/,
		write: (record, value) => number(value, 1, 3000, (factor) => (record.settings.watermarkScaleFactor = factor))
	},
	{
		pattern: /^\/sys\/kernel\/mm\/transparent_hugepage\/enabled$/,
		write: (record, value) => {
			if (value !== 'always' && value !== 'madvise' && value !== 'never') return 'EINVAL';
			record.settings.thp = value;
			return null;
		}
	},
	// Page cache is left out of the kernel background, so there is nothing to drop (our simplification).
	{ pattern: /^\/proc\/sys\/vm\/drop_caches$/, write: (_record, value) => number(value, 1, 4, () => undefined) },
	{
		pattern: /^\/sys\/kernel\/mm\/mempolicy\/weighted_interleave\/node(\d+)$/,
		write: (record, value, match) => {
			const at = nodeIndex(record, Number(match[1]));
			if (at < 0) return 'ENOENT';
			if (value === '') record.settings.weights[at] = null;
			else return number(value, 1, 255, (weight) => setWeight(record, at, weight));
			return null;
		}
	},
	{
		pattern: /^\/sys\/kernel\/mm\/mempolicy\/weighted_interleave\/auto$/,
		write: (record, value) =>
			boolean(value, (on) => {
				record.settings.weights = record.nodes.map((node) => (on ? null : weightOf(record, node.id)));
			})
	}
];

/** A written weight ends the automatic mode: the others stay at what they were (mm/mempolicy.c, node_store). */
function setWeight(record: OsRecord, at: number, weight: number): void {
	const fixed = record.nodes.map((node) => weightOf(record, node.id));
	record.settings.weights = fixed.map((old, index) => (index === at ? weight : old));
}

function number(value: string, least: number, most: number, set: (value: number) => unknown): string | null {
	if (!/^\s*(0x[0-9a-f]+|\d+)\s*$/i.test(value)) return 'EINVAL';
	const read = Number(value);
	if (read < least || read > most) return 'EINVAL';
	set(read);
	return null;
}

function boolean(value: string, set: (on: boolean) => unknown): string | null {
	const read = value === '' ? null : readBoolean(value);
	if (read === null) return 'EINVAL';
	set(read);
	return null;
}

const READ_ONLY_SYS =
	/^\/sys\/(devices\/system\/memory\/(block_size_bytes|memory\d+\/(valid_zones|removable|phys_index|phys_device))|devices\/system\/node\/.+|module\/memory_hotplug\/parameters\/memmap_on_memory|module\/virtio_mem\/parameters\/(force_bbm|bbm_block_size|bbm_safe_unplug)|devices\/virtual\/memory_tiering\/.+|kernel\/mm\/hugepages\/.+|class\/rtc\/rtc0\/since_epoch)$/;
const READ_ONLY_PROC = /^\/proc\/(buddyinfo|pagetypeinfo|zoneinfo|meminfo|vmstat|iomem|cmdline|\d+\/numa_maps)$/;
