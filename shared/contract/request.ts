import { z } from 'zod';
import type { Right } from './reply.ts';

/** Milliseconds since 1970 UTC. */
export const instant = z.number();
export const linkName = z.string().min(1).max(40);
export const nothing = z.strictObject({});

/** One line of the contract: the right it needs, its arguments, its result. */
export const request = <R extends Right, A extends z.ZodType, V extends z.ZodType>(
  right: R,
  args: A,
  result: V,
) => ({
  right,
  args,
  result,
});
