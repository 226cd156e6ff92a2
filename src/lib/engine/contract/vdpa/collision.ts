/** What can happen to the maps of a device while it runs: every sequence of these is looked at by the explorer (engine/vdpa/explore). */
export const COLLISION_ACTIONS = ['start', 'hotplug', 'unplug', 'fail', 'finish'] as const;
export type CollisionAction = (typeof COLLISION_ACTIONS)[number];

export interface CollisionAnswer {
	/** Distinct states that were looked at. */
	readonly states: number;
	/** Sequences of at most so many actions that they stand for; up to the loss where there is one. */
	readonly sequences: number;
	/** Shortest sequence after which the device would reach wrong bytes, or none; null when there is none up to the length. */
	readonly path: readonly CollisionAction[] | null;
	/** What is wrong then. */
	readonly found: string | null;
}
