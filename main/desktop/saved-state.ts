import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const boundsSchema = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) });
const savedSchema = z.object({
  window: z.object({ bounds: boundsSchema, maximized: z.boolean() }).optional().catch(undefined),
  /** Toasts that were shown: `<alert>:<times>`. */
  toasts: z.array(z.string().max(60)).max(1_000).catch([]),
});
export type SavedState = z.infer<typeof savedSchema>;

/** What the program keeps of a user between two starts. Losing it costs nothing but a window's place. */
export function loadSavedState(file: string): SavedState {
  try {
    const parsed = savedSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (parsed.success) return parsed.data;
  } catch {
    // None yet, or unreadable: begin anew.
  }
  return { toasts: [] };
}

/** By rename, so that a start in the same moment never reads half of it. Failures are of no consequence. */
export function saveState(file: string, state: SavedState): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp`, JSON.stringify(state));
    renameSync(`${file}.tmp`, file);
  } catch {
    // A read-only profile keeps no window sizes.
  }
}
