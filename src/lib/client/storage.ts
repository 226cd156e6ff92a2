/**
 * Small things that this browser keeps: progress, preferences, unfinished runs. Storage may be absent, blocked or full, and
 * what is in it may be damaged; then the page goes on without, and says so where it matters.
 */
const PREFIX = 'switchyard:';
/** Per value, in UTF-16 units: browsers give a site about five million. */
const MOST_UNITS = 500_000;

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface BrowserStorage {
	/** The value as it was written; null when there is none, or none that can be read. */
	read(key: string): unknown;
	/** False when it could not be kept. */
	write(key: string, value: unknown): boolean;
	remove(key: string): boolean;
}

/** @param find may throw: blocked storage does so when it is only looked at */
export function storageOver(find: () => Store): BrowserStorage {
	return {
		read(key) {
			try {
				const text = find().getItem(PREFIX + key);
				return text === null || text.length > MOST_UNITS ? null : JSON.parse(text);
			} catch {
				return null;
			}
		},
		write(key, value) {
			try {
				const text = JSON.stringify(value) as string | undefined;
				if (text === undefined || text.length > MOST_UNITS) return false;
				find().setItem(PREFIX + key, text);
				return true;
			} catch {
				return false;
			}
		},
		remove(key) {
			try {
				find().removeItem(PREFIX + key);
				return true;
			} catch {
				return false;
			}
		}
	};
}

export const storage = storageOver(() => globalThis.localStorage);
