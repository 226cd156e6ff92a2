import type { Model } from '../search/model.ts';
import { beatsModel } from './beats.ts';
import { fenceModel } from './fence.ts';
import { formattingModel, joiningModel } from './formatting.ts';
import { handOffModel, SOURCE, TARGET } from './hand-off.ts';
import { creatingModel, lockingModel, ringModel, splitModel } from './records.ts';

/** Every tiny world by its name, and each condition of it that may be left out: leaving out any of them breaks a statement. */
export interface ModelEntry {
	readonly title: string;
	readonly says: string;
	readonly build: (without?: readonly string[]) => Model;
	readonly conditions: Readonly<Record<string, string>>;
}

const HAND_OFF_CONDITIONS = {
	stop: 'the source stops its vCPUs before it gives the VM up',
	flush: 'the source writes its dirty lines back first',
	'await-handoff': 'the target waits until nobody runs the VM',
	'commit-blind': 'the target takes the VM by compare-and-swap, not by a store',
	'abort-blind': 'a source whose abort was refused does not run',
	'abort-by-phase': 'the abort is decided on the owner word, not on the phase'
};

export const MODELS = {
	'hand-off': {
		title: 'Hand-off',
		says: 'one VM from A to B, a cancel at any step, one crash anywhere',
		build: (without = []) => handOffModel({ without }),
		conditions: HAND_OFF_CONDITIONS
	},
	fence: {
		title: 'Fencing rule I7',
		says: 'one source, one destination, one recoverer that fences the destination; no crashes',
		build: (without = []) => fenceModel(without),
		conditions: {
			'owner-before-fence': 'the owner word is read before the fence word',
			'scan-hand-offs': 'the scan also bumps VMs in the hand-off'
		}
	},
	'recovery-of-source': {
		title: 'Recovery of the source',
		says: 'C takes A for dead at any moment, rightly or not, and restarts an orphan; two hosts may die',
		build: (without = []) => handOffModel({ id: 'recovery-of-source', without, recover: [{ victim: SOURCE }], restart: true, crashes: 2 }),
		conditions: {
			cut: 'the device cuts the fenced host off before its VMs are given away',
			stop: 'the source stops its vCPUs before it gives the VM up'
		}
	},
	'recovery-of-target': {
		title: 'Recovery of the target',
		says: 'C takes B for dead at any moment, rightly or not, and restarts an orphan; two hosts may die',
		build: (without = []) => handOffModel({ id: 'recovery-of-target', without, recover: [{ victim: TARGET }], restart: true, crashes: 2 }),
		conditions: {
			cut: 'the device cuts the fenced host off before its VMs are given away',
			fence: 'the fence word is written before the scan',
			'scan-hand-offs': 'the scan also bumps VMs in the hand-off'
		}
	},
	takeover: {
		title: 'A recoverer dies',
		says: 'the VM is in the hand-off; C recovers A, D may take over from C; three hosts may die',
		build: (without = []) =>
			handOffModel({
				id: 'takeover',
				without,
				given: true,
				recover: [{ victim: SOURCE }, { victim: SOURCE, takesOverFrom: 2 }],
				crashes: 3
			}),
		conditions: {}
	},
	incoherent: {
		title: 'Hand-off without hardware coherence',
		says: 'the same words, but every host works on copies in its own cache',
		build: (without = []) => handOffModel({ id: 'incoherent', without, coherent: false, crashes: 0 }),
		conditions: {}
	},
	formatting: {
		title: 'Formatting',
		says: 'three hosts find the region unformatted; any two die',
		build: (without = []) => formattingModel(without),
		conditions: {
			'header-first': 'the header is written before it is said to be ready',
			'claim-blind': 'the formatting is taken by compare-and-swap, not by a store'
		}
	},
	joining: {
		title: 'Joining',
		says: 'A joins while its last incarnation is being fenced',
		build: (without = []) => joiningModel(without),
		conditions: { 'new-incarnation': 'a host that joins takes a new incarnation' }
	},
	beats: {
		title: 'Beats and self-fencing I10',
		says: 'A beats, is paused, or does not get through; B suspects it; five ticks',
		build: (without = []) => beatsModel(without),
		conditions: {
			'self-fence': 'a host that does not get through stops its vCPUs',
			patience: 'nobody suspects before the other must have stopped',
			'look-on-waking': 'a host that wakes looks at its clock before it runs'
		}
	},
	creating: {
		title: 'Records made and swept I7c',
		says: 'A creates a VM and is fenced on its way; B sweeps what it meets',
		build: (without = []) => creatingModel(without),
		conditions: {
			'look-before-finish': 'a creator looks at its fence once more before it finishes',
			'sweep-any': 'only records of fenced creators are swept',
			'sweep-token': 'a swept record keeps counting its token'
		}
	},
	locking: {
		title: 'Locks',
		says: 'A and B want one lock; A is taken for dead and C frees what it holds',
		build: (without = []) => lockingModel(without),
		conditions: {
			'lock-blind': 'a lock is taken by compare-and-swap, not by a store',
			'give-back-blind': 'a lock is given back only by who still holds it',
			cut: 'the device cuts the fenced host off before its locks are freed'
		}
	},
	split: {
		title: 'vCPUs on two hosts I1',
		says: 'A gives a vCPU to B while B gives one to A; one crash',
		build: (without = []) => splitModel(without),
		conditions: {
			'stop-vcpu': 'a vCPU is stopped before it is given away',
			'map-blind': 'the map changes by compare-and-swap, not by a store',
			'await-vcpu': 'a vCPU is run only by who is named'
		}
	},
	ring: {
		title: 'Ring of events I11',
		says: 'one reads an entry while another writes over it',
		build: (without = []) => ringModel(without),
		conditions: {
			'open-entry': 'an entry is marked before it is written over',
			'check-generation': 'a reader looks at the generation before and after'
		}
	}
} as const satisfies Record<string, ModelEntry>;
export type ModelId = keyof typeof MODELS;
