import type { FabricActor, FabricCommand } from '../../src/lib/engine/contract/fabric-commands.ts';
import type { QmpArguments, QmpValue } from '../../src/lib/engine/contract/machine-commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import type { Chance } from '../support/chance.ts';

/** Random fabrics and what may be asked of them: the manager, hosts, the orchestrator, whoever builds, whatever breaks. */

const MIB = 1024 ** 2;
const HOSTS = ['a', 'b', 'c'];
const TAGS = ['T0', 'T1', 'T2', 'T3'];

const SHAPES = [
	'heads',
	'shared',
	'shared',
	'shared',
	'shared',
	'shared',
	'coherent',
	'read-only',
	'mld',
	'mld',
	'gfd',
	'qemu',
	'tight'
] as const;

export function randomFabric(chance: Chance): unknown {
	const shape = chance.pick(SHAPES);
	const host = (id: string) => ({
		id,
		profile: chance.pick(['linuxDcd', 'permissive']),
		answer: chance.pick(['accept', 'accept', 'accept', 'accept', 'accept', 'accept', 'part', 'by-hand', 'silent']),
		use: chance.pick(['devdax', 'devdax', 'famfs', 'system-ram', 'system-ram-normal', 'none']),
		noCleanWritebacks: chance.once(3),
		poisonOnDecodeError: chance.once(4)
	});
	const window = (index: number, target: string) => ({ baseHpa: (index + 1) * 2 ** 40, bytes: '4 GiB', targets: [target] });
	return {
		switchyard: 1,
		id: 'random-fabric',
		title: shape,
		seed: chance.whole(0, 100_000),
		fabric: parts(shape, host, window),
		untilNs: 900_000_000_000
	};
}

function parts(shape: (typeof SHAPES)[number], host: (id: string) => object, window: (index: number, target: string) => object): object {
	const hosts = (target: string) => HOSTS.map((id, index) => ({ ...host(id), windows: [window(index, target)] }));
	const vcs = HOSTS.map((id, port) => ({ host: id, port, vppbs: 2 }));
	switch (shape) {
		case 'mld':
			return {
				switches: [{ id: 'sw', ports: 8, hosts: vcs, bound: HOSTS.map((id, ld) => ({ host: id, vppb: 0, port: 4, ld })) }],
				devices: [{ id: 'pool', kind: 'mld', lds: 4, at: { switch: 'sw', port: 4 }, regions: [{ bytes: '1 GiB' }] }],
				hosts: hosts('pool')
			};
		case 'gfd':
			return {
				switches: [{ id: 'sw', kind: 'pbr', hosts: HOSTS.map((id, port) => ({ host: id, port })) }],
				devices: [
					{
						id: 'pool',
						kind: 'gfd',
						at: { switch: 'sw', port: 8 },
						regions: [
							{ bytes: '2 GiB', blockBytes: '64 MiB', sharable: true },
							{ bytes: '1 GiB', blockBytes: '64 MiB', sharable: true, hardwareCoherent: true, sanitize: true }
						]
					}
				],
				hosts: HOSTS.map((id, index) => ({ ...host(id), windows: [{ ...window(index, 'pool'), bytes: '64 GiB' }] }))
			};
		default: {
			const region = {
				heads: {},
				shared: { sharable: true },
				coherent: { sharable: true, hardwareCoherent: true, sanitize: true },
				'read-only': { sharable: true, readOnly: true },
				qemu: {},
				tight: {}
			}[shape];
			return {
				devices: [
					{
						id: 'pool',
						kind: 'mh-sld',
						hosts: HOSTS,
						profile: shape === 'qemu' ? 'qemu111' : 'spec40',
						regions: [{ bytes: '1 GiB', ...region }, { bytes: '512 MiB' }],
						...(shape === 'tight' ? { mediaBytes: '1 GiB', extentLimit: 6, tagLimit: 2, logRecords: 3 } : {})
					}
				],
				hosts: hosts('pool')
			};
		}
	}
}

/** What every world begins with, so that something is out: one tag for all hosts, or one memory group for two. */
export function prologue(simulation: Simulation): FabricCommand[] {
	if (simulation.world.r.fabric.devices[0]?.gfd)
		return [
			command('fm', 'pool', 'gfd-dynamic-capacity-add', { group: 0, partition: 1, bytes: 64 * MIB, tag: 'T0' }),
			command('fm', 'pool', 'gfd-dynamic-capacity-add', { group: 1, partition: 0, bytes: 64 * MIB, tag: 'T1' }),
			command('fm', 'pool', 'set-sat-entry', { host: 'a', groups: [0, 1] }),
			command('fm', 'pool', 'set-sat-entry', { host: 'b', groups: [0, 1] })
		];
	const add = (host: string, tag: string, policy: string) =>
		command('fm', 'pool', 'initiate-dynamic-capacity-add', { host, tag, policy, bytes: 2 * MIB });
	const sharable = simulation.world.r.fabric.devices[0]?.lds[0]?.regions[0]?.sharable ?? false;
	return [
		add('a', 'T0', 'free'),
		...HOSTS.slice(1).map((host, index) => (sharable ? add(host, 'T0', 'enable-shared-access') : add(host, `T${index + 1}`, 'free')))
	];
}

/** Weighted kinds: each gives one command. */
export function randomFabricCommand(chance: Chance, simulation: Simulation, queue: FabricCommand[]): FabricCommand {
	if (queue.length === 0 && chance.once(12)) queue.push(...sequence(chance));
	const next = queue.shift();
	if (next) return next;
	const kind = chance.whole(0, 99);
	if (kind < 20) return manager(chance);
	if (kind < 52) return memory(chance);
	if (kind < 68) return answering(chance, simulation);
	if (kind < 86) return orchestrator(chance, simulation);
	if (kind < 97) return fault(chance);
	return building(chance);
}

/** What has to come one after the other to happen at all. */
function sequence(chance: Chance): FabricCommand[] {
	const [one, other] = chance.pick([
		['a', 'b'],
		['b', 'a'],
		['a', 'c']
	]) as [string, string];
	const at = (host: string, execute: string) => command('host', host, execute, { tag: 'T0', offset: 0 });
	return chance.pick([
		[at(one, 'store'), at(one, 'invalidate')],
		['cut-link', 'restore-link'].map((execute) => command('fault', one, execute)),
		['silence-host', 'wake-host'].map((execute) => command('fault', other, execute)),
		[
			command('fm', 'sw', 'unbind-vppb', { host: one, 'vppb-id': 0, option: 2 }),
			command('fm', 'pool', 'dynamic-capacity-list-tags'),
			command('fm', 'sw', 'bind-vppb', { host: one, 'vppb-id': 0, 'port-id': 4, 'ld-id': HOSTS.indexOf(one) })
		],
		['crash-host', 'crash-host', 'reboot-host'].map((execute) => command('fault', one, execute)),
		['crash-manager', 'crash-manager', 'restart-manager'].map((execute) => command('fault', 'fm', execute)),
		[at(other, 'invalidate'), at(other, 'load'), at(one, 'store'), at(one, 'flush'), at(other, 'write-back-clean')],
		[at(one, 'store'), at(one, 'flush'), at(one, 'invalidate'), command('fault', 'pool', 'inject-poison', { dpa: 0 }), at(one, 'load')],
		[at(one, 'store'), command('fm', 'pool', 'initiate-dynamic-capacity-release', { host: one, tag: 'T0', forced: true })]
	]);
}

const command = (actor: FabricActor, at: string, execute: string, given: QmpArguments = {}): FabricCommand => ({
	name: 'fabric',
	actor,
	at,
	execute,
	arguments: given
});

function manager(chance: Chance): FabricCommand {
	const host = chance.pick(HOSTS);
	const tag = chance.pick(TAGS);
	const extents = (): QmpValue =>
		Array.from({ length: chance.whole(1, 3) }, (_, index) => ({
			offset: chance.whole(0, 32) * 2 * MIB * (index + 1),
			bytes: chance.pick([2, 4, 64]) * MIB,
			...(chance.once(2) ? { sequence: index } : {})
		}));
	const policy = chance.pick(['free', 'contiguous', 'prescriptive', 'enable-shared-access', 'enable-shared-access']);
	switch (chance.whole(0, 13)) {
		case 0:
		case 1:
		case 2:
		case 3:
			return command('fm', 'pool', 'initiate-dynamic-capacity-add', {
				host,
				policy,
				region: chance.whole(0, 1),
				...(chance.once(5) ? {} : { tag }),
				bytes: chance.pick([2, 64, 128, 1024]) * MIB,
				...(policy === 'prescriptive' ? { extents: extents() } : {})
			});
		case 4:
		case 5:
			return command('fm', 'pool', 'initiate-dynamic-capacity-release', {
				host,
				forced: chance.once(2),
				sanitize: chance.once(4),
				...(chance.once(3) ? { policy: 'prescriptive', extents: extents() } : { tag: chance.pick(['T0', tag]) })
			});
		case 6:
			return command('fm', 'pool', 'dynamic-capacity-add-reference', { tag });
		case 7:
			return command('fm', 'pool', 'dynamic-capacity-remove-reference', { tag });
		case 8:
			return command('fm', 'pool', 'gfd-dynamic-capacity-add', {
				group: chance.whole(0, 4),
				partition: chance.whole(0, 2),
				bytes: chance.pick([64, 128]) * MIB,
				tag
			});
		case 9:
			return command('fm', 'pool', 'set-sat-entry', { host, groups: chance.once(3) ? [] : [chance.whole(0, 4)], notify: chance.once(2) });
		case 10:
			return command('fm', 'pool', 'gfd-dynamic-capacity-release', { tag });
		default:
			return command('fm', 'sw', chance.pick(['bind-vppb', 'unbind-vppb']), {
				host,
				'vppb-id': chance.whole(0, 2),
				'port-id': 4,
				'ld-id': chance.whole(0, 4),
				option: chance.whole(0, 2)
			});
	}
}

function memory(chance: Chance): FabricCommand {
	const execute = chance.pick([
		'load',
		'load',
		'store',
		'store',
		'flush',
		'invalidate',
		'fence',
		'evict',
		'prefetch',
		'write-back-clean',
		'write-back-clean',
		'write-back-clean',
		'settle'
	]);
	return command('host', chance.pick(['a', 'b', ...HOSTS]), execute, {
		...(chance.once(6)
			? { device: 'pool', dpa: chance.whole(0, 40) * 2 * MIB }
			: { tag: chance.pick(['T0', 'T0', 'T0', ...TAGS]), offset: chance.pick([0, 0, 0, 0, 64]) }),
		...(chance.once(4) ? { weak: true } : {})
	});
}

/** Lines of the tools at a host: what they take away, and what brings it back. */
const TOOL_LINES = [
	'cxl disable-region region0',
	'cxl enable-region region0',
	'cxl destroy-region -f region0',
	'cxl create-region -t dynamic_ram_1 -d decoder0.0 -m mem0',
	'cxl disable-memdev -f mem0',
	'cxl enable-memdev mem0',
	'cxl list -vvv',
	'daxctl disable-device DAX',
	'daxctl enable-device DAX',
	'daxctl destroy-device -f DAX',
	'daxctl create-device --uuid=TAG',
	'daxctl reconfigure-device -m system-ram DAX',
	'daxctl reconfigure-device -m devdax -f DAX'
] as const;

function answering(chance: Chance, simulation: Simulation): FabricCommand {
	const host = chance.pick(HOSTS);
	const tag = chance.pick(TAGS);
	const dax = simulation.world.r.fabric.peers.find((peer) => peer.id === host)?.dax[0]?.id ?? 'dax0.0';
	switch (chance.whole(0, 9)) {
		case 8:
			return command('host', host, 'shell', { line: chance.pick(TOOL_LINES).replace('DAX', dax).replace('TAG', tag) });
		case 9:
			return command('build', host, 'set-interleave', {
				window: 0,
				granularity: chance.pick([256, 4096, 16384, 300]),
				ways: chance.pick([1, 1, 2])
			});
		case 0:
			return command('host', host, 'set-answer', { mode: chance.pick(['accept', 'accept', 'part', 'none', 'by-hand', 'silent']) });
		case 1:
			return command('host', host, 'answer', { accept: chance.pick(['all', 'none', 'gates']) });
		case 2:
			return command(
				'host',
				host,
				'release-dynamic-capacity',
				chance.once(2) ? { tag } : { extents: [{ dpa: chance.whole(0, 9) * 2 * MIB, bytes: 2 * MIB }] }
			);
		case 3: {
			const lds = simulation.status().fabric?.devices[0]?.lds ?? [];
			const offered = lds.find((ld) => ld.host === host)?.extents.filter((extent) => extent.state === 'offered') ?? [];
			const extents = offered.slice(0, 1).map(({ dpa, bytes }) => ({ dpa, bytes }));
			return command('host', host, 'add-dynamic-capacity-response', { extents: chance.once(3) ? [{ dpa: 0, bytes: 2 * MIB }] : extents });
		}
		case 4:
			return command('host', host, chance.pick(['get-event-records', 'get-dynamic-capacity-extent-list', 'read-events']));
		case 5:
			return command('host', host, 'clear-event-records', { handles: chance.once(2) ? 'all' : [chance.whole(0, 4)] });
		case 6:
			return command('host', host, 'reconfigure-device', {
				dax,
				mode: chance.pick(['system-ram', 'devdax', 'famfs']),
				movable: chance.once(2)
			});
		default:
			return command('host', host, 'offline-memory', { dax });
	}
}

function orchestrator(chance: Chance, simulation: Simulation): FabricCommand {
	const [from, to] = chance.pick([
		['a', 'b'],
		['b', 'c'],
		['c', 'a']
	]) as [string, string];
	const tag = chance.pick(TAGS);
	const common = { tag, device: 'pool', bytes: chance.pick([64, 128]) * MIB, region: chance.whole(0, 1) };
	const app = chance.pick(['x', 'y', 'z']);
	switch (chance.whole(0, 9)) {
		case 0:
		case 1:
			return command('orchestrator', 'pool', 'serve', {
				...common,
				host: from,
				app,
				useMs: chance.pick([-1, 0, 10, 2000]),
				...(chance.once(3) ? { skip: String(chance.whole(2, 7)) } : {})
			});
		case 2:
			return command('orchestrator', 'pool', 'write-once-read-many', {
				...common,
				writer: from,
				readers: to,
				app,
				reference: chance.once(2)
			});
		case 3:
			return command('orchestrator', 'pool', 'temporal-sharing', { ...common, from, to, app });
		case 4:
			return command('orchestrator', 'pool', 'recall', {
				device: 'pool',
				host: from,
				...(chance.once(2) ? { tag } : {}),
				rungs: chance.pick([
					'vacate,ask',
					'ask',
					'ask,force',
					'force',
					'vacate,ask,force,access,unbind,reset,power',
					'access',
					'unbind',
					'reset'
				]),
				patienceMs: chance.pick([10, 1000, 60_000])
			});
		case 5:
		case 6:
			return command('orchestrator', from, 'launch', {
				tag,
				app,
				kind: chance.pick(['database', 'vm', 'reader', 'writer', 'page-cache']),
				pinned: chance.once(4),
				smallFolios: chance.once(3)
			});
		case 7:
			return command('orchestrator', 'pool', 'close', { app });
		default:
			return command('orchestrator', 'pool', chance.pick(['go-on', 'go-on', 'stop-plan']), {
				plan: simulation.world.r.fabric.plans.find((plan) => plan.acted === 'waiting')?.id ?? chance.whole(1, 5)
			});
	}
}

function fault(chance: Chance): FabricCommand {
	const host = chance.pick(HOSTS);
	const link = chance.pick([...HOSTS, 'pool', 'sw', 'sw:4', 'pool:1']);
	switch (chance.whole(0, 14)) {
		case 0:
			return command('fault', link, 'cut-link');
		case 1:
		case 2:
			return command('fault', link, 'restore-link');
		case 3:
			return command('fault', 'sw', 'reset-switch');
		case 4:
			return command('fault', 'pool', 'reset-device', chance.once(2) ? {} : { ld: chance.whole(0, 3) });
		case 5:
			return command('fault', host, 'crash-host');
		case 6:
		case 7:
			return command('fault', host, 'reboot-host');
		case 8:
			return command('fault', host, chance.pick(['silence-host', 'wake-host']));
		case 9:
			return command('fault', host, 'ignore-release');
		case 10:
			return command('fault', 'pool', chance.pick(['inject-poison', 'media-error', 'clear-poison']), {
				dpa: chance.whole(0, 40) * MIB,
				units: chance.whole(1, 3)
			});
		case 11:
			return command('fault', 'pool', 'burst', { ld: chance.whole(0, 3), region: chance.whole(0, 1), count: chance.whole(1, 12) });
		case 12:
			return command('fault', 'fm', chance.pick(['crash-manager', 'restart-manager', 'restart-manager']));
		default:
			return chance.once(8) ? command('fault', 'pool', 'surprise-remove') : command('fault', host, 'wake-host');
	}
}

function building(chance: Chance): FabricCommand {
	return chance.once(8)
		? command('build', 'pool', chance.pick(['plug', 'remove-device']), { device: 'pool', switch: 'sw', port: 4 })
		: command(
				'fm',
				'pool',
				chance.pick(['dynamic-capacity-list-tags', 'get-dcd-info', 'get-dc-region-extent-lists', 'gfd-dynamic-capacity-list-tags']),
				{ host: 'a' }
			);
}
