import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import type { JsonObject, RecordedStep } from './case.ts';
import { TARGET } from './migration-world.ts';

/**
 * Labels of a recording in words. "<socket>" stands for whatever address was used: where the destination listens, a file, a place
 * where nobody is. Which one it was shows in what the engine's processes do, and where they leave it open in the words that the
 * recorded QEMU printed, which name the address.
 */
export interface Situation {
	readonly steps: readonly RecordedStep[];
	readonly index: number;
	/** The file in which the guest lies already. */
	readonly file: string | undefined;
	/** Address at which the destination waits, as it was given. */
	readonly listening: string | null;
	/** The destination was told to listen before, whatever became of it. */
	readonly listened: boolean;
}

export const SOCKET = '/run/migration';
const FILE = '/tmp/state';

export function spell(execute: string, given: QmpArguments, at: Situation): QmpArguments {
	const { channels, uri } = given;
	if (Array.isArray(channels)) return { ...given, channels: channels.map((channel, index) => spellChannel(channel as never, index)) };
	if (typeof uri !== 'string') return given;
	if (uri !== '<socket>') return { ...given, uri: local(uri.replace(/<([^>]+)>/g, '/tmp/$1').replace('//tmp/', '/tmp/'), at) };
	if (execute === 'migrate-incoming' || execute === 'migrate-recover') return { ...given, uri: placeIn(execute, at) };
	return { ...given, uri: placeOut(at) };
}

/** In a list of channels only their types were kept. */
function spellChannel(channel: string | QmpArguments, index: number): QmpArguments {
	if (typeof channel !== 'string') return channel;
	const path = channel === 'cpr' ? `${SOCKET}-cpr` : SOCKET;
	return {
		'channel-type': channel,
		addr: { transport: 'socket', type: 'unix', path: index > 0 && channel === 'main' ? `${path}-2` : path }
	};
}

/** Both processes of a recording are on one machine, here on two hosts. */
function local(uri: string, { listening }: Situation): string {
	const found = /^tcp:(?:127\.0\.0\.1|localhost|0|0\.0\.0\.0)?:(.*)$/.exec(uri);
	return found && listening?.endsWith(`:${found[1] as string}`) ? `tcp:${TARGET}:${found[1] as string}` : uri;
}

/** Where a destination listens: a file when the guest lies in one, else the socket. What it was refused for names the place. */
function placeIn(execute: string, { steps, index, file }: Situation): string {
	const named = namedBy(textOf(steps[index]));
	if (named !== null) return named;
	return execute === 'migrate-incoming' && file !== undefined ? `file:${file}` : `unix:${SOCKET}`;
}

/** Where a source goes. */
function placeOut({ steps, index, listening, listened }: Situation): string {
	const here = steps[index];
	const named = namedBy(textOf(here));
	if (named !== null) return named;
	const later = steps.slice(index + 1);
	const next = later.findIndex((step) => step['command'] === 'migrate');
	const until = next < 0 ? later : later.slice(0, next);
	const watched = until.find((step) => step.op === 'watch-migration')?.['query-migrate'] as JsonObject | undefined;
	const failed = namedBy(String(watched?.['error-desc'] ?? ''));
	if (failed !== null) return failed;
	if (listening !== null) return listening;
	// Somebody waited there and is gone.
	if (listened && !until.some((step) => step.op === 'state-file')) return `unix:${SOCKET}`;
	return `file:${FILE}`;
}

const textOf = (step: RecordedStep | undefined): string => String((step?.['result'] as JsonObject | undefined)?.['text'] ?? '');

/** The address that a refusal names. */
function namedBy(text: string): string | null {
	for (const [shape, uri] of [
		[/^unknown migration protocol: (.*)$/, ''],
		[/^Could not (?:create|open) '([^']*)'/, 'file:'],
		[/^file URI has bad offset ([^:]*):/, `file:${FILE},offset=`],
		[/^Failed to bind socket to ([^:]*):/, 'unix:'],
		[/^UNIX socket path '([^']*)' is too long/, 'unix:'],
		[/^File descriptor named '([^']*)' (?:has not been|not) found/, 'fd:'],
		[/^invalid Unix socket address()$/, 'unix:'],
		[/^invalid file descriptor address()$/, 'fd:'],
		[/^error parsing (?:IPv6 )?address '([^']*)'/, 'tcp:'],
		[/^address resolution failed for (\S+):/, 'tcp:'],
		[/^Failed to connect to '(\/[^']*)':/, 'unix:'],
		[/^Failed to connect to '([^']*)':/, 'tcp:']
	] as const) {
		const found = shape.exec(text);
		if (found) return `${uri}${found[1] as string}`;
	}
	if (text.startsWith('Migration requires seekable transport') || text.startsWith('Migration requires a transport that allows'))
		return `unix:${SOCKET}`;
	return text.startsWith('Migration requires streamable transport') || text.startsWith('Migration requires multi-channel')
		? `file:${FILE}`
		: null;
}
