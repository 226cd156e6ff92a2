import type { ConsoleAnswer } from '../contract/console.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { readLine, withoutPrompt } from './line.ts';
import { isMonitorOrder, monitorLine, qmpLine } from './monitor.ts';
import { said, TOOLS } from './shell.ts';
import { ALIASES, wordNamed } from './words.ts';

/** What a typed line means on a machine. Changes nothing: a command is sent by whoever asked. */
export function answerLine(world: World, machine: string, text: string): ConsoleAnswer {
	const os = world.r.oses.findIndex((record) => record.id === machine);
	if (os < 0) return said(`no machine is called ${machine}\n`, 1);
	const plain = withoutPrompt(text);
	if (plain === '' || plain.startsWith('#')) return said('');
	if (plain.startsWith('{')) return qmpLine(world, os, plain);
	const process = /^([A-Za-z][A-Za-z0-9-]{0,31}):\s*(\S.*)$/.exec(plain);
	if (process) return processLine(world, os, process[1] as string, process[2] as string);
	const line = readLine(text);
	if (line.unknown !== null)
		return said(`bash: this console reads one command, "> PATH", "| tee PATH" and "| grep TEXT"; not ${line.unknown}\n`, 2);
	const name = ALIASES[line.words[0] ?? ''] ?? line.words[0] ?? '';
	const tool = TOOLS[name];
	if (tool) return tool(world, os, line);
	if (isMonitorOrder(name)) return monitorLine(world, os, name, line);
	if (name.startsWith('qemu-system-'))
		return said(
			`This machine was started with its own command line and runs. Another one is another world: paste its command line under Open.\n`,
			1
		);
	if (wordNamed(name, 'process')) return said(`${name} is said to a process: p0: ${plain}\n`, 1);
	return said(`bash: ${name}: command not found\n`, 127);
}

function processLine(world: World, os: number, process: string, words: string): ConsoleAnswer {
	const machine = osRecord(world, os).id;
	if (words === 'exit') return { kind: 'command', command: { name: 'process-end', machine, process }, manner: 'process' };
	return { kind: 'command', command: { name: 'process', machine, process, words }, manner: 'process' };
}
