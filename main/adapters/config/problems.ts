import { z } from 'zod';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { pathText } from '../../core/mapping/config-problem.ts';
import { suggest } from './suggest.ts';

/** More than a person reads at once. */
export const MOST_PROBLEMS = 20;

const LOOKS_SECRET = /pass(word)?|pwd|secret|token|api-?_?key/i;

/** What a schema has to say against a file's data; empty when nothing. */
export function problemsOf(file: string, schema: z.ZodType, data: unknown): readonly ConfigProblem[] {
  const parsed = schema.safeParse(data);
  if (parsed.success) return [];
  return parsed.error.issues
    .flatMap((issue) => readable(issue))
    .flatMap((issue) => inWords(file, schema, issue))
    .slice(0, MOST_PROBLEMS);
}

type Issue = z.core.$ZodIssue;

/** Of the ways a value could have been meant, the one that came furthest is complained about. */
function readable(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const reach = (issues: readonly Issue[]): number =>
    Math.max(...issues.map((one) => one.path.length * 2 + (one.code === 'invalid_type' ? 0 : 1)));
  const best = [...issue.errors].sort((a, b) => reach(b) - reach(a) || a.length - b.length)[0] ?? [];
  return best.flatMap((one) => readable({ ...one, path: [...issue.path, ...one.path] } as Issue));
}

function inWords(file: string, schema: z.ZodType, issue: Issue): readonly ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      file,
      path: pathText([...issue.path, key]),
      reason: 'this key is not known',
      hint: keyHint(key, known),
    }));
  }
  return [
    {
      file,
      path: pathText(issue.path),
      reason: missing(issue) ? 'it is missing' : issue.message.replace(/^Invalid input: /, ''),
      hint: missing(issue) ? 'add it' : undefined,
    },
  ];
}

const missing = (issue: Issue): boolean =>
  issue.code === 'invalid_type' && issue.message.includes('received undefined');

function keyHint(key: string, known: readonly string[]): string {
  const meant = suggest(key, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  if (LOOKS_SECRET.test(key))
    return 'secrets are not kept in files: use "erp-ferry secret set <name>", such as erp.main.password';
  return known.length === 0 ? 'remove it' : `remove it; known here: ${known.join(', ')}`;
}

/** The keys the schema has at a path, over all branches of a union. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  let here: readonly z.core.$ZodType[] = unwrap(schema);
  for (const part of path) here = here.flatMap((one) => step(one, part)).flatMap(unwrap);
  const keys = here.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : []));
  return [...new Set(keys)];
}

function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  )
    return unwrap(schema.unwrap());
  return [schema];
}

function step(schema: z.core.$ZodType, part: PropertyKey): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodObject) {
    const next = (schema.shape as Record<string, z.core.$ZodType>)[String(part)];
    return next === undefined ? [] : [next];
  }
  return [];
}
