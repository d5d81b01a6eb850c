/**
 * T-SQL text as a tree of tokens: what stands in parentheses is one token. Comments are gone, strings are opaque. Undefined
 * where the text cannot be read with certainty.
 */

export type Token =
  /** Unquoted, in capitals; `spelled` as written. */
  | { readonly kind: 'word'; readonly text: string; readonly spelled: string }
  /** In brackets or double quotes. */
  | { readonly kind: 'quoted'; readonly text: string }
  | { readonly kind: 'variable'; readonly text: string }
  | { readonly kind: 'symbol'; readonly text: string }
  | { readonly kind: 'literal' }
  | { readonly kind: 'group'; readonly tokens: readonly Token[] };

const WORD = /[\p{L}_#][\p{L}\p{N}_@#$]*/uy;
const VARIABLE = /@[\p{L}\p{N}_@#$]*/uy;
const NUMBER = /(?:0x[0-9a-f]*|\$?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/iy;
const SPACE = /[\s\uFEFF]+/uy;
const SYMBOLS = '+-*/%=<>!,.~^|&;';
/** Deeper than anybody writes by hand; a view of a generator is not worth the stack. */
const MAX_DEPTH = 64;

export function sqlTokens(text: string): readonly Token[] | undefined {
  const open: Token[][] = [[]];
  const put = (token: Token): void => void open.at(-1)?.push(token);
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < text.length) {
    if (match(SPACE) !== undefined) continue;
    const two = text.slice(at, at + 2);
    if (two === '--') {
      const end = text.indexOf('\n', at);
      // Whether a lone carriage return ends it is the server's secret.
      if (/\r(?!$)/.test(text.slice(at, end < 0 ? text.length : end))) return undefined;
      at = end < 0 ? text.length : end + 1;
      continue;
    }
    if (two === '/*') {
      const end = commentEnd(text, at);
      if (end === undefined) return undefined;
      at = end;
      continue;
    }
    const first = text.charAt(at);
    if (first === "'" || first === '"' || first === '[') {
      const read = quotedFrom(text, at, first === '[' ? ']' : first);
      if (read === undefined) return undefined;
      at = read.end;
      put(first === "'" ? { kind: 'literal' } : { kind: 'quoted', text: read.value });
      continue;
    }
    if (first === '(') {
      if (open.length > MAX_DEPTH) return undefined;
      open.push([]);
      at += 1;
      continue;
    }
    if (first === ')') {
      const tokens = open.pop();
      if (tokens === undefined || open.length === 0) return undefined;
      put({ kind: 'group', tokens });
      at += 1;
      continue;
    }
    if (two.toUpperCase() === "N'") {
      at += 1;
      continue;
    }
    // A dot before a digit begins a number, unless it joins two parts of a name.
    const joins = first === '.' && isName(open.at(-1)?.at(-1));
    if (!joins && match(NUMBER) !== undefined) {
      put({ kind: 'literal' });
      continue;
    }
    const variable = match(VARIABLE);
    if (variable !== undefined) {
      put({ kind: 'variable', text: variable });
      continue;
    }
    const word = match(WORD);
    if (word !== undefined) {
      put({ kind: 'word', text: word.toUpperCase(), spelled: word });
      continue;
    }
    if (!SYMBOLS.includes(first)) return undefined;
    put({ kind: 'symbol', text: first });
    at += 1;
  }
  return open.length === 1 ? open[0] : undefined;
}

const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'quoted';

/** Comments nest. */
function commentEnd(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length;) {
    const two = text.slice(at, at + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/') depth -= 1;
    else {
      at += 1;
      continue;
    }
    at += 2;
    if (depth === 0) return at;
  }
  return undefined;
}

/** A closing quote that stands twice is one of the text. */
function quotedFrom(text: string, from: number, close: string): { value: string; end: number } | undefined {
  let value = '';
  for (let at = from + 1; ;) {
    const end = text.indexOf(close, at);
    if (end < 0) return undefined;
    value += text.slice(at, end);
    if (text.charAt(end + 1) !== close) return { value, end: end + 1 };
    value += close;
    at = end + 2;
  }
}
