/** A page with a bar of its own. */
export const load = () => ({ bar: 'own' });
