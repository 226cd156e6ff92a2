/** A nominal type over a primitive: two brands of number cannot be mixed by accident. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };
