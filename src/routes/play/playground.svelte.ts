import { formatBytesBinary, formatNumber } from '$lib/base/format.ts';
import {
	Session,
	type OpenWorld,
	type StepUnit,
	type WorldSpec
} from '$lib/client/session.svelte.ts';
import { ensureIsolation } from '$lib/client/isolation.ts';
import { PLAIN_VIEW, shareLink, type LinkState, type LinkView } from '$lib/client/permalink.ts';
import type { Command } from '$lib/engine/contract/commands.ts';
import type { ObjectName } from '$lib/engine/contract/queries.ts';
import { CATALOGUE } from '$lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '$lib/engine/contract/scenario/read.ts';
import type { Difference } from '$lib/viz/compare/difference.ts';
import type { TimeWindow } from '$lib/viz/timeline/window.ts';
import { sameObject } from '$lib/viz/words/objects.ts';
import { frameClock } from '$lib/viz/frame/frame-clock.ts';
import { Address } from './history.ts';
import { Notice } from './notice.svelte.ts';
import { Several } from './several.svelte.ts';
import { refusalOf, type Refusal } from './refusal.ts';
import { stageKind, stageKinds, type StageKind } from './stage-kind.ts';

export { refusalOf, type Refusal } from './refusal.ts';

export type PanelId = 'scenario' | 'open' | 'migrate' | 'load' | 'pin' | 'compare' | 'check';

/** Everything the playground knows beyond the session: what is selected, shown, open. Nothing here is per page of memory. */
export class Playground {
	session: Session | null = $state.raw(null);
	opening: string | null = $state('Starting the engine');
	refusal: Refusal | null = $state.raw(null);
	/** A short message that leaves by itself. */
	readonly notice = new Notice();
	/** What is too long to leave: a report that could not be copied. */
	text: string | null = $state(null);
	/** World on the stage. */
	active: number = $state(0);
	compare: boolean = $state(false);
	selection: ObjectName | null = $state.raw(null);
	unit: StepUnit = $state('event');
	/** Stretch of time on the tracks; null = all of it. */
	shown: TimeWindow | null = $state.raw(null);
	bottom: 'tracks' | 'charts' = $state('tracks');
	/** Panels of a world of VMs that were asked for (rack/panels.ts). */
	readonly panels: { stage: string | null | undefined; side: string | null | undefined } = $state({
		stage: undefined,
		side: undefined
	});
	panel: PanelId | null = $state(null);
	dialog: 'find' | 'help' | 'table' | null = $state(null);
	/** Offered when a run is too large for a link. */
	tooLong: string | null = $state(null);
	/** Goes to the page that explains a damaged link. */
	onbadlink: (fragment: string) => void = () => undefined;

	readonly address = new Address();
	readonly several = new Several(this);
	#generation = 0;

	readonly world: OpenWorld | null = $derived(this.session?.worlds[this.active] ?? null);
	readonly busy: boolean = $derived(this.opening !== null || this.session?.progress !== null);

	/** Which part of a world is on the stage, where it has several; null for its first. */
	#wantedKind: StageKind | null = $state(null);
	readonly kinds: readonly StageKind[] = $derived(stageKinds(this.world?.status));
	readonly kind: StageKind = $derived(stageKind(this.world?.status, this.#wantedKind));

	/** The world shown below the first one. */
	readonly secondIndex: number = $derived(this.active === 0 ? 1 : this.active);
	/** Worlds that are seen together; null where one is seen alone. */
	readonly together: readonly OpenWorld[] | null = $derived(this.several.together);
	/** Two of them, large. */
	readonly pair: readonly [OpenWorld, OpenWorld] | null = $derived(
		this.together?.length === 2 ? (this.together as [OpenWorld, OpenWorld]) : null
	);
	readonly differences: readonly Difference[] = $derived(this.several.differences(7));

	readonly view: LinkView = $derived({
		...PLAIN_VIEW,
		selection: this.selection,
		span: this.shown && {
			fromNs: Math.round(this.shown.startNs),
			toNs: Math.round(this.shown.endNs)
		},
		compare: this.compare,
		names: this.several.namesForLink
	});

	/** First opening: what the address says, else the first scenario of the catalogue. */
	async start(base: string): Promise<void> {
		await ensureIsolation(base);
		const link = await this.address.read();
		if (link === null) {
			await this.openWorlds([{ scenario: CATALOGUE[0]!.scenario, label: 'main' }], 0);
			return;
		}
		if (!link.ok) {
			this.onbadlink(this.address.fragment);
			return;
		}
		await this.openLink(link.value);
	}

	/** Back, forward, or a pasted link. The same worlds only change their position. */
	async follow(): Promise<void> {
		if (!this.address.isForeign) return;
		this.address.accept();
		const link = await this.address.read();
		if (link === null) return;
		if (!link.ok) {
			this.onbadlink(this.address.fragment);
			return;
		}
		const session = this.session;
		if (session && this.#isSameRun(link.value)) {
			this.#applyView(link.value.view);
			await session.seek(link.value.positionNs);
		} else await this.openLink(link.value);
	}

	#isSameRun(link: LinkState): boolean {
		const mine = this.session?.worlds ?? [];
		return (
			mine.length === link.worlds.length &&
			mine.every((world, index) => {
				const other = link.worlds[index]!;
				const read = readScenario(world.spec.scenario);
				return (
					read.ok &&
					(world.spec.belief ?? null) === other.belief &&
					JSON.stringify(read.value) === JSON.stringify(other.scenario) &&
					JSON.stringify(world.journal) === JSON.stringify(other.journal)
				);
			})
		);
	}

	#applyView(view: LinkView): void {
		this.selection = view.selection;
		this.shown = view.span && { startNs: view.span.fromNs, endNs: view.span.toNs };
		this.compare = view.compare && (this.session?.worlds.length ?? 0) > 1;
	}

	async openLink(link: LinkState): Promise<void> {
		const names = this.several.namesOfLink(link);
		await this.#replace(() =>
			Session.openLink({
				...link,
				worlds: link.worlds.map((world, index) => ({ ...world, label: names[index] as string }))
			})
		);
		this.#applyView(link.view);
	}

	/** Opens worlds on one clock and goes to a moment of it. The last good session stays until the new one is there. */
	async openWorlds(
		specs: readonly WorldSpec[],
		atNs: number,
		isNewEntry = false
	): Promise<boolean> {
		const opened = await this.#replace(async () => {
			const outcome = await Session.open(specs);
			if (outcome.ok && atNs > 0) await outcome.value.seek(atNs, { scrubbing: true });
			return outcome;
		});
		if (opened) void this.remember(isNewEntry);
		return opened;
	}

	async #replace(open: () => ReturnType<typeof Session.open>): Promise<boolean> {
		const generation = ++this.#generation;
		this.notice.end();
		this.opening = 'Opening the run';
		this.refusal = null;
		const outcome = await open();
		if (generation !== this.#generation) {
			if (outcome.ok) void outcome.value.close();
			return false;
		}
		this.opening = null;
		if (!outcome.ok) {
			this.refusal = refusalOf(outcome.reason, outcome.detail);
			return false;
		}
		const old = this.session;
		if (old) {
			outcome.value.speedIndex = old.speedIndex;
			outcome.value.slowAtBorders = old.slowAtBorders;
		}
		this.session = outcome.value;
		this.active = Math.min(this.active, outcome.value.worlds.length - 1);
		this.shown = null;
		await old?.close();
		return true;
	}

	/** A scenario on its own, from the start. */
	async openScenario(scenario: unknown): Promise<boolean> {
		this.address.branches.clear();
		this.selection = null;
		this.#wantedKind = null;
		this.compare = false;
		this.active = 0;
		const opened = await this.openWorlds([{ scenario, label: 'main' }], 0, true);
		if (opened) this.panel = null;
		return opened;
	}

	/** Every command comes through here. */
	async send(command: Command): Promise<boolean> {
		this.notice.end();
		const session = this.session;
		if (!session) return false;
		this.refusal = null;
		session.pause();
		const outcome = await session.send(this.active, command);
		if (!outcome.ok) {
			this.refusal = refusalOf(outcome.reason, outcome.detail);
			return false;
		}
		void this.remember(true);
		return true;
	}

	async undo(): Promise<void> {
		this.notice.end();
		this.refusal = null;
		await this.session?.undo();
		void this.remember(true);
	}
	async redo(): Promise<void> {
		this.notice.end();
		this.refusal = null;
		await this.session?.redo();
		void this.remember(true);
	}

	// ——— time ———

	async step(unit: StepUnit = this.unit): Promise<void> {
		this.notice.end();
		await this.session?.step(unit);
		void this.remember(unit !== 'event');
	}
	async stepBack(unit: StepUnit = this.unit): Promise<void> {
		this.notice.end();
		await this.session?.stepBack(unit);
		void this.remember(unit !== 'event');
	}
	async goTo(ns: number): Promise<void> {
		this.notice.end();
		await this.session?.seek(ns);
		void this.remember(true);
	}
	/** While the cursor is dragged: no way in between, no entry in the history. */
	scrub(ns: number): void {
		this.notice.end();
		void this.session?.seek(ns, { scrubbing: true });
	}
	playPause(): void {
		this.notice.end();
		const session = this.session;
		if (!session) return;
		if (session.state === 'playing') {
			session.pause();
			void this.remember(false);
		} else session.play();
	}
	faster(by: number): void {
		const session = this.session;
		if (session) session.speedIndex = Math.min(8, Math.max(0, session.speedIndex + by));
	}

	// ——— selection ———

	select(object: ObjectName | null): void {
		this.notice.end();
		if (!sameObject(object, this.selection)) this.selection = object;
	}

	askForMore(): void {
		this.panel = 'compare';
	}
	shut(): void {
		this.panel = null;
	}

	showKind(kind: StageKind): void {
		this.#wantedKind = kind;
		this.selection = null;
	}

	// ——— links ———

	async remember(isNewEntry: boolean): Promise<void> {
		const session = this.session;
		if (!session || session.state === 'playing' || session.state === 'crashed') return;
		await this.address.write(await session.linkState(this.view), isNewEntry);
	}

	/** Copies the link; says so. Too long, and a file is offered instead. */
	async share(): Promise<void> {
		const session = this.session;
		if (!session) return;
		session.pause();
		const share = await shareLink(await session.linkState(this.view));
		if (share.kind === 'file') {
			this.tooLong = share.sentence;
			return;
		}
		const url = `${location.origin}${location.pathname}#${this.address.branches.behind(share.fragment)}`;
		try {
			await navigator.clipboard.writeText(url);
			this.say(`Link copied, ${formatNumber(url.length)} characters.`);
		} catch {
			this.say('The browser does not let this page copy. The address bar holds the link.');
		}
	}

	/** The run of the stage as a scenario file with its journal: opens here and in headless runs. */
	saveFile(): void {
		const world = this.world;
		if (!world) return;
		const read = readScenario(world.spec.scenario);
		if (!read.ok) return;
		const text = JSON.stringify({ ...read.value, journal: world.journal }, null, '\t');
		const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
		const anchor = document.createElement('a');
		anchor.href = url;
		anchor.download = `${read.value.id}.json`;
		anchor.click();
		URL.revokeObjectURL(url);
		this.tooLong = null;
		this.say(`Saved as ${read.value.id}.json, ${formatBytesBinary(text.length)}.`);
	}

	say(text: string): void {
		this.notice.say(text, frameClock.now);
	}
}
