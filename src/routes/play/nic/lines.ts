import { parseQuantity } from '$lib/base/quantity.ts';
import type { Command } from '$lib/engine/contract/commands.ts';
import { SWITCH_STRATEGIES } from '$lib/engine/contract/vdpa/choice.ts';
import { VDPA_WORDS, type VdpaWord } from '$lib/engine/contract/vdpa/commands.ts';
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

/** "1G" as QEMU means it, "1 GiB" as a scenario writes it, or bytes as a number. */
const amount = (given: unknown): number | null => {
	const text = String(given ?? '');
	const parsed = parseQuantity(
		/^\d+[KMGT]$/i.test(text)
			? `${text.slice(0, -1)} ${text.slice(-1).toUpperCase()}iB`
			: /^\d+$/.test(text)
				? Number(text)
				: text,
		'bytes'
	);
	return parsed.ok ? parsed.value : null;
};

/** `key=value` words: numbers and lists as JSON has them, anything else as a text. Null: a word has no "=". */
function named(words: readonly string[]): Record<string, unknown> | null {
	const found: Record<string, unknown> = {};
	for (const word of words) {
		const at = word.indexOf('=');
		if (at < 1) return null;
		found[word.slice(0, at)] = valueOf(word.slice(at + 1));
	}
	return found;
}
function valueOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
const tail = (given: object | undefined, without: readonly string[] = []): string =>
	Object.entries(given ?? {})
		.filter(([key]) => !without.includes(key))
		.map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
		.join('');
const isWord = (word: string): word is VdpaWord => Object.hasOwn(VDPA_WORDS, word);

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
		case 'migrate':
			return migrate(rest, context);
		case 'migrate_cancel':
			return { ok: true, command: { name: 'migrate-cancel', vm: context.vm } };
		case 'fail':
			return vdpa(context, 'fail-migration');
		case 'device_add':
			return deviceAdd(rest.join(''), context);
		case 'device_del':
			return vdpa(context, 'unplug-dimm');
		case 'strategy': {
			const isNamed = Object.hasOwn(SWITCH_STRATEGIES, rest[0] ?? '');
			const parts = named(isNamed ? rest.slice(1) : rest);
			if (parts === null || rest.length === 0)
				return { ok: false, says: `strategy: one of ${Object.keys(SWITCH_STRATEGIES).join(', ')}` };
			return vdpa(context, 'set-strategy', {
				...(isNamed ? { strategy: rest[0] } : {}),
				...parts
			});
		}
		case 'traffic': {
			const isRate = /^\d+$/.test(rest[0] ?? '');
			const parts = named(isRate ? rest.slice(1) : rest);
			if (parts === null || rest.length === 0)
				return { ok: false, says: 'traffic: packets a second, a whole number' };
			return vdpa(context, 'set-traffic', {
				...(isRate ? { packetsPerSecond: Number(rest[0]) } : {}),
				...parts
			});
		}
		case 'live-update':
			return vdpa(context, 'live-update');
		case 'iotlb':
			return iotlb(rest, context);
		case 'ioctl': {
			const parts = named(rest.slice(1));
			if (rest[0] === undefined || parts === null)
				return {
					ok: false,
					says: 'ioctl: which call? SUSPEND, RESUME, SET_OWNER, SET_STATUS status=15, GET_VRING_BASE queue=0 …'
				};
			return vdpa(context, 'call', { call: rest[0], ...parts });
		}
		default: {
			const parts = isWord(word) ? named(rest) : null;
			return isWord(word) && parts !== null
				? vdpa(context, word, parts)
				: { ok: false, says: `unknown command: '${word}'; "help" tells what there is` };
		}
	}
}

/** `migrate B`, with QEMU's parameters behind it; another way than pre-copy by its name. */
function migrate(words: readonly string[], context: LineContext): ReadLine {
	const plain = words.filter((word) => !word.includes('='));
	const parameters = named(words.filter((word) => word.includes('=')));
	const target = plain[0] ?? context.hosts.find((host) => host !== context.host) ?? '';
	const strategy = plain[1] ?? 'precopy';
	if (!context.hosts.includes(target))
		return {
			ok: false,
			says: `migrate: no host is called "${target}"; there are ${context.hosts.join(', ')}`
		};
	if (strategy !== 'precopy' && strategy !== 'transit')
		return { ok: false, says: 'migrate: precopy or transit' };
	return {
		ok: true,
		command: {
			name: 'migrate',
			vm: context.vm,
			target,
			strategy,
			...(parameters && Object.keys(parameters).length > 0 ? { parameters } : {})
		} as Command
	};
}

function deviceAdd(text: string, context: LineContext): ReadLine {
	const [driver = '', ...options] = text.split(',');
	const size = options.map((option) => /^size=(.+)$/.exec(option)?.[1]).find(Boolean);
	if (driver === 'pc-dimm') {
		const bytes = amount(size);
		if (bytes === null)
			return { ok: false, says: 'device_add pc-dimm: its size is missing, as in size=1G' };
		return vdpa(context, 'plug-dimm', { bytes });
	}
	return vdpa(context, 'device-add', { driver });
}

/** As the kernel's VHOST_ACCESS_RO, WO and RW count: 1, 2, 3. */
const ACCESS = ['ro', 'wo', 'rw'];

function iotlb(words: readonly string[], context: LineContext): ReadLine {
	const [op = '', asid = '0', iova = '', third = '', fourth = '', access] = words;
	if (op === 'update') {
		const bytes = amount(fourth);
		if (bytes === null)
			return {
				ok: false,
				says: 'iotlb update: address space, device address, process address, size'
			};
		const permission = access === undefined ? undefined : ACCESS.indexOf(access) + 1;
		if (permission === 0) return { ok: false, says: 'iotlb update: the access is ro, wo or rw' };
		return vdpa(context, 'message', {
			op,
			asid: Number(asid),
			iova,
			uaddr: third,
			bytes,
			...(permission === undefined ? {} : { permission })
		});
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
	if (command.name === 'migrate')
		return `migrate ${command.target}${command.strategy === 'precopy' ? '' : ` ${command.strategy}`}${tail(command.parameters)}`;
	if (command.name === 'migrate-cancel') return 'migrate_cancel';
	if (command.name !== 'vdpa') return command.name;
	const given = command.arguments ?? {};
	switch (command.execute) {
		case 'fail-migration':
			return 'fail';
		case 'plug-dimm':
			return `device_add pc-dimm,size=${short(given['bytes'])}`;
		case 'unplug-dimm':
			return 'device_del';
		case 'device-add':
			return `device_add ${String(given['driver'])}${given['bytes'] === undefined ? '' : `,size=${short(given['bytes'])}`}`;
		case 'set-strategy':
			return `strategy${said(given['strategy'])}${tail(given, ['strategy'])}`;
		case 'set-traffic':
			return `traffic${said(given['packetsPerSecond'])}${tail(given, ['packetsPerSecond'])}`;
		case 'message':
			return messageLine(given);
		case 'call':
			return `ioctl ${String(given['call'])}${tail(given, ['call'])}`;
		default:
			return `${command.execute}${tail(given)}`;
	}
}

function messageLine(given: Readonly<Record<string, unknown>>): string {
	const head = `iotlb ${String(given['op'])} ${String(given['asid'] ?? 0)}`;
	if (given['iova'] === undefined) return head;
	const process = given['uaddr'] === undefined ? '' : ` ${hex(given['uaddr'])}`;
	const access = said(ACCESS[Number(given['permission'] ?? 0) - 1]);
	return `${head} ${hex(given['iova'])}${process} ${short(given['bytes'])}${access}`;
}

const said = (value: unknown): string =>
	typeof value === 'string' || typeof value === 'number' ? ` ${value}` : '';
const hex = (value: unknown): string =>
	typeof value === 'number' ? `0x${value.toString(16)}` : String(value);
/** An amount with a unit only where nothing is lost by it. */
function short(given: unknown): string {
	const bytes = amount(given);
	if (bytes === null) return String(given);
	for (const [letter, unit] of [
		['T', 2 ** 40],
		['G', 2 ** 30],
		['M', 2 ** 20],
		['K', 2 ** 10]
	] as const)
		if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${letter}`;
	return String(bytes);
}
