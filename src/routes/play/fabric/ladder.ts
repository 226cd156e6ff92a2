/** A host of the address ladders, and the address that it begins with. */
export interface LadderHost {
	readonly id: string;
	readonly baseHpa: number;
	readonly bytes: number;
	readonly firstHpa: number;
	/** It begins with the byte of the tag that is followed; false: with the window's first. */
	readonly follows: boolean;
}

/** Where only one of two hosts has the followed byte, the other begins as far into its own window. */
export function together(
	a: LadderHost | null,
	b: LadderHost | null
): readonly [LadderHost | null, LadderHost | null] {
	if (!a || !b || a.follows === b.follows) return [a, b];
	const [has, lacks] = a.follows ? [a, b] : [b, a];
	const offset = has.firstHpa - has.baseHpa;
	const moved = offset < lacks.bytes ? { ...lacks, firstHpa: lacks.baseHpa + offset } : lacks;
	return a.follows ? [a, moved] : [moved, b];
}
