/** The shape of a plan's step: one act, what it waits for, and how long (plans.ts has the plans). */
export type PlanValues = Readonly<Record<string, string | number | boolean>>;

export type ActName =
	| 'offer'
	| 'share'
	| 'ask-back'
	| 'force-back'
	| 'add-reference'
	| 'remove-reference'
	| 'launch'
	| 'close'
	| 'vacate'
	| 'take-access'
	| 'unbind'
	| 'reset'
	| 'power-off'
	| 'offer-copy'
	| 'close-device'
	| 'save-device'
	| 'copy-device'
	| 'move-vm'
	| 'open-device'
	| 'load-device';

export type UntilName =
	| 'decided'
	| 'capacity'
	| 'running'
	| 'closed'
	| 'vacated'
	| 'returned'
	| 'copy-capacity'
	| 'device-closed'
	| 'copied'
	| 'vm-there'
	| 'program-runs';

export interface PlanStep {
	readonly says: string;
	readonly act: ActName | null;
	/** What the act and the wait are about: a host, and a program or a VM on it. */
	readonly host: string;
	readonly app?: string;
	readonly kind?: string;
	readonly until: UntilName | null;
	/** It begins so long after the step before; −1: when somebody says so. */
	readonly afterMs?: number;
	readonly patienceMs: number;
	/** How often it is tried again when the wait is in vain. */
	readonly again?: number;
	/** In vain: go on to the next step, or give the plan up. */
	readonly inVain: 'next' | 'fail';
	/** Left out when what it waits for is so already. */
	readonly unlessSo?: boolean;
}
