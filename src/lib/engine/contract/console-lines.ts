import type { MachineCommand, QmpArguments, QmpValue } from './machine-commands.ts';

/**
 * The line that a person would type for a command: what the console shows when the picture was used. The console reads every
 * such line back as the same command (a test demands it).
 */
export function lineOf(command: MachineCommand): string {
	switch (command.name) {
		case 'process':
			return `${command.process}: ${command.words}`;
		case 'process-end':
			return `${command.process}: exit`;
		case 'write-file':
			return `echo ${quoted(command.value)} > ${quoted(command.path)}`;
		case 'module':
			return command.do === 'load' ? `modprobe ${command.module}` : `rmmod ${command.module}`;
		case 'shell':
			return command.line;
		case 'signal':
			return `^C ${command.call}`;
		case 'qmp':
			return monitorLine(command.execute, command.arguments ?? null);
	}
}

const quoted = (text: string): string => (/^[\w./,:=+-]+$/.test(text) ? text : text.includes("'") ? `"${text}"` : `'${text}'`);

/** In the words of the monitor where they say the same; else in JSON. */
function monitorLine(execute: string, args: QmpArguments | null): string {
	if (args === null && ['cont', 'stop', 'system_reset', 'migrate_cancel'].includes(execute)) return execute;
	const { path, property, value } = args ?? {};
	const device = typeof path === 'string' ? /^\/machine\/peripheral\/([\w-]+)$/.exec(path)?.[1] : undefined;
	if (execute === 'qom-set' && device !== undefined && isWord(property) && isSize(value) && only(args, 3))
		return `qom-set ${device} ${property} ${sizeText(value)}`;
	if (execute === 'qom-get' && device !== undefined && isWord(property) && only(args, 2)) return `qom-get ${device} ${property}`;
	if (execute === 'device_del' && isWord(args?.['id']) && only(args, 1)) return `device_del ${args['id']}`;
	return JSON.stringify(args === null ? { execute } : { execute, arguments: args });
}

const only = (args: QmpArguments | null, count: number): args is QmpArguments => args !== null && Object.keys(args).length === count;
const isWord = (value: QmpValue | undefined): value is string => typeof value === 'string' && /^[\w-]+$/.test(value);
const isSize = (value: QmpValue | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** 1073741824 → 1G, 1 → 1: the largest unit that divides it. */
export function sizeText(bytes: number): string {
	for (const [unit, size] of [
		['T', 2 ** 40],
		['G', 2 ** 30],
		['M', 2 ** 20],
		['k', 2 ** 10]
	] as const)
		if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
	return String(bytes);
}
