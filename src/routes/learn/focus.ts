import { tick } from 'svelte';
import { focusPlace } from '$lib/ui/keep-focus.ts';

/** Where the focus goes on a lesson's page when the button that was pressed is gone with the step it belonged to. */

const shown = (selector: string): HTMLElement | null =>
	[...document.querySelectorAll<HTMLElement>(selector)].find(
		(one) => one.getClientRects().length > 0
	) ?? null;
const isGone = (had: Element | null): boolean =>
	had === null || had === document.body || !had.isConnected;

/** Another step: to its heading, from which one reads on. A tab that was pressed keeps the focus. */
export async function readOn(had: Element | null): Promise<void> {
	await tick();
	const heading = isGone(had) ? shown('#lesson-text h1') : null;
	if (heading) focusPlace(heading);
}

/** The run is over: from what it left behind to the way on. */
export async function toLook(): Promise<void> {
	await tick();
	const had = document.activeElement;
	if (isGone(had) || had?.matches('.transport')) shown('#lesson-text .onwards .primary')?.focus();
}

/** The bet stands: to what it has unlocked. */
export async function toRun(had: Element | null): Promise<void> {
	await tick();
	if (isGone(had)) shown('.transport .primary, .phone-bar .primary')?.focus();
}
