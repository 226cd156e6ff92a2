/** Past is solid, future is dashed; what lasts is both. */
export type Tense = 'past' | 'now' | 'future';
