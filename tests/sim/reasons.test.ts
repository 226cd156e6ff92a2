import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../src/lib/base/quantity.ts';
import { GIB } from '../../src/lib/base/units.ts';
import { REASONS, type ReasonId } from '../../src/lib/engine/contract/reasons.ts';
import { COPY_WAYS } from './copy-reasons.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { STRATEGIES } from '../../src/lib/engine/migration/strategies/index.ts';
import type { OperationRecord } from '../../src/lib/engine/state/records.ts';
import { nic, nicWorld, vdpa } from '../support/nics.ts';
import { REFERENCE_WAYS } from './reference-reasons.ts';
import { host, migrate, open, settle, smallWorld, vm } from '../support/worlds.ts';

const refusal = (scenario: unknown, more = {}): string => {
	const opened = Simulation.open({ scenario, ...more });
	return opened.ok ? 'opened' : opened.reason;
};
const answer = (simulation: Simulation, command: unknown): string => {
	const sent = simulation.send(command);
	return sent.ok ? 'accepted' : sent.reason;
};
/** Reason with which the last operation ended, or that a record names. */
const ended = (simulation: Simulation): string => {
	settle(simulation);
	return simulation.world.r.operations.at(-1)?.reason ?? 'completed';
};

const small = smallWorld();
const started = (strategy: 'precopy' | 'transit', parameters = {}) => {
	const simulation = open(small);
	simulation.send(migrate(strategy, parameters));
	return simulation;
};
/** Reason of the last of these words. */
const racked = (...words: readonly (readonly [string, Record<string, unknown>?])[]): string => {
	const simulation = open(small);
	return words.map(([execute, more]) => answer(simulation, { name: 'rack', execute, ...more })).at(-1) as string;
};
const planted = (fault: string, step: string) => {
	const simulation = started('transit');
	simulation.advance(1e9, Infinity, () => simulation.world.r.operations[0]?.actors?.source.step === step);
	simulation.send({ name: 'plant', fault });
	return simulation;
};

/** How each reason comes about: every key of the table, so that a new one needs a way here. */
const WAYS: Readonly<Record<ReasonId, () => string>> = {
	'bad-scenario': () => refusal({ switchyard: 1 }),
	'newer-scenario': () => refusal({ switchyard: 99 }),
	'too-large': () =>
		refusal(smallWorld({ hosts: [host('A', 65_536), host('B', 65_536)], vms: [vm('vm0', 'A', 32_768)] }), { limitBytes: GIB / 8 }),
	'bad-quantity': () => {
		const parsed = parseQuantity('4 parsec', 'bytes');
		return parsed.ok ? 'parsed' : parsed.reason;
	},
	'bad-command': () => answer(open(small), { name: 'dance' }),
	'unknown-vm': () => answer(open(small), migrate('precopy', {}, 'nobody')),
	migrating: () => {
		const simulation = open(nicWorld({ vdpa: { maxBytes: '1 GiB', slots: 1 } }));
		simulation.send(migrate('precopy'));
		simulation.advance(simulation.nowNs + 1e9, Infinity, () => simulation.world.r.vms[0]?.status === 'active');
		return answer(simulation, vdpa('plug-dimm', { bytes: '128 MiB' }));
	},
	'migration-blocked': () => answer(open(nicWorld({ nics: [nic({ features: ['event-idx', 'packed'] })] })), migrate('precopy')),
	'nic-busy': () => {
		const simulation = open(nicWorld());
		simulation.send(migrate('precopy'));
		return answer(simulation, vdpa('live-update'));
	},
	'no-slot': () => answer(open(nicWorld()), vdpa('plug-dimm', { bytes: '128 MiB' })),
	'no-dimm': () => answer(open(nicWorld()), vdpa('unplug-dimm')),
	'no-nic': () => answer(open(small), vdpa('live-update')),
	'discard-disabled': () => answer(open(nicWorld()), vdpa('device-add', { driver: 'virtio-mem-pci' })),
	'need-not-met': () => refusal(nicWorld({ nics: [nic({ kind: 'platform', strategy: 'own-asid' })] })),
	'target-lost': () => {
		const simulation = open(nicWorld());
		simulation.send(migrate('precopy'));
		simulation.advance(simulation.nowNs + 1e9, Infinity, () => simulation.world.r.vms[0]?.status === 'active');
		simulation.send(vdpa('fail-migration'));
		return ended(simulation);
	},
	'host-lost': () => {
		const simulation = started('transit');
		simulation.advance(1e9, Infinity, () => simulation.world.r.operations[0]?.phase === 'staging');
		STRATEGIES.transit.hostLost(simulation.world, simulation.world.r.operations[0] as OperationRecord, 'source');
		return ended(simulation);
	},
	'host-not-up': () => racked(['crash', { host: 'A' }], ['crash', { host: 'A' }]),
	'host-not-paused': () => racked(['resume', { host: 'A' }]),
	'host-not-down': () => racked(['boot', { host: 'A' }]),
	'link-state': () => racked(['restore-pool']),
	'not-on-pool': () => racked(['checkpoint', { vm: 'vm0' }]),
	'vm-not-lost': () => racked(['recover', { vm: 'vm0', arguments: { to: 'B' } }]),
	'pool-lost': () => {
		const simulation = started('transit');
		simulation.advance(1e9, Infinity, () => simulation.world.r.operations[0]?.phase === 'staging');
		simulation.send({ name: 'rack', execute: 'lose-pool' });
		return ended(simulation);
	},
	'fabric-manager-lost': () => racked(['lose-fabric-manager'], ['fence', { host: 'A' }]),
	'qemu-refuses': () =>
		refusal({
			switchyard: 1,
			id: 'one',
			title: 'one',
			machines: [
				{
					id: 'm0',
					qemuArgs: ['-m', '1G,maxmem=4G,slots=2', '-device', 'virtio-mem-pci,id=vm0,memdev=nowhere']
				}
			]
		}),
	'fabric-refuses': () =>
		answer(
			open({
				switchyard: 1,
				id: 'one',
				title: 'one',
				fabric: { hosts: [{ id: 'A' }], devices: [{ id: 'dcd0', kind: 'sld', hosts: ['A'], regions: [{ bytes: '1 GiB' }] }] }
			}),
			{ name: 'fabric', actor: 'fault', at: 'nobody', execute: 'restore-link' }
		),
	'no-call': () =>
		answer(open({ switchyard: 1, id: 'one', title: 'one', machines: [{ id: 'm0', qemuArgs: ['-m', '1G'] }] }), {
			name: 'signal',
			machine: 'm0',
			call: 7
		}),
	'unknown-host': () => answer(open(small), migrate('precopy', {}, 'vm0', 'Z')),
	'unknown-cost': () => refusal(smallWorld({ costs: { moonPhase: 1 } })),
	'cost-out-of-range': () => refusal(smallWorld({ costs: { memStallFraction: 1e9 } })),
	'already-running': () => answer(started('precopy'), migrate('precopy')),
	'no-migration': () => answer(open(small), { name: 'migrate-cancel', vm: 'vm0' }),
	'same-host': () => answer(open(small), migrate('precopy', {}, 'vm0', 'A')),
	'vm-not-running': () => {
		const simulation = planted('owner-stolen', 'flush');
		settle(simulation);
		return answer(simulation, migrate('precopy'));
	},
	'no-room-target': () =>
		answer(open(smallWorld({ hosts: [host('A', 512), host('B', 256)], vms: [vm('vm0', 'A', 256)] })), migrate('precopy')),
	'no-room-pool': () => answer(open(smallWorld({ pool: { bytes: 128 * 1024 * 1024 } })), migrate('transit')),
	'no-shared-memory': () => answer(open(smallWorld({ pool: null })), migrate('transit')),
	'not-switched': () => {
		const simulation = open(small);
		const target = simulation.world.r.hosts[1];
		if (!target) return 'no second host';
		target.decoder.bytes = 2 * 1024 * 1024;
		simulation.send(migrate('transit'));
		return ended(simulation);
	},
	'unmovable-page': () => {
		const simulation = open(small);
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 1, term: 'long' });
		return answer(simulation, migrate('transit'));
	},
	'page-stayed': () => {
		const simulation = open(small);
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 1, term: 'short' });
		simulation.send(migrate('transit'));
		return ended(simulation);
	},
	...REFERENCE_WAYS,
	...COPY_WAYS,
	'too-many-ranges': () => {
		const simulation = open(smallWorld({ descriptorLimit: 1, vms: [vm('vm0', 'A', 128, { pages: '4k' })] }));
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 300, term: 'short', forNs: 40_000_000 });
		simulation.send(migrate('transit'));
		return ended(simulation);
	},
	'too-many-vcpus': () => {
		const many = [vm('vm0', 'A', 128, { vcpus: 40 }), vm('vm1', 'A', 128, { vcpus: 40 })];
		const simulation = open(smallWorld({ hosts: [host('A', 768), host('B', 768)], vms: many }));
		simulation.send(migrate('transit'));
		return answer(simulation, migrate('transit', {}, 'vm1'));
	},
	'checksum-mismatch': () => ended(planted('torn-descriptor', 'await-prepared')),
	'commit-lost': () => ended(planted('owner-stolen', 'flush')),
	'too-late': () => {
		const simulation = started('transit');
		simulation.advance(1e9, Infinity, () => simulation.world.r.operations[0]?.phase === 'unstaging');
		return answer(simulation, { name: 'migrate-cancel', vm: 'vm0' });
	},
	'monitor-refused': () => answer(open(small), { name: 'monitor', vm: 'vm0', execute: 'migrate', arguments: { uri: 'bogus:x' } }),
	cancelled: () => {
		const simulation = started('precopy');
		simulation.send({ name: 'migrate-cancel', vm: 'vm0' });
		return ended(simulation);
	},
	'capacity-events': () => {
		const simulation = open(small);
		const pin = { name: 'pin', vm: 'vm0', gfn: 1, term: 'short', forNs: 1_000_000_000 };
		for (let times = 0; times < 400; times += 1) {
			const said = answer(simulation, pin);
			if (said !== 'accepted') return said;
		}
		return 'never full';
	},
	'bad-parameter': () => answer(open(small), migrate('precopy', { downtimeLimitNs: 2_000_000_000_001 })),
	'not-pinned': () => answer(open(small), { name: 'unpin', vm: 'vm0', gfn: 3 }),
	'not-backed': () => answer(open(small), { name: 'pin', vm: 'vm0', gfn: 99_999, term: 'short' }),
	'unknown-fault': () => answer(open(small), { name: 'plant', fault: 'gremlin' })
};

describe('every reason', () => {
	it.each(Object.entries(WAYS))('%s is produced by some run', (reason, produce) => {
		expect(produce()).toBe(reason);
	});

	it('of the table has a way here, a sentence and a source', () => {
		expect(Object.keys(WAYS).sort()).toEqual(Object.keys(REASONS).sort());
		for (const { sentence, source } of Object.values(REASONS)) {
			expect(sentence).toMatch(/^[A-Z].*\.$/);
			expect(source.length).toBeGreaterThan(4);
		}
	});
});
