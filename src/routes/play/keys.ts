/** What a key does anywhere on the page, unless the thing in focus wants the key for itself. */
export type Action =
	| 'step'
	| 'stepBack'
	| 'phase'
	| 'phaseBack'
	| 'playPause'
	| 'start'
	| 'end'
	| 'faster'
	| 'slower'
	| 'find'
	| 'inspector'
	| 'compare'
	| 'console'
	| 'changes'
	| 'help'
	| 'projector'
	| 'finish';

export interface Key {
	readonly key: string;
	readonly shiftKey: boolean;
	readonly ctrlKey: boolean;
	readonly metaKey: boolean;
	readonly altKey: boolean;
}

export function actionOf(event: Key): Action | null {
	if (event.ctrlKey || event.metaKey || event.altKey) return null;
	switch (event.key) {
		case 'ArrowRight':
			return event.shiftKey ? 'phase' : 'step';
		case 'ArrowLeft':
			return event.shiftKey ? 'phaseBack' : 'stepBack';
		case ' ':
			return 'playPause';
		case 'Home':
			return 'start';
		case 'End':
			return 'end';
		case '+':
		case '=':
			return 'faster';
		case '-':
		case '_':
			return 'slower';
		case 'f':
			return 'find';
		case 'i':
			return 'inspector';
		case 'c':
			return 'compare';
		case '~':
		case '`':
			return 'console';
		case '.':
			return 'changes';
		case 'p':
			return 'projector';
		case '?':
			return 'help';
		case 'Escape':
			return 'finish';
		default:
			return null;
	}
}

/** Which keys the thing in focus keeps: typing keeps all, buttons keep Space, lists and sliders their arrows. */
export function keeps(tag: string, type: string, role: string | null, key: string): boolean {
	const name = tag.toLowerCase();
	if (name === 'textarea' || name === 'select') return true;
	const arrows = key.startsWith('Arrow') || key === 'Home' || key === 'End';
	if (name === 'input') {
		if (type === 'range') return arrows;
		return type === 'checkbox' || type === 'radio' ? key === ' ' || arrows : true;
	}
	if (key === ' ') return name === 'button' || name === 'a' || name === 'summary';
	return (
		arrows &&
		(role === 'radio' ||
			role === 'tab' ||
			role === 'gridcell' ||
			role === 'grid' ||
			role === 'option')
	);
}

/** For the help dialog, in the order in which one learns them. */
export const KEYS: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
	{ keys: ['Space'], does: 'Play or pause' },
	{ keys: ['→', '←'], does: 'One step on, one step back (event, phase or commit, as chosen)' },
	{ keys: ['Shift →', 'Shift ←'], does: 'To the next or the previous border between phases' },
	{ keys: ['Home', 'End'], does: 'To the start, to the end of the run' },
	{ keys: ['+', '−'], does: 'Ten times faster, ten times slower' },
	{ keys: ['f'], does: 'Find an address, a page, a VM or an event' },
	{ keys: ['i'], does: 'Go to the inspector and back' },
	{ keys: ['c'], does: 'Runs side by side, and back to one' },
	{ keys: ['~'], does: 'Open and close the console of a Linux machine' },
	{ keys: ['.'], does: 'On a Linux machine: what changed since the picture before' },
	{ keys: ['p'], does: 'Large type for a projector, and back' },
	{ keys: ['Esc'], does: 'Finish what moves now; close a panel' },
	{ keys: ['?'], does: 'This list' },
	{
		keys: ['Tab', 'arrows', 'Enter', 'Esc'],
		does: 'In the picture: go there, walk among its parts, go in, go out'
	},
	{ keys: ['Page Up', 'Page Down'], does: 'On the timeline: a tenth of what is shown' }
];
