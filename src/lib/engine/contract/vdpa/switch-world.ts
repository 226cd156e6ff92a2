import { GIB } from '../../../base/units.ts';
import { SWITCH_STRATEGIES, unmetNeeds, type Need, type SwitchStrategyId } from './choice.ts';
import { VDPA_PRESETS, type BackingPages, type VdpaPresetId } from './figures.ts';
import { initFormula, startFormula, stopFormula, toShadowFormula, type FormulaAnswer, type FormulaInput } from './formulas.ts';
import { DEVICE_KINDS, type DeviceKind } from './kinds.ts';
import type { ChangeStatus } from './status.ts';

/** One guest, one device, one migration: the world in which strategies are compared, and what the closed forms say of it. */
export interface SwitchGuest {
	readonly gib: number;
	readonly pages: BackingPages;
	readonly kind: DeviceKind;
	readonly preset: VdpaPresetId;
}

export const PAGE_NAMES: Readonly<Record<BackingPages, string>> = { '4k': 'pages of 4 KiB', thp: 'huge pages of 2 MiB' };

/** Two pairs of 256 and a control queue of 64, as in the reference's worked figures. */
const QUEUE_PAIRS = 2;

/** A scenario as a file would hold it. The guest is idle and its hosts have room in ZONE_NORMAL, where pinned pages belong. */
export function switchScenario(guest: SwitchGuest, strategy: SwitchStrategyId): Record<string, unknown> {
	const dram = `${guest.gib + 16} GiB`;
	const host = (id: string, windowBaseHpa: string) => ({ id, dramBytes: dram, normalBytes: `${guest.gib + 14} GiB`, windowBaseHpa });
	return {
		switchyard: 1,
		id: `compare-${strategy}`,
		title: `${SWITCH_STRATEGIES[strategy].title}, ${guest.gib} GiB`,
		hosts: [host('A', '0x1000_0000_0000'), host('B', '0x2000_0000_0000')],
		networkBytesPerSecond: '12 GB/s',
		vms: [
			{
				id: 'vm0',
				host: 'A',
				bytes: `${guest.gib} GiB`,
				pages: guest.pages,
				workload: { kind: 'idle' },
				vdpa: { nics: [{ id: 'net0', kind: guest.kind, strategy, preset: guest.preset, traffic: { packetsPerSecond: 200 } }] }
			}
		],
		untilNs: `${60 + Math.ceil(guest.gib / 4)} s`,
		journal: [
			{
				atNs: '100 ms',
				command: {
					name: 'migrate',
					vm: 'vm0',
					target: 'B',
					strategy: 'precopy',
					parameters: { maxBandwidthBytesPerSecond: 0, multifdChannels: 16 }
				}
			}
		]
	};
}

export function switchInput(guest: SwitchGuest, strategy: SwitchStrategyId): FormulaInput {
	return {
		bytes: guest.gib * GIB,
		pages: guest.pages,
		traits: DEVICE_KINDS[guest.kind].traits,
		choice: SWITCH_STRATEGIES[strategy].choice,
		figures: VDPA_PRESETS[guest.preset].figures,
		queuePairs: QUEUE_PAIRS,
		controlQueue: true,
		runs: guest.gib * GIB > 4 * GIB ? 2 : 1,
		holeBytes: strategy === 'identity-top' ? 2 ** 48 : 0
	};
}

/** The four moments at which a device makes its guest wait, by formula. */
export const SWITCH_MOMENTS = {
	'to-svq': { title: 'shadow queues on', formula: toShadowFormula },
	stop: { title: 'stop at the source', formula: stopFormula },
	start: { title: 'start at the target', formula: startFormula },
	init: { title: 'the target opens the device', formula: initFormula }
} as const satisfies Partial<Record<ChangeStatus['kind'], { title: string; formula: (input: FormulaInput) => FormulaAnswer }>>;
export type SwitchMoment = keyof typeof SWITCH_MOMENTS;

/** What this guest's device lacks for a strategy; empty = it can be used. */
export const unmetFor = (guest: SwitchGuest, strategy: SwitchStrategyId): readonly Need[] =>
	unmetNeeds(SWITCH_STRATEGIES[strategy].choice, DEVICE_KINDS[guest.kind].traits, { viommu: false, proposals: true });

/** Figures that others published for exactly this guest, in seconds. */
export function publishedSwitch(guest: SwitchGuest, strategy: SwitchStrategyId): string | null {
	if (guest.gib !== 128 || guest.kind !== 'mlx5' || guest.pages !== VDPA_PRESETS[guest.preset].pages) return null;
	if (guest.preset === 'sw2023' && strategy === 'full-remap') return '20 to 30 s published (Si-Wei Liu, December 2023)';
	if (guest.preset === 'sw2023' && strategy === 'own-asid') return '2 s published (Si-Wei Liu, December 2023)';
	if (guest.preset === 'seed2023' && strategy === 'full-remap') return '4 to 5 s published (S2, July 2023)';
	return null;
}
