import { describe, expect, it } from 'vitest';
import type { ConsoleAnswer } from '../../../../src/lib/engine/contract/console.ts';
import { PROCESS_WORDS } from '../../../../src/lib/engine/contract/process-words.ts';
import { fileWord } from '../../../../src/lib/engine/console/file-words.ts';
import { readLine, typedPart } from '../../../../src/lib/engine/console/line.ts';
import { WORDS } from '../../../../src/lib/engine/console/words.ts';
import { listFolder, readFile } from '../../../../src/lib/engine/text/files/index.ts';
import { machine, VIRTIO_MEM, write } from '../../../support/machines.ts';

const type = (simulation: ReturnType<typeof machine>, line: string): ConsoleAnswer =>
	simulation.ask({ kind: 'console', machine: 'm', line });
const textOf = (simulation: ReturnType<typeof machine>, line: string): string => {
	const answer = type(simulation, line);
	return answer.kind === 'text' ? answer.text : `command ${JSON.stringify(answer.command)}`;
};

describe('a line', () => {
	it('loses the prompt it was pasted with', () => {
		for (const prompt of ['(qemu) ', '# ', '$ ', 'root@guest:~# ', '']) expect(typedPart(`${prompt}numactl -H`)).toBe('numactl -H');
	});
	it('is split at blanks, not inside quotes', () => {
		expect(readLine('echo "a b" > /x').words).toEqual(['echo', 'a b']);
		expect(readLine("echo online>'/sys/a'")).toEqual({ words: ['echo', 'online'], into: '/sys/a', filter: null, unknown: null });
	});
	it('may end in tee or grep, and in nothing else', () => {
		expect(readLine('echo 1 | sudo tee /x')).toMatchObject({ words: ['echo', '1'], into: '/x' });
		expect(readLine('cat /x | grep Movable')).toMatchObject({ words: ['cat', '/x'], filter: 'Movable' });
		expect(readLine('cat /x | sort').unknown).toBe('| sort');
		expect(readLine('a && b').unknown).toBe('&&');
	});
});

describe('the shell', () => {
	const simulation = machine();

	it('turns a write into a command, and refuses what cannot be written with the words of bash', () => {
		expect(type(simulation, 'echo offline > /sys/devices/system/memory/memory5/state')).toEqual({
			kind: 'command',
			manner: 'shell',
			command: { name: 'write-file', machine: 'm', path: '/sys/devices/system/memory/memory5/state', value: 'offline' }
		});
		expect(textOf(simulation, 'echo 1 > /proc/buddyinfo')).toBe('bash: /proc/buddyinfo: Permission denied\n');
		expect(textOf(simulation, 'echo 1 > /sys/devices/system/memory/memory99/state')).toBe(
			'bash: /sys/devices/system/memory/memory99/state: No such file or directory\n'
		);
		expect(textOf(simulation, 'echo 1 > /sys/devices')).toBe('bash: /sys/devices: Is a directory\n');
	});
	it('has the error texts of the tools', () => {
		expect(textOf(simulation, 'cat /proc/nothing')).toBe('cat: /proc/nothing: No such file or directory\n');
		expect(textOf(simulation, 'cat /proc')).toBe('cat: /proc: Is a directory\n');
		expect(textOf(simulation, 'ls /nowhere')).toBe("ls: cannot access '/nowhere': No such file or directory\n");
		expect(textOf(simulation, 'frobnicate')).toBe('bash: frobnicate: command not found\n');
		expect(textOf(simulation, 'rmmod virtio_mem')).toBe('rmmod: ERROR: Module virtio_mem is not currently loaded\n');
		expect(textOf(simulation, 'modprobe floppy')).toBe(
			'modprobe: FATAL: Module floppy not found in directory /lib/modules/7.2.13+deb14-amd64\n'
		);
		expect(textOf(simulation, 'kill 7')).toBe('bash: kill: (7) - No such process\n');
		expect(textOf(simulation, 'migratepages 100 zero 1')).toBe('<zero> is invalid\n');
	});
	it('keeps the lines that grep wants', () => {
		expect(textOf(simulation, 'cat /proc/buddyinfo | grep "Node 1"')).toBe(
			textOf(simulation, 'cat /proc/buddyinfo')
				.split('\n')
				.filter((line) => line.startsWith('Node 1'))
				.join('\n') + '\n'
		);
		expect(textOf(simulation, 'grep Nothing /proc/buddyinfo')).toBe('');
	});
	it('follows links and dots in paths', () => {
		const through = readFile(simulation.world, 0, '/sys/devices/system/node/node1/memory5/../memory5/state');
		expect(through).toEqual({ ok: true, text: 'online\n' });
	});
	it('lists what can be read, and everything listed can be', () => {
		const walk = (path: string): string[] =>
			(listFolder(simulation.world, 0, path) ?? []).flatMap((entry) =>
				entry.kind === 'directory' ? walk(`${path}${entry.name}/`) : entry.kind === 'file' ? [`${path}${entry.name}`] : []
			);
		const files = walk('/');
		expect(files.length).toBeGreaterThan(60);
		for (const file of files) {
			expect(readFile(simulation.world, 0, file).ok, file).toBe(true);
		}
	});
	it('changes nothing by reading', () => {
		const before = simulation.fingerprint();
		for (const word of WORDS) simulation.ask({ kind: 'complete', machine: 'm', line: `${word.word} ` });
		for (const line of [
			'cat /proc/zoneinfo',
			'cat /proc/pagetypeinfo',
			'numactl -H',
			'dmesg',
			'ps',
			'help',
			'info memory-devices',
			'ls -l /sys/devices/system/memory'
		])
			expect(type(simulation, line).kind, line).toBe('text');
		simulation.status();
		simulation.ask({ kind: 'frame', machine: 'm', pfn: 70_000 });
		expect(simulation.fingerprint()).toBe(before);
	});
	it('says of every file whether it can be written, as the writer has it', () => {
		const walk = (path: string): { path: string; writable: boolean }[] =>
			(listFolder(simulation.world, 0, path) ?? []).flatMap((entry) =>
				entry.kind === 'directory'
					? walk(`${path}${entry.name}/`)
					: entry.kind === 'file'
						? [{ path: `${path}${entry.name}`, writable: entry.writable }]
						: []
			);
		const files = walk('/');
		expect(files.filter((file) => file.writable).length).toBeGreaterThan(20);
		// A value that no file accepts: it is refused for the value where writing means something, for the file elsewhere. Only
		// nodeN/compact takes whatever is written (mm/compaction.c, compact_store).
		for (const file of files) {
			const errno = write(simulation, file.path, 'zebra');
			if (file.path.endsWith('/compact')) expect(errno, file.path).toBe('OK');
			else if (file.writable) expect(errno, file.path).toBe('EINVAL');
			else expect(['EACCES', 'EIO'], file.path).toContain(errno);
		}
	});
	it('writes through links', () => {
		expect(type(simulation, 'echo offline > /sys/devices/system/node/node1/memory5/state')).toMatchObject({
			command: { path: '/sys/devices/system/memory/memory5/state' }
		});
	});
	it('says nothing to an empty line, and knows no other machine', () => {
		expect(textOf(simulation, '   ')).toBe('');
		expect(simulation.ask({ kind: 'console', machine: 'other', line: 'ls' })).toMatchObject({ kind: 'text', status: 1 });
	});
});

describe('the monitor', () => {
	const simulation = machine(VIRTIO_MEM);

	it('reads sizes as QEMU does', () => {
		for (const [text, bytes] of [
			['1G', 2 ** 30],
			['64M', 2 ** 26],
			['134217728', 134217728],
			['0x8000000', 134217728],
			['0', 0]
		] as const)
			expect(type(simulation, `qom-set vm0 requested-size ${text}`)).toMatchObject({
				command: {
					name: 'qmp',
					execute: 'qom-set',
					arguments: { path: '/machine/peripheral/vm0', property: 'requested-size', value: bytes }
				}
			});
		expect(textOf(simulation, 'qom-set vm0 requested-size lots')).toBe(
			"Error: Parameter 'requested-size' expects a non-negative number below 2^64\nOptional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\nand exabytes, respectively.\n"
		);
	});
	it('reads properties of devices with commas', () => {
		expect(type(simulation, 'device_add pc-dimm,id=dimm0,memdev=m1,node=0')).toMatchObject({
			manner: 'monitor',
			command: { execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm0', memdev: 'm1', node: '0' } }
		});
		expect(type(simulation, 'object_add memory-backend-ram,id=m1,size=512M')).toMatchObject({
			command: { execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'm1', size: 2 ** 29 } }
		});
	});
	it('takes JSON, and says what is wrong with it', () => {
		expect(type(simulation, '{"execute": "query-memory-devices"}')).toEqual({
			kind: 'command',
			manner: 'qmp',
			command: { name: 'qmp', machine: 'm', execute: 'query-memory-devices' }
		});
		expect(textOf(simulation, '{"execute": ')).toContain('JSON parse error');
		expect(textOf(simulation, '{"exec": 1}')).toContain("lacks member 'execute'");
	});
	it('prints the state of the machine', () => {
		expect(textOf(simulation, 'info status')).toBe('VM status: running\n');
		expect(textOf(simulation, 'info nothing')).toBe("unknown command: 'info nothing'\n");
	});
});

describe('a process', () => {
	it('is told its words by name', () => {
		expect(type(machine(), 'p0: map a 64M')).toEqual({
			kind: 'command',
			manner: 'process',
			command: { name: 'process', machine: 'm', process: 'p0', words: 'map a 64M' }
		});
		expect(textOf(machine(), 'touch a')).toContain('p0: touch a');
	});
});

describe('help and completion', () => {
	const simulation = machine();
	const complete = (line: string): string[] =>
		simulation.ask({ kind: 'complete', machine: 'm', line }).candidates.map((candidate) => candidate.word);

	it('explain every word with a source', () => {
		for (const entry of WORDS) {
			const text = textOf(simulation, `help ${entry.word}`);
			expect(text, entry.word).toContain(entry.sentence);
			expect(text, entry.word).toContain(entry.source);
			expect(entry.sentence.endsWith('.'), entry.word).toBe(true);
		}
		expect(WORDS.filter((entry) => entry.manner === 'process')).toHaveLength(PROCESS_WORDS.length);
	});
	it('explain files', () => {
		expect(textOf(simulation, 'help /sys/devices/system/memory/memory3/removable')).toContain('promises nothing');
		expect(fileWord('/proc/100/numa_maps')?.form).toBe('/proc/PID/numa_maps');
	});
	it('offer words, paths, and only files that take a write behind >', () => {
		expect(complete('qom')).toEqual(['qom-get', 'qom-set']);
		expect(complete('cat /proc/bud')).toEqual(['/proc/buddyinfo']);
		expect(complete('cat /sys/devices/system/memory/memory1/s')).toEqual(['/sys/devices/system/memory/memory1/state']);
		expect(complete('echo offline > /sys/devices/system/memory/memory1/').filter((path) => !path.endsWith('/'))).toEqual([
			'/sys/devices/system/memory/memory1/online',
			'/sys/devices/system/memory/memory1/state'
		]);
		expect(complete('p0: mov')).toEqual(['move']);
		expect(complete('info ')).toEqual(['memory-devices', 'numa', 'status']);
	});
	it('put the candidate into the line', () => {
		const { candidates, explained } = simulation.ask({ kind: 'complete', machine: 'm', line: '# cat /proc/zone' });
		expect(candidates.map((candidate) => candidate.line)).toEqual(['cat /proc/zoneinfo']);
		expect(explained?.word).toBe('cat');
	});
});
