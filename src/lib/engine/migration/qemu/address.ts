import { rdmaProblem, type Capability } from '../../contract/migration/capabilities.ts';

/** Where a migration goes to or comes from. QEMU 11.0.50 migration/channel.c (migrate_uri_parse), util/qemu-sockets.c. */
export interface Address {
	readonly transport: (typeof TRANSPORTS)[number];
	/** Behind the colon: "B:4444", a path, a command line. */
	readonly rest: string;
	/** What a second channel, for the descriptors of cpr-transfer, is: only a unix socket carries them. */
	readonly cpr?: 'unix' | 'other';
}
export type Read = { readonly address: Address } | { readonly problem: string };

const TRANSPORTS = ['exec', 'rdma', 'tcp', 'unix', 'vsock', 'fd', 'file'] as const;

export const plain = (transport: Address['transport'], rest: string): Address => ({ transport, rest });

/** migrate_uri_parse. */
export function parseUri(uri: string): Read {
	const transport = TRANSPORTS.find((name) => uri.startsWith(`${name}:`));
	if (transport === undefined) return { problem: `unknown migration protocol: ${uri}` };
	const rest = uri.slice(transport.length + 1);
	const problem = problemOf(transport, rest);
	if (problem !== null) return { problem };
	return { address: plain(transport, transport === 'file' ? rest.replace(/,offset=.*$/, '') : rest) };
}

function problemOf(transport: Address['transport'], rest: string): string | null {
	switch (transport) {
		case 'tcp':
		case 'rdma':
			return inetProblem(rest);
		case 'unix':
			return rest === '' ? 'invalid Unix socket address' : null;
		case 'fd':
			return rest === '' ? 'invalid file descriptor address' : null;
		case 'vsock': {
			const found = /^[^:]{1,32}:[^,]{1,32}/.exec(rest)?.[0];
			if (found === undefined) return `error parsing address '${rest}'`;
			return found === rest ? null : `trailing characters in address '${rest}'`;
		}
		case 'file': {
			const offset = /,offset=(.*)$/.exec(rest)?.[1];
			const bad = offset !== undefined && !/^(0x[0-9a-fA-F]+|[0-9]+(\.[0-9]+)?)[bBkKmMgGtTpPeE]?$/.test(offset);
			return bad ? `file URI has bad offset ${offset}: Invalid argument` : null;
		}
		case 'exec':
			return null;
	}
}

/** What may follow an address of the Internet, behind a comma (util/qemu-sockets.c, inet_opts). */
const INET_OPTIONS = ['numeric', 'to', 'ipv4', 'ipv6', 'keep-alive', 'keep-alive-count', 'keep-alive-idle', 'keep-alive-interval', 'mptcp'];

/** inet_parse. */
function inetProblem(rest: string): string | null {
	const [at = '', ...options] = rest.split(',');
	const unknown = options.map((option) => option.split('=')[0] as string).find((name) => !INET_OPTIONS.includes(name));
	if (unknown !== undefined) return `Invalid parameter '${unknown}'`;
	if (at.startsWith('[')) return /^\[.+\]:../.test(at) || /^\[.+\]:.$/.test(at) ? null : `error parsing IPv6 address '${at}'`;
	const port = at.indexOf(':');
	return port < 0 || port === at.length - 1 ? `error parsing address '${at}'` : null;
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

const NO_FILE = 'No such file or directory';
/** Folders that a host has (our simplification: the usual ones of a Linux, and no others). */
const FOLDERS = ['', '/tmp', '/var/tmp', '/run', '/var/run', '/srv', '/dev/shm', '/root', '/home', '/mnt'];
export const folderExists = (path: string): boolean => !path.startsWith('/') || FOLDERS.includes(path.slice(0, path.lastIndexOf('/')));

/** What a file says that cannot be made, or is not there (util/osdep.c, qemu_open_internal). */
export const openError = (path: string, action: 'create' | 'open'): string => `Could not ${action} '${path}': ${NO_FILE}`;
/** What a socket says that cannot be bound (unix_listen_saddr). */
export const bindError = (path: string): string => `Failed to bind socket to ${path}: ${NO_FILE}`;

/** What the connect call says when nobody is there (util/qemu-sockets.c, as recorded in migration case 29). */
export function connectError(to: Address, hostIds: readonly string[]): string {
	if (to.transport === 'unix')
		return to.rest.length > 108 ? `UNIX socket path '${to.rest}' is too long` : `Failed to connect to '${to.rest}': ${NO_FILE}`;
	if (to.transport === 'fd') return `File descriptor named '${to.rest}' has not been found`;
	const at = to.rest.replace(/,.*$/, '');
	const [host, port] = split(at);
	const resolved = (why: string): string => `address resolution failed for ${host}:${port}: ${why}`;
	if (to.transport === 'tcp' && !(/^\d+$/.test(port) && Number(port) < 65_536)) return resolved('Servname not supported for ai_socktype');
	const known = ['', 'localhost', ...hostIds].includes(host) || /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.startsWith('[');
	if (to.transport === 'tcp' && !known) return resolved('Name or service not known');
	return `Failed to connect to '${at}': Connection refused`;
}
