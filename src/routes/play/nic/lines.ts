import { formatBytesBinary } from '$lib/base/format.ts';
import { parseQuantity } from '$lib/base/quantity.ts';
import type { Command } from '$lib/engine/contract/commands.ts';
import { SWITCH_STRATEGIES } from '$lib/engine/contract/vdpa/choice.ts';
import type { VdpaStatus } from '$lib/engine/contract/vdpa/status.ts';

/** Lines of the console of a VM with vDPA devices: QEMU's monitor words where it has them, plain ones where it has not. */

export interface LineContext {
	readonly vdpa: VdpaStatus;
	readonly hosts: readonly string[];
	/** Device that words without a name are meant for. */
	readonly nic: string;
	readonly vm: string;
	/** Host that the VM runs on. */
	readonly host: string | null;
}

export type ReadLine =
	{ readonly ok: true; readonly command: Command } | { readonly ok: false; readonly says: string };

export const NIC_HELP: readonly { readonly form: string; readonly says: string }[] = [
	{ form: 'migrate B', says: 'moves the VM to host B by pre-copy' },
	{ form: 'migrate_cancel', says: 'ends the migration' },
	{ form: 'fail', says: 'the target goes away: the migration fails' },
	{ form: 'device_add pc-dimm,size=1G', says: 'plugs a DIMM' },
	{ form: 'device_add virtio-mem-pci', says: 'is refused beside a vDPA device' },
	{ form: 'device_del', says: 'takes the last DIMM out' },
	{ form: 'strategy own-asid', says: 'how the change to shadow queues is done' },
	{ form: 'traffic 10000', says: 'packets a second' },
	{ form: 'live-update', says: 'a new QEMU process takes over' },
	{
		form: 'iotlb update 0 0x180000000 0x70000000 1G',
		says: 'one message: address space, device address, process address, size'
	},
	{ form: 'iotlb invalidate 0 0x180000000 1G', says: 'one message that unmaps' },
	{ form: 'ioctl SUSPEND', says: 'one call of vhost-vdpa' }
];

const amount = (text: string): number | null => {
	const parsed = parseQuantity(
		/^\d+[KMGT]$/i.test(text) ? `${text.slice(0, -1)} ${text.slice(-1).toUpperCase()}iB` : text,
		'bytes'
	);
	return parsed.ok ? parsed.value : null;
};

const vdpa = (
	context: LineContext,
	execute: string,
	given: Record<string, unknown> = {}
): ReadLine => ({
	ok: true,
	command: { name: 'vdpa', vm: context.vm, nic: context.nic, execute, arguments: given } as Command
});

export function readNicLine(line: string, context: LineContext): ReadLine {
	const [word = '', ...rest] = line.trim().split(/\s+/);
	switch (word) {
		case 'migrate': {
			const target = rest.at(-1) ?? context.hosts.find((host) => host !== context.host) ?? '';
			if (!context.hosts.includes(target))
				return {
					ok: false,
					says: `migrate: no host is called "${target}"; there are ${context.hosts.join(', ')}`
				};
			return {
				ok: true,
				command: { name: 'migrate', vm: context.vm, target, strategy: 'precopy' }
			};
		}
		case 'migrate_cancel':
			return { ok: true, command: { name: 'migrate-cancel', vm: context.vm } };
		case 'fail':
			return vdpa(context, 'fail-migration');
		case 'device_add':
			return deviceAdd(rest.join(''), context);
		case 'device_del':
			return vdpa(context, 'unplug-dimm');
		case 'strategy':
			if (!Object.hasOwn(SWITCH_STRATEGIES, rest[0] ?? ''))
				return { ok: false, says: `strategy: one of ${Object.keys(SWITCH_STRATEGIES).join(', ')}` };
			return vdpa(context, 'set-strategy', { strategy: rest[0] });
		case 'traffic': {
			const rate = Number(rest[0]);
			return Number.isInteger(rate)
				? vdpa(context, 'set-traffic', { packetsPerSecond: rate })
				: { ok: false, says: 'traffic: packets a second, a whole number' };
		}
		case 'live-update':
			return vdpa(context, 'live-update');
		case 'iotlb':
			return iotlb(rest, context);
		case 'ioctl':
			return rest[0] === undefined
				? { ok: false, says: 'ioctl: which call? SUSPEND, RESUME, SET_OWNER, SET_LOG_BASE …' }
				: vdpa(context, 'call', { call: rest[0] });
		default:
			return { ok: false, says: `unknown command: '${word}'; "help" tells what there is` };
	}
}

function deviceAdd(text: string, context: LineContext): ReadLine {
	const [driver = '', ...options] = text.split(',');
	const size = options.map((option) => /^size=(.+)$/.exec(option)?.[1]).find(Boolean);
	if (driver === 'pc-dimm') {
		const bytes = size === undefined ? null : amount(size);
		if (bytes === null)
			return { ok: false, says: 'device_add pc-dimm: its size is missing, as in size=1G' };
		return vdpa(context, 'plug-dimm', { bytes });
	}
	return vdpa(context, 'device-add', { driver });
}

function iotlb(words: readonly string[], context: LineContext): ReadLine {
	const [op = '', asid = '0', iova = '', third = '', fourth = ''] = words;
	if (op === 'update') {
		const bytes = amount(fourth);
		if (bytes === null)
			return {
				ok: false,
				says: 'iotlb update: address space, device address, process address, size'
			};
		return vdpa(context, 'message', { op, asid: Number(asid), iova, uaddr: third, bytes });
	}
	if (op === 'invalidate') {
		const bytes = amount(third);
		if (bytes === null)
			return { ok: false, says: 'iotlb invalidate: address space, device address, size' };
		return vdpa(context, 'message', { op, asid: Number(asid), iova, bytes });
	}
	if (op === 'batch-begin' || op === 'batch-end')
		return vdpa(context, 'message', { op, asid: Number(asid) });
	return { ok: false, says: 'iotlb: update, invalidate, batch-begin or batch-end' };
}

/** The line that does the same as a command. */
export function nicLine(command: Command): string {
	if (command.name === 'migrate') return `migrate ${command.target}`;
	if (command.name === 'migrate-cancel') return 'migrate_cancel';
	if (command.name !== 'vdpa') return command.name;
	const given = command.arguments ?? {};
	switch (command.execute) {
		case 'fail-migration':
			return 'fail';
		case 'plug-dimm':
			return `device_add pc-dimm,size=${short(Number(given['bytes']))}`;
		case 'unplug-dimm':
			return 'device_del';
		case 'device-add':
			return `device_add ${String(given['driver'])}`;
		case 'set-strategy':
			return `strategy ${String(given['strategy'] ?? JSON.stringify(given))}`;
		case 'set-traffic':
			return `traffic ${String(given['packetsPerSecond'] ?? '')}`;
		case 'message':
			return given['op'] === 'update'
				? `iotlb update ${String(given['asid'] ?? 0)} ${hex(given['iova'])} ${hex(given['uaddr'])} ${short(Number(given['bytes']))}`
				: `iotlb ${String(given['op'])} ${String(given['asid'] ?? 0)}${given['iova'] === undefined ? '' : ` ${hex(given['iova'])} ${short(Number(given['bytes']))}`}`;
		case 'call':
			return `ioctl ${String(given['call'])}`;
		default:
			return command.execute;
	}
}

const hex = (value: unknown): string =>
	typeof value === 'number' ? `0x${value.toString(16)}` : String(value);
const short = (bytes: number): string =>
	formatBytesBinary(bytes)
		.replace(/\s?iB$/, '')
		.replace(/\u2009/g, '')
		.replace(/([KMGT])iB/, '$1');
