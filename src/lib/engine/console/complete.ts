import type { Completion, ConsoleCompletions } from '../contract/console.ts';
import { osRecord } from '../mm/os/os.ts';
import { areasOf } from '../mm/space/areas.ts';
import type { World } from '../state/world.ts';
import { listFolder } from '../text/files/index.ts';
import { fileWord } from './file-words.ts';
import { typedPart } from './line.ts';
import { ALIASES, DEVICE_PROPERTIES, INFO_WORDS, WORDS, wordNamed } from './words.ts';

/** What could stand in place of the last word of a line that is being typed. */

const MOST_CANDIDATES = 60;

interface Candidate {
	readonly word: string;
	readonly sentence: string;
}
const plain = (words: readonly string[]): Candidate[] => words.map((word) => ({ word, sentence: '' }));
const told = (table: Readonly<Record<string, string>>): Candidate[] =>
	Object.entries(table).map(([word, sentence]) => ({ word, sentence }));

export function completionsOf(world: World, machine: string, text: string): ConsoleCompletions {
	const os = world.r.oses.findIndex((record) => record.id === machine);
	if (os < 0) return { candidates: [], explained: null };
	const line = typedPart(text);
	const words = line.split(/\s+/);
	const last = words.at(-1) ?? '';
	const before = line.slice(0, line.length - last.length);
	const candidates = candidatesFor(world, os, words)
		.filter((candidate) => candidate.word.startsWith(last) && candidate.word !== last)
		.slice(0, MOST_CANDIDATES)
		.map((candidate): Completion => ({ line: before + candidate.word, ...candidate }));
	return { candidates, explained: explainedIn(words) };
}

/** A file that the line names; else its first word, or for a process the word behind its name. */
function explainedIn(words: readonly string[]): ConsoleCompletions['explained'] {
	const [first = '', second = ''] = words;
	const path = words.findLast((word) => word.startsWith('/'));
	const file = path === undefined ? null : fileWord(path);
	if (file) return file;
	if (first.endsWith(':')) return wordNamed(second, 'process');
	const name = ALIASES[first] ?? first;
	return wordNamed(name, 'shell') ?? wordNamed(name, 'monitor');
}

function candidatesFor(world: World, os: number, words: readonly string[]): Candidate[] {
	const first = words[0] ?? '';
	if (words.length === 1)
		return [
			...firstWords(),
			...processNames(world, os).map((word) => ({ word: `${word}:`, sentence: 'What follows is said to this process.' }))
		];
	if (first.endsWith(':')) return processCandidates(world, os, first.slice(0, -1), words);
	const before = words.at(-2);
	switch (ALIASES[first] ?? first) {
		case 'cat':
		case 'ls':
		case 'grep':
			return paths(world, os, words.at(-1) ?? '', false);
		case 'echo':
			if (before === '>') return paths(world, os, words.at(-1) ?? '', true);
			return words.length === 2
				? plain(['online', 'offline', 'online_kernel', 'online_movable', '0', '1', 'auto-movable', 'contig-zones'])
				: plain(['>']);
		case 'help':
			return words.at(-1)?.startsWith('/')
				? paths(world, os, words.at(-1) ?? '', false)
				: WORDS.map(({ word, sentence }) => ({ word, sentence }));
		case 'info':
			return told(INFO_WORDS);
		case 'numactl':
			return [{ word: '-H', sentence: 'Nodes, CPUs, sizes and distances.' }];
		case 'modprobe':
		case 'rmmod':
			return [{ word: 'virtio_mem', sentence: 'Driver of virtio-mem devices.' }];
		case 'qom-set':
		case 'qom-get':
			return words.length === 2
				? plain(deviceIds(world, os))
				: words.length === 3
					? told(DEVICE_PROPERTIES)
					: plain(['0', '64M', '128M', '256M', '512M', '1G', '2G']);
		case 'device_del':
			return plain(deviceIds(world, os));
		case 'device_add':
			return plain(['pc-dimm,id=dimm0,memdev=', 'virtio-mem-pci,id=vm0,memdev=']);
		case 'object_add':
			return plain(['memory-backend-ram,id=mem0,size=']);
		case 'kill':
			return pids(world, os);
		case 'migratepages':
			return words.length === 2 ? pids(world, os) : plain(osRecord(world, os).nodes.map((node) => String(node.id)));
		case 'sysctl':
			return plain(['kernel.numa_balancing', 'vm.min_free_kbytes', 'vm.watermark_scale_factor', 'vm.drop_caches', 'vm.compact_memory']);
		default:
			return [];
	}
}

const firstWords = (): Candidate[] => WORDS.filter((entry) => entry.manner !== 'process').map(({ word, sentence }) => ({ word, sentence }));

const processNames = (world: World, os: number): string[] =>
	world.r.processes.filter((process) => process.os === os && process.state === 'running').map((process) => process.id);

const pids = (world: World, os: number): Candidate[] =>
	world.r.processes
		.filter((process) => process.os === os && process.state === 'running')
		.map((process) => ({ word: String(process.pid), sentence: process.id }));

const deviceIds = (world: World, os: number): string[] => [
	...world.r.virtioMems.filter((device) => device.os === os && device.state !== 'gone').map((device) => device.id),
	...world.r.dimms.filter((dimm) => dimm.os === os && dimm.state !== 'gone').map((dimm) => dimm.id)
];

/** The word, then an area, then what the form asks for by name: nodes, policies, pids. */
function processCandidates(world: World, os: number, process: string, words: readonly string[]): Candidate[] {
	if (words.length === 2) return WORDS.filter((entry) => entry.manner === 'process').map(({ word, sentence }) => ({ word, sentence }));
	const form =
		wordNamed(words[1] ?? '', 'process')
			?.form.split(/\s+/)
			[words.length - 2]?.replace(/[[\]]/g, '') ?? '';
	switch (form) {
		case 'NAME':
			return plain(
				areasOf(world, os, process)
					.filter((area) => area.kind !== 'kernel' && area.kind !== 'pipe')
					.map((area) => area.name)
			);
		case 'NODE':
		case 'NODES':
		case 'OLD':
		case 'NEW':
			return plain(osRecord(world, os).nodes.map((node) => String(node.id)));
		case 'POLICY':
			return plain(['default', 'local', 'preferred', 'bind', 'interleave', 'preferred-many', 'weighted-interleave']);
		case 'PID':
			return pids(world, os);
		case 'SIZE':
			return plain(['4K', '64K', '2M', '64M', '256M', '1G']);
		default:
			return [];
	}
}

/** Paths below the folder that is typed so far; with `writable` only files that take a write, and folders on the way. */
function paths(world: World, os: number, typed: string, writable: boolean): Candidate[] {
	const slash = typed.lastIndexOf('/');
	const folder = slash < 0 ? '/' : typed.slice(0, slash + 1);
	return (listFolder(world, os, folder) ?? [])
		.filter((entry) => !writable || entry.writable || entry.kind !== 'file')
		.map((entry) => ({
			word: `${folder}${entry.name}${entry.kind === 'file' ? '' : '/'}`,
			sentence: fileWord(`${folder}${entry.name}`)?.sentence ?? ''
		}));
}
