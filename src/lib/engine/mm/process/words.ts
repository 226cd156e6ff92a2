import { MIB, PAGE_BYTES } from '../../../base/units.ts';
import { PROCESS_WORDS, readAddress, readBytes, readRange } from '../../contract/process-words.ts';
import type { AreaRecord, CallRecord, JsonValue, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { parseNodes, parsePolicy, settlePolicy } from '../alloc/mempolicy.ts';
import { pagesByChannel } from '../boot/grouped-nodes.ts';
import { startMbind, startMigratePages } from '../move/mbind.ts';
import { pageStatuses, startMovePages } from '../move/move-pages.ts';
import { continueLater, endCall } from '../os/calls.ts';
import { mayReserve } from '../hugetlb/pool.ts';
import { osRecord } from '../os/os.ts';
import { areasOf, newArea } from '../space/areas.ts';
import { changedPages } from './content.ts';
import { deviceWord, isDeviceWord, mapDevice } from './device.ts';
import { processOf } from './end.ts';
import { forkProcess } from './fork.ts';
import { dropHolds, holdResident } from './holds.ts';
import { tryGigantic } from './gigantic.ts';
import { bindTo, isPlacementRule, placedNode } from './place.ts';
import { startPin, unpin } from './pin.ts';
import { startPipefill } from './pipe.ts';
import { countFrames, countZones } from './look.ts';
import { startTouch } from './touch.ts';
import { unmapPart } from './unmap.ts';

/** One word of a process: what a probe program does when it is told so. Values have the shapes of the recordings. */
export function runWords(world: World, os: number, process: string, words: string, call: CallRecord): void {
	const [op = '', ...rest] = words.trim().split(/\s+/);
	const record = processOf(world, os, process) ?? newProcess(world, os, process);
	const word = WORDS[op];
	if (record.state === 'ended') return fail(world, call, op, 'ESRCH', `${process} has ended`);
	if (osRecord(world, os).state !== 'running') return fail(world, call, op, 'EAGAIN', 'the machine does not run');
	if (!word) return fail(world, call, op, 'EINVAL', `no such word; there are ${PROCESS_WORDS.map((known) => known.word).join(', ')}`);
	word({ world, os, process: record, call, op, rest });
}

interface Told {
	readonly world: World;
	readonly os: number;
	readonly process: ProcessRecord;
	readonly call: CallRecord;
	readonly op: string;
	readonly rest: readonly string[];
}

type Word = (told: Told) => void;

function newProcess(world: World, os: number, id: string): ProcessRecord {
	const record = osRecord(world, os);
	const process: ProcessRecord = {
		id,
		os,
		pid: record.nextPid,
		cpu: record.nodes.find((node) => node.cpus.length > 0)?.cpus[0] ?? 0,
		state: 'running',
		policy: { mode: 'default', nodes: [], balancing: false, static: false },
		parent: null,
		interleaveNext: 0,
		interleaveLeft: 0
	};
	record.nextPid += 1;
	world.r.processes.push(process);
	return process;
}

const done = (told: Told, more: { [key: string]: JsonValue } = {}, errno = 'OK', ret = errno === 'OK' ? 0 : -1): void =>
	endCall(told.world, told.call, errno === 'OK' ? null : errno, { op: told.op, ret, errno, ...more });

function fail(world: World, call: CallRecord, op: string, errno: string, text: string): void {
	endCall(world, call, errno, { op, ret: -1, errno, text });
}

const refuse = (told: Told, errno: string, text: string): void => fail(told.world, told.call, told.op, errno, text);

const formOf = (op: string): string => PROCESS_WORDS.find((known) => known.word === op)?.form ?? op;

/** Runs `then` with the area that the first word names. */
function withArea(then: (told: Told, area: AreaRecord) => void): Word {
	return (told) => {
		const name = told.rest[0];
		const area = areasOf(told.world, told.os, told.process.id).find((candidate) => candidate.name === name);
		if (name === undefined) return refuse(told, 'EINVAL', `written as: ${formOf(told.op)}`);
		if (!area) return refuse(told, 'EINVAL', `${told.process.id} has no area "${name}"`);
		if (area.kind === 'dax' && !OF_DEVICES.has(told.op)) {
			if (!isDeviceWord(told.op)) return refuse(told, 'EINVAL', `${area.device} is mapped as it is: "${told.op}" has nothing to do there`);
			const range = readRange(told.rest[1], area.pageCount);
			if (!range) return refuse(told, 'EINVAL', `"${told.rest[1]}" is no range of ${area.name}: a size, or SIZE@OFFSET`);
			return deviceWord(told.world, told.call, told.op, area, range.first, range.pages);
		}
		then(told, area);
	};
}

/** Words about an area itself, not its pages: they hold for a mapped device too. */
const OF_DEVICES: ReadonlySet<string> = new Set(['status', 'unmap', 'free']);

/** The same with a range after the name, or after `skip` more words. */
function withRange(then: (told: Told, area: AreaRecord, first: number, pages: number) => void): Word {
	return withArea((told, area) => {
		const range = readRange(told.rest[1], area.pageCount);
		if (!range) return refuse(told, 'EINVAL', `"${told.rest[1]}" is no range of ${area.name}: a size, or SIZE@OFFSET`);
		then(told, area, range.first, range.pages);
	});
}

function map(kind: AreaRecord['kind']): Word {
	return (told) => {
		const { world, os, process, rest } = told;
		const at = rest.indexOf('at');
		const hint = at < 0 ? undefined : readAddress(rest[at + 1]);
		const [name = '', size = '', option] = at < 0 ? rest : rest.slice(0, at);
		const bytes = readBytes(size);
		if (hint === null || (at >= 0 && rest.length > at + 2)) return refuse(told, 'EINVAL', `written as: ${formOf(told.op)}`);
		if (!/^[A-Za-z_][\w-]{0,30}$/.test(name) || bytes === null || bytes <= 0)
			return refuse(told, 'EINVAL', `written as: ${formOf(told.op)}`);
		if (option?.startsWith('/') === true && kind === 'anonymous') return mapFile(told, name, bytes, option);
		if (size.startsWith('/') || option?.startsWith('/')) return refuse(told, 'ENODEV', `${option ?? size}: no such device`);
		const options = kind === 'secure' ? ['secretmem', 'guest_memfd'] : ['exmem', 'normal'];
		if (option !== undefined && !options.includes(option))
			return refuse(told, 'EINVAL', `"${option}" is not known here: ${options.join(' or ')}`);
		if (option === 'exmem' && !osRecord(world, os).settings.exmem)
			return refuse(told, 'EINVAL', 'MAP_EXMEM is a proposal that this machine has not switched on');
		if (areasOf(world, os, process.id).some((area) => area.name === name))
			return refuse(told, 'EEXIST', `${process.id} has an area "${name}" already`);
		const area = newArea(world, {
			os,
			process: process.id,
			name,
			kind,
			pageCount: Math.ceil(bytes / PAGE_BYTES),
			hint,
			secure: kind === 'secure' ? (option === 'guest_memfd' ? 'guest_memfd' : 'secretmem') : null,
			zoneWish: option === 'exmem' || option === 'normal' ? option : 'any'
		});
		if (!area) return refuse(told, 'ENOMEM', 'the world has no room for so many or so large areas');
		done(told);
	};
}

/** /dev/daxN.M: the device's pages, as far as it has any. */
function mapFile(told: Told, name: string, bytes: number, path: string): void {
	const { world, os, process } = told;
	if (areasOf(world, os, process.id).some((area) => area.name === name))
		return refuse(told, 'EEXIST', `${process.id} has an area "${name}" already`);
	const errno = mapDevice(world, os, process, name, bytes, path);
	if (errno === 'ENOENT') return refuse(told, 'ENODEV', `${path}: no such device`);
	if (errno === 'ENOMEM') return refuse(told, 'ENOMEM', 'the world has no room for so many or so large areas');
	done(told, {}, errno ?? 'OK');
}

function advise(change: (area: AreaRecord) => void): Word {
	return withArea((told, area) => {
		change(area);
		done(told);
	});
}

const bind: Word = withArea((told, area) => {
	const words = parsePolicy(told.rest.slice(1));
	if (!words) return refuse(told, 'EINVAL', `written as: ${formOf('bind')}`);
	startMbind(told.world, told.call, area, words);
});

const place: Word = withArea((told, area) => {
	const rules = told.rest.slice(1);
	if (rules.length === 0 || !rules.every(isPlacementRule)) return refuse(told, 'EINVAL', `written as: ${formOf('place')}`);
	const node = placedNode(told.world, told.os, told.process.cpu, rules);
	if (node < 0) return refuse(told, 'ENODEV', 'no node fits the rule');
	bindTo(area, node);
	done(told, { node });
});

const gigantic: Word = (told) => {
	const node = Number(told.rest[0]);
	if (!Number.isInteger(node) || !osRecord(told.world, told.os).nodes.some((each) => each.id === node))
		return refuse(told, 'EINVAL', `written as: ${formOf('gigantic')}`);
	const addr = tryGigantic(told.world, told.os, node);
	if (addr === null) return done(told, {}, 'ENOMEM');
	done(told, { addr });
};

const policy: Word = (told) => {
	const words = parsePolicy(told.rest);
	if (!words) return refuse(told, 'EINVAL', `written as: ${formOf('policy')}`);
	const settled = settlePolicy(told.world, told.os, words.policy);
	if (settled === 'EINVAL') return done(told, {}, 'EINVAL');
	told.process.policy = settled;
	done(told);
};

const cpu: Word = (told) => {
	const number = Number(told.rest[0]);
	if (!osRecord(told.world, told.os).nodes.some((node) => node.cpus.includes(number)))
		return refuse(told, 'EINVAL', `there is no CPU "${told.rest[0] ?? ''}"`);
	told.process.cpu = number;
	done(told);
};

const mlock: Word = withArea((told, area) => {
	area.locked = true;
	startTouch(told.world, told.call, told.process, area, 0, area.pageCount, 'populate');
});

const vmsplice: Word = withRange((told, area, first, pages) => {
	if (area.kind === 'secure') return done(told, {}, 'EFAULT');
	const held = holdResident(told.world, area, told.process.id, first, pages, 'get');
	done(told, {}, 'OK', held === 0 ? 0 : pages * PAGE_BYTES);
});

const drain: Word = (told) => {
	const { world, os, process, rest } = told;
	dropHolds(
		world,
		os,
		(hold) => hold.process === process.id && hold.term === 'get' && (rest[0] === undefined || world.r.areas[hold.area]?.name === rest[0])
	);
	done(told);
};

const pipefill: Word = (told) => {
	const bytes = readBytes(told.rest[0] ?? '');
	if (bytes === null || bytes <= 0) return refuse(told, 'EINVAL', `written as: ${formOf('pipefill')}`);
	startPipefill(told.world, told.call, told.process, Math.ceil(bytes / MIB));
};

const status: Word = withRange((told, area, first, pages) => {
	endCall(told.world, told.call, null, {
		op: 'status',
		area: area.name,
		ret: 0,
		errno: 'OK',
		pages,
		status: pageStatuses(told.world, area, first, pages)
	});
});

const move: Word = withArea((told, area) => {
	const [, node = '', ...more] = told.rest;
	const options = ['all', 'list'].filter((word) => more.includes(word));
	const ranges = more.filter((word) => !options.includes(word));
	const range = readRange(ranges[0], area.pageCount);
	if (!/^-?\d+$/.test(node) || ranges.length > 1 || !range) return refuse(told, 'EINVAL', `written as: ${formOf('move')}`);
	startMovePages(told.world, told.call, {
		area,
		node: Number(node),
		all: options.includes('all'),
		first: range.first,
		pages: range.pages,
		listed: options.includes('list')
	});
});

const migrate: Word = (told) => {
	const { world, os, rest } = told;
	const pid = Number(rest[0]);
	const from = parseNodes(rest[1] ?? '');
	const to = parseNodes(rest[2] ?? '');
	if (!Number.isInteger(pid) || !from || !to) return refuse(told, 'EINVAL', `written as: ${formOf('migrate')}`);
	const target =
		pid === 0 ? told.process : world.r.processes.find((process) => process.os === os && process.pid === pid && process.state === 'running');
	if (!target) return done(told, {}, 'ESRCH');
	startMigratePages(world, told.call, target, from, to);
};

const fork: Word = (told) => {
	const child = forkProcess(told.world, told.os, told.process);
	if (child === 'ENOMEM') return refuse(told, 'ENOMEM', 'the world has no room for the areas of a child');
	endCall(told.world, told.call, null, { op: 'fork', child: child.pid });
};

/** mmap with MAP_HUGETLB: whole huge pages, reserved for this mapping. */
const maphuge: Word = (told) => {
	const { world, os, process, rest } = told;
	const [name = '', size = ''] = rest;
	const bytes = readBytes(size);
	if (!/^[A-Za-z_][\w-]{0,30}$/.test(name) || bytes === null || bytes <= 0 || rest.length > 2)
		return refuse(told, 'EINVAL', `written as: ${formOf(told.op)}`);
	if (areasOf(world, os, process.id).some((area) => area.name === name))
		return refuse(told, 'EEXIST', `${process.id} has an area "${name}" already`);
	const pages = Math.ceil(bytes / HUGE_PAGE_BYTES);
	if (!mayReserve(world, os, pages)) return done(told, {}, 'ENOMEM');
	const area = newArea(world, { os, process: process.id, name, kind: 'hugetlb', pageCount: (pages * HUGE_PAGE_BYTES) / PAGE_BYTES });
	if (!area) return refuse(told, 'ENOMEM', 'the world has no room for so many or so large areas');
	done(told);
};
const HUGE_PAGE_BYTES = 2 * MIB;
const HUGE_PAGES = HUGE_PAGE_BYTES / PAGE_BYTES;

const unmap: Word = withRange((told, area, first, pages) => {
	if (area.kind === 'hugetlb' && (first % HUGE_PAGES !== 0 || pages % HUGE_PAGES !== 0)) return done(told, {}, 'EINVAL');
	if (unmapPart(told.world, area, first, pages)) done(told);
	else refuse(told, 'ENOMEM', 'the world has no room to remember pages that something still holds');
});

const sleep: Word = (told) => {
	const seconds = Number(told.rest[0]);
	if (!(seconds >= 0 && seconds <= 3600)) return refuse(told, 'EINVAL', `written as: ${formOf('sleep')}`);
	told.call.work['walk'] = 'sleep';
	continueLater(told.world, told.call, seconds * 1e9);
};

export function runSleep(world: World, call: CallRecord): void {
	endCall(world, call, null, { op: 'sleep', ret: 0, errno: 'OK' });
}

const WORDS: Readonly<Record<string, Word>> = {
	map: map('anonymous'),
	mapshared: map('shared'),
	mapsecure: map('secure'),
	maphuge,
	nothp: advise((area) => {
		area.hugePages = false;
		area.hugeAdvised = false;
	}),
	hugep: advise((area) => {
		area.hugePages = true;
		area.hugeAdvised = true;
	}),
	bind,
	place,
	gigantic,
	policy,
	cpu,
	touch: withRange((told, area, first, pages) => startTouch(told.world, told.call, told.process, area, first, pages, 'write')),
	read: withRange((told, area, first, pages) => startTouch(told.world, told.call, told.process, area, first, pages, 'read')),
	mlock,
	munlock: advise((area) => {
		area.locked = false;
	}),
	pin: withRange((told, area, first, pages) => startPin(told.world, told.call, area, first, pages)),
	unpin: withArea((told, area) => unpin(told.world, told.call, area)),
	vmsplice,
	drain,
	pipefill,
	status,
	move,
	migrate,
	zones: withRange((told, area, first, pages) => endCall(told.world, told.call, null, countZones(told.world, area, first, pages))),
	channels: withRange((told, area, first, pages) =>
		osRecord(told.world, told.os).channelRanges === undefined
			? refuse(told, 'EINVAL', 'no channels are grouped into one node on this machine')
			: done(told, { channels: pagesByChannel(told.world, area, first, pages) })
	),
	frames: withRange((told, area, first, pages) => endCall(told.world, told.call, null, countFrames(told.world, area, first, pages))),
	check: withArea((told, area) => done(told, {}, 'OK', changedPages(told.world, area))),
	dirty: withArea((told, area) => refuse(told, 'EINVAL', `${area.name} is no mapped device`)),
	fork,
	unmap,
	free: unmap,
	sleep
};
