import { sizeText } from '../console-lines.ts';
import type { QmpArguments, QmpValue } from '../machine-commands.ts';
import { parameterOf, PARAMETER_NAMES, type ParameterName, QMP_PARAMETERS } from './parameters.ts';
import { MONITOR_QUESTIONS, MONITOR_WORDS } from './monitor.ts';
import type { MigrationInfo } from './query.ts';

/**
 * QEMU's monitor in words: a typed line as a request of QMP and back, and how an answer is printed (QEMU 10.2.2
 * migration/migration-hmp-cmds.c, hmp-commands.hx).
 */
export type MonitorLine =
	/** A command for the journal, or a word that only looks. */
	| { readonly kind: 'order' | 'look'; readonly execute: string; readonly given: QmpArguments | null; readonly json: boolean }
	| { readonly kind: 'text'; readonly text: string };

const order = (execute: string, given: QmpArguments | null = null): MonitorLine => ({ kind: 'order', execute, given, json: false });
const look = (execute: string): MonitorLine => ({ kind: 'look', execute, given: null, json: false });
const text = (line: string): MonitorLine => ({ kind: 'text', text: `${line}\n` });

const INFO: Readonly<Record<string, string>> = {
	migrate: 'query-migrate',
	migrate_capabilities: 'query-migrate-capabilities',
	migrate_parameters: 'query-migrate-parameters',
	status: 'query-status',
	dirty_rate: 'query-dirty-rate'
};
/** Words that take nothing, or one thing. */
const PLAIN: Readonly<Record<string, string>> = {
	migrate_cancel: 'migrate_cancel',
	migrate_start_postcopy: 'migrate-start-postcopy',
	migrate_pause: 'migrate-pause',
	announce_self: 'announce-self',
	stop: 'stop',
	cont: 'cont',
	quit: 'quit'
};
const WITH_URI: Readonly<Record<string, string>> = { migrate_incoming: 'migrate-incoming', migrate_recover: 'migrate-recover' };

/** What the monitor takes, in words, with what it does. */
export const HMP_HELP: readonly { readonly form: string; readonly says: string }[] = [
	{ form: 'info migrate', says: MONITOR_QUESTIONS['query-migrate'] },
	{ form: 'info migrate_capabilities', says: MONITOR_QUESTIONS['query-migrate-capabilities'] },
	{ form: 'info migrate_parameters', says: MONITOR_QUESTIONS['query-migrate-parameters'] },
	{ form: 'info status', says: MONITOR_QUESTIONS['query-status'] },
	{ form: 'migrate_incoming tcp:0:4444', says: 'a process that waits listens there' },
	{ form: 'migrate tcp:B:4444', says: 'moves the guest to who listens there; -r takes a paused post-copy up again' },
	{ form: 'migrate_cancel', says: MONITOR_WORDS.migrate_cancel },
	{ form: 'migrate_set_capability auto-converge on', says: 'switches what a migration may do' },
	{ form: 'migrate_set_parameter max-bandwidth 1G', says: 'sets bandwidth, limits and the like, also while it runs' },
	{ form: 'migrate_start_postcopy', says: MONITOR_WORDS['migrate-start-postcopy'] },
	{ form: 'migrate_pause', says: MONITOR_WORDS['migrate-pause'] },
	{ form: 'migrate_recover tcp:0:4445', says: 'the target of a paused post-copy listens again' },
	{ form: 'migrate_continue pre-switchover', says: 'goes on with a switch-over that waits' },
	{
		form: 'calc_dirty_rate 1',
		says: `${MONITOR_WORDS['calc-dirty-rate'].replace(/:.*$/, '')}, for a second; -r with the dirty ring, -b with the log`
	},
	{ form: 'info dirty_rate', says: MONITOR_QUESTIONS['query-dirty-rate'] },
	{ form: 'device_add virtio-net-pci,id=net0,failover=on', says: 'plugs a card that stands in for another' },
	{ form: 'device_add vfio-pci,id=vf0,failover_pair_id=net0', says: 'plugs the other, which leaves before a migration' },
	{ form: 'device_add e1000e,id=nic1', says: 'plugs a device' },
	{ form: 'device_del nic1', says: 'takes it out' },
	{ form: 'stop', says: MONITOR_WORDS.stop },
	{ form: 'cont', says: MONITOR_WORDS.cont },
	{ form: 'quit', says: MONITOR_WORDS.quit },
	{ form: '{"execute": "query-migrate"}', says: 'the same in JSON, as a program says it' }
];

/** A typed line. */
export function readMonitorLine(typed: string): MonitorLine {
	const line = typed.trim();
	if (line === '' || line.startsWith('#')) return { kind: 'text', text: '' };
	if (line.startsWith('{')) return readJson(line);
	const [word = '', ...rest] = line.split(/\s+/);
	const [first = '', second = ''] = rest;
	if (word === 'help') return { kind: 'text', text: HMP_HELP.map(({ form, says }) => `${form}  ${says}\n`).join('') };
	if (word === 'info') return INFO[first] === undefined ? text(`unknown command: 'info ${first}'`) : look(INFO[first]);
	if (PLAIN[word] !== undefined) return order(PLAIN[word]);
	if (WITH_URI[word] !== undefined) return first === '' ? text(`${word}: string expected`) : order(WITH_URI[word], { uri: first });
	switch (word) {
		case 'migrate': {
			const uri = rest.find((one) => !one.startsWith('-'));
			if (uri === undefined) return text('migrate: string expected');
			return order('migrate', rest.includes('-r') ? { uri, resume: true } : { uri });
		}
		case 'calc_dirty_rate':
			return readCalc(rest);
		case 'migrate_continue':
			return order('migrate-continue', { state: first });
		case 'migrate_set_capability':
			if (second !== 'on' && second !== 'off') return text("migrate_set_capability: Parameter 'state' expects 'on' or 'off'");
			return order('migrate-set-capabilities', { capabilities: [{ capability: first, state: second === 'on' }] });
		case 'migrate_set_parameter':
			return order('migrate-set-parameters', { [first]: valueOf(first, second) });
		case 'device_add':
			return order('device_add', deviceOf(rest.join(' ')));
		case 'device_del':
			return order('device_del', { id: first });
		default:
			return text(`unknown command: '${word}'`);
	}
}

/** calc_dirty_rate [-r] [-b] seconds [pages per GiB]. */
function readCalc(rest: readonly string[]): MonitorLine {
	const [seconds = '', pages] = rest.filter((one) => !one.startsWith('-'));
	if (!/^\d+$/.test(seconds)) return text('Incorrect period length specified!');
	const [ring, log] = [rest.includes('-r'), rest.includes('-b')];
	if (ring && log) return text('Either dirty ring or dirty bitmap can be specified!');
	const mode = ring ? 'dirty-ring' : log ? 'dirty-bitmap' : 'page-sampling';
	return order('calc-dirty-rate', {
		'calc-time': Number(seconds),
		mode,
		...(pages === undefined ? {} : { 'sample-pages': Number(pages) })
	});
}

function readJson(line: string): MonitorLine {
	let read: unknown;
	try {
		read = JSON.parse(line);
	} catch {
		return text('{"error": {"class": "GenericError", "desc": "JSON parse error"}}');
	}
	const { execute, arguments: given } = (read ?? {}) as { execute?: unknown; arguments?: unknown };
	if (typeof execute !== 'string') return text('{"error": {"class": "GenericError", "desc": "QMP input lacks member \'execute\'"}}');
	if (given !== undefined && (given === null || typeof given !== 'object' || Array.isArray(given)))
		return text('{"error": {"class": "GenericError", "desc": "QMP input member \'arguments\' must be an object"}}');
	const kind = Object.hasOwn(MONITOR_QUESTIONS, execute) ? 'look' : 'order';
	return { kind, execute, given: (given as QmpArguments | undefined) ?? null, json: true };
}

const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** HMP reads sizes with units; a bandwidth without one is in MiB (hmp_migrate_set_parameter). */
function valueOf(name: string, given: string): QmpValue {
	const known = Object.hasOwn(QMP_PARAMETERS, name) ? QMP_PARAMETERS[name as ParameterName].value : '';
	if (typeof known === 'boolean') return given === 'on' || given === 'true' ? true : given === 'off' || given === 'false' ? false : given;
	const size = /^(\d+(?:\.\d+)?)([kMGT])?$/.exec(given);
	if (typeof known !== 'number' || !size) return given;
	const unit = size[2] === undefined ? (name.endsWith('bandwidth') ? (UNITS['M'] as number) : 1) : (UNITS[size[2]] as number);
	return Math.floor(Number(size[1]) * unit);
}

function deviceOf(words: string): QmpArguments {
	const [driver = '', ...rest] = words.split(',');
	return Object.fromEntries([['driver', driver], ...rest.map((one) => one.split('='))]) as QmpArguments;
}

/** The line that a person would type for a command of the journal. */
export function lineOfMonitor(execute: string, given: QmpArguments | undefined): string {
	const plain = Object.entries(PLAIN).find(([, name]) => name === execute)?.[0];
	if (plain !== undefined && given === undefined) return plain;
	const withUri = Object.entries(WITH_URI).find(([, name]) => name === execute)?.[0];
	const uri = given?.['uri'];
	if (withUri !== undefined && typeof uri === 'string' && Object.keys(given ?? {}).length === 1) return `${withUri} ${uri}`;
	if (execute === 'migrate' && typeof uri === 'string') return `migrate ${given?.['resume'] === true ? '-r ' : ''}${uri}`;
	const capabilities = given?.['capabilities'];
	if (execute === 'migrate-set-capabilities' && Array.isArray(capabilities) && capabilities.length === 1) {
		const { capability, state } = capabilities[0] as { capability: string; state: boolean };
		return `migrate_set_capability ${capability} ${state ? 'on' : 'off'}`;
	}
	if (execute === 'migrate-set-parameters' && Object.keys(given ?? {}).length === 1) {
		const [name = '', value] = Object.entries(given ?? {})[0] ?? [];
		const line = `migrate_set_parameter ${name} ${worded(value)}`;
		if (typeof value !== 'object' && valueOf(name, worded(value)) === value) return line;
	}
	if (execute === 'migrate-continue' && typeof given?.['state'] === 'string') return `migrate_continue ${given['state']}`;
	if (execute === 'device_del' && typeof given?.['id'] === 'string') return `device_del ${given['id']}`;
	if (execute === 'device_add' && given) {
		const { driver, ...rest } = given;
		return `device_add ${[String(driver), ...Object.entries(rest).map(([name, value]) => `${name}=${String(value)}`)].join(',')}`;
	}
	return JSON.stringify(given === undefined ? { execute } : { execute, arguments: given });
}

const worded = (value: unknown): string => (typeof value === 'number' ? sizeText(value) : shown(value));

/** How the monitor prints what a word that only looks was answered. */
export function printed(execute: string, answer: QmpArguments): string {
	const failed = answer['error'] as { desc?: string } | undefined;
	if (failed) return `Error: ${failed.desc ?? ''}\n`;
	const value = answer['return'];
	switch (execute) {
		case 'query-migrate':
			return migrateText((value ?? {}) as MigrationInfo);
		case 'query-migrate-capabilities':
			return (value as readonly { capability: string; state: boolean }[])
				.map(({ capability, state }) => `${capability}: ${state ? 'on' : 'off'}\n`)
				.join('');
		case 'query-migrate-parameters':
			return PARAMETER_NAMES.map((name) => `${name}: ${shown(parameterOf(value as object, name))}\n`).join('');
		case 'query-status': {
			const { status, running } = value as { status: string; running: boolean };
			return `VM status: ${running ? 'running' : `paused (${status})`}\n`;
		}
		case 'query-dirty-rate':
			return rateText(value as QmpArguments);
		default:
			return `${JSON.stringify(value)}\n`;
	}
}

const shown = (value: unknown): string =>
	typeof value === 'boolean' ? (value ? 'on' : 'off') : Array.isArray(value) ? value.join(' ') : `${String(value)}`;

/** hmp_info_dirty_rate. */
function rateText(info: QmpArguments): string {
	const lines = [
		`Status: ${String(info['status'])}`,
		`Start Time: ${String(info['start-time'])} (s)`,
		...(info['mode'] === 'page-sampling' ? [`Sample Pages: ${String(info['sample-pages'])} (per GB)`] : []),
		`Period: ${String(info['calc-time'])} (sec)`,
		`Mode: ${String(info['mode'])}`,
		info['dirty-rate'] === undefined ? 'Dirty rate: (not ready)' : `Dirty rate: ${String(info['dirty-rate'])} (MB/s)`
	];
	for (const each of (info['vcpu-dirty-rate'] ?? []) as readonly { id: number; 'dirty-rate': number }[])
		lines.push(`vcpu[${each.id}], Dirty rate: ${each['dirty-rate']} (MB/s)`);
	return `${lines.join('\n')}\n`;
}

/** hmp_info_migrate. */
function migrateText(info: MigrationInfo): string {
	const lines: string[] = [];
	if (info.status !== undefined)
		lines.push(`Status:             ${info.status}${info['error-desc'] === undefined ? '' : ` (${info['error-desc']})`}`);
	for (const reason of info['blocked-reasons'] ?? []) lines.push(`Blocked:            ${reason}`);
	if (info['total-time'] !== undefined) {
		const down = info.downtime === undefined ? `exp_down=${info['expected-downtime'] ?? 0}` : `down=${info.downtime}`;
		lines.push(`Time (ms):          total=${info['total-time']}, setup=${info['setup-time'] ?? 0}, ${down}`);
	}
	if (info['cpu-throttle-percentage'] !== undefined) lines.push(`CPU throttle (%):   ${info['cpu-throttle-percentage']}`);
	const { ram } = info;
	if (ram)
		lines.push(
			'RAM info:',
			`  Throughput (Mbps): ${ram.mbps.toFixed(2)}`,
			`  Sizes:            pagesize=${sized(ram['page-size'])}, total=${sized(ram.total)}`,
			`  Transfers:        transferred=${sized(ram.transferred)}, remain=${sized(ram.remaining)}`,
			`    Channels:       precopy=${sized(ram['precopy-bytes'])}, downtime=${sized(ram['downtime-bytes'])}, postcopy=${sized(ram['postcopy-bytes'])}`,
			`    Page types:     normal=${ram.normal}, zero=${ram.duplicate}`,
			`  Page rates (pps): transfer=${ram['pages-per-second']}, dirty=${ram['dirty-pages-rate']}`,
			`  Others:           dirty_syncs=${ram['dirty-sync-count']}${ram['postcopy-requests'] > 0 ? `, postcopy_req=${ram['postcopy-requests']}` : ''}`
		);
	return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Three figures of a binary unit, as size_to_str writes them. */
function sized(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < 4) {
		value /= 1024;
		unit += 1;
	}
	const digits = value >= 100 || unit === 0 ? 0 : value >= 10 ? 1 : 2;
	return `${value.toFixed(digits)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit] as string}`;
}
