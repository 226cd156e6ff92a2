import type { JournalEntry } from '../../src/lib/engine/contract/commands.ts';
import { MODEL_VERSION } from '../../src/lib/engine/contract/port.ts';
import { PLAIN_VIEW, type LinkState } from '../../src/lib/client/permalink.ts';

/** Own scenarios (no built-in one helps) of the sizes for which the teaching design has measured links. */

const hosts = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		id: 'ABCDEFGH'[index],
		dramBytes: '16 GiB',
		normalBytes: '4 GiB',
		kernelBytes: `${300 + 22 * index} MiB`,
		windowBaseHpa: `0x${(0x10 + 0x18 * index).toString(16)}_0000_0000`
	}));

function link(scenario: { journal: readonly JournalEntry[] }, own: number): LinkState {
	return {
		worlds: [
			{
				scenario: { ...scenario, journal: scenario.journal.slice(0, own) },
				journal: scenario.journal,
				belief: null
			}
		],
		positionNs: 1_453_870_000,
		view: { ...PLAIN_VIEW, selection: { type: 'vm', vm: 'vm0' }, speedIndex: 5 },
		fingerprints: ['5d41402a'],
		modelVersion: MODEL_VERSION
	};
}

/** 2 hosts, a pool in 4 extents (one of a peer), 1 VM, 5 actions at moments as a hand at a slider leaves them. */
export function fewActions(): LinkState {
	return link(
		{
			switchyard: 1,
			id: 'noon-move',
			title: 'Moving the shop before noon',
			seed: 4711,
			hosts: hosts(2),
			pool: { bytes: '32 GiB', peerBytes: '8 GiB' },
			vms: [{ id: 'vm0', host: 'A', bytes: '8 GiB', vcpus: 4, workload: { kind: 'web' } }],
			untilNs: '4 s',
			journal: [
				{
					atNs: 10_000_000,
					command: { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'transit' }
				},
				{
					atNs: 94_610_000,
					command: { name: 'pin', vm: 'vm0', gfn: 1_091_207, term: 'short', forNs: 350_000 }
				},
				{
					atNs: 318_840_000,
					command: {
						name: 'set-workload',
						vm: 'vm0',
						workload: { kind: 'sequential', rateBytesPerSecond: 750_000_000 }
					}
				},
				{ atNs: 871_190_000, command: { name: 'migrate-cancel', vm: 'vm0' } },
				{
					atNs: 1_126_350_000,
					command: { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy' }
				}
			]
		} as unknown as { journal: JournalEntry[] },
		1
	);
}

/** 2 hosts, a pool, 3 VMs, 40 actions. */
export function manyActions(): LinkState {
	const kinds = ['idle', 'web', 'database', 'memory-muncher', 'sequential'] as const;
	const journal: JournalEntry[] = [];
	let atNs = 0;
	for (let index = 0; index < 40; index += 1) {
		// Moments on the grid of a frame at 10 ms of simulated time per second and faster.
		atNs += 10_000 * (1 + ((index * 7919) % 6000));
		const vm = `vm${index % 3}`;
		const turn = index % 8;
		if (turn === 0 || turn === 5)
			journal.push({
				atNs,
				command: {
					name: 'migrate',
					vm,
					target: index % 16 < 8 ? 'B' : 'A',
					strategy: turn === 0 ? 'transit' : 'precopy'
				}
			});
		else if (turn === 3) journal.push({ atNs, command: { name: 'migrate-cancel', vm } });
		else if (turn === 4)
			journal.push({
				atNs,
				command: {
					name: 'pin',
					vm,
					gfn: (index * 104_729) % 1_048_576,
					term: 'short',
					forNs: 200_000
				}
			});
		else if (turn === 6)
			journal.push({
				atNs,
				command: {
					name: 'migrate-set-parameters',
					vm,
					maxBandwidthBytesPerSecond: 250_000_000 * (1 + (index % 5))
				}
			});
		else
			journal.push({
				atNs,
				command: {
					name: 'set-workload',
					vm,
					workload: {
						kind: kinds[index % 5] as (typeof kinds)[number],
						rateBytesPerSecond: 100_000_000 * (1 + (index % 7))
					}
				}
			});
	}
	return link(
		{
			switchyard: 1,
			id: 'evening-shift',
			title: 'Three guests, two hosts, one evening',
			seed: 20261121,
			hosts: hosts(2),
			pool: { bytes: '32 GiB', peerBytes: '2 GiB', peerLayout: 'scattered' },
			vms: [
				{ id: 'vm0', host: 'A', bytes: '4 GiB', vcpus: 4, workload: { kind: 'web' } },
				{
					id: 'vm1',
					host: 'A',
					bytes: '2 GiB',
					vcpus: 2,
					pages: '4k',
					workload: { kind: 'database' }
				},
				{
					id: 'vm2',
					host: 'B',
					bytes: '4 GiB',
					vcpus: 8,
					workload: { kind: 'memory-muncher', workingSetBytes: '1 GiB' }
				}
			],
			untilNs: '4 s',
			journal
		} as unknown as { journal: JournalEntry[] },
		1
	);
}
