/** The tiny worlds of the super-page that are searched (engine/superpage/models), and the conditions of each that may be left out. */
export interface SuperpageModel {
	readonly title: string;
	readonly says: string;
	/** By the name of its mutant: leaving out any of them breaks a statement. */
	readonly conditions: Readonly<Record<string, string>>;
}

/** Left out, every host works on copies in a cache of its own, which nothing keeps coherent (cxl-fabric reference 10.7). */
const COHERENCE = { coherence: 'the lines are coherent in hardware' } as const;

const HAND_OFF_CONDITIONS = {
	stop: 'the source stops its vCPUs before it gives the VM up',
	flush: 'the source writes its dirty lines back first',
	'await-handoff': 'the target waits until nobody runs the VM',
	'commit-blind': 'the target takes the VM by compare-and-swap, not by a store',
	'abort-blind': 'a source whose abort was refused does not run',
	'abort-by-phase': 'the abort is decided on the owner word, not on the phase',
	...COHERENCE
};

export const SUPERPAGE_MODELS = {
	'hand-off': {
		title: 'Hand-off',
		says: 'one VM from A to B, a cancel at any step, one crash anywhere',
		conditions: HAND_OFF_CONDITIONS
	},
	fence: {
		title: 'Fencing rule I7',
		says: 'one source, one destination, one recoverer that fences the destination; no crashes',
		conditions: {
			'owner-before-fence': 'the owner word is read before the fence word',
			'scan-hand-offs': 'the scan also bumps VMs in the hand-off',
			...COHERENCE
		}
	},
	'recovery-of-source': {
		title: 'Recovery of the source',
		says: 'C takes A for dead at any moment, rightly or not, and restarts an orphan; two hosts may die',
		conditions: {
			cut: 'the device cuts the fenced host off before its VMs are given away',
			stop: 'the source stops its vCPUs before it gives the VM up'
		}
	},
	'recovery-of-target': {
		title: 'Recovery of the target',
		says: 'C takes B for dead at any moment, rightly or not, and restarts an orphan; two hosts may die',
		conditions: {
			cut: 'the device cuts the fenced host off before its VMs are given away',
			fence: 'the fence word is written before the scan',
			'scan-hand-offs': 'the scan also bumps VMs in the hand-off'
		}
	},
	takeover: {
		title: 'A recoverer dies',
		says: 'the VM is in the hand-off; C takes A for dead and recovers it, D may take over from C; B and C may die',
		conditions: {
			'from-start': 'who takes a recovery over repeats all of it, fence and cut too',
			'release-blind': 'a recovery is ended by compare-and-swap, not by a store',
			...COHERENCE
		}
	},
	'no-fabric-manager': {
		title: 'Without a fabric manager I8',
		says: 'C recovers A; two of A, B and the fabric manager fail: what A may still run waits until somebody can cut A off',
		conditions: { cut: 'the device refuses the fenced host before its VMs are given away' }
	},
	'device-fails': {
		title: 'The device fails',
		says: 'C recovers A; two of A, B and the device fail: all ones are read, stores are swallowed, nobody wins anything',
		conditions: { stop: 'the source stops its vCPUs before it gives the VM up' }
	},
	incoherent: {
		title: 'Hand-off without hardware coherence',
		says: 'no compare-and-swap: each host writes its own line only, A grants, B answers, A asks before it takes back; one crash',
		conditions: {
			stop: 'the source stops its vCPUs before it grants',
			'flush-state': 'the vCPU state is written back before the grant is',
			'drop-state': 'the target drops its copy of the state before it loads it',
			ask: 'the source runs again only when the target has declined',
			'no-clean-writebacks': 'caches never write back what their host did not change'
		}
	},
	formatting: {
		title: 'Formatting',
		says: 'three hosts find the region unformatted; any two die',
		conditions: {
			'header-first': 'the header is written before it is said to be ready',
			'claim-blind': 'the formatting is taken by compare-and-swap, not by a store',
			...COHERENCE
		}
	},
	joining: {
		title: 'Joining',
		says: 'A joins while its last incarnation is being fenced',
		conditions: { 'new-incarnation': 'a host that joins takes a new incarnation' }
	},
	beats: {
		title: 'Beats and self-fencing I10',
		says: 'A beats, is paused, or does not get through; B suspects it; five ticks',
		conditions: {
			'self-fence': 'a host that does not get through stops its vCPUs',
			patience: 'nobody suspects before the other must have stopped',
			'look-on-waking': 'a host that wakes looks at its clock before it runs'
		}
	},
	creating: {
		title: 'Records made and swept I7c',
		says: 'A creates a VM and is fenced on its way; B sweeps what it meets',
		conditions: {
			'look-before-finish': 'a creator looks at its fence once more before it finishes',
			'sweep-any': 'only records of fenced creators are swept',
			'sweep-token': 'a swept record keeps counting its token',
			...COHERENCE
		}
	},
	ranges: {
		title: 'Ranges I6 and I11',
		says: 'A lays the ranges of its VM anew while it proposes it to B, B lays those of another VM, C just reads; one crash',
		conditions: {
			'open-first': 'ranges are opened before the phase is looked at',
			'look-at-phase': 'ranges stay as they are while a hand-off is open',
			'check-generation': 'a reader looks at the generation before and after',
			'take-blind': 'numbers of descriptors are taken by fetch-and-add'
		}
	},
	capacity: {
		title: 'Capacity outlives owners I9',
		says: 'A has capacity allocated and hands the VM to B, B destroys it; one host dies and the fabric manager releases what it held',
		conditions: {
			refer: 'the fabric manager holds a reference of its own',
			'refer-first': 'the reference is taken before a range names the tag',
			'clear-first': 'the ranges are cleared before the reference is dropped'
		}
	},
	locking: {
		title: 'Locks',
		says: 'A and B want one lock; A is taken for dead and C frees what it holds',
		conditions: {
			'lock-blind': 'a lock is taken by compare-and-swap, not by a store',
			'give-back-blind': 'a lock is given back only by who still holds it',
			cut: 'the device cuts the fenced host off before its locks are freed',
			...COHERENCE
		}
	},
	split: {
		title: 'vCPUs on two hosts I1',
		says: 'A gives a vCPU to B while B gives one to A; one crash',
		conditions: {
			'stop-vcpu': 'a vCPU is stopped before it is given away',
			'map-blind': 'the map changes by compare-and-swap, not by a store',
			'await-vcpu': 'a vCPU is run only by who is named',
			...COHERENCE
		}
	},
	ring: {
		title: 'Ring of events I11',
		says: 'one reads an entry while another writes over it',
		conditions: {
			'open-entry': 'an entry is marked before it is written over',
			'check-generation': 'a reader looks at the generation before and after',
			...COHERENCE
		}
	}
} as const satisfies Record<string, SuperpageModel>;
export type SuperpageModelId = keyof typeof SUPERPAGE_MODELS;

/** The super-page of a world: words that hold something, and what the hand-offs did to them, the newest last. */
export interface SuperpageAnswer {
	readonly hosts: readonly string[];
	readonly vms: readonly string[];
	readonly words: readonly (readonly [index: number, value: string])[];
	/** Values that an owner word had before, as hexadecimal text, oldest first. */
	readonly earlier: readonly (readonly [index: number, values: readonly string[]])[];
	readonly dead: readonly number[];
	/** The device failed with all that lay on it. */
	readonly gone: boolean;
	/** Hosts that the device refuses. */
	readonly cut: readonly number[];
	/** Hosts that stopped their own vCPUs. */
	readonly stopped: readonly number[];
	readonly ranges: readonly SuperpageRanges[];
	/** Steps of the last hand-off, and of the recoveries since, numbered from its first. */
	readonly taken: readonly {
		readonly number: number;
		readonly host: number;
		readonly access: SuperpageStep['access'];
		readonly index: number | null;
		readonly refused: boolean;
		readonly says: string;
		readonly kind: 'step';
		/** Token that a compare-and-swap of the owner word expected; null where that is not known, or another word was meant. */
		readonly token: number | null;
	}[];
}

/** Range descriptors of one VM: the first few of them. */
export interface SuperpageRanges {
	readonly vm: number;
	readonly count: number;
	readonly first: readonly { readonly firstGfn: number; readonly pages: number; readonly offsetBytes: number }[];
	/** The first whose checksum does not fit it, counted from 1; 0: none does not fit, but the whole checksum is another; null: all fit. */
	readonly wrong: number | null;
	/** Their generation is odd: somebody is changing them. */
	readonly changing: boolean;
}

/** A step of a path, as the page shows it. Values are hexadecimal text, 16 digits. */
export interface SuperpageStep {
	readonly kind: 'step' | 'crash' | 'write-back' | 'drop';
	readonly actor: string;
	readonly host: number;
	readonly step: string;
	readonly says: string;
	readonly word: { readonly index: number; readonly before: string; readonly after: string } | null;
	readonly refused: boolean;
	/** What a compare-and-swap expected. */
	readonly expected: string | null;
	/** Word that it touched, whether it changed it or not. */
	readonly touched: number | null;
	/** What the step did with shared memory; null for nothing, and for what is no step. */
	readonly access: 'load' | 'store' | 'compare-and-swap' | 'fetch-and-add' | 'flush' | 'invalidate' | null;
	/** Actors that run the VM after it. */
	readonly runs: readonly string[];
	/** Hosts that the device refuses after it. */
	readonly cut: readonly number[];
	/** Copies in caches after it, where the hardware does not keep them coherent. */
	readonly copies: readonly {
		readonly host: number;
		readonly index: number;
		readonly value: string;
		readonly changed: boolean;
	}[];
}

export interface SearchProgress {
	readonly states: number;
	readonly transitions: number;
	readonly waiting: number;
	readonly depth: number;
	readonly done: boolean;
}

export interface SearchAnswer extends SearchProgress {
	readonly hosts: readonly string[];
	/** The words at the beginning, as hexadecimal text. */
	readonly words: readonly (readonly [index: number, value: string])[];
	readonly actors: readonly { readonly name: string; readonly host: number }[];
	/** Who runs at the beginning. */
	readonly runs: readonly string[];
	/** Every state was looked at and no statement broke. */
	readonly whole: boolean;
	readonly statements: readonly { readonly id: string; readonly says: string }[];
	readonly violations: readonly { readonly statement: string; readonly says: string; readonly path: readonly SuperpageStep[] }[];
	readonly endings: Readonly<Record<string, number>>;
	/** Which states were counted as one beside equal ones. */
	readonly symmetry: string | null;
}
