import { GIB, PAGE_BYTES } from '../../../base/units.ts';
import { parallelSpeed, type SwitchChoice } from './choice.ts';
import { FIXED_SHARES, pagePrices, type BackingPages, type VdpaFigures } from './figures.ts';
import type { DeviceTraits } from './kinds.ts';

/**
 * Downtime of a switch in closed form (vDPA reference, section 14): what the simulation is held against, and what the page shows
 * beside it. Terms below a hundredth of the whole are left out: messages, pins of the rings, tiny keys.
 */
export interface FormulaInput {
	/** Guest memory, bytes. */
	readonly bytes: number;
	/** How it is backed. */
	readonly pages: BackingPages;
	readonly traits: Pick<DeviceTraits, 'translation' | 'useVa' | 'groups' | 'addressSpaces'>;
	readonly choice: SwitchChoice;
	readonly figures: VdpaFigures;
	readonly queuePairs: number;
	readonly controlQueue: boolean;
	/** Contiguous runs of guest memory. */
	readonly runs: number;
	/** Free addresses between guest memory and the rings, bytes: a key per started GiB where the device builds its map anew. */
	readonly holeBytes?: number;
}

export interface FormulaTerm {
	/** As it is written: "F", "P · (pin + unpin)", "12 · S". */
	readonly symbol: string;
	readonly meaning: string;
	readonly ns: number;
}

export interface FormulaAnswer {
	readonly terms: readonly FormulaTerm[];
	readonly ns: number;
}

const sum = (terms: readonly FormulaTerm[]): FormulaAnswer => {
	const real = terms.filter((term) => term.ns > 0);
	return { terms: real, ns: real.reduce((all, term) => all + term.ns, 0) };
};

const share = (figures: VdpaFigures, parts: readonly (keyof typeof FIXED_SHARES)[], controlQueue: boolean): number =>
	(figures.fixedNs * parts.reduce((all, part) => all + (part === 'replay' && !controlQueue ? 0 : FIXED_SHARES[part]), 0)) / 1000;

/** Maps and unmaps of rings at a switch: two areas of each queue, and two buffers of the control queue. */
export const ringMessages = (queuePairs: number, controlQueue: boolean): number =>
	2 * (2 * queuePairs + (controlQueue ? 1 : 0)) + (controlQueue ? 2 : 0);

/** S: programming guest memory into the device once, nanoseconds. */
export function programNs({ bytes, traits, figures, runs }: FormulaInput): number {
	// The simulator walks the owner's page tables and makes no keys.
	if (traits.useVa) return 0;
	if (traits.translation === 'set-map') return (bytes / GIB) * figures.keyNs + Math.ceil(bytes / GIB) * figures.callNs;
	return runs * figures.runNs;
}

/** How often the keys of guest memory are built while rings come or go one by one. */
function ringBuilds(input: FormulaInput): number {
	const { traits, choice, queuePairs, controlQueue } = input;
	if (traits.translation !== 'set-map' || choice.rings === 'own-asid') return 0;
	return choice.batchRings ? 1 : ringMessages(queuePairs, controlQueue);
}

const pageCount = (input: FormulaInput): number => input.bytes / PAGE_BYTES;
const prices = ({ figures, pages }: FormulaInput) => pagePrices(figures, pages);

/** Dead time when shadow virtqueues are switched on: downtime 1. */
export function toShadowFormula(input: FormulaInput): FormulaAnswer {
	const { traits, choice, figures, controlQueue } = input;
	const fixed = share(figures, ['suspend', 'indices', 'reset', 'queues', 'replay', 'resume'], controlQueue);
	const terms: FormulaTerm[] = [{ symbol: 'F', meaning: 'suspend, set up, resume', ns: fixed }];
	const program = programNs(input);
	const together = parallelSpeed(choice.workers);
	if (choice.maps === 'update-all') return sum([...terms, { symbol: 'S', meaning: 'the device’s map, once', ns: program }]);
	if (choice.maps === 'identity') {
		const builds = choice.ringsFirst ? 0 : ringBuilds(input);
		return sum([
			...terms,
			{ symbol: builds === 1 ? 'S' : `${builds} · S`, meaning: 'the device’s map, for each change of a ring', ns: builds * program },
			{
				symbol: 'N · null key',
				meaning: 'keys that cover the hole below the rings',
				ns:
					builds > 0 && traits.translation === 'set-map' && !traits.useVa ? Math.ceil((input.holeBytes ?? 0) / GIB) * figures.nullKeyNs : 0
			}
		]);
	}
	const { pinNs, unpinNs } = prices(input);
	const pinned = traits.useVa || choice.pins === 'own-call' ? 0 : (pageCount(input) * (pinNs + unpinNs)) / together;
	const programmed = traits.translation === 'set-map' ? program : 2 * program;
	return sum([
		...terms,
		{
			symbol: choice.workers > 1 ? 'P · (pin + unpin) / s' : 'P · (pin + unpin)',
			meaning: 'every page let go and pinned again',
			ns: pinned
		},
		{ symbol: traits.translation === 'set-map' ? 'S' : '2 · C · map', meaning: 'the device’s map', ns: programmed }
	]);
}

/** The source's devices at the end of a migration, inside the downtime. */
export function stopFormula(input: FormulaInput): FormulaAnswer {
	const { traits, choice, figures } = input;
	const builds = choice.maps === 'update-all' ? 0 : ringBuilds(input);
	const unpins = choice.maps === 'remap' && choice.pins === 'with-maps' && !traits.useVa;
	return sum([
		{ symbol: 'F source', meaning: 'suspend, indices, reset', ns: share(figures, ['suspend', 'indices', 'reset'], input.controlQueue) },
		{ symbol: builds === 1 ? 'S' : `${builds} · S`, meaning: 'the device’s map, for each ring that goes', ns: builds * programNs(input) },
		{
			symbol: 'P · unpin',
			meaning: 'every page let go',
			ns: unpins ? (pageCount(input) * prices(input).unpinNs) / parallelSpeed(choice.workers) : 0
		},
		{
			symbol: 'C · unmap',
			meaning: 'runs out of the IOMMU',
			ns: choice.maps === 'remap' && traits.translation !== 'set-map' ? input.runs * figures.runNs : 0
		}
	]);
}

/** The target's devices, inside the downtime. */
export function startFormula(input: FormulaInput): FormulaAnswer {
	const { traits, choice, figures } = input;
	const late = choice.listener === 'dev-start';
	return sum([
		{ symbol: 'F target', meaning: 'set up, replay, resume', ns: share(figures, ['queues', 'replay', 'resume'], input.controlQueue) },
		{
			symbol: 'P · pin',
			meaning: 'every page pinned at the target',
			ns: late && !traits.useVa ? (pageCount(input) * prices(input).pinNs) / parallelSpeed(choice.workers) : 0
		},
		{ symbol: 'S', meaning: 'the device’s map', ns: late ? programNs(input) : 0 }
	]);
}

/** What initialisation takes where the listener is registered then: nobody has touched the pages yet. */
export function initFormula(input: FormulaInput): FormulaAnswer {
	const { traits, choice } = input;
	const early = choice.listener !== 'dev-start' && choice.listener !== 'load-setup';
	return sum([
		{
			symbol: 'P · cold pin',
			meaning: 'every page found, cleared and pinned',
			ns: early && !traits.useVa ? (pageCount(input) * prices(input).coldPinNs) / parallelSpeed(choice.workers) : 0
		},
		{ symbol: 'S', meaning: 'the device’s map', ns: early ? programNs(input) : 0 }
	]);
}
