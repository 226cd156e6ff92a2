import type { OpenWorld, Session, WorldSpec } from '$lib/client/session.svelte.ts';
import type { LinkState } from '$lib/client/permalink.ts';
import { LONGEST_NAME, MOST_WORLDS } from '$lib/client/link/state.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import { readScenario } from '$lib/engine/contract/scenario/read.ts';
import { runNames, unique } from '$lib/viz/compare/changes.ts';
import type { Difference } from '$lib/viz/compare/difference.ts';
import { differences } from '$lib/viz/compare/differences.ts';
import { byOtherMover, strategyOf, untilForBoth } from '$lib/viz/compare/other-mover.ts';
import { differentPlaces, type Place } from '$lib/viz/compare/places.ts';
import type { RunInputs } from '$lib/viz/compare/ways.ts';
import type { StageKind } from './stage-kind.ts';

/** What a world follows from; null where its scenario cannot be read. */
export function inputsOf({ spec, journal }: Pick<OpenWorld, 'spec' | 'journal'>): RunInputs | null {
	const read = readScenario(spec.scenario);
	return read.ok ? { scenario: read.value, journal, belief: spec.belief ?? null } : null;
}

/** Both must be seen to their ends: the longer one says how far the clock goes. */
function watched(scenario: unknown, journal: readonly JournalEntry[]): unknown {
	const read = readScenario(scenario);
	return read.ok ? { ...read.value, untilNs: untilForBoth(read.value, journal) } : scenario;
}

/** What this needs of the page: the session, which world is chosen, and ways to open others. */
export interface ClockPage {
	readonly session: Session | null;
	readonly world: OpenWorld | null;
	readonly kind: StageKind;
	/** The world that is shown together with the first one. */
	readonly secondIndex: number;
	readonly notice: { end(): void };
	active: number;
	compare: boolean;
	say(text: string): void;
	remember(isNewEntry: boolean): Promise<void>;
	openWorlds(specs: readonly WorldSpec[], atNs: number, isNewEntry: boolean): Promise<boolean>;
	/** The panel in which another run is made. */
	askForMore(): void;
	/** Closes whatever panel is open. */
	shut(): void;
}

/** Several worlds on one clock: which of them are seen together, what they are called, how they come and go. */
export class Several {
	/** Of more than two: the first and the chosen one large, instead of all of them small. */
	large: boolean = $state(false);
	readonly #play: ClockPage;

	constructor(play: ClockPage) {
		this.#play = play;
	}

	get worlds(): readonly OpenWorld[] {
		return this.#play.session?.worlds ?? [];
	}

	get isFull(): boolean {
		return this.worlds.length >= MOST_WORLDS;
	}

	/** Those that are seen together, in the order of the picture; null where one is seen alone. */
	get together(): readonly OpenWorld[] | null {
		const { worlds } = this;
		const { compare, kind, secondIndex } = this.#play;
		const [first, second] = [worlds[0], worlds[secondIndex]];
		if (!compare || !first || !second) return null;
		return worlds.length === 2 || this.large || kind !== 'vms' ? [first, second] : worlds;
	}

	/** What differs now between those that are seen together. */
	differences(limit: number): readonly Difference[] {
		return differences(
			(this.together ?? []).map((world) => world.status),
			limit
		);
	}

	/** Where their memories differ; read from their arrays, so only while nobody else has them. */
	places(limit: number): readonly Place[] {
		const session = this.#play.session;
		if (!session?.readable || session.state === 'playing') return [];
		return differentPlaces(this.together ?? [], limit);
	}

	// ——— names ———

	/** What a link calls its worlds: as somebody named them, else by what each has of its own. */
	namesOfLink(link: LinkState): string[] {
		const inputs = link.worlds.flatMap(
			(world) => inputsOf({ spec: world, journal: world.journal }) ?? []
		);
		const own = inputs.length === link.worlds.length ? runNames(inputs) : [];
		return unique(
			link.worlds.map((_, index) => link.view.names?.[index] || own[index] || `world ${index + 1}`)
		);
	}

	/** Names for a link; nothing where they say no more than the runs themselves. */
	get namesForLink(): readonly string[] | undefined {
		const { worlds } = this;
		const inputs = worlds.flatMap((world) => inputsOf(world) ?? []);
		if (worlds.length < 2 || inputs.length < worlds.length) return undefined;
		const own = runNames(inputs);
		const names = worlds.map((world) => [...world.label].slice(0, LONGEST_NAME).join(''));
		return names.every((name, index) => name === own[index]) ? undefined : names;
	}

	rename(index: number, name: string): void {
		const wanted = [...name.trim()].slice(0, LONGEST_NAME).join('');
		if (wanted === '') return;
		const names = this.worlds.map((world, at) => (at === index ? wanted : world.label));
		this.#play.session?.rename(unique(names));
		void this.#play.remember(false);
	}

	// ——— coming and going ———

	/** Beside the run on the stage, the same VM moved the other way; from one seed, on one clock. */
	async toggle(): Promise<void> {
		const play = this.#play;
		play.notice.end();
		if (!play.session) return;
		if (play.compare || this.worlds.length > 1) {
			play.compare = !play.compare;
			this.large = false;
			void play.remember(true);
			return;
		}
		const { journal } = this.worlds[0] as OpenWorld;
		if (strategyOf(journal) === null) play.askForMore();
		else await this.add(byOtherMover(journal));
	}

	/** Adds a world with another journal to those on the clock, and shows them together. */
	async add(
		journal: readonly JournalEntry[],
		belief: string | null = null,
		label?: string,
		scenario: unknown = this.#play.world?.spec.scenario
	): Promise<boolean> {
		const play = this.#play;
		const { session } = play;
		if (!session) return false;
		const { worlds } = this;
		if (this.isFull) {
			play.say('Four worlds are the most on one clock.');
			return false;
		}
		const specs: WorldSpec[] = [
			...worlds.map((world) => ({
				...world.spec,
				scenario: watched(world.spec.scenario, world.journal),
				journal: world.journal
			})),
			{ scenario: watched(scenario, journal), journal, belief }
		];
		const inputs = specs.flatMap((spec) => inputsOf({ spec, journal: spec.journal ?? [] }) ?? []);
		const own =
			inputs.length === specs.length ? runNames(inputs) : specs.map((_, at) => `world ${at + 1}`);
		const given = this.#given();
		const names = unique(own.map((name, at) => (at < worlds.length ? given[at] : label) ?? name));
		const opened = await play.openWorlds(
			specs.map((spec, at) => ({ ...spec, label: names[at] as string })),
			session.nowNs,
			true
		);
		if (opened) {
			// Where only two are seen, the first and the new one are.
			if (specs.length > 2) play.active = specs.length - 1;
			play.compare = true;
			play.shut();
			void play.remember(false);
		}
		return opened;
	}

	/** Names that somebody gave; undefined where a world is called by what it is. */
	#given(): (string | undefined)[] {
		const { worlds } = this;
		const inputs = worlds.flatMap((world) => inputsOf(world) ?? []);
		const own = inputs.length === worlds.length ? runNames(inputs) : [];
		return worlds.map((world, at) =>
			world.label === own[at] || world.label === 'main' ? undefined : world.label
		);
	}

	/** The same run up to now; from here it can go another way. */
	async fork(): Promise<void> {
		const { session, world } = this.#play;
		if (!world || !session) return;
		const journal = world.journal.filter((entry) => entry.atNs <= session.nowNs);
		const opened = await this.add(journal, world.spec.belief ?? null, 'fork');
		if (!opened) return;
		this.#play.compare = false;
		this.#play.active = this.worlds.length - 1;
		void this.#play.remember(false);
	}

	async close(index: number): Promise<void> {
		if (this.worlds.length < 2) return;
		const left = this.worlds.filter((_, at) => at !== index);
		this.#play.compare = this.#play.compare && left.length > 1;
		await this.#reopen(left);
	}

	/** The first leads the clock by phase, and the others are held against it. */
	async toFirst(index: number): Promise<void> {
		const { worlds } = this;
		const wanted = worlds[index];
		if (!wanted || index === 0) return;
		await this.#reopen([wanted, ...worlds.filter((world) => world !== wanted)]);
	}

	async #reopen(worlds: readonly OpenWorld[]): Promise<void> {
		const play = this.#play;
		const byPhase = play.session?.lock === 'phase';
		const nowNs = play.session?.nowNs ?? 0;
		play.active = 0;
		const opened = await play.openWorlds(
			worlds.map((world) => ({ ...world.spec, journal: world.journal, label: world.label })),
			nowNs,
			true
		);
		if (opened && byPhase && worlds.length > 1) await play.session?.lockBy('phase');
	}
}
