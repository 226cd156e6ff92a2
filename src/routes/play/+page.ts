/** The playground draws its own top bar: scenario, memory, undo, share stand in it. */
export const load = (): { bar: 'own' } => ({ bar: 'own' });
