import type { Machine } from './machine.ts';

/**
 * A few words of the shell: commands one after the other, for over words and names of memory blocks, echo into a file, and
 * whatever the engine's own console prints.
 */
export function runScript(machine: Machine, script: string): string | null {
	if (script.trim() === '') return null;
	let rc = 0;
	const printed: string[] = [];
	for (const command of commandsOf(machine, script)) {
		const done = run(machine, command.replaceAll('$?', String(rc)));
		if (done === null) return null;
		rc = done.rc;
		if (done.out !== '') printed.push(done.out);
	}
	return printed.join('\n');
}

interface Done {
	readonly rc: number;
	readonly out: string;
}

/** Commands in order, loops written out. */
function commandsOf(machine: Machine, script: string): string[] {
	const loop = /(?:^|;|\n)\s*for (\w+) in (.*?)\s*[;\n]\s*do\s+(.*?)\s*[;\n]\s*done/s.exec(script);
	if (!loop) return script.split(/\s*(?:;|&&|\n)\s*/).filter((command) => command !== '');
	const [text, name, words, body] = loop as unknown as [string, string, string, string];
	const rounds = wordsOf(machine, words).flatMap((value) =>
		commandsOf(machine, body.replace(new RegExp(`\\$(?:${name}\\b|\\{${name}\\})`, 'g'), value))
	);
	return [...commandsOf(machine, script.slice(0, loop.index)), ...rounds, ...commandsOf(machine, script.slice(loop.index + text.length))];
}

const BLOCK_FOLDER = '/sys/devices/system/memory/';

/** Words of a for: plain ones, seq, and file names with a star for the number of a memory block. */
function wordsOf(machine: Machine, text: string): string[] {
	const seq = /^\$\(seq (\d+) (\d+)\)$|^`seq (\d+) (\d+)`$/.exec(text.trim());
	if (seq) {
		const [from, to] = [Number(seq[1] ?? seq[3]), Number(seq[2] ?? seq[4])];
		return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => String(from + index));
	}
	return text.split(/\s+/).flatMap((each) => {
		if (!each.startsWith(BLOCK_FOLDER) || !/[*?]/.test(each)) return [each];
		const pattern = new RegExp(`^${each.slice(BLOCK_FOLDER.length).split('/')[0]?.replaceAll('*', '.*').replaceAll('?', '.') ?? ''}$`);
		const rest = each.slice(BLOCK_FOLDER.length).split('/').slice(1);
		return machine
			.status()
			.memoryBlocks.map((block) => `memory${block.id}`)
			.filter((name) => pattern.test(name))
			.map((name) => [BLOCK_FOLDER.slice(0, -1), name, ...rest].join('/'));
	});
}

/** Messages of the C library for what a write to these files answers. */
const MESSAGES: Readonly<Record<string, string>> = {
	EINVAL: 'Invalid argument',
	EBUSY: 'Resource busy',
	EPERM: 'Operation not permitted',
	EACCES: 'Permission denied',
	EINTR: 'Interrupted system call',
	ENOENT: 'nonexistent directory',
	ENOMEM: 'Out of memory',
	EIO: 'I/O error'
};

/** One command; null where the engine has nothing to say to it. */
function run(machine: Machine, command: string): Done | null {
	const plain = command.replace(/\s+2>(?:&1|\/dev\/null)/g, '').trim();
	const sleep = /^sleep (\d+(?:\.\d+)?)/.exec(plain);
	if (sleep) {
		machine.advance(Number(sleep[1]) * 1e9);
		return { rc: 0, out: '' };
	}
	const module = /^(rmmod|modprobe(?: -r)?|insmod) \S*virtio_mem/.exec(plain);
	if (module) {
		machine.module(module[1] === 'rmmod' || module[1] === 'modprobe -r' ? 'unload' : 'load');
		return { rc: 0, out: '' };
	}
	const echo = /^(?:echo|printf)\s+(?:-n\s+)?(.*?)\s*>\s*(\/\S+)$/.exec(plain);
	if (echo) return write(machine, echo[2] as string, unquoted(echo[1] as string));
	const print = /^echo(?:\s+(.*))?$/.exec(plain);
	if (print && !/[>|]/.test(plain)) return { rc: 0, out: unquoted(print[1] ?? '') };
	return consoleText(machine, plain);
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

function write(machine: Machine, path: string, value: string): Done {
	const errno = machine.write(path, value);
	if (errno === 'OK') return { rc: 0, out: '' };
	if (errno === 'ENOENT' || errno === 'EACCES') return { rc: 1, out: `sh: can't create ${path}: ${MESSAGES[errno] ?? errno}` };
	return { rc: 1, out: `sh: write error: ${MESSAGES[errno] ?? errno}` };
}

/** Commands that the engine's own console prints. */
function consoleText(machine: Machine, line: string): Done | null {
	if (!/^(numactl|cat|numastat|dmesg|ls|lsmem)\b/.test(line)) return null;
	const answer = machine.simulation.ask({ kind: 'console', machine: machine.status().id, line });
	if (typeof answer !== 'object' || answer === null || !('text' in answer) || typeof answer.text !== 'string') return null;
	// A word that the console does not have says nothing about the machine.
	if (/^bash: /.test(answer.text)) return null;
	return { rc: 0, out: answer.text.replace(/\n$/, '') };
}
