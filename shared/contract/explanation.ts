import { z } from 'zod';

/** A catalogue key and what goes into its placeholders. Viewers turn it into words. */
export const textSchema = z.object({
  key: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
});
export type Text = z.infer<typeof textSchema>;

export const ownerSchema = z.enum([
  'erp-administrator',
  'cloud-administrator',
  'integrator',
  'user',
  'vendor',
  'nobody',
]);

/** What happened, who acts, what to do. */
export const explanationSchema = z.object({
  owner: ownerSchema,
  what: textSchema,
  next: textSchema,
});
export type Explanation = z.infer<typeof explanationSchema>;
