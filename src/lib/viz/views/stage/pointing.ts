import { getContext, setContext } from 'svelte';
import type { ObjectName } from '../../../engine/contract/queries.ts';
import type { Box } from '../../geometry/box.ts';

/** What the ink card beside a pointed object says: its name in words and one number. */
export interface Pointed {
	readonly box: Box;
	readonly name: string;
	readonly number: string;
}

export interface Pointing {
	point(what: Pointed | null): void;
	select(object: ObjectName): void;
}

const KEY = Symbol('pointing');
export const providePointing = (pointing: Pointing): void => void setContext(KEY, pointing);
export const usePointing = (): Pointing => getContext<Pointing>(KEY);
