/** The explorer draws its own top bar: what is explored stands in it. */
export const load = (): { bar: 'own' } => ({ bar: 'own' });
