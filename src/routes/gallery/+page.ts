export const load = () => ({ bar: 'own' as const });
