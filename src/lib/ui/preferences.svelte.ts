/** What this reader chose for the look: kept on this machine, sent nowhere. */
export type ThemeChoice = 'system' | 'light' | 'dark';
export type MotionChoice = 'system' | 'reduced';

const THEME_KEY = 'switchyard.theme';
const MOTION_KEY = 'switchyard.motion';
const PROJECTOR_KEY = 'switchyard.projector';

const isTheme = (value: unknown): value is ThemeChoice =>
	value === 'system' || value === 'light' || value === 'dark';

/** Storage may be forbidden (private windows, foreign frames); a choice then lasts as long as the page. */
function readStored(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}
function store(key: string, value: string): void {
	try {
		localStorage.setItem(key, value);
	} catch {
		// Not kept; nothing else depends on it.
	}
}

class Preferences {
	theme: ThemeChoice = $state('system');
	motion: MotionChoice = $state('system');
	/** Large type and strong contrast, for a room: pages that can be shown to many read it. */
	projector: boolean = $state(false);
	#systemDark = $state(false);
	#systemReduced = $state(false);
	readonly isDark: boolean = $derived(
		this.theme === 'dark' || (this.theme === 'system' && this.#systemDark)
	);
	readonly reducedMotion: boolean = $derived(this.motion === 'reduced' || this.#systemReduced);
	/** The system itself asks for less motion: our switch cannot turn it on again. */
	readonly systemReduced: boolean = $derived(this.#systemReduced);

	/** Reads what was stored and listens to the system. Returns the end of listening. */
	start(): () => void {
		const theme = readStored(THEME_KEY);
		if (isTheme(theme)) this.theme = theme;
		if (readStored(MOTION_KEY) === 'reduced') this.motion = 'reduced';
		this.projector = readStored(PROJECTOR_KEY) === 'on';
		const dark = matchMedia('(prefers-color-scheme: dark)');
		const reduced = matchMedia('(prefers-reduced-motion: reduce)');
		const read = (): void => {
			this.#systemDark = dark.matches;
			this.#systemReduced = reduced.matches;
		};
		read();
		this.#show();
		dark.addEventListener('change', read);
		reduced.addEventListener('change', read);
		return () => {
			dark.removeEventListener('change', read);
			reduced.removeEventListener('change', read);
		};
	}

	setTheme(theme: ThemeChoice): void {
		this.theme = theme;
		store(THEME_KEY, theme);
		this.#show();
	}

	setMotion(motion: MotionChoice): void {
		this.motion = motion;
		store(MOTION_KEY, motion);
		this.#show();
	}

	setProjector(on: boolean): void {
		this.projector = on;
		store(PROJECTOR_KEY, on ? 'on' : 'off');
	}

	/** The style sheet reads these two attributes; without them it follows the system. */
	#show(): void {
		const root = document.documentElement;
		if (this.theme === 'system') delete root.dataset.theme;
		else root.dataset.theme = this.theme;
		if (this.motion === 'reduced') root.dataset.motion = 'reduced';
		else delete root.dataset.motion;
	}
}

export const preferences = new Preferences();
