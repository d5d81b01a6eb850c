/** A read in steps: between two of them others may have their turn, and it may be given up. Throws StoreError. */
export type Steps<T> = Generator<undefined, T>;
