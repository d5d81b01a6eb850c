import { z } from 'zod';

const outcomeSchema = z.object({
  documents: z
    .array(
      z.object({
        erpNumber: z.string().nullable(),
      }),
    )
    .optional(),
  syncLogId: z.string().optional(),
});

/** What came of an item, for people. */
export interface Outcome {
  /** The numbers the ERP gave, in the order of writing, each once. */
  readonly erpNumbers: readonly string[];
  readonly syncLogId: string | undefined;
}

/** Reads the engine's note; undefined when it says something else. */
export function readOutcome(json: string | undefined): Outcome | undefined {
  if (json === undefined || !json.startsWith('{')) return undefined;
  try {
    const found = outcomeSchema.safeParse(JSON.parse(json));
    if (!found.success) return undefined;
    const { documents, syncLogId } = found.data;
    if (documents === undefined && syncLogId === undefined) return undefined;
    const numbers = (documents ?? []).flatMap(({ erpNumber }) => erpNumber ?? []);
    return { erpNumbers: [...new Set(numbers)].filter((one) => one !== ''), syncLogId };
  } catch {
    return undefined;
  }
}
