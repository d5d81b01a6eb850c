import { sqlTokens, type Token } from './sql-tokens.ts';

const PREFIX = '@user_';
/** Names of variables are compared as the database compares: with these letters only nobody can differ. */
const PLAIN = /^@[\w@#$]*$/;

/**
 * The columns of a user that a SELECT asks for by `@user_<Column>`, in small letters. Undefined where that cannot be read with
 * certainty: then all of them may have a say. Pure.
 */
export function userVariables(select: string): ReadonlySet<string> | undefined {
  const tokens = sqlTokens(select);
  if (tokens === undefined) return undefined;
  const found = new Set<string>();
  return collect(tokens, found) ? found : undefined;
}

function collect(tokens: readonly Token[], found: Set<string>): boolean {
  for (const token of tokens) {
    if (token.kind === 'group') {
      if (!collect(token.tokens, found)) return false;
    } else if (token.kind === 'variable') {
      if (!PLAIN.test(token.text)) return false;
      const name = token.text.toLowerCase();
      if (name.startsWith(PREFIX)) found.add(name.slice(PREFIX.length));
    }
  }
  return true;
}
