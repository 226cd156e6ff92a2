import fc from 'fast-check';
import type { LinkState } from '../../src/lib/client/permalink.ts';
import { untilNsOf } from '../../src/lib/client/link/payload.ts';
import { FABRIC_THINGS } from '../../src/lib/engine/contract/queries.ts';
import { BELIEFS } from '../../src/lib/engine/contract/beliefs.ts';
import type { JournalEntry } from '../../src/lib/engine/contract/commands.ts';
import { CATALOGUE } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../src/lib/engine/contract/scenario/read.ts';
import { WORKLOAD_KINDS, type Scenario } from '../../src/lib/engine/contract/scenario/schema.ts';

/** Random links that are valid by the scenario format: every field, every command, small and odd values. */
const MIB = 1024 ** 2;
const MEMORY_BLOCK = 128 * MIB;

const name = fc.tuple(fc.constantFrom(...'ABxyz'), fc.stringMatching(/^[A-Za-z0-9-]{0,12}$/)).map(([first, rest]) => first + rest);
const amount = fc.oneof(
	fc.nat(),
	fc.maxSafeNat(),
	fc.tuple(fc.nat(4096), fc.nat(40)).map(([mantissa, power]) => mantissa * 2 ** power),
	fc.tuple(fc.nat(4096), fc.nat(11)).map(([mantissa, power]) => mantissa * 10 ** power)
);
const blocks = (most: number) => fc.integer({ min: 1, max: most }).map((count) => count * MEMORY_BLOCK);
/** Missing as often as there. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const maybeHas = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });

const workload = fc
	.record({ kind: fc.constantFrom(...WORKLOAD_KINDS), rateBytesPerSecond: maybe(amount) })
	.map(({ kind, rateBytesPerSecond }) => (rateBytesPerSecond === undefined ? { kind } : { kind, rateBytesPerSecond }));

const parameters = maybeHas({
	maxBandwidthBytesPerSecond: amount,
	downtimeLimitNs: fc.integer({ min: 0, max: 2e12 }),
	multifdChannels: fc.integer({ min: 1, max: 255 }),
	autoConverge: fc.boolean(),
	availSwitchoverBandwidthBytesPerSecond: amount,
	clearLog: fc.constantFrom('chunk', 'sync'),
	stayOnPool: fc.boolean(),
	handOver: fc.constantFrom('ideal', 'qemu')
});
const gfn = fc.integer({ min: 0, max: 2 ** 30 });
const term = fc.constantFrom('short', 'long');

const command = fc.oneof(
	fc
		.record({
			vm: name,
			target: name,
			strategy: fc.constantFrom('precopy', 'transit'),
			parameters: maybe(parameters)
		})
		.map((fields) => ({ name: 'migrate', ...compact(fields) })),
	name.map((vm) => ({ name: 'migrate-cancel', vm })),
	fc.tuple(name, parameters).map(([vm, rest]) => ({ name: 'migrate-set-parameters', vm, ...rest })),
	fc.tuple(name, workload).map(([vm, next]) => ({ name: 'set-workload', vm, workload: next })),
	fc.record({ vm: name, gfn, term, forNs: maybe(amount) }).map((fields) => ({ name: 'pin', ...compact(fields) })),
	fc.record({ vm: name, gfn }).map((fields) => ({ name: 'unpin', ...fields })),
	name.map((fault) => ({ name: 'plant', fault }))
) as fc.Arbitrary<JournalEntry['command']>;

const compact = <T extends object>(fields: T): T =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

const journal = (longest: number) =>
	fc
		.array(
			fc.tuple(
				fc.oneof(
					fc.nat(1e9),
					fc.nat(1000).map((ms) => ms * 1e6)
				),
				command
			),
			{
				maxLength: longest
			}
		)
		.map((steps) => {
			let atNs = 0;
			return steps.map(([delta, next]): JournalEntry => ({ atNs: (atNs += delta), command: next }));
		});

const ownScenario: fc.Arbitrary<Scenario> = fc
	.record({
		id: name,
		title: fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 })),
		about: fc.string({ maxLength: 60 }),
		seed: fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 0xffffffff })),
		hosts: fc.uniqueArray(
			fc.record({
				id: name,
				cpus: fc.integer({ min: 1, max: 256 }),
				normalShare: fc.nat(3),
				dramBlocks: fc.integer({ min: 4, max: 512 }),
				kernelBlocks: fc.nat(400),
				window: fc.integer({ min: 256, max: 4000 })
			}),
			{ minLength: 1, maxLength: 6, selector: (host) => host.id }
		),
		pool: fc.option(
			fc.record({
				bytes: blocks(512),
				reach: fc.constantFrom('direct', 'multi-headed', 'switched', 'gfam'),
				hardwareCoherent: fc.boolean(),
				peerLayout: fc.constantFrom('together', 'scattered')
			})
		),
		vms: fc.uniqueArray(
			fc.record({
				id: name,
				host: fc.nat(),
				bytes: blocks(64),
				vcpus: fc.integer({ min: 1, max: 64 }),
				pages: fc.constantFrom('thp', '4k'),
				workload,
				pins: fc.array(fc.record({ gfn: fc.nat(32767), term, forNs: maybe(amount) }).map(compact), {
					maxLength: 4
				}),
				transientReferences: maybe(fc.record({ chancePpm: fc.nat(1_000_000), holdNs: amount }))
			}),
			{ minLength: 1, maxLength: 5, selector: (vm) => vm.id }
		),
		costs: fc.dictionary(fc.string({ minLength: 1, maxLength: 30 }), fc.double({ noNaN: true, noDefaultInfinity: true }), { maxKeys: 4 }),
		networkBytesPerSecond: amount,
		descriptorLimit: fc.integer({ min: 1, max: 4096 }),
		untilNs: fc.nat(1e11),
		journal: journal(6)
	})
	.map(({ hosts, vms, pool, ...rest }) => {
		const scenario = {
			switchyard: 1,
			...rest,
			hosts: hosts.map(({ id, cpus, normalShare, dramBlocks, kernelBlocks, window }) => ({
				id,
				cpus,
				dramBytes: dramBlocks * MEMORY_BLOCK,
				...(normalShare > 0 && {
					normalBytes: Math.floor(dramBlocks / (normalShare + 1)) * MEMORY_BLOCK
				}),
				kernelBytes: kernelBlocks * 2 * MIB,
				windowBaseHpa: window * 256 * MIB
			})),
			pool: pool && { ...pool, id: 'the-pool' },
			vms: vms.map(({ host, ...vm }) => ({ ...compact(vm), host: hosts[host % hosts.length]?.id }))
		};
		const read = readScenario(scenario);
		if (!read.ok) throw new Error(`the generator made a bad scenario: ${read.detail}`);
		return read.value;
	});

/** A built-in scenario as it is, or with some fields otherwise. */
const catalogueScenario: fc.Arbitrary<Scenario> = fc
	.tuple(
		fc.constantFrom(...CATALOGUE),
		maybeHas({
			seed: fc.nat(),
			title: fc.string({ maxLength: 30 }),
			untilNs: fc.nat(1e10),
			pool: fc.constant(null)
		})
	)
	.map(([entry, changes]) => {
		const read = readScenario({ ...(entry.scenario as object), ...changes });
		if (!read.ok) throw new Error(read.detail);
		return read.value;
	});

const selection = fc.oneof(
	fc.record({ type: fc.constant('page'), vm: name, gfn }),
	fc.record({ type: fc.constant('block'), memory: name, block: gfn }),
	fc.record({ type: fc.constant('vm'), vm: name }),
	fc.record({ type: fc.constant('operation'), operation: fc.nat() }),
	fc.record({ type: fc.constant('extent'), extent: fc.string({ minLength: 1, maxLength: 20 }) }),
	fc.record({ type: fc.constant('ownerWord'), vm: name }),
	fc.record({ type: fc.constant('link'), link: fc.string({ minLength: 1, maxLength: 20 }) }),
	fc.record({ type: fc.constant('host'), host: name }),
	fc.record({ type: fc.constant('record'), seq: fc.maxSafeNat() }),
	fc.record({ type: fc.constant('frame'), machine: name, pfn: fc.maxSafeNat() }),
	fc.record({ type: fc.constant('memoryBlock'), machine: name, block: fc.nat() }),
	fc.record({ type: fc.constant('process'), machine: name, process: fc.string({ minLength: 1, maxLength: 20 }) }),
	fc.record({ type: fc.constant('call'), machine: name, call: fc.nat() }),
	fc.record({ type: fc.constant('virtioMem'), machine: name, device: fc.string({ minLength: 1, maxLength: 20 }) }),
	fc.record({ type: fc.constant('fabric'), thing: fc.constantFrom(...FABRIC_THINGS), id: fc.string({ minLength: 1, maxLength: 20 }) })
);

const plainView = fc.record({
	selection: fc.option(selection),
	zoom: fc.option(fc.record({ memory: name, block: fc.nat(1e6), blockCount: fc.integer({ min: 1, max: 1e5 }) })),
	span: fc.option(fc.tuple(fc.nat(1e9), fc.integer({ min: 1, max: 1e9 })).map(([fromNs, length]) => ({ fromNs, toNs: fromNs + length }))),
	speedIndex: fc.option(fc.nat(8)),
	slowAtBorders: fc.boolean(),
	compare: fc.boolean()
});
/** How several worlds are seen: said only where it is not as it always was. */
const several = fc.record(
	{ byPhase: fc.constant(true), names: fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 4 }) },
	{ requiredKeys: [] }
);
const view = fc.tuple(plainView, several).map(([plain, more]) => ({ ...plain, ...more }));

const world = fc
	.tuple(fc.oneof(ownScenario, catalogueScenario), fc.option(fc.constantFrom(...Object.keys(BELIEFS))), journal(8), fc.nat(2))
	.map(([scenario, belief, added, kept]) => {
		// Some of the scenario's own commands, then others: what a hand makes of a scenario.
		const own = scenario.journal.slice(0, kept) as JournalEntry[];
		const sinceNs = own.at(-1)?.atNs ?? 0;
		return {
			scenario,
			belief,
			journal: [...own, ...added.map((entry) => ({ ...entry, atNs: entry.atNs + sinceNs }))]
		};
	});

export const linkState: fc.Arbitrary<LinkState> = fc
	.record({
		worlds: fc.array(world, { minLength: 1, maxLength: 4 }),
		at: fc.nat(1000),
		view,
		digits: fc.array(fc.option(fc.stringMatching(/^[0-9a-f]{8}$/)), { minLength: 4, maxLength: 4 }),
		modelVersion: fc.integer({ min: 1, max: 3 })
	})
	.map(({ worlds, at, digits, ...rest }) => {
		const untilNs = Math.max(...worlds.map((each) => untilNsOf(each.scenario, each.journal)));
		return {
			...rest,
			worlds,
			fingerprints: digits.slice(0, worlds.length),
			positionNs: Math.floor((untilNs / 1000) * at)
		} as LinkState;
	});
