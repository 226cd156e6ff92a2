import type { StepId } from '$lib/lessons/schema.ts';

/** The rhythm of every lesson, as the tabs name it. */
export const STEP_LABELS: readonly { readonly id: StepId; readonly label: string }[] = [
	{ id: 'bet', label: 'Bet' },
	{ id: 'run', label: 'Run' },
	{ id: 'look', label: 'Look' },
	{ id: 'change', label: 'Change' },
	{ id: 'challenge', label: 'Challenge' },
	{ id: 'make', label: 'Make' }
];
