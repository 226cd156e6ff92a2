import { readScenario } from '../../engine/contract/scenario/read.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { Design } from './design.ts';
import { HOSTS, MAINTENANCE, UNTIL_S, type RackFault } from './faults.ts';

/** A design as a scenario: four hosts, one pool, eight small VMs, the calendar, and what breaks as commands of its journal. */
const VMS = 8;
/** Of each pair one is a database, the other serves pages. */
const isDatabase = (vm: number): boolean => vm % 2 === 0;
const HEARTBEATS: Readonly<Record<string, string>> = {
	'10ms': '10 ms',
	'100ms': '100 ms',
	'2s': '2 s'
};
const CHECKPOINTS: Readonly<Record<string, string>> = {
	never: '0 ms',
	'10s': '10 s',
	'1s': '1 s',
	'50ms': '50 ms'
};

const nameOf = (vm: number): string => (isDatabase(vm) ? `db${vm / 2 + 1}` : `web${(vm + 1) / 2}`);
const livesOnPool = (design: Design, vm: number): boolean =>
	design.lives === 'pool' || (design.lives === 'databases' && isDatabase(vm));
const hostOf = (design: Design, vm: number): string =>
	(design.spread === 'packed' ? HOSTS[vm < 4 ? 0 : 1] : HOSTS[Math.floor(vm / 2)]) ?? 'A';

export interface RackVm {
	readonly id: string;
	readonly host: string;
	readonly onPool: boolean;
}
/** The VMs of a design and where they begin. */
export const rackVms = (design: Design): readonly RackVm[] =>
	Array.from({ length: VMS }, (_, vm) => ({
		id: nameOf(vm),
		host: hostOf(design, vm),
		onPool: livesOnPool(design, vm)
	}));

/** As the contract reads it: what a link carries. */
export function readScenarioOf(value: unknown): Scenario | null {
	const read = readScenario(value);
	return read.ok ? read.value : null;
}

export function rackScenario(
	design: Design,
	seed: number,
	faults: readonly RackFault[]
): Record<string, unknown> {
	return {
		switchyard: 1,
		id: 'run-the-rack',
		title: 'Run the rack',
		about: 'Four hosts, one pool, eight VMs, a calendar. A design of the capstone.',
		seed,
		// A web server of this rack is a small one: it boots in the least that the cost model allows.
		costs: { vmColdBootS: 5 },
		hosts: HOSTS.map((id, index) => ({
			id,
			cpus: 16,
			dramBytes: design.room === 'spare' ? '1536 MiB' : '1 GiB',
			windowBaseHpa: (index + 1) * 2 ** 40
		})),
		pool: {
			id: 'pool',
			bytes: '4 GiB',
			reach: design.reach,
			hardwareCoherent: design.coherent === 'yes'
		},
		vms: rackVms(design).map(({ id, host, onPool }, vm) => ({
			id,
			host,
			bytes: '256 MiB',
			vcpus: 2,
			workload: isDatabase(vm)
				? { kind: 'database', rateBytesPerSecond: '8 MB/s', workingSetBytes: '64 MiB' }
				: { kind: 'web', rateBytesPerSecond: '2 MB/s', workingSetBytes: '32 MiB' },
			...(onPool ? { ways: { lives: 'pool' } } : {})
		})),
		rack: {
			ha: {
				heartbeatNs: HEARTBEATS[design.heartbeat] ?? '10 ms',
				misses: 3,
				fencing: design.fencing,
				restart: true,
				checkpointEveryNs: CHECKPOINTS[design.checkpoint] ?? '0 ms'
			},
			calendar: [
				{
					host: MAINTENANCE.host,
					fromNs: `${MAINTENANCE.fromS} s`,
					untilNs: `${MAINTENANCE.untilS} s`
				}
			],
			moves: { by: design.leaving === 'copy' ? 'copy' : 'cheapest' }
		},
		untilNs: `${UNTIL_S} s`,
		journal: journalOf(faults)
	};
}

const MEND_AFTER_S = { crash: 8, cut: 2 } as const;

function journalOf(faults: readonly RackFault[]): unknown[] {
	const entries = faults.flatMap((fault) => {
		const host = HOSTS[fault.host] ?? 'A';
		const at = (atS: number, execute: string, more: object = {}) => ({
			atNs: Math.floor(atS * 1e9 + 0.5),
			command: { name: 'rack', execute, ...more }
		});
		switch (fault.kind) {
			case 'crash':
				return [
					at(fault.atS, 'crash', { host }),
					at(fault.atS + MEND_AFTER_S.crash, 'boot', { host })
				];
			case 'pause':
				return [at(fault.atS, 'pause', { host, arguments: { forNs: '1 s' } })];
			case 'cut-cxl':
			case 'cut-network': {
				const link = { host, arguments: { link: fault.kind === 'cut-cxl' ? 'cxl' : 'network' } };
				return [
					at(fault.atS, 'cut-link', link),
					at(fault.atS + MEND_AFTER_S.cut, 'mend-link', link)
				];
			}
			case 'lose-pool':
				return [at(fault.atS, 'lose-pool')];
		}
	});
	return entries.filter((entry) => entry.atNs <= UNTIL_S * 1e9).sort((a, b) => a.atNs - b.atNs);
}
