import type { ConsoleManner, ConsoleOutcome } from '../contract/console.ts';
import { STRERROR } from '../contract/errno.ts';
import type { CallRecord, JsonValue } from '../state/machine-records.ts';
import { jsonText } from '../cxl/tools/json-c.ts';
import type { World } from '../state/world.ts';

/** What a tool prints when the call that it made has ended. */
export function outcomeOf(world: World, machine: string, id: number, manner: ConsoleManner): ConsoleOutcome | null {
	const os = world.r.oses.findIndex((record) => record.id === machine);
	const call = world.r.calls.find((candidate) => candidate.id === id && candidate.os === os);
	if (!call) return null;
	if (call.state === 'running') return { done: false, text: '', status: 0, waitingFor: call.waitingFor };
	return { done: true, ...printed(call, manner), waitingFor: null };
}

type Printed = Pick<ConsoleOutcome, 'text' | 'status'>;
const silent: Printed = { text: '', status: 0 };

function printed(call: CallRecord, manner: ConsoleManner): Printed {
	switch (manner) {
		case 'qmp':
			return { text: `${JSON.stringify(call.value)}\n`, status: isObject(call.value) && 'error' in call.value ? 1 : 0 };
		case 'monitor':
			return monitorText(call);
		case 'process':
			return processText(call);
		case 'shell':
			return shellText(call);
	}
}

const isObject = (value: JsonValue | undefined): value is { [key: string]: JsonValue } =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** monitor/hmp.c, hmp_handle_error; qom-get prints its value as JSON. */
function monitorText(call: CallRecord): Printed {
	const { value } = call;
	if (!isObject(value)) return silent;
	const { error } = value;
	if (isObject(error)) return { text: `Error: ${String(error['desc'])}\n`, status: 1 };
	const answer = value['return'];
	if (answer === undefined || (isObject(answer) && Object.keys(answer).length === 0)) return silent;
	return { text: `${JSON.stringify(answer)}\n`, status: 0 };
}

/** bash names the builtin and what went wrong; a tool that made a system call names the call (perror). */
function shellText(call: CallRecord): Printed {
	if (call.kind === 'shell') return toolText(call);
	const errno = call.errno ?? errnoIn(call.value);
	if (errno === null) return silent;
	if (errno === 'EINTR') return { text: '^C\n', status: 130 };
	const words = STRERROR[errno] ?? errno;
	switch (call.kind) {
		case 'write-file':
			return { text: `bash: echo: write error: ${words}\n`, status: 1 };
		case 'process':
			return { text: `migrate_pages: ${words}\n`, status: 1 };
		case 'module':
			return call.text.startsWith('rmmod')
				? { text: `rmmod: ERROR: could not remove module virtio_mem: ${words}\n`, status: 1 }
				: { text: `modprobe: ERROR: could not insert 'virtio_mem': ${words}\n`, status: 1 };
		default:
			return { text: `${words}\n`, status: 1 };
	}
}

/** What a tool said on standard error, then what it printed. */
function toolText(call: CallRecord): Printed {
	const value = isObject(call.value) ? call.value : {};
	const messages = Array.isArray(value['messages']) ? value['messages'].map((line) => `${String(line)}\n`).join('') : '';
	const { json } = value;
	return { text: `${messages}${json === undefined ? '' : `${jsonText(json)}\n`}`, status: Number(value['rc'] ?? 0) };
}

function errnoIn(value: JsonValue): string | null {
	if (!isObject(value)) return null;
	const { errno } = value;
	return typeof errno === 'string' && errno !== 'OK' && errno !== '' ? errno : null;
}

/** The probe's own words: what the system call returned, then what it found, in the order of the value. */
function processText(call: CallRecord): Printed {
	const value = isObject(call.value) ? call.value : {};
	const errno = call.errno ?? errnoIn(call.value);
	const parts: string[] = [];
	for (const [key, item] of Object.entries(value)) {
		if (key === 'op' || key === 'area' || key === 'errno') continue;
		if (item === null) continue;
		parts.push(
			`${key} ${
				isObject(item)
					? Object.entries(item)
							.map(([name, part]) => `${name}:${isObject(part) ? JSON.stringify(part) : String(part)}`)
							.join(' ')
					: String(item)
			}`
		);
	}
	if (errno !== null) parts.push(`${errno} (${STRERROR[errno] ?? errno})`);
	return { text: `${call.actor}: ${call.text}: ${parts.length > 0 ? parts.join(', ') : 'done'}\n`, status: errno === null ? 0 : 1 };
}
