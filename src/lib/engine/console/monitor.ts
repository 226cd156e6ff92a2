import type { ConsoleAnswer, ConsoleManner } from '../contract/console.ts';
import type { QmpArguments } from '../contract/machine-commands.ts';
import { HMP_ORDERS } from '../machine/hmp.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import type { Line } from './line.ts';
import { said } from './shell.ts';

/** QEMU's monitor in words (HMP) and in JSON (QMP). Both become the same commands. */

export const isMonitorOrder = (name: string): boolean => Object.hasOwn(HMP_ORDERS, name);

/** A line of the monitor: a request of QMP, or a text at once (machine/hmp.ts). */
export function monitorLine(world: World, os: number, name: string, line: Line): ConsoleAnswer {
	const asked = HMP_ORDERS[name]?.(world, os, line.words);
	if (asked === undefined) return said(`unknown command: '${name}'\n`, 1);
	return 'text' in asked ? said(asked.text, asked.status) : order(world, os, asked.execute, asked.arguments);
}

function order(world: World, os: number, execute: string, args?: QmpArguments, manner: ConsoleManner = 'monitor'): ConsoleAnswer {
	const command = { name: 'qmp', machine: osRecord(world, os).id, execute } as const;
	return { kind: 'command', command: args === undefined ? command : { ...command, arguments: args }, manner };
}

const QMP_SYNTAX = '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n';

/** A line that begins with a brace is QMP. */
export function qmpLine(world: World, os: number, text: string): ConsoleAnswer {
	let read: unknown;
	try {
		read = JSON.parse(text);
	} catch {
		return said(QMP_SYNTAX, 1);
	}
	const request = read as { execute?: unknown; arguments?: unknown };
	if (request === null || typeof request !== 'object' || typeof request.execute !== 'string')
		return said('{"error": {"class": "GenericError", "desc": "QMP input lacks member \'execute\'"}}\n', 1);
	if (
		request.arguments !== undefined &&
		(request.arguments === null || typeof request.arguments !== 'object' || Array.isArray(request.arguments))
	)
		return said('{"error": {"class": "GenericError", "desc": "QMP input member \'arguments\' must be an object"}}\n', 1);
	return order(world, os, request.execute, request.arguments as QmpArguments | undefined, 'qmp');
}
