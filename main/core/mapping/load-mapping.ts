import type { Sha256 } from '../../../shared/model/ids.ts';
import { mappingSchema, type Mapping } from '../../../shared/model/mapping.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { checkMapping } from './check-mapping.ts';
import { pathText, type ConfigProblem } from './config-problem.ts';

export interface LoadedMapping {
  readonly mapping: Mapping;
  /** Of the file's text: it goes into every ledger row. */
  readonly hash: Sha256;
}

/** More problems than a person reads at once. */
const MOST_PROBLEMS = 20;

/** Reads a mapping file. Problems come as data with a path and a hint; the first twenty. Pure. */
export function loadMapping(
  text: string,
  hash: (text: string) => Sha256,
): Result<LoadedMapping, readonly ConfigProblem[]> {
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const message = error instanceof Error ? error.message : 'it is not JSON';
    return fail([{ path: '', message, hint: 'correct the file so that it is JSON' }]);
  }
  const parsed = mappingSchema.safeParse(data);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => ({
      path: pathText(issue.path),
      message: issue.message,
      hint:
        issue.code === 'unrecognized_keys'
          ? 'remove the key or correct its spelling'
          : 'correct the value; docs/mapping.md lists what is allowed',
    }));
    return fail(problems.slice(0, MOST_PROBLEMS));
  }
  const problems = checkMapping(parsed.data);
  return problems.length > 0
    ? fail(problems.slice(0, MOST_PROBLEMS))
    : ok({ mapping: parsed.data, hash: hash(text) });
}
