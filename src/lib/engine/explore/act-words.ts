import type { Command } from '../contract/commands.ts';
import { STRATEGY_WORDS } from '../contract/migration/strategies.ts';

/** Words of a command as a choice: two or three for a line of the tree, and a sentence without a full stop. */

const NIC_SHORT: Readonly<Record<string, string>> = { 'plug-dimm': 'hot-plug', 'unplug-dimm': 'unplug', 'fail-migration': 'fail' };
const FABRIC_SHORT: Readonly<Record<string, string>> = {
	'initiate-dynamic-capacity-add': 'offer',
	'initiate-dynamic-capacity-release': 'take back',
	'reconfigure-device': 'reconfigure'
};

/** The argument that tells one such command from another: whom it is about, else which piece. */
function aboutWhom(given: Readonly<Record<string, unknown>> | undefined): string {
	for (const name of ['host', 'vm', 'tag', 'name', 'id', 'app']) {
		const value = given?.[name];
		if (typeof value === 'string' && value !== '') return value;
	}
	return '';
}

const joined = (...words: (string | undefined)[]): string => words.filter((word) => word).join(' ');

export function shortOf(command: Command): string {
	switch (command.name) {
		case 'migrate':
			return `${command.vm} → ${command.target}`;
		case 'migrate-cancel':
			return 'cancel';
		case 'vdpa':
			return NIC_SHORT[command.execute as string] ?? command.execute;
		case 'fabric': {
			const whom = aboutWhom(command.arguments as Readonly<Record<string, unknown>> | undefined);
			return joined(FABRIC_SHORT[command.execute] ?? command.execute, whom === '' ? command.at : whom);
		}
		case 'rack':
		case 'monitor':
			return joined(command.execute, 'host' in command ? command.host : undefined);
		case 'plant':
			return `plant ${command.fault}`;
		case 'set-workload':
			return `${command.vm} ${command.workload.kind}`;
		case 'pin':
		case 'unpin':
			return `${command.name} page ${command.gfn}`;
		case 'process':
			return command.words;
		case 'process-end':
			return `${command.process} ends`;
		case 'write-file':
			return joined(command.value, lastOf(command.path));
		case 'qmp':
			return joined(command.execute, sizeIn(command.arguments));
		case 'module':
			return `${command.do} ${command.module}`;
		case 'shell':
			return command.line;
		default:
			return command.name;
	}
}

export function sentenceOf(command: Command): string {
	switch (command.name) {
		case 'migrate':
			return `${command.vm} moves to ${command.target} by ${STRATEGY_WORDS[command.strategy].title}`;
		case 'migrate-cancel':
			return `the migration of ${command.vm} is cancelled`;
		case 'plant':
			return `the fault ${command.fault} is planted`;
		case 'vdpa':
			return `${command.execute} at ${command.vm}`;
		case 'fabric':
			return joined(`${command.execute} at ${command.at}`, aboutWhom(command.arguments as Readonly<Record<string, unknown>> | undefined));
		case 'process':
			return `${command.process} on ${command.machine}: ${command.words}`;
		case 'process-end':
			return `${command.process} on ${command.machine} ends`;
		case 'write-file':
			return `echo ${command.value} > ${command.path} on ${command.machine}`;
		case 'qmp':
			return joined(`${command.execute} at ${command.machine}`, sizeIn(command.arguments));
		case 'shell':
			return `${command.line} on ${command.machine}`;
		default:
			return shortOf(command);
	}
}

/** The end of a path: the block or the device, and the file. */
const lastOf = (path: string): string => path.split('/').slice(-2).join('/');

/** What a QMP command sets: the device and the value, where it has them. */
function sizeIn(given: Readonly<Record<string, unknown>> | undefined): string {
	const value = given?.['value'] ?? given?.['size'];
	const bytes = typeof value === 'number' && value >= 1_048_576 && value % 1_048_576 === 0;
	const path = typeof given?.['path'] === 'string' ? lastOf(given['path']).split('/').at(-1) : undefined;
	return joined(path ?? aboutWhom(given), bytes ? `${(value as number) / 1_048_576} MiB` : typeof value === 'string' ? value : undefined);
}
