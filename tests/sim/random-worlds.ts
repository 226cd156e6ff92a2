import { MIB } from '../../src/lib/base/units.ts';
import type { Command, MigrationParameters } from '../../src/lib/engine/contract/commands.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import type { Chance } from '../support/chance.ts';
import { host, smallWorld, vm, type ScenarioFile } from '../support/worlds.ts';

/** Random small worlds and random commands in them, both out of one seed. */

const KINDS = ['idle', 'web', 'database', 'memory-muncher', 'sequential', 'two-class'] as const;
const HOSTS = ['A', 'B', 'C'] as const;

function workload(chance: Chance, mib: number): Record<string, unknown> {
	return {
		kind: chance.pick(KINDS),
		rateBytesPerSecond: chance.pick([0, 400_000, 8_000_000, 60_000_000, 300_000_000]),
		workingSetBytes: chance.whole(1, mib) * MIB
	};
}

/** Two or three hosts of 512 MiB to 1 GiB, one to three VMs of 128 to 512 MiB, a pool that is often too small. */
export function randomScenario(chance: Chance): ScenarioFile {
	const hosts = HOSTS.slice(0, chance.whole(2, 3));
	const poolMib = chance.pick([0, 256, 512, 512, 768, 1024]);
	const vms = Array.from({ length: chance.whole(1, 3) }, (_, index) => {
		const mib = chance.pick([128, 128, 128, 256, 256, 512]);
		const small = chance.once(3);
		return vm(`vm${index}`, index === 0 ? 'A' : chance.pick(hosts), mib, {
			vcpus: chance.pick([1, 2, 4, 8, 40]),
			pages: small ? '4k' : 'thp',
			workload: workload(chance, mib),
			...(mib > 128 && chance.once(3) ? { populatedBytes: 128 * MIB, workload: { kind: 'idle', workingSetBytes: 8 * MIB } } : {}),
			...(chance.once(5)
				? {
						pins: [
							{
								gfn: chance.whole(0, 32_767),
								term: chance.pick(['short', 'long']),
								forNs: chance.whole(1, 90_000_000)
							}
						]
					}
				: {}),
			...(chance.once(2)
				? {
						transientReferences: {
							chancePpm: chance.whole(0, 300_000),
							holdNs: chance.pick([20_000, 400_000, 40_000_000])
						}
					}
				: {})
		});
	});
	return smallWorld({
		id: 'fuzz',
		seed: chance.whole(0, 0x7fffffff),
		hosts: hosts.map((id) =>
			host(id, chance.pick([512, 768, 1024]), {
				normalBytes: chance.pick([128, 256]) * MIB,
				otherBytes: chance.pick([0, 16, 64]) * MIB
			})
		),
		pool:
			poolMib === 0
				? null
				: {
						bytes: poolMib * MIB,
						peerBytes: poolMib >= 512 && chance.once(2) ? 128 * MIB * chance.whole(1, 2) : 0,
						peerLayout: chance.pick(['together', 'scattered']),
						hardwareCoherent: chance.once(2),
						reach: chance.pick(['direct', 'multi-headed', 'switched', 'gfam'])
					},
		vms,
		networkBytesPerSecond: chance.pick([300_000_000, 1_250_000_000, 2_937_500_000]),
		descriptorLimit: chance.pick([1, 3, 64, 4096])
	});
}

function parameters(chance: Chance): MigrationParameters {
	return {
		...(chance.once(4) ? {} : { maxBandwidthBytesPerSecond: chance.pick([0, 0, 200_000_000, 800_000_000]) }),
		...(chance.once(2) ? { downtimeLimitNs: chance.pick([0, 1_000_000, 30_000_000, 300_000_000]) } : {}),
		...(chance.once(2) ? { multifdChannels: chance.whole(1, 16) } : {}),
		...(chance.once(3) ? { autoConverge: true } : {}),
		...(chance.once(6) ? { availSwitchoverBandwidthBytesPerSecond: 500_000_000 } : {}),
		...(chance.once(3) ? { clearLog: 'sync' as const } : {}),
		...(chance.once(4) ? { stayOnPool: true } : {}),
		...(chance.once(4) ? { handOver: 'qemu' as const } : {})
	};
}

/** The next command: mostly one that makes sense, now and then one that names what is not there. */
export function randomCommand(chance: Chance, world: World): Command {
	const record = chance.pick(world.r.vms);
	const name = chance.once(40) ? 'nobody' : record.id;
	const pinned = world.r.pins.filter((pin) => world.r.vms[pin.vm] === record);
	switch (chance.whole(0, 11)) {
		case 0:
		case 1:
		case 2:
		case 3: {
			const target = chance.once(40) ? 'nowhere' : chance.pick(world.r.hosts).id;
			return {
				name: 'migrate',
				vm: name,
				target,
				strategy: chance.pick(['precopy', 'transit', 'transit']),
				parameters: parameters(chance)
			};
		}
		case 4:
		case 5:
			return { name: 'migrate-cancel', vm: name };
		case 6:
			return { name: 'migrate-set-parameters', vm: name, ...parameters(chance) };
		case 7:
			return {
				name: 'set-workload',
				vm: name,
				workload: workload(chance, 64) as unknown as Extract<Command, { name: 'set-workload' }>['workload']
			};
		case 8:
		case 9: {
			const gfn = chance.once(6) ? 1_000_000 : chance.whole(0, record.pageCount - 1);
			const forNs = chance.whole(1, 4) === 1 ? {} : { forNs: chance.whole(0, 60_000_000) };
			return {
				name: 'pin',
				vm: name,
				gfn,
				term: chance.pick(['short', 'short', 'long']),
				...forNs
			};
		}
		default:
			return {
				name: 'unpin',
				vm: name,
				gfn: pinned.length > 0 && !chance.once(4) ? chance.pick(pinned).gfn : chance.whole(0, record.pageCount - 1)
			};
	}
}
