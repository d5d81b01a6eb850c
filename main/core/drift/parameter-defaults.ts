/**
 * Which parameters of a procedure have a default, from its text: the catalogue does not say it of procedures in T-SQL. Names
 * without `@`, in lower case; undefined when the text cannot be read as the head of a procedure. Pure.
 */
export function parameterDefaults(definition: string): ReadonlySet<string> | undefined {
  const defaults = new Set<string>();
  let current: string | undefined;
  let before = '';
  let seen = false;
  let depth = 0;
  for (const token of tokens(definition)) {
    const word = token.toLowerCase();
    if (!seen) {
      seen = word === 'proc' || word === 'procedure';
      continue;
    }
    if (word === '(') depth += 1;
    else if (word === ')') depth -= 1;
    else if (word.startsWith('@')) current = word.slice(1);
    else if (word === '=' && current !== undefined) defaults.add(current);
    else if (word === 'as' && !before.startsWith('@')) return defaults;
    else if ((word === 'with' || word === 'for') && depth === 0) return defaults;
    before = word;
  }
  return undefined;
}

/** Comments, texts and names in brackets are one token each; comments and white space are left out. */
function* tokens(text: string): Iterable<string> {
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = text.charAt(at);
    if (/\s/.test(char)) at += 1;
    else if (rest === '--') {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end + 1;
    } else if (rest === '/*') at = endOfComment(text, at);
    else if (char === "'" || char === '"' || char === '[') {
      const end = endOfQuoted(text, at, char === '[' ? ']' : char);
      yield text.slice(at, end);
      at = end;
    } else {
      const pattern = /[@#$\p{L}\p{N}_]+/uy;
      pattern.lastIndex = at;
      const word = pattern.exec(text)?.[0] ?? char;
      yield word;
      at += word.length;
    }
  }
}

/** Comments nest. */
function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const two = text.slice(at, at + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at += 1)
    if (text.charAt(at) === quote) {
      if (text.charAt(at + 1) !== quote) return at + 1;
      at += 1;
    }
  return text.length;
}
