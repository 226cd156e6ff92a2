import { MIB } from '../../src/lib/base/units.ts';
import type { MigrationParameters } from '../../src/lib/engine/contract/commands.ts';
import type { RackWord } from '../../src/lib/engine/contract/rack/words.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { host, open, settle, smallWorld, vm } from '../support/worlds.ts';

/** How each reason of moves by reference comes about. */
const move = (simulation: Simulation, strategy: 'transit' | 'resident', parameters: MigrationParameters = {}): string => {
	const sent = simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy, parameters });
	if (!sent.ok) return sent.reason;
	settle(simulation);
	return simulation.world.r.operations.at(-1)?.reason ?? 'completed';
};
const word = (simulation: Simulation, execute: RackWord, args: Record<string, unknown> = {}, at: object = { vm: 'vm0' }): string => {
	const sent = simulation.send({ name: 'rack', execute, ...at, arguments: args });
	return sent.ok ? 'accepted' : sent.reason;
};
const living = (ways: Record<string, unknown>) => open(smallWorld({ vms: [vm('vm0', 'A', 128, { ways })] }));
const onPool = (more: Record<string, unknown> = {}) => living({ lives: 'pool', ...more });
const published = (parameters: MigrationParameters) => {
	const simulation = open(smallWorld());
	simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'transit', parameters });
	simulation.advance(1e9, Infinity, ({ r }) => r.operations[0]?.phase === 'publish');
	return simulation;
};

export const REFERENCE_WAYS = {
	'secure-memory': () => move(living({ secure: true }), 'transit'),
	settled: () => {
		const sent = published({}).send({ name: 'migrate-set-parameters', vm: 'vm0', backing: 'dax' });
		return sent.ok ? 'accepted' : sent.reason;
	},
	'not-resident': () => move(open(smallWorld()), 'resident'),
	'already-there': () => word(open(smallWorld()), 'pull-home'),
	'not-a-folio': () => word(onPool({ backing: 'dax' }), 'tier', { gfn: 1, to: 'dram' }),
	'held-by-policy': () => word(published({ guard: 'bind' }), 'tier', { gfn: 1, to: 'dram' }),
	'page-moved': () => {
		const simulation = published({});
		simulation.advance(1e9, Infinity, ({ r }) => r.operations[0]?.actors?.source.step === 'save');
		word(simulation, 'tier', { gfn: 1, to: 'dram' });
		settle(simulation);
		return simulation.world.r.operations[0]?.reason ?? 'completed';
	},
	'no-contiguous-run': () =>
		move(
			open(
				smallWorld({
					hosts: [host('A', 768), host('B', 768)],
					pool: { bytes: 768 * MIB, peerBytes: 256 * MIB, peerLayout: 'scattered' },
					vms: [vm('vm0', 'A', 384)]
				})
			),
			'transit',
			{ placing: 'contiguous' }
		),
	'capacity-declined': () => {
		const simulation = open(smallWorld());
		word(simulation, 'decline-capacity', {}, { host: 'B' });
		return move(simulation, 'transit');
	},
	'beyond-address-width': () =>
		move(open(smallWorld({ hosts: [host('A', 512), host('B', 512, { windowBaseHpa: 2 ** 39, physicalAddressBits: 39 })] })), 'transit'),
	'capacity-taken': () => {
		const simulation = open(smallWorld());
		simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'transit' });
		word(simulation, 'release-extents');
		return simulation.world.r.operations[0]?.reason ?? 'completed';
	},
	'wrong-memory': () =>
		move(open(smallWorld({ hosts: [host('A', 512), host('B', 512, { windowBaseHpa: 0x10_7000_0000 })] })), 'transit', { naming: 'host' }),
	'device-refuses': () => move(living({ device: 'refuses-stop' }), 'transit'),
	'device-incompatible': () => move(living({ device: 'incompatible' }), 'transit'),
	'no-coherence': () => word(onPool(), 'split-vcpus', { hosts: ['A', 'B'] }),
	'vcpus-split': () => {
		const simulation = open(
			smallWorld({ pool: { bytes: 512 * MIB, hardwareCoherent: true }, vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } })] })
		);
		word(simulation, 'split-vcpus', { hosts: ['A', 'B'] });
		return move(simulation, 'resident');
	}
} as const;
