import type { ReadFailure } from '../../core/queue/viewer-reads.ts';
import type { StoreErrorCode } from '../../core/queue/store-error.ts';
import type { ReadName } from './reader.ts';

/** What the agent's thread says to the reader. */
export type ToReader =
  | { readonly kind: 'read'; readonly id: number; readonly name: ReadName; readonly argument: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

/** What the reader says. Errors cross as data: a class does not survive the way. */
export type FromReader =
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: ReadFailure }
  | { readonly kind: 'bug'; readonly id: number; readonly message: string }
  | { readonly kind: 'damaged'; readonly code: StoreErrorCode; readonly message: string };
