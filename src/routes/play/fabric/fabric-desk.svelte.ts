import type { FabricCommand } from '$lib/engine/contract/fabric-commands.ts';
import type { InterleaveAnswer } from '$lib/engine/contract/fabric-load.ts';
import type { FabricStatus, TranslationAnswer } from '$lib/engine/contract/fabric-status.ts';
import type { HostToolAnswer } from '$lib/engine/contract/host-tools.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';
import type { Moment } from '$lib/viz/describe/moment.ts';
import {
	buildExtents,
	placeOf,
	someOffset,
	type ExtentsChoice,
	type Rail
} from '$lib/viz/fabric/extents-scene.ts';
import { fabricMoment } from '$lib/viz/fabric/extents-words.ts';
import type { Playground } from '../playground.svelte.ts';
import { SaidLines } from '../kinds/said-lines.svelte.ts';
import { MessageLog } from '../machine/message-log.svelte.ts';
import { fabricEntries, type FabricEntry, type Said } from './entries.ts';
import { helpText } from './fabric-help.ts';
import { fabricLine, readFabricLine } from './lines.ts';
import { together, type LadderHost } from './ladder.ts';

export type FabricView = 'map' | 'extents' | 'addresses' | 'coherence' | 'doors';
export type FabricPanel = 'offer' | 'build' | 'break';

/** What the page knows of a world's fabric beyond the session: which view, which tag and byte, its console. */
export class FabricDesk {
	view: FabricView = $state('extents');
	panel: FabricPanel | null = $state(null);
	open: boolean = $state(false);
	/** Whom the prompt of the console belongs to: "fm" or a host. */
	who: string = $state('fm');
	choice: ExtentsChoice = $state.raw({ device: null, tag: null, hosts: [null, null] });
	/** Byte of the tag's line that is followed; null: the one that the figure begins with. */
	offset: number | null = $state(null);
	/** Addresses whose ladders are shown; null: the followed byte, or one somewhere in the window. */
	addresses: readonly [number | null, number | null] = $state.raw([null, null]);
	answers: readonly [TranslationAnswer | null, TranslationAnswer | null] = $state.raw([null, null]);
	/** How the windows of these addresses are interleaved, and what else they could be. */
	shapes: readonly [InterleaveAnswer | null, InterleaveAnswer | null] = $state.raw([null, null]);
	/** The line of the last action of the picture, and what was said against it. */
	echo: string | null = $state(null);
	/** Rail that a new offer is meant for. */
	offerTo: { readonly device: string; readonly host: string } | null = $state.raw(null);
	readonly log = new MessageLog();
	readonly #play: Playground;
	readonly #said: SaidLines<Said>;
	#world = -1;
	#asking = false;
	#again = false;

	constructor(play: Playground) {
		this.#play = play;
		this.#said = new SaidLines(play);
	}

	readonly fabric: FabricStatus | null = $derived.by(() => this.#play.world?.status.fabric ?? null);
	readonly records: readonly TraceRecord[] = $derived.by(() => this.log.records);
	readonly entries: readonly FabricEntry[] = $derived.by(() => {
		const { world, session } = this.#play;
		if (!world || !session) return [];
		return fabricEntries(world.journal, this.#said.lines, this.records, session.nowNs);
	});
	readonly refusal: string | null = $derived.by(() =>
		this.#said.refused((said) => said.status !== 0)
	);

	get history(): readonly string[] {
		return this.#said.history;
	}

	moment(isFabric: boolean): Moment | null {
		const { world } = this.#play;
		if (!isFabric || !world || !this.fabric) return null;
		const { fabric } = this;
		const held = fabric.devices
			.flatMap((device) => device.lds)
			.reduce((sum, ld) => sum + ld.counts.accepted.extents, 0);
		const waiting = world.journal.length;
		const flying = fabric.messages.filter((message) => message.state === 'flying').length;
		return {
			sentence:
				world.status.nowNs === 0 && waiting > 0
					? `Nothing has happened yet: press Play, ${waiting} ${waiting === 1 ? 'command waits' : 'commands wait'}`
					: fabricMoment(fabric, world.status.nowNs),
			figures: [
				{ value: String(held), words: held === 1 ? 'extent with hosts' : 'extents with hosts' },
				{ value: String(flying), words: flying === 1 ? 'message under way' : 'messages under way' },
				{
					value: String(fabric.apps.filter((app) => app.state === 'running').length),
					words: 'programs run'
				}
			]
		};
	}

	/** After each turn: another run forgets what was chosen; the ladders are asked for again. */
	async follow(): Promise<void> {
		const { world, session, active } = this.#play;
		if (!world || !session || !this.fabric) return;
		if (world.world !== this.#world) {
			this.#world = world.world;
			this.#said.clear();
			this.choice = { device: null, tag: null, hosts: [null, null] };
			this.offset = null;
			this.addresses = [null, null];
			this.answers = [null, null];
			this.shapes = [null, null];
			this.who = 'fm';
			this.view = firstView(this.fabric, world.journal);
		}
		await this.log.follow(session, active, world.status.traceCount);
		if (this.view !== 'addresses') return;
		if (this.#asking) {
			this.#again = true;
			return;
		}
		this.#asking = true;
		const pair = this.ladderHosts();
		const found: [TranslationAnswer | null, TranslationAnswer | null] = [null, null];
		const shapes: [InterleaveAnswer | null, InterleaveAnswer | null] = [null, null];
		try {
			for (const at of [0, 1] as const) {
				const host = pair[at];
				if (host === null) continue;
				found[at] = await session.ask(active, {
					kind: 'translate',
					host: host.id,
					hpa: this.addresses[at] ?? host.firstHpa
				});
				const windows = this.fabric.hosts.find((one) => one.id === host.id)?.windows ?? [];
				const base = found[at]?.window?.baseHpa ?? host.baseHpa;
				const window = windows.findIndex((one) => one.baseHpa === base);
				if (window >= 0)
					shapes[at] = await session.ask(active, { kind: 'interleave', host: host.id, window });
			}
			this.answers = found;
			this.shapes = shapes;
		} catch {
			// The last ladders stay until the next turn.
		}
		this.#asking = false;
		if (this.#again) {
			this.#again = false;
			await this.follow();
		}
	}

	/** The two hosts of the ladders with the address that they begin with: the followed byte of the tag, else one somewhere in the window. */
	ladderHosts(): readonly [LadderHost | null, LadderHost | null] {
		const fabric = this.fabric;
		if (!fabric) return [null, null];
		const { line, rails } = buildExtents(fabric, this.choice);
		const offset = this.offset ?? someOffset(line?.tag.bytes ?? 0);
		const withWindow = fabric.hosts.filter((host) => host.windows.length > 0);
		const wanted = rails.map((rail) => withWindow.find((host) => host.id === rail?.hostName));
		const rest = withWindow.filter((host) => !wanted.includes(host));
		const ladder = (host: FabricStatus['hosts'][number] | undefined): LadderHost | null => {
			const window = host?.windows[0];
			if (!host || !window) return null;
			const at = line?.views.findIndex((view) => view?.host === host.id) ?? -1;
			const view = line?.views[at] ?? null;
			// What is striped over several devices has no one address of the host for a tag on one of them.
			const striped = window.ways > 1;
			const followed = striped
				? undefined
				: (placeOf(view, offset, line?.ways[at])?.hpa ?? placeOf(view, 0, line?.ways[at])?.hpa);
			return {
				id: host.id,
				baseHpa: window.baseHpa,
				bytes: window.bytes,
				// Not at the beginning of a stripe: its bits are to say something.
				firstHpa: followed ?? window.baseHpa + someOffset(window.bytes) + 0x678,
				follows: followed !== undefined && followed !== null
			};
		};
		const first = ladder(wanted[0] ?? rest.shift());
		return together(first, ladder(wanted[1] ?? rest.shift()));
	}

	/** One host's address is set; the other's follows with the same offset while it was not set on its own. */
	setAddress(which: 0 | 1, hpa: number): void {
		const next: [number | null, number | null] = [...this.addresses];
		next[which] = hpa;
		const pair = this.ladderHosts();
		const other = which === 0 ? 1 : 0;
		const mine = pair[which];
		const theirs = pair[other];
		if (mine && theirs && which === 0) {
			const offset = hpa - mine.baseHpa;
			if (offset >= 0 && offset < theirs.bytes) next[other] = theirs.baseHpa + offset;
		}
		this.addresses = next;
		void this.follow();
	}

	setView(view: FabricView): void {
		this.view = view;
		void this.follow();
	}

	// ——— commands ———

	/** Something was done in the picture: the console shows the line that does the same. */
	async act(command: FabricCommand): Promise<boolean> {
		this.echo = fabricLine(command);
		return this.#send(command, this.echo, true);
	}

	/** A line was typed: answered at once, or sent. */
	async type(line: string): Promise<void> {
		const { fabric } = this;
		if (!fabric || line.trim() === '') return;
		this.#said.typed(line);
		const help = helpText(line, fabric);
		if (help !== null) {
			this.#say(line, help, 0);
			return;
		}
		const tool = await this.#tool(line);
		if (tool?.kind === 'text') {
			this.#say(line, tool.text, tool.status);
			return;
		}
		if (tool?.kind === 'command') {
			await this.#send(tool.command, line, false);
			return;
		}
		const read = readFabricLine(line, this.who, { hosts: fabric.hosts.map((host) => host.id) });
		if (!read.ok) {
			this.#say(line, `${read.says}\n`, 1);
			return;
		}
		await this.#send(read.command, line, false);
	}

	/** A line of cxl, daxctl or QEMU’s monitor is the chosen host’s; the manager has no tools. Null: it is another line. */
	async #tool(line: string): Promise<HostToolAnswer | null> {
		const { session, active } = this.#play;
		const isTool = /^\s*(cxl|daxctl)(\s|$)/.test(line) || line.trim().startsWith('{');
		if (!session || !isTool) return null;
		if (!this.fabric?.hosts.some((host) => host.id === this.who))
			return {
				kind: 'text',
				text: `${line.trim().split(/\s+/)[0]?.startsWith('{') ? 'the monitor' : (line.trim().split(/\s+/)[0] ?? '')} is found at a host: choose one beside the prompt\n`,
				status: 1
			};
		return session.ask(active, { kind: 'host-tool', host: this.who, line });
	}

	clear(): void {
		this.#said.clear();
	}

	wantOffer(rail: Rail): void {
		this.offerTo = { device: rail.device.id, host: rail.hostName };
		this.panel = 'offer';
	}

	#say(line: string, text: string, status: number): void {
		this.#said.say({ who: this.who, line, text, status, isAction: false, refused: null });
	}

	#send(command: FabricCommand, line: string, isAction: boolean): Promise<boolean> {
		return this.#said.send(command, isAction, (detail) => ({
			who: this.who,
			line,
			text: `${detail}\n`,
			status: 1,
			isAction,
			refused: fabricLine(command)
		}));
	}
}

/** A run that is about plugs begins with the map, one with interleaved windows with addresses, one about lines with the caches, one about VMs with their doors, any other with the extents. */
export function firstView(fabric: FabricStatus, journal: readonly JournalEntry[]): FabricView {
	const words = journal.flatMap(({ command }) =>
		command.name === 'fabric' ? [[command.actor, command.execute] as const] : []
	);
	const cache = words.filter(
		([actor, word]) =>
			actor === 'host' && ['load', 'store', 'flush', 'invalidate', 'fence'].includes(word)
	);
	if (cache.length * 2 > words.length && cache.length > 2) return 'coherence';
	if (words.some(([, word]) => word === 'take-into-vm')) return 'doors';
	// Stripes over several devices are what such a world is about.
	if (fabric.hosts.some((host) => host.windows.some((window) => window.ways > 1)))
		return 'addresses';
	const builds = words.filter(([actor]) => actor === 'build');
	if (builds.length * 2 > words.length && builds.length > 0) return 'map';
	if (fabric.devices.length > 2 && words.length === 0) return 'map';
	return 'extents';
}
