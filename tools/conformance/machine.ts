import type { Command } from '../../src/lib/engine/contract/commands.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import type { MachineStatus } from '../../src/lib/engine/contract/machine-status.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { CallRecord } from '../../src/lib/engine/state/machine-records.ts';
import type { Json, JsonObject, RecordedCase } from './case.ts';

/** A machine under test: built from what a case says, driven by commands, looked at through its status. */

const SECOND = 1_000_000_000;
/** A call that has not come back by then does not return; the signal that ends it comes a little later, as in the recordings. */
const PATIENCE_NS = 10 * SECOND;
const SIGNAL_AFTER_NS = 2 * SECOND;
const MEMORY_LIMIT = 4 * 2 ** 30;
export const MACHINE = 'm0';

export type Opened = { readonly ok: true; readonly machine: Machine } | { readonly ok: false; readonly text: string };

export function openMachine(recorded: RecordedCase): Opened {
	const args = recorded.config['qemu_args'];
	const { append, auto } = onlinePolicy(String(recorded.config['online_policy'] ?? ''));
	const kernel = [String(recorded.config['kernel_append'] ?? ''), append, auto].filter((words) => words !== '').join(' ');
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'recorded',
			title: recorded.title.slice(0, 80),
			machines: [
				{
					id: MACHINE,
					qemuArgs: Array.isArray(args) ? args : [],
					append: kernel,
					driverLoaded: recorded.config['driver_loaded_at_start'] !== false
				}
			],
			untilNs: 1_000_000_000_000
		},
		limitBytes: MEMORY_LIMIT
	});
	return opened.ok ? { ok: true, machine: new Machine(opened.value) } : { ok: false, text: opened.detail };
}

/** "online (contig-zones)", "online_movable", "auto-movablememory_hotplug.auto_movable_ratio=100", "offline" … */
function onlinePolicy(text: string): { append: string; auto: string } {
	const match = /^(auto-movable|offline|online_kernel|online_movable|online)(?:\s*\(([^)]*)\))?\s*(.*)$/.exec(text);
	if (!match) return { append: '', auto: '' };
	const parameters = [...`${match[2] ?? ''} ${match[3] ?? ''}`.matchAll(/[a-z_.]+=[^\s,]+/g)].map((each) =>
		each[0].includes('.') ? each[0] : `memory_hotplug.${each[0]}`
	);
	if (match[1] === 'auto-movable') parameters.unshift('memory_hotplug.online_policy=auto-movable');
	return {
		append: parameters.join(' '),
		auto: `memhp_default_state=${match[1] === 'auto-movable' ? 'online' : match[1]}`
	};
}

export class Machine {
	readonly simulation: Simulation;
	/** Monitor events up to here were told by an earlier step. */
	private eventsTold = 0;

	constructor(simulation: Simulation) {
		this.simulation = simulation;
	}

	status(): MachineStatus {
		return this.simulation.status().machines[0] as MachineStatus;
	}

	/** Sends a command; the call that it made, or the refusal's words. */
	start(command: Command): CallRecord | string {
		const sent = this.simulation.send(command);
		if (!sent.ok) return `${sent.reason}: ${sent.detail}`;
		return this.simulation.world.r.calls.find((call) => call.id === sent.value.call) ?? 'the command made no call';
	}

	/** Runs until the call ends; after 15 s a signal ends it (returned: false). */
	settle(call: CallRecord, patienceNs = PATIENCE_NS): boolean {
		const untilNs = this.simulation.nowNs + patienceNs;
		const present = (): CallRecord => this.simulation.world.r.calls.find((each) => each.id === call.id) ?? call;
		// Answered at once: no time passes.
		if (present().state === 'done') return true;
		this.simulation.advance(untilNs, Infinity, () => present().state === 'done');
		if (present().state === 'done') return true;
		this.simulation.advance(this.simulation.nowNs + SIGNAL_AFTER_NS, Infinity, () => present().state === 'done');
		if (present().state === 'done') return false;
		this.simulation.send({ name: 'signal', machine: MACHINE, call: call.id });
		this.simulation.advance(this.simulation.nowNs + SECOND, Infinity, () => present().state === 'done');
		return false;
	}

	/**
	 * Words of a process, one after the other; their values in the recordings' shape. A process that is killed on the way says
	 * nothing of the word that it died of, and nothing after it.
	 */
	words(process: string, ops: readonly string[]): JsonObject[] {
		const out: JsonObject[] = [];
		for (const words of ops) {
			const call = this.start({ name: 'process', machine: MACHINE, process, words });
			const op = words.split(' ')[0] ?? '';
			if (typeof call === 'string') out.push({ op, error: call });
			else if (!this.settle(call)) out.push({ op, errno: 'DOES_NOT_RETURN' });
			else if (this.hasEnded(process)) break;
			else out.push((this.callNow(call).value as JsonObject | null) ?? { op, errno: this.callNow(call).errno });
		}
		return out;
	}

	private hasEnded(process: string): boolean {
		return this.simulation.world.r.processes.some((each) => each.id === process && each.state === 'ended');
	}

	callNow(call: CallRecord): CallRecord {
		return this.simulation.world.r.calls.find((each) => each.id === call.id) ?? call;
	}

	endProcess(process: string): void {
		const call = this.start({ name: 'process-end', machine: MACHINE, process });
		if (typeof call !== 'string') this.settle(call);
	}

	/** A QMP command; its result as the recordings hold it. */
	qmp(execute: string, args: QmpArguments): Json {
		const call = this.start({ name: 'qmp', machine: MACHINE, execute, arguments: args });
		if (typeof call === 'string') return { ok: false, class: 'GenericError', text: call };
		this.settle(call);
		const value = this.callNow(call).value as { return?: Json; error?: { class: string; desc: string } } | null;
		if (value?.error) return { ok: false, class: value.error.class, text: value.error.desc };
		return { ok: true, value: value?.return ?? {} };
	}

	/** echo value > path: errno name, "OK", or DOES_NOT_RETURN. */
	write(path: string, value: string): string {
		const call = this.start({ name: 'write-file', machine: MACHINE, path, value });
		if (typeof call === 'string') return call;
		if (!this.settle(call)) return 'DOES_NOT_RETURN';
		return this.callNow(call).errno ?? 'OK';
	}

	/** Monitor events since the last time somebody asked. */
	newEvents(): JsonObject[] {
		const events = this.simulation.world.r.oses[0]?.qmpEvents ?? [];
		const fresh = events.slice(this.eventsTold).map(({ event, data }): JsonObject => ({ event, data: data as Json }));
		this.eventsTold = events.length;
		return fresh;
	}

	module(action: 'load' | 'unload'): void {
		const call = this.start({ name: 'module', machine: MACHINE, module: 'virtio_mem', do: action });
		if (typeof call !== 'string') this.settle(call);
	}

	advance(ns: number): void {
		this.simulation.advance(this.simulation.nowNs + ns);
	}
}
