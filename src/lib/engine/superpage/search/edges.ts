/** How the way from one state to the next is noted: actor and way of a step, or what happened to a host or its cache. */
export const Edge = { crash: 1 << 20, writeBack: 2 << 20, drop: 3 << 20 } as const;
export const WAY_BITS = 4;
