import type { DeletionGuard } from './feed.ts';

/** A table emptied by mistake, a filter or a right that changed: nothing of it may reach the phones by itself. */
export const DELETION_GUARD: DeletionGuard = { keys: 1_000, percent: 10, few: 10 };

/** Whether so many rows may be gone of so many known. */
export const believed = (guard: DeletionGuard, gone: number, known: number): boolean =>
  gone <= guard.few || (gone <= guard.keys && gone * 100 <= known * guard.percent);
