import { GIB } from '../../../base/units.ts';
import { SWITCH_STRATEGIES, TODAY, type SwitchChoice } from './choice.ts';
import { VDPA_PRESETS, type VdpaFigures, type VdpaPresetId } from './figures.ts';
import { initFormula, startFormula, stopFormula, toShadowFormula, type FormulaInput } from './formulas.ts';
import { DEVICE_KINDS } from './kinds.ts';

/**
 * What others published about vDPA and migration, with the parameters that they state, beside our formula for the same (vDPA
 * reference, sections 7, 12 and 15). Tests hold the simulation within a hundredth of the formula. A cell is *fitted* when the
 * preset behind it was chosen with its table in view, and proves nothing then; else it is *predicted*, hit or miss.
 */
export interface VdpaTable {
	readonly id: string;
	readonly title: string;
	readonly source: string;
	/** Guest, devices, and what of our model stands for them. */
	readonly parameters: string;
	readonly preset: VdpaPresetId;
	readonly rows: readonly VdpaTableRow[];
}

export interface VdpaTableRow {
	readonly what: string;
	readonly note?: string;
	readonly cells: readonly VdpaCell[];
}

export interface VdpaCell {
	readonly column: string;
	/** Seconds; a range where only a range was published. */
	readonly published: readonly [least: number, most: number];
	/** Our seconds; null where too little is known to compute it. */
	readonly ours: number | null;
	/** The published figure books something else: only the order of the rows is to be met. */
	readonly orderOnly?: true;
}

export type VdpaCellKind = 'fitted' | 'predicted' | 'order only' | 'headline only';

/** Whether the agreement of a cell says anything. */
export function cellKind(table: VdpaTable, cell: VdpaCell): VdpaCellKind {
	if (cell.ours === null) return 'headline only';
	if (cell.orderOnly) return 'order only';
	const { fittedOn }: { readonly fittedOn: readonly string[] } = VDPA_PRESETS[table.preset];
	return fittedOn.includes(table.id) ? 'fitted' : 'predicted';
}

/** Against the published figure, or the middle of its range, as a share; null where there is nothing to compare. */
export function cellError(cell: VdpaCell): number | null {
	if (cell.ours === null || cell.orderOnly) return null;
	const middle = (cell.published[0] + cell.published[1]) / 2;
	return (cell.ours - middle) / middle;
}

interface Setting {
	readonly gib: number;
	readonly preset: VdpaPresetId;
	readonly choice: SwitchChoice;
	readonly queuePairs?: number;
	readonly figures?: Partial<VdpaFigures>;
}

/** What each formula is given: an mlx5 with a control queue, guest memory in two runs, backed as for the preset's own table. */
export function tableInput({ gib, preset, choice, queuePairs = 2, figures = {} }: Setting): FormulaInput {
	return {
		bytes: gib * GIB,
		pages: VDPA_PRESETS[preset].pages,
		traits: DEVICE_KINDS.mlx5.traits,
		choice,
		figures: { ...VDPA_PRESETS[preset].figures, ...figures },
		queuePairs,
		controlQueue: true,
		runs: 2
	};
}

const seconds = (formula: (input: FormulaInput) => { readonly ns: number }, setting: Setting): number =>
	formula(tableInput(setting)).ns / 1e9;

const exactly = (value: number): readonly [number, number] => [value, value];

/** The stacks of December 2023, each with what it adds. `atStop`: at the end of the migration, where that differs. */
export const STACKS_2023: readonly {
	readonly what: string;
	readonly note?: string;
	readonly choice: SwitchChoice;
	readonly atStop?: SwitchChoice;
	readonly switchS: readonly [number, number];
	readonly stopS: number;
	readonly orderOnly?: true;
}[] = [
	{ what: 'QEMU as it was', choice: { ...TODAY, listener: 'dev-start' }, switchS: [20, 30], stopS: 20 },
	{
		what: '+ mapped at the target while the stream comes in',
		note: 'The letter that added it credits the gain to the end of the migration; the table books it at the start.',
		choice: { ...TODAY, listener: 'load-setup' },
		switchS: exactly(5),
		stopS: 20,
		orderOnly: true
	},
	{
		what: '+ descriptors in an address space of their own',
		note: 'Without IOTLB_PERSIST every page is still let go at the end.',
		choice: { ...SWITCH_STRATEGIES['own-asid'].choice, listener: 'load-setup' },
		atStop: { ...TODAY, rings: 'own-asid', listener: 'load-setup' },
		switchS: exactly(2),
		stopS: 5
	},
	{
		what: '+ a map that survives the reset',
		choice: { ...SWITCH_STRATEGIES['own-asid'].choice, listener: 'load-setup' },
		switchS: exactly(2),
		stopS: 2
	},
	{
		what: '+ maps and unmaps in batches',
		choice: { ...SWITCH_STRATEGIES['own-asid'].choice, listener: 'load-setup', batchRings: true },
		switchS: exactly(1.7),
		stopS: 1.5
	}
];

const T1: VdpaTable = {
	id: 'T1',
	title: 'Five stacks, December 2023',
	source: 'Si-Wei Liu, “vdpa-net: improve migration downtime”, qemu-devel',
	parameters: '128 GiB, two mlx5 devices of two pairs of queues; switch: the slower device; stop: both, on the source',
	preset: 'sw2023',
	rows: STACKS_2023.map(({ what, note, choice, atStop, switchS, stopS, orderOnly }) => ({
		what,
		...(note === undefined ? {} : { note }),
		cells: [
			{
				column: 'switch to shadow queues',
				published: switchS,
				ours: seconds(toShadowFormula, { gib: 128, preset: 'sw2023', choice }),
				...(orderOnly ? { orderOnly } : {})
			},
			{
				column: 'stop',
				published: exactly(stopS),
				ours: 2 * seconds(stopFormula, { gib: 128, preset: 'sw2023', choice: atStop ?? choice })
			}
		]
	}))
};

/** Four devices one after the other, guest memory kept mapped, rings in one batch: what the published rows are consistent with. */
const kept2024 = (keyNs: number): Setting => ({
	gib: 256,
	preset: 'dt2024',
	choice: SWITCH_STRATEGIES['identity-high'].choice,
	queuePairs: 16,
	figures: { keyNs }
});
const { keyNs: KEY_2024_NS } = VDPA_PRESETS.dt2024.figures;
/** His series makes keys 3 to 5 times as fast; we take the most that it says. */
const KEYS_BEFORE = 5 * KEY_2024_NS;
const row2024 = (what: string, keyNs: number | null, first: number, second: number, note?: string): VdpaTableRow => ({
	what,
	...(note === undefined ? {} : { note }),
	cells: [
		{
			column: 'switch to shadow queues',
			published: exactly(first),
			ours: keyNs === null ? null : 4 * seconds(toShadowFormula, kept2024(keyNs))
		},
		{
			column: 'stop and start',
			published: exactly(second),
			ours: keyNs === null ? null : 4 * (seconds(stopFormula, kept2024(keyNs)) + seconds(startFormula, kept2024(keyNs)))
		}
	]
});

const T2: VdpaTable = {
	id: 'T2',
	title: 'Keys in parallel, August 2024',
	source: 'D. Tatulea, mlx5_vdpa series, v2',
	parameters: '256 GiB, four mlx5 devices of 32 queues, one after the other; guest memory is taken to stay mapped',
	preset: 'dt2024',
	rows: [
		row2024('before', KEYS_BEFORE, 3.14, 3.63, 'Keys five times as dear as after, as the series says of making them.'),
		row2024('+ keys made in parallel', null, 1.2, 2, 'We have no price for freeing old keys at once.'),
		row2024('+ old keys freed later', KEY_2024_NS, 1.014, 1.253)
	]
};

const pinRow = (gib: number, warm: number, cold: number): VdpaTableRow => ({
	what: `${gib} GiB more than 50 GiB`,
	cells: [
		{
			column: 'pages touched before',
			published: exactly(warm),
			ours:
				seconds(startFormula, { gib: 50 + gib, preset: 'ideal', choice: { ...TODAY, listener: 'dev-start' } }) -
				seconds(startFormula, { gib: 50, preset: 'ideal', choice: { ...TODAY, listener: 'dev-start' } })
		},
		{
			column: 'pages nobody touched',
			published: exactly(cold),
			ours:
				seconds(initFormula, { gib: 50 + gib, preset: 'ideal', choice: TODAY }) -
				seconds(initFormula, { gib: 50, preset: 'ideal', choice: TODAY })
		}
	]
});

const T3: VdpaTable = {
	id: 'T3',
	title: 'Two straight lines of pinning, June 2025',
	source: 'J. Palmer, qemu-devel, 6 June 2025: five runs each, spread 2 to 3 %',
	parameters: 'One mlx5 device, huge pages where the kernel finds them; differences, since what a start takes besides is not ours',
	preset: 'ideal',
	rows: [pinRow(50, 0.959, 2.208), pinRow(150, 2.949, 6.412)]
};

const S2: VdpaTable = {
	id: 'S2',
	title: 'The thread, July 2023',
	source: 'Si-Wei Liu and E. Pérez, qemu-devel, 17 July 2023',
	parameters: '“4 to 5 seconds” without network; its size is not stated, 128 GiB is our choice',
	preset: 'seed2023',
	rows: [
		{
			what: 'full unmap, full remap',
			cells: [
				{
					column: 'switch to shadow queues',
					published: [4, 5],
					ours: seconds(toShadowFormula, { gib: 128, preset: 'seed2023', choice: TODAY })
				}
			]
		}
	]
};

/** What mapping before the stream takes out of the downtime on the target: one device. */
const savedS = (gib: number, preset: VdpaPresetId): number =>
	seconds(startFormula, { gib, preset, choice: { ...TODAY, listener: 'dev-start' } }) -
	seconds(startFormula, { gib, preset, choice: TODAY });

const JP7: VdpaTable = {
	id: 'JP7',
	title: 'The listener registered at initialisation, May 2025',
	source: 'J. Palmer and Si-Wei Liu, qemu-devel, May 2025',
	parameters: 'One mlx5 device; what pinning a page takes is that of the thread of July 2023',
	preset: 'seed2023',
	rows: [
		{
			what: '39 GiB: downtime saved, 2.25 s to 2.09 s',
			note: 'It is 15 ns a page: pages of 2 MiB or 1 GiB, which one pin covers, are our guess.',
			cells: [{ column: 'saved', published: exactly(0.158), ours: savedS(39, 'seed2023') }]
		},
		{
			what: '128 GiB: downtime saved, 10 s to 5.8 s',
			cells: [{ column: 'saved', published: exactly(4.2), ours: savedS(128, 'seed2023') }]
		}
	]
};

const EP12: VdpaTable = {
	id: 'EP12',
	title: 'Mapped at the target while the stream comes in, December 2023',
	source: 'E. Pérez, “Map memory at destination .load_setup”, qemu-devel',
	parameters: '128 GiB, two mlx5 devices, one after the other: 20 to 30 s of downtime become 5 s',
	preset: 'sw2023',
	rows: [
		{
			what: 'downtime saved',
			note: 'One device alone would save half of ours: whether both were counted is not said.',
			cells: [{ column: 'saved', published: [15, 25], ours: 2 * savedS(128, 'sw2023') }]
		}
	]
};

/** In the order of the page. */
export const VDPA_TABLES: readonly VdpaTable[] = [T1, T2, T3, S2, JP7, EP12];
