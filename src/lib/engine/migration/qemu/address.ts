import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import { rdmaProblem, type Capability } from '../../contract/migration/capabilities.ts';

/** Where a migration goes to or comes from. QEMU 10.2.2 migration/migration.c (migrate_uri_parse and what follows it). */
export interface Address {
	readonly transport: 'tcp' | 'unix' | 'vsock' | 'fd' | 'file' | 'exec' | 'rdma';
	/** Behind the colon: "B:4444", a path, a command line. */
	readonly rest: string;
	/** A channel of its own for the descriptors of cpr-transfer. */
	readonly cpr: boolean;
}
type Read = { readonly address: Address } | { readonly problem: string };

const TRANSPORTS = ['exec', 'rdma', 'tcp', 'unix', 'vsock', 'fd', 'file'] as const;

/** uri or channels of migrate and migrate-incoming. */
export function readAddress(given: QmpArguments): Read {
	const { uri, channels } = given;
	if ((uri === undefined) === (channels === undefined)) return { problem: "need either 'uri' or 'channels' argument" };
	if (uri !== undefined) return typeof uri === 'string' ? parse(uri) : { problem: "Invalid parameter type for 'uri', expected: string" };
	if (!Array.isArray(channels)) return { problem: "Invalid parameter type for 'channels', expected: array" };
	const kinds: string[] = [];
	let main: Read | null = null;
	for (const channel of channels as readonly QmpValue[]) {
		const { 'channel-type': kind, addr } = (channel ?? {}) as { 'channel-type'?: string; addr?: QmpArguments };
		if (kind !== 'main' && kind !== 'cpr') return { problem: `Parameter 'channel-type' does not accept value '${String(kind)}'` };
		if (kinds.includes(kind)) return { problem: `Channel list has more than one ${kind} entry` };
		kinds.push(kind);
		if (kind === 'main') main = fromChannel(addr ?? {});
	}
	if (main === null) return { problem: 'Channel list has no main entry' };
	return 'problem' in main ? main : { address: { ...main.address, cpr: kinds.includes('cpr') } };
}

function parse(uri: string): Read {
	const transport = TRANSPORTS.find((name) => uri.startsWith(`${name}:`));
	if (transport === undefined) return { problem: `unknown migration protocol: ${uri}` };
	const rest = uri.slice(transport.length + 1);
	if ((transport === 'tcp' || transport === 'rdma') && !/^(.*):([^:,]+)(,.*)?$/.test(rest))
		return { problem: `error parsing address '${rest}'` };
	if (transport === 'file') {
		const offset = /,offset=(.*)$/.exec(rest)?.[1];
		if (offset !== undefined && !/^(0x)?[0-9a-fA-F]+[kKmMgGtT]?$/.test(offset)) return { problem: `file URI has bad offset ${offset}` };
	}
	return { address: { transport, rest, cpr: false } };
}

function fromChannel(addr: QmpArguments): Read {
	const text = (name: string): string => String(addr[name] ?? '');
	switch (addr['transport']) {
		case 'file':
			return parse(`file:${text('filename')}`);
		case 'exec':
			return parse(`exec:${Array.isArray(addr['args']) ? addr['args'].join(' ') : ''}`);
		case 'rdma':
			return parse(`rdma:${text('host')}:${text('port')}`);
		case 'socket':
			if (addr['type'] === 'unix') return parse(`unix:${text('path')}`);
			if (addr['type'] === 'fd') return parse(`fd:${text('str')}`);
			return parse(`tcp:${text('host')}:${text('port')}`);
		default:
			return { problem: `Parameter 'transport' does not accept value '${text('transport')}'` };
	}
}

/** migration_transport_compatible: what the capabilities need of the way there. */
export function transportProblem(address: Address, capabilities: readonly Capability[], mode: string, directIo: boolean): string | null {
	const on = (name: Capability): boolean => capabilities.includes(name);
	const { transport } = address;
	if (on('mapped-ram') && transport !== 'file') return 'Migration requires seekable transport (e.g. file)';
	const manyChannels = ['tcp', 'unix', 'vsock'].includes(transport) || (transport === 'file' && on('mapped-ram'));
	if ((on('multifd') || on('postcopy-preempt')) && !manyChannels) return 'Migration requires multi-channel URIs (e.g. tcp)';
	if (on('multifd') && directIo && on('mapped-ram') && transport !== 'file')
		return 'Migration requires a transport that allows for extra fds (e.g. file)';
	if (mode === 'cpr-transfer' && transport === 'file') return 'Migration requires streamable transport (eg unix)';
	return transport === 'rdma' ? rdmaProblem(capabilities) : null;
}

/** Whether who connects to `to` on a host reaches who listens at `at` there. */
export function reaches(to: Address, at: Address, hostId: string): boolean {
	if (to.transport !== at.transport) return false;
	if (to.transport !== 'tcp' && to.transport !== 'rdma') return to.rest === at.rest;
	const [host, port] = split(to.rest);
	const [, listenPort] = split(at.rest);
	return port === listenPort && host === hostId;
}

function split(rest: string): [string, string] {
	const found = /^(.*):([^:,]+)/.exec(rest);
	return [found?.[1] ?? '', found?.[2] ?? ''];
}

/** What the connect call says when nobody is there (util/qemu-sockets.c, as recorded in migration case 29). */
export function connectError(to: Address): string {
	if (to.transport === 'unix') return `Failed to connect to '${to.rest}': No such file or directory`;
	if (to.transport === 'fd') return `File descriptor named '${to.rest}' has not been found`;
	return `Failed to connect to '${to.rest.replace(/,.*$/, '')}': Connection refused`;
}
