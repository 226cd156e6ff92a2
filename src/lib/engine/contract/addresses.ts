import type { VmId } from './ids.ts';

export type AddressSpaceName = 'gva' | 'gpa' | 'hva' | 'hpa' | 'dpa';

/**
 * One guest page in five address spaces on every host, with the tables that lead from one to the next and whether each still
 * holds (lesson 11). A table that holds leads to the page; a broken one says where it leads instead.
 */
export interface AddressCell {
	readonly space: AddressSpaceName;
	readonly address: string | null;
	readonly note: string;
	/** It is another one than at the start. */
	readonly changed: boolean;
}

export interface AddressLink {
	readonly by: string;
	readonly state: 'holds' | 'broken' | 'none';
	/** What is wrong with a broken one. */
	readonly why: string | null;
}

export interface AddressLane {
	readonly host: string;
	readonly role: 'runs' | 'stopped' | 'prepared' | 'none';
	/** GVA, GPA, HVA, HPA, DPA. */
	readonly cells: readonly AddressCell[];
	/** Between each two of them. */
	readonly links: readonly AddressLink[];
}

export interface AddressesAnswer {
	readonly vm: VmId;
	readonly gfn: number;
	/** How it came to where it is: "passed by reference: one word, no page". */
	readonly came: string;
	readonly copiedPages: number;
	readonly records: number;
	readonly pages: number;
	readonly lanes: readonly AddressLane[];
}

export const SPACE_NAMES: Readonly<Record<AddressSpaceName, string>> = {
	gva: 'guest virtual',
	gpa: 'guest physical',
	hva: 'host virtual',
	hpa: 'host physical',
	dpa: 'device'
};
