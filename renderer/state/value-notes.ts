import { z } from 'zod';

const notesSchema = z.object({
  notes: z.array(z.object({ where: z.string(), field: z.string(), was: z.string(), kept: z.string() })),
});

/** A value the ERP has otherwise than the phone sent it: cut or rounded. */
export type ValueNote = z.infer<typeof notesSchema>['notes'][number];

/** Reads them from the engine's note of an outcome; none when it says something else. */
export function readValueNotes(json: string | undefined): readonly ValueNote[] {
  if (json === undefined || !json.startsWith('{')) return [];
  try {
    return notesSchema.safeParse(JSON.parse(json)).data?.notes ?? [];
  } catch {
    return [];
  }
}
