import { refused, ok, type Outcome } from '../../../base/outcome.ts';
import type { ReasonId } from '../reasons.ts';
import {
	LISTENER_POINTS,
	SWITCH_STRATEGIES,
	type ListenerPoint,
	type RingPlace,
	RING_PLACES,
	type SwitchChoice,
	type SwitchStrategyId
} from './choice.ts';
import { VDPA_PRESETS, type BackingPages, type VdpaPresetId } from './figures.ts';
import { DEVICE_KINDS, type DeviceKind } from './kinds.ts';

/**
 * A device on paper: one of the world with other parts, its steps taken without pages, so that a guest may be larger than any
 * world. In words: "net0 gib=128 strategy=own-asid preset=seed2023". What is not named is as the device of the world has it; with
 * a preset, memory is backed as it was for the preset's own table.
 */
export interface PaperPlan {
	readonly nic: string;
	readonly gib: number | null;
	readonly kind: DeviceKind | null;
	/** Address spaces; one alone leaves no group for descriptors. */
	readonly spaces: number | null;
	readonly preset: VdpaPresetId | null;
	readonly pages: BackingPages | null;
	readonly viommu: boolean | null;
	readonly proposals: boolean | null;
	/** What the stream of a migration carries, bytes per second. */
	readonly streamBytesPerSecond: number;
	readonly strategy: SwitchStrategyId | null;
	readonly choice: Partial<SwitchChoice>;
}

/** 25 GbE as RDMA and multifd fill it. */
const STREAM = 2_937_500_000;

const has = <T extends string>(table: Readonly<Record<T, unknown>>, value: string): value is T => Object.hasOwn(table, value);
const truth = (value: string): boolean | null => (value === '1' ? true : value === '0' ? false : null);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Omit<PaperPlan, 'choice'>> & { choice: Mutable<Partial<SwitchChoice>> };

/** What each word sets; false: no such value. */
const WORDS: Readonly<Record<string, (draft: Draft, value: string) => boolean>> = {
	gib: (draft, value) => {
		const gib = Number(value);
		draft.gib = gib;
		return gib > 0 && gib <= 4096 && Number.isInteger(gib * 512);
	},
	kind: (draft, value) => has(DEVICE_KINDS, value) && ((draft.kind = value), true),
	spaces: (draft, value) => {
		draft.spaces = Number(value);
		return Number.isInteger(draft.spaces) && draft.spaces >= 1 && draft.spaces <= 16;
	},
	preset: (draft, value) => has(VDPA_PRESETS, value) && ((draft.preset = value), true),
	pages: (draft, value) => (value === 'thp' || value === '4k') && ((draft.pages = value), true),
	viommu: (draft, value) => (draft.viommu = truth(value)) !== null,
	proposals: (draft, value) => (draft.proposals = truth(value)) !== null,
	stream: (draft, value) => {
		draft.streamBytesPerSecond = Number(value) * 1e9;
		return draft.streamBytesPerSecond > 0;
	},
	strategy: (draft, value) => has(SWITCH_STRATEGIES, value) && ((draft.strategy = value), true),
	maps: (draft, value) => (value === 'remap' || value === 'identity' || value === 'update-all') && ((draft.choice.maps = value), true),
	rings: (draft, value) => has<RingPlace>(RING_PLACES, value) && ((draft.choice.rings = value), true),
	pins: (draft, value) => (value === 'with-maps' || value === 'own-call') && ((draft.choice.pins = value), true),
	listener: (draft, value) => has<ListenerPoint>(LISTENER_POINTS, value) && ((draft.choice.listener = value), true),
	workers: (draft, value) => {
		const workers = Number(value);
		draft.choice.workers = workers;
		return Number.isInteger(workers) && workers >= 1 && workers <= 64;
	},
	batch: (draft, value) => {
		const on = truth(value);
		if (on !== null) draft.choice.batchRings = on;
		return on !== null;
	},
	'rings-first': (draft, value) => {
		const on = truth(value);
		if (on !== null) draft.choice.ringsFirst = on;
		return on !== null;
	}
};
export const PAPER_WORDS = Object.keys(WORDS);

export function readPaper(text: string): Outcome<PaperPlan, ReasonId> {
	const [nic = '', ...words] = text.trim().split(/\s+/);
	const draft: Draft = {
		nic,
		gib: null,
		kind: null,
		spaces: null,
		preset: null,
		pages: null,
		viommu: null,
		proposals: null,
		streamBytesPerSecond: STREAM,
		strategy: null,
		choice: {}
	};
	for (const word of words) {
		const [name = '', value = ''] = word.split('=');
		if (!Object.hasOwn(WORDS, name)) return refused('bad-command', `"${word}": one of ${PAPER_WORDS.join(', ')}, then = and a value`);
		if (!WORDS[name]?.(draft, value)) return refused('bad-command', `"${word}": no such value`);
	}
	return ok(draft);
}
