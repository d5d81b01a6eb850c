import type { SyncFailure } from './failure.ts';

/** Expected failures are returned; a throw means a bug. */
export type Result<T, F = SyncFailure> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: F };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <F>(failure: F): { readonly ok: false; readonly failure: F } => ({ ok: false, failure });

export { assertNever } from './assert-never.ts';
