import { assert } from '../../base/assert.ts';
import { crc32 } from '../../base/hash.ts';
import { BELIEFS } from '../../engine/contract/beliefs.ts';
import type { JournalEntry } from '../../engine/contract/commands.ts';
import { CATALOGUE, catalogueScenario } from '../../engine/contract/scenario/catalogue/index.ts';
import { canonicalText, readCommand, readScenario } from '../../engine/contract/scenario/read.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import type { LinkVersion } from './envelope.ts';
import { journalOf, versionFor } from './journal-shape.ts';
import { primed } from './primer.ts';
import { RangeDecoder, RangeEncoder } from './range-coder.ts';
import { LinkDamage, type LinkReason } from './reasons.ts';
import { SCENARIO_SHAPES } from './scenario-shape.ts';
import { same } from './shapes.ts';
import { MOST_WORLDS, PLAIN_VIEW, type LinkState, type LinkView } from './state.ts';
import { readView, writeView } from './view-shape.ts';

/**
 * The bytes inside a link: model version, worlds, position, view, fingerprints. In this order, so that what
 * matters most can still be read from a link that was cut off.
 */

/** How a world's scenario is given. Frozen: append, never re-order. */
const Source = { catalogue: 0, changedCatalogue: 1, whole: 2, likeFirst: 3 } as const;
const SOURCES = 4;
const BELIEF_BIT = 4;

/** What was read so far: fills up while reading, so that a damaged link can still say something. */
export interface PartialLink {
	modelVersion?: number;
	worlds: {
		scenario?: unknown;
		valid?: boolean;
		belief?: string | null;
		journal?: readonly JournalEntry[];
	}[];
	positionNs?: number;
	view?: LinkView;
	fingerprints?: (string | null)[];
	notes: { reason: LinkReason; detail: string }[];
}

const encoder = new TextEncoder();
/** Two bytes that tell whether a built-in scenario is still the one that the link meant. */
const shortHash = (scenario: Scenario): number =>
	crc32(encoder.encode(canonicalText(scenario))) & 0xffff;

function builtIn(id: string): Scenario | null {
	const read = readScenario(catalogueScenario(id));
	return read.ok ? read.value : null;
}

/** When a run ends for viewers: its own length, and as long again after the last command that somebody added to it. */
export function untilNsOf(scenario: Scenario, entries: readonly JournalEntry[]): number {
	const own = scenario.journal;
	const added = entries.filter((entry, index) => !same(entry, own[index]));
	const last = added.at(-1);
	return last === undefined
		? scenario.untilNs
		: Math.max(scenario.untilNs, last.atNs + scenario.untilNs);
}

/** A run that somebody added a command to goes on until it settles, at most this much longer (forecast.ts). */
export const LONGEST_TAIL_NS = 60_000_000_000;

/** Version 1 wherever it has a code for every command of every world. */
export const versionOf = (state: LinkState): LinkVersion =>
	versionFor(
		state.worlds.flatMap(({ scenario, journal }) => [
			...((scenario as { journal?: readonly JournalEntry[] }).journal ?? []),
			...journal
		])
	);

export function writePayload(state: LinkState): Uint8Array<ArrayBuffer> {
	assert(
		state.worlds.length >= 1 && state.worlds.length <= MOST_WORLDS,
		`a link holds 1 to ${MOST_WORLDS} worlds, not ${state.worlds.length}`
	);
	const scenarios = state.worlds.map(({ scenario }) => {
		const read = readScenario(scenario);
		assert(read.ok, 'only a scenario that can be read can be shared');
		return read.value;
	});
	// Which way to give each scenario is shortest is found by trying: few ways, few worlds.
	let best: Uint8Array<ArrayBuffer> | null = null;
	for (const sources of ways(scenarios)) {
		const bytes = writeWith(state, scenarios, sources);
		if (best === null || bytes.length < best.length) best = bytes;
	}
	return best as Uint8Array<ArrayBuffer>;
}

function ways(scenarios: readonly Scenario[]): number[][] {
	let lists: number[][] = [[]];
	scenarios.forEach((scenario, index) => {
		const twin = builtIn(scenario.id);
		const choices: number[] =
			twin !== null && same(twin, scenario)
				? [Source.catalogue]
				: [
						Source.whole,
						...(twin ? [Source.changedCatalogue] : []),
						...(index > 0 ? [Source.likeFirst] : [])
					];
		lists = lists.flatMap((known) => choices.map((choice) => [...known, choice]));
	});
	return lists;
}

function writeWith(
	state: LinkState,
	scenarios: readonly Scenario[],
	sources: readonly number[]
): Uint8Array<ArrayBuffer> {
	const version = versionOf(state);
	const shape = SCENARIO_SHAPES[version];
	const coder = new RangeEncoder(primed());
	const out = new ByteWriter(coder.put);
	out.part = 'head';
	out.count(state.modelVersion);
	out.count(state.worlds.length);
	state.worlds.forEach((world, index) => {
		const scenario = scenarios[index] as Scenario;
		const source = sources[index] as number;
		out.part = 'source';
		out.count(source + (world.belief === null ? 0 : BELIEF_BIT));
		if (source === Source.catalogue || source === Source.changedCatalogue) {
			const twin = builtIn(scenario.id) as Scenario;
			out.name(scenario.id);
			out.raw(Uint8Array.of(shortHash(twin) & 255, shortHash(twin) >>> 8));
			if (source === Source.changedCatalogue) shape.write(out, scenario, twin);
		} else shape.write(out, scenario, source === Source.likeFirst ? scenarios[0] : undefined);
		out.part = 'belief';
		if (world.belief !== null) out.name(world.belief);
		writeJournal(
			out,
			world.journal,
			scenario.journal as JournalEntry[],
			state.worlds[0]?.journal ?? [],
			index,
			version
		);
	});
	out.part = 'position';
	out.quantity(state.positionNs);
	const view: number[] = [];
	writeView(new ByteWriter((byte) => view.push(byte)), state.view);
	out.part = 'view';
	out.count(view.length);
	for (const byte of view) out.byte(byte);
	out.part = 'fingerprint';
	for (let index = 0; index < state.worlds.length; index += 1) {
		const digits = state.fingerprints[index] ?? null;
		out.yesOrNo(digits !== null);
		if (digits === null) continue;
		assert(/^[0-9a-f]{8}/.test(digits), `not a fingerprint: ${digits}`);
		out.raw(Uint8Array.from([0, 2, 4, 6], (at) => parseInt(digits.slice(at, at + 2), 16)));
	}
	return coder.done();
}

/** A journal is given as: so many entries as the scenario's own (or the first world's), then these. */
function writeJournal(
	out: ByteWriter,
	entries: readonly JournalEntry[],
	own: readonly JournalEntry[],
	first: readonly JournalEntry[],
	index: number,
	version: LinkVersion
): void {
	const ownPrefix = commonPrefix(entries, own);
	const firstPrefix = index > 0 ? commonPrefix(entries, first) : 0;
	const useFirst = firstPrefix > ownPrefix;
	const prefix = useFirst ? firstPrefix : ownPrefix;
	out.part = 'prefix';
	out.count(prefix * 2 + (useFirst ? 1 : 0));
	journalOf(version).write(out, entries.slice(prefix), undefined);
}

function commonPrefix(a: readonly JournalEntry[], b: readonly JournalEntry[]): number {
	let length = 0;
	while (length < a.length && length < b.length && same(a[length], b[length])) length += 1;
	return length;
}

/** Reads as far as it goes; throws a LinkDamage that says where it stopped and why. */
export function readPayload(
	bytes: Uint8Array,
	into: PartialLink,
	version: LinkVersion = '1'
): void {
	const coder = new RangeDecoder(bytes, primed());
	const from = new ByteReader((context) => {
		const byte = coder.get(context);
		if (coder.isOverrun)
			throw new LinkDamage(
				'truncated',
				`it ends after ${bytes.length} bytes, where more must follow`
			);
		return byte;
	});
	from.part = 'head';
	into.modelVersion = from.count(2 ** 31);
	if (into.modelVersion === 0) from.malformed('models are counted from 1');
	from.section = 'bad-world-count';
	const worldCount = from.count();
	if (worldCount < 1 || worldCount > MOST_WORLDS) from.malformed(`it says ${worldCount} worlds`);
	for (let index = 0; index < worldCount; index += 1) readWorld(from, into, index, version);
	from.section = 'bad-position';
	from.part = 'position';
	const positionNs = from.quantity();
	const untilNs = Math.max(
		...into.worlds.map((world) => untilNsOf(world.scenario as Scenario, world.journal ?? []))
	);
	if (positionNs > untilNs + LONGEST_TAIL_NS)
		from.malformed(`it points to ${positionNs} ns of a run that ends at ${untilNs} ns`);
	into.positionNs = positionNs;
	from.section = 'bad-view';
	from.part = 'view';
	const length = from.count(4096);
	into.view = readViewPart(
		Array.from({ length }, () => from.byte()),
		into
	);
	from.section = 'bad-fingerprint';
	from.part = 'fingerprint';
	into.fingerprints = into.worlds.map(() => {
		if (!from.yesOrNo()) return null;
		return Array.from(from.raw(4), (byte) => byte.toString(16).padStart(2, '0')).join('');
	});
	if (coder.left > 0)
		throw new LinkDamage('trailing-bytes', `${coder.left} bytes are left over at its end`);
}

/** The view is the one part that may be damaged without harm: its length is known, so it can be stepped over. */
function readViewPart(bytes: number[], into: PartialLink): LinkView {
	const from: ByteReader = new ByteReader(
		() => bytes.shift() ?? from.malformed('it ends earlier than it says')
	);
	from.section = 'bad-view';
	try {
		const view = readView(from);
		if (bytes.length > 0) from.malformed(`${bytes.length} bytes of it are not understood`);
		return view;
	} catch (damage) {
		if (!(damage instanceof LinkDamage)) throw damage;
		into.notes.push({ reason: 'bad-view', detail: damage.message });
		return PLAIN_VIEW;
	}
}

function readWorld(from: ByteReader, into: PartialLink, index: number, version: LinkVersion): void {
	const shape = SCENARIO_SHAPES[version];
	const world: PartialLink['worlds'][number] = {};
	into.worlds.push(world);
	from.section = 'bad-scenario';
	from.part = 'source';
	const head = from.count();
	if (head >= SOURCES + BELIEF_BIT)
		from.malformed(`a scenario is given in the unknown way ${head}`);
	const source = head % BELIEF_BIT;
	if (source === Source.catalogue || source === Source.changedCatalogue) {
		const id = from.name();
		const twin = builtIn(id);
		if (twin === null)
			throw new LinkDamage(
				'unknown-scenario',
				`it names "${id}"; this version has ${CATALOGUE.map((entry) => entry.id).join(', ')}`
			);
		const [low, high] = from.raw(2) as unknown as [number, number];
		const hash = low + high * 256;
		if (hash !== shortHash(twin))
			into.notes.push({ reason: 'scenario-changed', detail: `"${id}"` });
		world.scenario = source === Source.catalogue ? twin : shape.read(from, twin);
	} else {
		if (source === Source.likeFirst && index === 0)
			from.malformed('the first world refers to itself');
		const base = source === Source.likeFirst ? into.worlds[0]?.scenario : undefined;
		world.scenario = shape.read(from, base);
	}
	const read = readScenario(world.scenario);
	if (!read.ok) throw new LinkDamage(read.reason, read.detail);
	world.scenario = read.value;
	world.valid = true;
	from.section = 'bad-belief';
	from.part = 'belief';
	world.belief = head >= BELIEF_BIT ? from.name() : null;
	if (world.belief !== null && !Object.hasOwn(BELIEFS, world.belief))
		from.malformed(`this version knows no belief "${world.belief.slice(0, 40)}"`);
	from.section = 'bad-journal';
	world.journal = readJournal(
		from,
		read.value.journal as JournalEntry[],
		into.worlds[0]?.journal ?? [],
		version
	);
}

function readJournal(
	from: ByteReader,
	own: readonly JournalEntry[],
	first: readonly JournalEntry[],
	version: LinkVersion
): readonly JournalEntry[] {
	from.part = 'prefix';
	const head = from.count();
	const base = head % 2 === 1 ? first : own;
	const prefix = Math.floor(head / 2);
	if (prefix > base.length) from.malformed(`it takes over ${prefix} commands of ${base.length}`);
	const entries = [...base.slice(0, prefix)];
	let beforeNs = entries.at(-1)?.atNs ?? 0;
	for (const entry of journalOf(version).read(from, undefined) as JournalEntry[]) {
		const number = entries.length + 1;
		if (!Number.isSafeInteger(entry.atNs) || entry.atNs < beforeNs)
			from.malformed(`command ${number} is earlier than the one before it, or beyond 104 days`);
		const command = readCommand(entry.command);
		if (!command.ok) from.malformed(`command ${number}: ${command.detail}`);
		else entries.push({ atNs: entry.atNs, command: command.value });
		beforeNs = entry.atNs;
	}
	return entries;
}
