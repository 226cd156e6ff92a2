/**
 * Goal: the handshake of offers, answers and recalls ends well in every order. Method: the clock never runs; at each state every
 * enabled action is taken: the next command of the manager, the arrival of the oldest message on any way, the next step of a host at its log
 * (HOST_STEPS), and where a script says so a crash and a boot. States are told apart by their records. In each state every
 * statement about extents must hold; where nothing is left to do, nothing may wait for anybody, and what the manager was told
 * must be what the hosts have.
 */
import { describe, expect, it } from 'vitest';
import { COLUMN_NAMES, COLUMNS } from '../../src/lib/engine/contract/layout.ts';
import { deliverMessage } from '../../src/lib/engine/commands/fabric-messages.ts';
import { countsOf } from '../../src/lib/engine/fabric/dcd/lists.ts';
import { HOST_STEPS } from '../../src/lib/engine/fabric/hosts/steps.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import { INVARIANTS } from '../../src/lib/engine/whole/index.ts';
import { heads, tell } from '../support/fabric.ts';

const STATEMENTS = INVARIANTS.filter(({ id }) => id.startsWith('extent-'));
const BYTES = 2 ** 30;
const MOST_STATES = 20_000;

type Act = (simulation: Simulation) => void;
interface Script {
	readonly name: string;
	readonly hosts: readonly string[];
	readonly sharable: boolean;
	readonly profile?: string;
	readonly acts: readonly Act[];
}

const offer =
	(host: string, tag: string, policy?: string): Act =>
	(simulation) =>
		void tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, tag, bytes: BYTES, ...(policy ? { policy } : {}) });
const recall =
	(host: string, tag: string, forced: boolean): Act =>
	(simulation) =>
		void tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host, tag, forced });
const reference =
	(word: 'add' | 'remove'): Act =>
	(simulation) =>
		void tell(simulation, 'fm', 'pool', `dynamic-capacity-${word}-reference`, { tag: 'T' });
const reboot: Act = (simulation) => {
	tell(simulation, 'fault', 'A', 'crash-host');
	tell(simulation, 'fault', 'A', 'reboot-host');
};

const SCRIPTS: readonly Script[] = [
	{ name: 'two offers', hosts: ['A'], sharable: false, acts: [offer('A', 'T'), offer('A', 'U')] },
	{ name: 'an offer asked back politely', hosts: ['A'], sharable: false, acts: [offer('A', 'T'), recall('A', 'T', false)] },
	{ name: 'an offer taken back by force', hosts: ['A'], sharable: false, acts: [offer('A', 'T'), recall('A', 'T', true)] },
	{
		name: 'asked back, then taken by force, then offered again',
		hosts: ['A'],
		sharable: false,
		acts: [offer('A', 'T'), recall('A', 'T', false), recall('A', 'T', true), offer('A', 'U')]
	},
	{
		name: 'a shared tag for two hosts, the first one asked to give it back',
		hosts: ['A', 'B'],
		sharable: true,
		acts: [offer('A', 'T'), offer('B', 'T', 'enable-shared-access'), recall('A', 'T', false)]
	},
	{
		name: 'a tag passed on by reference',
		hosts: ['A', 'B'],
		sharable: true,
		acts: [offer('A', 'T'), reference('add'), recall('A', 'T', true), offer('B', 'T', 'enable-shared-access'), reference('remove')]
	},
	{
		name: 'a host that boots while it is offered something',
		hosts: ['A'],
		sharable: true,
		acts: [offer('A', 'T'), reboot, offer('A', 'U')]
	},
	{
		name: 'a permissive host',
		hosts: ['A'],
		sharable: false,
		profile: 'permissive',
		acts: [offer('A', 'T'), recall('A', 'T', true), offer('A', 'U')]
	}
];

function open(script: Script): Simulation {
	return heads(
		script.hosts,
		{ bytes: '4 GiB', sharable: script.sharable },
		{ use: 'none', ...(script.profile ? { profile: script.profile } : {}) }
	);
}

/** Names of what can happen now. The script's place is what has been taken of it. */
function enabled(world: World, script: Script, place: number): string[] {
	const names: string[] = [];
	if (place < script.acts.length) names.push('script');
	// A mailbox takes one command after the other, and an interrupt does not overtake an interrupt.
	const ways = new Set<string>();
	for (const message of world.r.fabric.messages) {
		if (message.state !== 'flying' || ways.has(`${message.from} ${message.to}`)) continue;
		ways.add(`${message.from} ${message.to}`);
		names.push(`deliver ${message.id}`);
	}
	for (const peer of world.r.fabric.peers)
		for (const [index, inbox] of peer.inboxes.entries())
			for (const step of HOST_STEPS) if (step.enabled(world, peer, inbox)) names.push(`${peer.id} ${index} ${step.id}`);
	return names;
}

function take(simulation: Simulation, script: Script, place: number, name: string): number {
	const { world } = simulation;
	if (name === 'script') {
		script.acts[place]?.(simulation);
		return place + 1;
	}
	const [who, index, step] = name.split(' ');
	if (who === 'deliver') deliverMessage(world, Number(index));
	else {
		const peer = world.r.fabric.peers.find((each) => each.id === who);
		const inbox = peer?.inboxes[Number(index)];
		if (peer && inbox) HOST_STEPS.find((each) => each.id === step)?.effect(world, peer, inbox);
	}
	return place;
}

/** Records and rows of extents: all that matters while the clock stands. */
interface Snapshot {
	readonly records: World['r'];
	readonly rows: readonly number[][];
}
const EXTENT_COLUMNS = COLUMN_NAMES.filter((name) => COLUMNS[name].region === 'extent');
const MOST_ROWS = 32;

function save(world: World): Snapshot {
	if (world.r.fabric.freshExtents > MOST_ROWS) throw new Error('more rows than a snapshot holds');
	return {
		records: structuredClone(world.r),
		rows: EXTENT_COLUMNS.map((name) => Array.from({ length: MOST_ROWS }, (_, row) => Number(world.c[name].get(row))))
	};
}

function restore(world: World, { records, rows }: Snapshot): void {
	world.r = structuredClone(records);
	EXTENT_COLUMNS.forEach((name, at) => rows[at]?.forEach((value, row) => world.c[name].set(row, value as never)));
}

/** Everything but what only counts: numbers of messages and of trace records, time, and texts for people. */
function keyOf(world: World, place: number): string {
	const { messages, peers, devices, groups, tags } = world.r.fabric;
	const flying = messages.filter((message) => message.state === 'flying').map(({ to, opcode, payload }) => [to, opcode, payload]);
	const rows = Array.from({ length: world.r.fabric.freshExtents }, (_, row) => [
		world.c.extentState.get(row),
		world.c.extentDpa.get(row),
		world.c.extentUnits.get(row),
		world.c.extentTag.get(row)
	]);
	const inboxes = peers.map((peer) => [peer.state, peer.incarnation, peer.inboxes]);
	return JSON.stringify([place, flying, inboxes, devices, groups, tags, rows], (name, value: unknown) =>
		name === 'causeSeq' || name === 'nextHandle' || name === 'handle' || name === 'handles' || name === 'presented' ? undefined : value
	);
}

/** What the manager was told that hosts have, by the events that reached it. */
function toldBytes(world: World): number {
	return world.r.fabric.messages
		.filter((message) => message.to === 'fm' && message.state === 'arrived')
		.reduce((sum, { opcode, payload }) => sum + (opcode === '04h' ? 1 : opcode === '05h' ? -1 : 0) * Number(payload['bytes'] ?? 0), 0);
}

describe.each(SCRIPTS)('$name', (script) => {
	it('ends well in every order', { timeout: 120_000 }, () => {
		const seen = new Set<string>();
		const simulation = open(script);
		const { world } = simulation;
		const frontier: { readonly from: Snapshot; readonly before: number; readonly path: readonly string[] }[] = [
			{ from: save(world), before: 0, path: [] }
		];
		let ends = 0;
		for (let state = frontier.pop(); state; state = frontier.pop()) {
			const { from, before, path } = state;
			restore(world, from);
			const last = path.at(-1);
			const place = last === undefined ? before : take(simulation, script, before, last);
			const key = keyOf(world, place);
			if (seen.has(key)) continue;
			seen.add(key);
			expect(seen.size, 'the world is too large').toBeLessThan(MOST_STATES);
			for (const { check, statement } of STATEMENTS) expect(check(world), `${statement}: ${path.join(', ')}`).toBeNull();
			const next = enabled(world, script, place);
			const here = save(world);
			for (const name of next) frontier.push({ from: here, before: place, path: [...path, name] });
			if (next.length > 0) continue;
			ends += 1;
			const held = script.hosts.reduce((sum, _, ld) => {
				const counts = countsOf(world, 0, ld);
				expect(counts.offered.extents + counts.dead.extents, path.join(', ')).toBe(0);
				expect(world.r.fabric.devices[0]?.lds[ld]?.log.records, path.join(', ')).toEqual([]);
				return sum + counts.accepted.bytes + counts.releasing.bytes;
			}, 0);
			// A reset takes shared capacity without a word to anybody (CXL 4.0 9.13.3).
			if (!script.acts.includes(reboot)) expect(toldBytes(world), path.join(', ')).toBe(held);
		}
		expect(ends).toBeGreaterThan(0);
		expect(seen.size).toBeGreaterThan(20);
	});
});
