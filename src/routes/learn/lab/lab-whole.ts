import type { Session } from '$lib/client/session.svelte.ts';
import type { MoverStep } from '$lib/engine/contract/movers.ts';
import type { LabState } from '$lib/lessons/lab/lab.ts';
import type { Lab } from '$lib/lessons/lab/load.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import type { LabPlayer } from './lab-player.svelte.ts';

/** What the parts of a lab's page need of the whole and of each other. The page itself is `lab-page.svelte.ts`. */
export interface LabWhole {
	readonly lab: Lab;
	readonly steps: Lab['steps'];
	readonly step: LabState['step'];
	learner: LabState;
	said: string;
	readonly root: string;
	readonly player: LabPlayer;
	readonly session: Session | null;
	readonly nowNs: number;
	readonly untilNs: number;
	readonly atEnd: boolean;
	readonly locked: string | null;
	readonly option: string | null;
	readonly stand: () => Promise<void>;
	readonly attempts: { readonly plan: (next: LabState) => void };
	readonly hands: {
		readonly busy: boolean;
		readonly follow: () => void;
		readonly journal: Scenario['journal'] | null;
	};
	readonly order: {
		readonly lay: () => Promise<void>;
		readonly show: (path: readonly MoverStep[]) => Promise<void>;
	};
}
