import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import { parseUri, plain, type Address, type Read } from './address.ts';

/**
 * The list `channels` of migrate and migrate-incoming: read as QAPI reads it, then asked as QEMU 11.0.50 migration/channel.c,
 * migrate_channels_parse does.
 */

const KINDS = ['main', 'cpr'] as const;
type Kind = (typeof KINDS)[number];

/** Members of an address by its transport, then by the type of its socket (qapi/migration.json, qapi/sockets.json). */
const MEMBERS: Readonly<Record<string, readonly string[]>> = { exec: ['args'], rdma: ['host', 'port'], file: ['filename', 'offset'] };
const SOCKET_MEMBERS: Readonly<Record<string, readonly string[]>> = {
	inet: ['host', 'port'],
	unix: ['path'],
	vsock: ['cid', 'port'],
	fd: ['str']
};

export interface Asked {
	readonly mode: string;
	readonly incoming: boolean;
}

/** uri or channels of migrate and migrate-incoming (migration_channel_parse_input). */
export function readAddress({ uri, channels }: QmpArguments, asked: Asked): Read {
	if ((uri === undefined) === (channels === undefined)) return { problem: "need either 'uri' or 'channels' argument" };
	if (channels !== undefined) return readChannels(channels, asked);
	return typeof uri === 'string' ? parseUri(uri) : wrong('uri', 'string');
}

function readChannels(channels: QmpValue, { mode, incoming }: Asked): Read {
	if (!Array.isArray(channels)) return { problem: "Invalid parameter type for 'channels', expected: array" };
	const entries: { readonly kind: Kind; readonly address: Address }[] = [];
	for (const [index, channel] of (channels as readonly QmpValue[]).entries()) {
		const read = readChannel(channel, `channels[${index}]`);
		if ('problem' in read) return read;
		entries.push(read);
	}
	if (incoming && entries.length > 1) return { problem: "Channel list must have only one entry, for type 'main'" };
	const twice = entries.find(({ kind }, index) => entries.findIndex((entry) => entry.kind === kind) < index);
	if (twice) return { problem: `Channel list has more than one ${twice.kind} entry` };
	const of = (kind: Kind): Address | undefined => entries.find((entry) => entry.kind === kind)?.address;
	if (!incoming && mode === 'cpr-transfer' && !of('cpr')) return { problem: "missing 'cpr' migration channel" };
	const main = of('main');
	if (!main) return { problem: 'Channel list has no main entry' };
	const cpr = of('cpr');
	return { address: { ...main, ...(cpr ? { cpr: cpr.transport === 'unix' ? ('unix' as const) : ('other' as const) } : {}) } };
}

function readChannel(channel: QmpValue, at: string): { readonly kind: Kind; readonly address: Address } | { readonly problem: string } {
	if (typeof channel !== 'object' || channel === null || Array.isArray(channel)) return wrong(at, 'object');
	const { 'channel-type': kind, addr } = channel as QmpArguments;
	if (kind === undefined) return { problem: `Parameter '${at}.channel-type' is missing` };
	if (typeof kind !== 'string') return wrong(`${at}.channel-type`, 'string');
	const known = KINDS.find((name) => name === kind);
	if (!known) return { problem: `Parameter 'channel-type' does not accept value '${kind}'` };
	if (addr === undefined) return { problem: `Parameter '${at}.addr' is missing` };
	if (typeof addr !== 'object' || addr === null || Array.isArray(addr)) return wrong(`${at}.addr`, 'object');
	const read = fromMembers(addr as QmpArguments, `${at}.addr`);
	return 'problem' in read ? read : { kind: known, address: read.address };
}

const wrong = (name: string, expected: string): { readonly problem: string } => ({
	problem: `Invalid parameter type for '${name}', expected: ${expected}`
});

function fromMembers(addr: QmpArguments, at: string): Read {
	const choice = (name: string, of: readonly string[]): string | { readonly problem: string } => {
		const value = addr[name];
		if (value === undefined) return { problem: `Parameter '${at}.${name}' is missing` };
		if (typeof value !== 'string') return wrong(`${at}.${name}`, 'string');
		return of.includes(value) ? value : { problem: `Parameter '${name}' does not accept value '${value}'` };
	};
	const transport = choice('transport', ['socket', ...Object.keys(MEMBERS)]);
	if (typeof transport !== 'string') return transport;
	const type = transport === 'socket' ? choice('type', Object.keys(SOCKET_MEMBERS)) : '';
	if (typeof type !== 'string') return type;
	const members = (transport === 'socket' ? SOCKET_MEMBERS[type] : MEMBERS[transport]) ?? [];
	const missing = members.find((name) => addr[name] === undefined);
	if (missing !== undefined) return { problem: `Parameter '${at}.${missing}' is missing` };
	const other = Object.keys(addr).find((name) => !['transport', 'type', ...members, ...OPTIONS].includes(name));
	if (other !== undefined) return { problem: `Parameter '${at}.${other}' is unexpected` };
	const text = (name: string): string => String(addr[name]);
	switch (transport) {
		case 'exec':
			return { address: plain('exec', Array.isArray(addr['args']) ? addr['args'].join(' ') : '') };
		case 'file':
			return { address: plain('file', text('filename')) };
		case 'rdma':
			return { address: plain('rdma', `${text('host')}:${text('port')}`) };
		default:
			if (type === 'unix') return { address: plain('unix', text('path')) };
			if (type === 'fd') return { address: plain('fd', text('str')) };
			if (type === 'vsock') return { address: plain('vsock', `${text('cid')}:${text('port')}`) };
			return { address: plain('tcp', `${text('host')}:${text('port')}`) };
	}
}

/** Members that change nothing here. */
const OPTIONS = ['numeric', 'to', 'ipv4', 'ipv6', 'keep-alive', 'mptcp', 'abstract', 'tight'];
