import { mix32 } from '../../base/hash.ts';

/** What can break in the rack, and what the hidden seeds break. The pool itself is not among those: no design here holds that. */
export const FAULTS = {
	crash: 'dies',
	pause: 'stands still for a second',
	'cut-cxl': 'loses its way to the pool for two seconds',
	'cut-network': 'loses the network for two seconds',
	'lose-pool': 'the pool fails'
} as const;
export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[];

export interface RackFault {
	readonly kind: FaultKind;
	/** Index of a host; nothing for the pool. */
	readonly host: number;
	readonly atS: number;
}

export const HOSTS = ['A', 'B', 'C', 'D'] as const;
export const UNTIL_S = 24;
/** Known to everybody: host B is to be empty and off from then to then. */
export const MAINTENANCE = { host: 'B', fromS: 6, untilS: 10 } as const;
export const MOST_FAULTS = 3;
/** Seeds of the check; what they break is drawn, and shown only afterwards. */
export const HIDDEN_SEEDS: readonly number[] = Array.from({ length: 20 }, (_, index) => index + 1);

const DRAWN: readonly FaultKind[] = ['crash', 'pause', 'cut-cxl', 'cut-network'];

/** Two faults of different hosts: one before the maintenance, one behind it. A host that died is back after eight seconds. */
export function faultsOf(seed: number): readonly RackFault[] {
	const drawOf = (what: number, of: number): number => mix32(seed, what, 0x5eed) % of;
	const first: RackFault = {
		kind: DRAWN[drawOf(1, 3)] as FaultKind,
		host: drawOf(2, HOSTS.length),
		atS: 2 + drawOf(3, 35) / 10
	};
	const kind = DRAWN[drawOf(4, DRAWN.length)] as FaultKind;
	const other = (first.host + 1 + drawOf(5, HOSTS.length - 1)) % HOSTS.length;
	return [first, { kind, host: other, atS: 14 + drawOf(6, 40) / 10 }];
}

export function faultWords(fault: RackFault): string {
	return fault.kind === 'lose-pool'
		? `${fault.atS} s: the pool fails`
		: `${fault.atS} s: host ${HOSTS[fault.host] ?? '?'} ${FAULTS[fault.kind]}`;
}
