/** Words about what may come. */
export const FUTURE_WORDS = {
	reroll: 'chance begins anew from here: {seed}'
} as const;
