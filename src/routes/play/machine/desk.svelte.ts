import { DEFAULT_SPEED_INDEX } from '$lib/client/session-options.ts';
import type { ConsoleCompletions, ConsoleOutcome } from '$lib/engine/contract/console.ts';
import { lineOf } from '$lib/engine/contract/console-lines.ts';
import type { MachineCommand } from '$lib/engine/contract/machine-commands.ts';
import type { CallStatus, MachineStatus } from '$lib/engine/contract/machine-status.ts';
import type { Moment } from '$lib/viz/describe/moment.ts';
import { machineMoment } from '$lib/viz/virtio-mem/moment.ts';
import { refusalOf, type Playground } from '../playground.svelte.ts';
import {
	commandsUntil,
	firstView,
	keyOf,
	scrollback,
	type Entry,
	type MachineView,
	type Said,
	type Typed
} from './scrollback.ts';

export type { MachineView };

/** Newest outcomes that are asked for again while their calls run. */
const MOST_OUTCOMES = 40;
/** While the run plays, outcomes come a few times per second, not with every turn. */
const EVERY_MS = 250;

/** What the page knows of a world's machines beyond the session: which one is looked at, its console, what was said. */
export class MachineDesk {
	/** Which machine; the first when it is gone. */
	wanted: string | null = $state(null);
	view: MachineView | 'both' = $state('rooms');
	/** Byte that is followed through the decoders; null: the one that the figure begins with. */
	followed: number | null = $state(null);
	/** The address ladder instead of the decoders' figure. */
	ladder: boolean = $state(false);
	open: boolean = $state(false);
	/** The picture lists what changed since the one before. */
	changesOpen: boolean = $state(false);
	/** Outcomes of calls by id, as far as they were asked for. */
	outcomes: ReadonlyMap<number, ConsoleOutcome> = $state.raw(new Map());
	/** The line of the last action of the picture: shown beside it. */
	echo: string | null = $state(null);
	readonly #play: Playground;
	#said: readonly Said[] = $state.raw([]);
	#typed: ReadonlyMap<string, Typed> = $state.raw(new Map());
	/** What was done in the picture. */
	#acted: ReadonlySet<string> = $state.raw(new Set());
	#history: string[] = [];
	#asking = false;
	#lastMs = -Infinity;
	#world = -1;
	#journal: unknown = null;

	constructor(play: Playground) {
		this.#play = play;
	}

	readonly machines: readonly MachineStatus[] = $derived.by(
		() => this.#play.world?.status.machines ?? []
	);
	readonly machine: MachineStatus | null = $derived.by(
		() => this.machines.find((one) => one.id === this.wanted) ?? this.machines[0] ?? null
	);
	readonly entries: readonly Entry[] = $derived.by(() => {
		const { world, session } = this.#play;
		if (!world || !session || !this.machine) return [];
		return scrollback(
			world.journal,
			this.#said,
			this.#typed,
			this.machine.calls,
			this.machine.id,
			session.nowNs,
			this.#acted
		);
	});
	/** What QEMU answered to the last wish, when it refused. */
	readonly refusal: string | null = $derived.by(() => {
		const last = this.entries.findLast((entry) => entry.kind === 'command');
		if (
			last?.kind !== 'command' ||
			last.call?.kind !== 'qmp' ||
			last.atNs !== this.#play.session?.nowNs
		)
			return null;
		const outcome = this.outcomes.get(last.call.id);
		return outcome && outcome.status !== 0 ? outcome.text.trim() : null;
	});

	get history(): readonly string[] {
		return this.#history;
	}

	/** After each turn: another run has other calls; outcomes that are missing are asked for. */
	async follow(): Promise<void> {
		const { world, session, active } = this.#play;
		if (!world || !session || !this.machine) return;
		if (world.world !== this.#world || world.journal !== this.#journal) {
			if (world.world !== this.#world) {
				this.#said = [];
				this.view = firstView(world.journal);
				this.followed = null;
				// Machines live in seconds: timers of 50 s are not watched at a tenth of a second each.
				if (session.speedIndex === DEFAULT_SPEED_INDEX) session.speedIndex += 1;
			}
			this.#world = world.world;
			this.#journal = world.journal;
			this.outcomes = new Map();
		}
		if (this.#asking) return;
		if (session.state === 'playing' && performance.now() - this.#lastMs < EVERY_MS) return;
		const wanted = this.entries.slice(-MOST_OUTCOMES).flatMap((entry) => {
			if (entry.kind !== 'command' || entry.call === null) return [];
			const known = this.outcomes.get(entry.call.id);
			return known?.done === (entry.call.state === 'done')
				? []
				: [{ id: entry.call.id, manner: entry.manner }];
		});
		if (wanted.length === 0) return;
		const machine = this.machine.id;
		const found = new Map(this.outcomes);
		this.#asking = true;
		this.#lastMs = performance.now();
		try {
			for (const { id, manner } of wanted) {
				const outcome = await session.ask(active, { kind: 'outcome', machine, call: id, manner });
				if (outcome) found.set(id, outcome);
			}
		} catch {
			// Asked again after the next turn.
			return;
		} finally {
			this.#asking = false;
		}
		if (this.#journal === this.#play.world?.journal) this.outcomes = found;
	}

	/** A line was typed: answered at once, or sent. */
	async type(line: string): Promise<void> {
		const { session, world, active } = this.#play;
		const { machine } = this;
		if (!session || !world || !machine || line.trim() === '') return;
		if (this.#history.at(-1) !== line) this.#history.push(line);
		const interrupt = this.#signal(line, machine.calls);
		if (interrupt !== null) {
			await this.#send(
				{ name: 'signal', machine: machine.id, call: interrupt },
				{ line, manner: 'shell' }
			);
			return;
		}
		try {
			const answer = await session.ask(active, { kind: 'console', machine: machine.id, line });
			if (answer.kind === 'command')
				await this.#send(answer.command, { line, manner: answer.manner });
			else this.#say(line, answer.text, answer.status);
		} catch (error) {
			this.#say(line, `${(error as Error).message}\n`, 1);
		}
	}

	/** Ctrl-C: the call that began last and still runs. */
	async interrupt(): Promise<void> {
		const running = this.machine?.calls.findLast((call) => call.state === 'running');
		if (running) await this.type(`^C ${running.id}`);
	}

	#signal(line: string, calls: readonly CallStatus[]): number | null {
		const match = /^\^C(?:\s+(\d+))?$/.exec(line.trim());
		if (!match) return null;
		return match[1] === undefined
			? (calls.findLast((call) => call.state === 'running')?.id ?? null)
			: Number(match[1]);
	}

	/** Something was done in the picture: the console shows the line that does the same. */
	async act(command: MachineCommand): Promise<void> {
		this.echo = lineOf(command);
		await this.#send(command, null);
	}

	complete(line: string): Promise<ConsoleCompletions | null> {
		const { session, active } = this.#play;
		if (!session || !this.machine) return Promise.resolve(null);
		return session
			.ask(active, { kind: 'complete', machine: this.machine.id, line })
			.catch(() => null);
	}

	#say(line: string, text: string, status: number): void {
		const { world, session } = this.#play;
		if (!world || !session || !this.machine) return;
		const now = session.nowNs;
		const kept = this.#said.filter((each) => each.atNs <= now);
		this.#said = [
			...kept,
			{ atNs: now, after: commandsUntil(world.journal, this.machine.id, now), line, text, status }
		];
	}

	async #send(command: MachineCommand, typed: Typed | null): Promise<void> {
		const play = this.#play;
		const { session } = play;
		if (!session) return;
		play.notice.end();
		play.refusal = null;
		session.pause();
		const atNs = session.nowNs;
		const key = keyOf(atNs, command);
		if (typed) this.#typed = new Map([...this.#typed, [key, typed]]);
		else this.#acted = new Set([...this.#acted, key]);
		const outcome = await session.send(play.active, command);
		if (!outcome.ok) {
			if (typed) this.#say(typed.line, `${outcome.detail}\n`, 1);
			else play.refusal = refusalOf(outcome.reason, outcome.detail);
			return;
		}
		void play.remember(true);
	}

	clear(): void {
		this.#said = [];
	}

	/** What stands above the stage; null for worlds without a machine on it. */
	moment(isMachine: boolean): Moment | null {
		const { world } = this.#play;
		return isMachine && world && this.machine
			? machineMoment(this.machine, world.status.nowNs)
			: null;
	}
}
