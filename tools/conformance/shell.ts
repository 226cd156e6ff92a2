import type { JsonObject } from './case.ts';
import type { Machine } from './machine.ts';

/**
 * Shell words of the recordings. Those that change the machine are carried out; those that print what the engine prints are
 * answered; the rest is looked at only and counted as not answered.
 */
export function shellAnswer(machine: Machine, what: string): JsonObject | null {
	const ordinal = /^(off|on)lin(?:e|ing) the (first|last|second) (?:plugged )?block/.exec(what);
	if (ordinal) return writeOrdinal(machine, ordinal[1] === 'off' ? 'offline' : 'online', ordinal[2] as 'first' | 'last' | 'second');
	const sleep = /^sleep (\d+(?:\.\d+)?)/.exec(what);
	if (sleep) {
		machine.advance(Number(sleep[1]) * 1e9);
		return { op: 'guest-shell', what, out: '' };
	}
	if (/^rmmod virtio_mem/.test(what) || what === 'unbind the driver') {
		machine.module('unload');
		return /^rmmod/.test(what) ? { op: 'guest-shell', what, out: 'rc=0' } : null;
	}
	if (/^modprobe virtio_mem/.test(what) || what === 'bind it again' || what === 'load the driver') {
		machine.module('load');
		return null;
	}
	const text = consoleText(machine, what);
	return text === null ? null : { op: 'guest-shell', what, out: text.replace(/\n$/, '') };
}

function writeOrdinal(machine: Machine, value: string, which: 'first' | 'last' | 'second'): JsonObject {
	const status = machine.status();
	const region = status.virtioMems[0];
	const blocks = status.memoryBlocks.filter((block) => region === undefined || block.id * status.memoryBlockBytes >= region.addr);
	const block = which === 'first' ? blocks[0] : which === 'second' ? blocks[1] : blocks.at(-1);
	if (!block) return { op: 'guest-shell', what: `${value} the ${which} block`, out: '' };
	const errno = machine.write(`/sys/devices/system/memory/memory${block.id}/state`, value);
	const state = machine.status().memoryBlocks.find((each) => each.id === block.id)?.state ?? '';
	return { op: 'guest-shell', what: `${value} the ${which} block`, out: `block ${block.id}\nrc=${errno === 'OK' ? 0 : 1}\n${state}` };
}

/** Commands that the engine's own console prints. */
function consoleText(machine: Machine, what: string): string | null {
	if (!/^(numactl|cat|numastat) /.test(what)) return null;
	const answer = machine.simulation.ask({ kind: 'console', machine: machine.status().id, line: what });
	return typeof answer === 'object' && answer !== null && 'text' in answer && typeof answer.text === 'string' ? answer.text : null;
}
