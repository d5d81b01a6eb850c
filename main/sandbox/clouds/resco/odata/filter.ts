import type { Attribute } from '../metadata/entity-types.ts';
import { RescoFault } from '../state/fault.ts';
import { comparable, compare } from '../fetch/compare.ts';
import { literal } from '../fetch/conditions.ts';

/** How a name in a filter is found: what it is, and where its value is. */
export interface Field<T> {
  readonly attribute: Attribute;
  readonly valueOf: (item: T) => string | undefined;
}

export type FieldFinder<T> = (name: string) => Field<T>;
type Test<T> = (item: T) => boolean;

const TOKEN = /\s*(?:(\()|(\))|(,)|('(?:[^']|'')*')|([A-Za-z_][A-Za-z0-9_]*)|(-?\d[0-9A-Za-z:.+-]*))/y;

interface Token {
  readonly kind: '(' | ')' | ',' | 'string' | 'word' | 'number';
  readonly text: string;
}

/** Compiles a `$filter`: comparisons, `and`, `or`, `not`, parentheses, `contains`, `startswith`, `endswith`. */
export function compileFilter<T>(text: string, field: FieldFinder<T>): Test<T> {
  const tokens = tokenize(text);
  let at = 0;
  const refuse = (): never => {
    throw new RescoFault(`$filter is not understood at '${tokens[at]?.text ?? 'its end'}'`);
  };
  const isWord = (word: string): boolean => tokens[at]?.kind === 'word' && tokens[at]?.text === word;
  const take = (kind: Token['kind']): string => {
    const token = tokens[at];
    if (token?.kind !== kind) return refuse();
    at += 1;
    return token.text;
  };
  const or = (): Test<T> => {
    let left = and();
    while (isWord('or')) {
      at += 1;
      const [a, b] = [left, and()];
      left = (item) => a(item) || b(item);
    }
    return left;
  };
  const and = (): Test<T> => {
    let left = term();
    while (isWord('and')) {
      at += 1;
      const [a, b] = [left, term()];
      left = (item) => a(item) && b(item);
    }
    return left;
  };
  const term = (): Test<T> => {
    if (isWord('not')) {
      at += 1;
      const inner = term();
      return (item) => !inner(item);
    }
    if (tokens[at]?.kind === '(') {
      at += 1;
      const inner = or();
      take(')');
      return inner;
    }
    const name = take('word');
    return tokens[at]?.kind === '(' ? called(name) : compared(field(name));
  };
  const called = (name: string): Test<T> => {
    take('(');
    const { valueOf } = field(take('word'));
    take(',');
    const wanted = take('string').toLowerCase();
    take(')');
    const hold = (holds: (value: string) => boolean): Test<T> => {
      return (item) => {
        const value = valueOf(item);
        return value !== undefined && holds(value.toLowerCase());
      };
    };
    if (name === 'contains') return hold((value) => value.includes(wanted));
    if (name === 'startswith') return hold((value) => value.startsWith(wanted));
    return name === 'endswith' ? hold((value) => value.endsWith(wanted)) : refuse();
  };
  const compared = ({ attribute, valueOf }: Field<T>): Test<T> => {
    const name = take('word');
    const holds = HOLDS[name];
    if (holds === undefined) {
      at -= 1;
      return refuse();
    }
    if (isWord('null')) {
      at += 1;
      if (name === 'eq') return (item) => valueOf(item) === undefined;
      return name === 'ne' ? (item) => valueOf(item) !== undefined : refuse();
    }
    const token = tokens[at];
    if (token === undefined) return refuse();
    if (QUOTED.has(attribute.type) !== (token.kind === 'string')) return refuse();
    at += 1;
    const wanted = literal(attribute, token.text);
    return (item) => {
      const value = valueOf(item);
      if (value === undefined) return name === 'ne';
      return holds(compare(comparable(attribute, value), wanted));
    };
  };
  const whole = or();
  return at < tokens.length ? refuse() : whole;
}

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
};

/** Types whose literals stand in quotes; ids among them. */
const QUOTED: ReadonlySet<Attribute['type']> = new Set(['String', 'UniqueIdentifier', 'Lookup']);

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const start = TOKEN.lastIndex;
    const [, open, close, comma, quoted, word, number] = TOKEN.exec(text) ?? [];
    if (open !== undefined) tokens.push({ kind: '(', text: open });
    else if (close !== undefined) tokens.push({ kind: ')', text: close });
    else if (comma !== undefined) tokens.push({ kind: ',', text: comma });
    else if (quoted !== undefined)
      tokens.push({ kind: 'string', text: quoted.slice(1, -1).replaceAll("''", "'") });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else throw new RescoFault(`$filter is not understood at '${text.slice(start)}'`);
  }
  return tokens;
}
