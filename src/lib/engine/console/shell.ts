import { STRERROR } from '../contract/errno.ts';
import type { ConsoleAnswer } from '../contract/console.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { driverLoaded, entryAt, listFolder, readFile } from '../text/files/index.ts';
import { kernelLog } from '../text/kernel-log.ts';
import { numactlHardware } from '../text/numactl.ts';
import { right } from '../text/pad.ts';
import { numactlNodes } from '../text/world/nodes.ts';
import { processOfPid } from '../text/world/maps.ts';
import { helpText } from './help.ts';
import type { Line } from './line.ts';

/** What a root shell of the machine answers: coreutils, numactl, kmod and procps, with their own words for errors. */

export const said = (text: string, status = 0): ConsoleAnswer => ({ kind: 'text', text, status });
const failed = (text: string, status = 1): ConsoleAnswer => said(`${text}\n`, status);
const strerror = (errno: string): string => STRERROR[errno] ?? errno;

type Tool = (world: World, os: number, line: Line) => ConsoleAnswer;

export const TOOLS: Readonly<Record<string, Tool>> = {
	cxl: toolLine,
	daxctl: toolLine,
	timeout: (world, os, line) =>
		/^(cxl|daxctl)$/.test(line.words[2] ?? '') ? toolLine(world, os, line) : failed('timeout: this console times cxl and daxctl', 125),
	cat: (world, os, line) => filtered(cat(world, os, line.words.slice(1)), line),
	dmesg: (world, os, line) => filtered(said(kernelLog(osRecord(world, os).log)), line),
	echo,
	grep: (world, os, line) => grep(world, os, line.words.slice(1)),
	help: (_world, _os, line) => said(helpText(line.words[1] ?? null)),
	kill,
	ls: (world, os, line) => filtered(ls(world, os, line.words.slice(1)), line),
	migratepages,
	modprobe,
	numactl: (world, os, line) => filtered(numactl(world, os, line.words.slice(1)), line),
	ps: (world, os, line) => filtered(ps(world, os), line),
	rmmod,
	sysctl,
	'^C': interrupt
};

/** cxl and daxctl run in the guest: the line goes to it as it was typed. */
function toolLine(world: World, os: number, line: Line): ConsoleAnswer {
	const text = line.words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ');
	return { kind: 'command', command: { name: 'shell', machine: osRecord(world, os).id, line: text }, manner: 'shell' };
}

function filtered(answer: ConsoleAnswer, line: Line): ConsoleAnswer {
	if (answer.kind !== 'text' || line.filter === null) return answer;
	const { filter } = line;
	const kept = answer.text.split('\n').filter((text) => text !== '' && text.includes(filter));
	return said(kept.map((text) => `${text}\n`).join(''), kept.length > 0 ? 0 : 1);
}

function cat(world: World, os: number, paths: readonly string[]): ConsoleAnswer {
	if (paths.length === 0) return failed('cat: name a file, for example /proc/buddyinfo');
	let text = '';
	let status = 0;
	for (const path of paths) {
		const answer = readFile(world, os, path);
		if (answer.ok) text += answer.text;
		else {
			text += `cat: ${path}: ${strerror(answer.errno)}\n`;
			status = 1;
		}
	}
	return said(text, status);
}

function grep(world: World, os: number, args: readonly string[]): ConsoleAnswer {
	const [pattern, path] = args;
	if (pattern === undefined || path === undefined) return failed('Usage: grep TEXT PATH', 2);
	const answer = readFile(world, os, path);
	if (!answer.ok) return failed(`grep: ${path}: ${strerror(answer.errno)}`, 2);
	return filtered(said(answer.text), { words: [], into: null, filter: pattern, unknown: null });
}

function ls(world: World, os: number, args: readonly string[]): ConsoleAnswer {
	const long = args.includes('-l');
	const path = args.find((arg) => !arg.startsWith('-')) ?? '/';
	const entries = listFolder(world, os, path);
	if (entries === null)
		return entryAt(world, os, path) === null ? failed(`ls: cannot access '${path}': No such file or directory`, 2) : said(`${path}\n`);
	if (!long) return said(entries.map((entry) => `${entry.name}\n`).join(''));
	const mode = { file: '-rw-r--r--', directory: 'drwxr-xr-x', link: 'lrwxrwxrwx' } as const;
	return said(
		entries
			.map((entry) => `${entry.kind === 'file' && !entry.writable ? '-r--r--r--' : mode[entry.kind]} root root ${entry.name}\n`)
			.join('')
	);
}

function numactl(world: World, os: number, args: readonly string[]): ConsoleAnswer {
	if (args.length === 1 && (args[0] === '-H' || args[0] === '--hardware')) return said(numactlHardware(numactlNodes(world, os)));
	return failed('numactl: this console knows numactl -H; a process sets its own policy with "policy" and "bind"');
}

function ps(world: World, os: number): ConsoleAnswer {
	const rows = world.r.processes.filter((process) => process.os === os && process.state === 'running');
	return said(`    PID CMD\n${rows.map((process) => `${right(process.pid, 7)} ${process.id}\n`).join('')}`);
}

/** echo VALUE > PATH is a write; without a redirection it only prints. bash names itself when the file cannot be opened. */
function echo(world: World, os: number, line: Line): ConsoleAnswer {
	const words = line.words.slice(1).filter((word, at) => !(at === 0 && word === '-n'));
	if (line.into === null) return said(`${words.join(' ')}\n`);
	return write(world, os, line.into, words.join(' '));
}

function write(world: World, os: number, path: string, value: string): ConsoleAnswer {
	const found = entryAt(world, os, path);
	if (found === null) return failed(`bash: ${path}: No such file or directory`);
	if (found.entry.kind === 'directory') return failed(`bash: ${path}: Is a directory`);
	if (!found.entry.writable) return failed(`bash: ${path}: Permission denied`);
	return { kind: 'command', command: { name: 'write-file', machine: osRecord(world, os).id, path: found.path, value }, manner: 'shell' };
}

function sysctl(world: World, os: number, line: Line): ConsoleAnswer {
	const text = line.words
		.slice(1)
		.filter((word) => word !== '-w')
		.join('');
	const [name = '', value] = text.split('=');
	const path = `/proc/sys/${name.trim().replaceAll('.', '/')}`;
	if (entryAt(world, os, path)?.entry.kind !== 'file') return failed(`sysctl: cannot stat ${path}: No such file or directory`);
	if (value !== undefined) return write(world, os, path, value.trim());
	const answer = readFile(world, os, path);
	return answer.ok ? said(`${name} = ${answer.text}`) : failed(`sysctl: permission denied on key '${name}'`);
}

/** numactl 2.0.19 migratepages.c. The tool leaves no process behind: its call is made in the name of the process it moves (our simplification). */
function migratepages(world: World, os: number, line: Line): ConsoleAnswer {
	const [pid, from, to, more] = line.words.slice(1);
	if (pid === undefined || from === undefined || to === undefined || more !== undefined || !/^\d+$/.test(pid))
		return failed('usage: migratepages pid from-nodes to-nodes\n\nnodes is a comma delimited list of node numbers or A-B ranges or all.');
	const sets = [from, to].map((text) =>
		text === 'all'
			? osRecord(world, os)
					.nodes.map((node) => node.id)
					.join(',')
			: text
	);
	for (const text of sets) if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return failed(`<${text}> is invalid`);
	const process = processOfPid(world, os, Number(pid));
	if (!process) return failed(`migrate_pages: ${strerror('ESRCH')}`);
	return {
		kind: 'command',
		command: { name: 'process', machine: osRecord(world, os).id, process: process.id, words: `migrate 0 ${sets[0]} ${sets[1]}` },
		manner: 'shell'
	};
}

const NO_MODULE = (name: string): string => `modprobe: FATAL: Module ${name} not found in directory /lib/modules/7.2.13+deb14-amd64`;

function modprobe(world: World, os: number, line: Line): ConsoleAnswer {
	const args = line.words.slice(1);
	const name = args.find((arg) => !arg.startsWith('-'));
	if (name === undefined) return failed('modprobe: ERROR: missing parameters. See -h.');
	if (name.replaceAll('-', '_') !== 'virtio_mem') return failed(NO_MODULE(name));
	const unload = args.includes('-r');
	if (!unload && driverLoaded(world, os)) return said('');
	if (unload && !driverLoaded(world, os)) return failed(`modprobe: FATAL: Module ${name} is not currently loaded`);
	return {
		kind: 'command',
		command: { name: 'module', machine: osRecord(world, os).id, module: 'virtio_mem', do: unload ? 'unload' : 'load' },
		manner: 'shell'
	};
}

function rmmod(world: World, os: number, line: Line): ConsoleAnswer {
	const name = line.words[1];
	if (name === undefined) return failed('rmmod: ERROR: missing module name.');
	if (name.replaceAll('-', '_') !== 'virtio_mem' || !driverLoaded(world, os))
		return failed(`rmmod: ERROR: Module ${name} is not currently loaded`);
	return {
		kind: 'command',
		command: { name: 'module', machine: osRecord(world, os).id, module: 'virtio_mem', do: 'unload' },
		manner: 'shell'
	};
}

function kill(world: World, os: number, line: Line): ConsoleAnswer {
	const args = line.words.slice(1);
	const pid = args.find((arg) => /^\d+$/.test(arg));
	if (pid === undefined) return failed('kill: usage: kill [-INT] pid');
	const process = processOfPid(world, os, Number(pid));
	if (!process) return failed(`bash: kill: (${pid}) - No such process`);
	const machine = osRecord(world, os).id;
	if (!args.includes('-INT') && !args.includes('-2'))
		return { kind: 'command', command: { name: 'process-end', machine, process: process.id }, manner: 'shell' };
	const call = world.r.calls.findLast((each) => each.os === os && each.state === 'running' && each.actor === process.id);
	if (!call) return said('');
	return { kind: 'command', command: { name: 'signal', machine, call: call.id }, manner: 'shell' };
}

/** Interrupts a call by its number, or the last one of a shell or a process that still runs; the monitor's own cannot be. */
function interrupt(world: World, os: number, line: Line): ConsoleAnswer {
	const machine = osRecord(world, os).id;
	const number = line.words[1];
	if (number !== undefined)
		return /^\d+$/.test(number)
			? { kind: 'command', command: { name: 'signal', machine, call: Number(number) }, manner: 'shell' }
			: failed('^C: usage: ^C [CALL]');
	const call = world.r.calls.findLast(
		(each) => each.os === os && each.state === 'running' && each.actor !== 'qmp' && each.actor !== 'driver'
	);
	if (!call) return said('^C\n', 130);
	return { kind: 'command', command: { name: 'signal', machine, call: call.id }, manner: 'shell' };
}
