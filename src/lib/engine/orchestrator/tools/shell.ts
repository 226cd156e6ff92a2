import type { FabricCommand } from '../../contract/fabric-commands.ts';
import type { HostToolAnswer } from '../../contract/host-tools.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import { isToolLine, wordsOf } from '../../cxl/tools/shell.ts';
import type { ToolResult } from '../../cxl/tools/result.ts';
import type { FabricWord } from '../../fabric/outcome.ts';
import { emit } from '../../sim/trace.ts';
import type { PeerRecord } from '../../state/fabric-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { jsonText } from '../../cxl/tools/json-c.ts';
import { daxCommand, DAX_VERBS } from './dax-devices.ts';
import { cxlList, daxList } from './list.ts';
import { changeMemdevs } from './memdevs.ts';
import { runHostQmp } from './monitor.ts';
import { changeRegions, createRegion } from './regions.ts';

/** A line of cxl, daxctl or QEMU's monitor at a host of the fabric. Lists are answered at once; what changes something is a command. */
const peerAt = (world: World, id: string): PeerRecord | null => world.r.fabric.peers.find((peer) => peer.id === id) ?? null;

/** Verbs that the tools have and a host of the fabric cannot mean, with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
	'reserve-dpa': 'create-region sets device memory aside by itself',
	'free-dpa': 'destroy-region gives device memory back by itself',
	'set-partition': 'a region is carved by the fabric manager: build … carve-region',
	'read-labels': 'these devices have no label area',
	'write-labels': 'these devices have no label area',
	'zero-labels': 'these devices have no label area',
	'init-labels': 'these devices have no label area',
	'check-labels': 'these devices have no label area',
	'disable-port': 'a port is switched off at the switch: fm … physical-port-control',
	'enable-port': 'a port is switched on at the switch: fm … physical-port-control',
	'disable-bus': 'the whole tree goes with the host: fault … crash-host',
	'update-firmware': 'these devices have no firmware',
	'set-alert-config': 'these devices report no health',
	'wait-sanitize': 'what is sanitized is so when the command ends',
	monitor: 'events stand in the log beside the picture',
	'migrate-device-model': 'there is one model of dax devices since Linux 5.1',
	'split-acpi': 'capacity of the fabric is not described by ACPI',
	'disable-memory': 'use offline-memory'
};

/** Null: neither a tool's line nor the monitor's. */
export function hostToolAnswer(world: World, host: string, line: string): HostToolAnswer | null {
	const peer = peerAt(world, host);
	const text = line.trim();
	if (!peer) return null;
	if (text.startsWith('{')) return monitorLine(peer, text);
	if (!isToolLine(text)) return null;
	if (peer.state !== 'up') return { kind: 'text', text: `${host} is ${peer.state}\n`, status: 1 };
	const [tool = '', verb = '', ...words] = wordsOf(text);
	if (verb === 'list') return printed(tool === 'cxl' ? cxlList(world, peer, words) : daxList(world, peer, words));
	const changes = tool === 'cxl' ? [...REGION_VERBS, ...MEMDEV_VERBS, 'create-region'].includes(verb) : DAX_VERBS.includes(verb);
	if (changes) return { kind: 'command', command: command(host, 'shell', { line: text }) };
	const why = Object.hasOwn(ELSEWHERE, verb) ? ELSEWHERE[verb] : undefined;
	if (why !== undefined) return { kind: 'text', text: `${tool} ${verb}: not on a host of the fabric: ${why}\n`, status: 1 };
	return {
		kind: 'text',
		text: verb === '' ? `usage: ${tool} [--version] [--help] COMMAND [ARGS]\n` : `Unknown command: '${verb}'\n`,
		status: 1
	};
}

const REGION_VERBS: readonly string[] = ['enable-region', 'disable-region', 'destroy-region'];
const MEMDEV_VERBS: readonly string[] = ['enable-memdev', 'disable-memdev'];
const command = (at: string, execute: string, given: QmpArguments): FabricCommand => ({
	name: 'fabric',
	actor: 'host',
	at,
	execute,
	arguments: given
});

function printed({ rc, messages, json }: ToolResult): HostToolAnswer & { readonly kind: 'text' } {
	return {
		kind: 'text',
		text: messages.map((line) => `${line}\n`).join('') + (json === undefined ? '' : `${jsonText(json)}\n`),
		status: rc
	};
}

const refusedQmp = (desc: string): HostToolAnswer => ({
	kind: 'text',
	text: `${JSON.stringify({ error: { class: 'GenericError', desc } })}\n`,
	status: 1
});

/** Syntax errors as QEMU words them (monitor/qmp.c); everything else is the monitor's to answer. */
function monitorLine(peer: PeerRecord, text: string): HostToolAnswer {
	let read: unknown;
	try {
		read = JSON.parse(text);
	} catch {
		return refusedQmp('JSON parse error');
	}
	const { execute, arguments: given = {} } = read as { execute?: unknown; arguments?: unknown };
	if (typeof execute !== 'string') return refusedQmp("QMP input lacks member 'execute'");
	if (typeof given !== 'object' || given === null || Array.isArray(given))
		return refusedQmp("QMP input member 'arguments' must be an object");
	return { kind: 'command', command: command(peer.id, 'qmp', { execute, arguments: given as QmpArguments }) };
}

/** What a tool printed stands in the trace, so that a console that is opened later shows it too. */
function told(world: World, peer: PeerRecord, cause: number, tool: string, text: string, status: number): void {
	emit(world, {
		kind: 'fabric',
		rule: 'host-tool',
		cause,
		host: peer.id,
		vm: null,
		values: { tool, status, printed: text },
		text: `${peer.id}: ${tool}${status === 0 ? '' : ` ends with status ${status}`}`
	});
}

export const HOST_TOOL_WORDS: Readonly<Record<string, FabricWord>> = {
	shell: (world, at, parameters, cause) => {
		const peer = peerAt(world, at);
		const line = parameters['line'];
		if (!peer) return { ok: false, says: `there is no host "${at}"` };
		if (peer.state !== 'up') return { ok: false, says: `${at} is ${peer.state}` };
		if (typeof line !== 'string' || !isToolLine(line)) return { ok: false, says: 'line is a line of cxl or daxctl' };
		const [tool = '', verb = '', ...words] = wordsOf(line);
		const result =
			tool === 'daxctl' && DAX_VERBS.includes(verb)
				? daxCommand(world, peer, verb, words, cause)
				: tool === 'cxl' && verb === 'create-region'
					? createRegion(world, peer, words)
					: tool === 'cxl' && (verb === 'enable-region' || verb === 'disable-region' || verb === 'destroy-region')
						? changeRegions(world, peer, verb, words, cause)
						: tool === 'cxl' && (verb === 'enable-memdev' || verb === 'disable-memdev')
							? changeMemdevs(world, peer, verb, words, cause)
							: null;
		const answer = result === null ? hostToolAnswer(world, at, line) : printed(result);
		if (answer?.kind !== 'text') return { ok: false, says: `"${line}" is no line of a tool` };
		told(world, peer, cause, `${tool} ${verb}`, answer.text, answer.status);
		return { ok: true, says: answer.text, output: { status: answer.status, text: answer.text } };
	},
	qmp: (world, at, parameters, cause) => {
		const peer = peerAt(world, at);
		const { execute, arguments: given } = parameters;
		if (!peer) return { ok: false, says: `there is no host "${at}"` };
		if (typeof execute !== 'string') return { ok: false, says: "QMP input lacks member 'execute'" };
		const isRecord = typeof given === 'object' && given !== null && !Array.isArray(given);
		const value = runHostQmp(world, peer, execute, (isRecord ? given : {}) as QmpArguments);
		const text = `${JSON.stringify(value)}\n`;
		told(world, peer, cause, execute, text, 'error' in value ? 1 : 0);
		return { ok: true, says: text, output: { status: 'error' in value ? 1 : 0, text, value: value as unknown as JsonValue } as never };
	}
};
