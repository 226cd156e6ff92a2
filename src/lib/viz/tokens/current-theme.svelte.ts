import { createSubscriber } from 'svelte/reactivity';
import { THEMES, type Theme, type ThemeName } from './colour.ts';

/**
 * The theme that the style sheet shows now, for painters that need values instead of variables: the attribute on the
 * root element first, else the wish of the system. Reading it inside an effect or a derived follows changes.
 */
class CurrentTheme {
	readonly #subscribe = createSubscriber((update) => {
		const query = matchMedia('(prefers-color-scheme: dark)');
		const observer = new MutationObserver(update);
		observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
		query.addEventListener('change', update);
		return () => {
			observer.disconnect();
			query.removeEventListener('change', update);
		};
	});

	get name(): ThemeName {
		if (typeof document === 'undefined') return 'light';
		this.#subscribe();
		const chosen = document.documentElement.dataset.theme;
		if (chosen === 'light' || chosen === 'dark') return chosen;
		return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
	}

	get colours(): Theme {
		return THEMES[this.name];
	}
}

export const currentTheme = new CurrentTheme();
