/**
 * The focus never falls to nothing: when what has it goes away or is locked, what it lay in takes it, and the next Tab goes on
 * from there. A browser would leave it on the page as a whole, without a ring and far from where one was.
 * Returns what ends it.
 */
export function keepFocus(root: HTMLElement): () => void {
	/** What had the focus last, then what it lies in, up to the root. */
	let trail: HTMLElement[] = [];

	const remember = (event: FocusEvent): void => {
		trail = [];
		for (
			let at = event.target as HTMLElement | null;
			at !== null && root.contains(at);
			at = at.parentElement
		)
			trail.push(at);
	};
	const mend = (): void => {
		const [had] = trail;
		if (had === undefined) return;
		const locked = had.matches(':disabled');
		const now = document.activeElement ?? document.body;
		// A control that is locked keeps the focus until the next picture, and then it is nowhere.
		if (now !== document.body && !(now === had && locked)) return;
		// Left on purpose: by a press beside it.
		if (isThere(had) && !locked) return;
		const place = trail.find((one) => one !== had && isThere(one) && !one.matches(':disabled'));
		if (place !== undefined) focusPlace(place);
	};
	const observer = new MutationObserver(mend);
	root.addEventListener('focusin', remember);
	observer.observe(root, {
		childList: true,
		subtree: true,
		attributes: true,
		attributeFilter: ['disabled', 'hidden', 'inert']
	});
	return () => {
		observer.disconnect();
		root.removeEventListener('focusin', remember);
	};
}

const isThere = (element: HTMLElement): boolean =>
	element.isConnected && element.getClientRects().length > 0;

/** Something that is no control takes the focus until it leaves: a heading that is to be read, a group. */
export function focusPlace(place: HTMLElement): void {
	if (!place.hasAttribute('tabindex')) {
		place.tabIndex = -1;
		place.addEventListener('blur', () => place.removeAttribute('tabindex'), { once: true });
	}
	place.focus({ preventScroll: true });
}
