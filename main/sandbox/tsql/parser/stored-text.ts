import { plainText } from '../types/sql-type.ts';
import type { Expr, TypeNode } from './ast.ts';

/** How tightly the parts of an expression hold; a part that holds less than its place needs parentheses. */
const TIGHT: Readonly<Record<string, number>> = { or: 1, and: 2, not: 3, cmp: 4, between: 2, in: 1 };
const OPERATORS: Readonly<Record<string, number>> = { '*': 7, '/': 7, '%': 7 };
const OPERAND = 9;

const WORD_FIRST = new Set(['DATEADD', 'DATEDIFF', 'DATEDIFF_BIG', 'DATEPART', 'DATENAME', 'DATETRUNC']);

const quoted = (name: string): string => `[${name.replaceAll(']', ']]')}]`;

function tightness(e: Expr): number {
  if (e.k === 'bin') return OPERATORS[e.op] ?? 6;
  if (e.k === 'isnull' || e.k === 'like') return 4;
  if (e.k === 'neg' || e.k === 'bitnot') return 8;
  return TIGHT[e.k] ?? OPERAND;
}

const within = (e: Expr, least: number): string =>
  tightness(e) < least ? `(${storedText(e)})` : storedText(e);

const typeOf = ({ name, args }: TypeNode): string =>
  `${quoted(name)}${args.length === 0 ? '' : `(${args.join(',')})`}`;

function literal(e: Expr & { k: 'lit' }): string {
  const { value, type } = e;
  if (value === null) return 'NULL';
  if (type.name === 'varchar' || type.name === 'nvarchar')
    return `${type.name === 'nvarchar' ? 'N' : ''}'${plainText(value).replaceAll("'", "''")}'`;
  return value instanceof Uint8Array ? plainText(value) : `(${plainText(value)})`;
}

/**
 * An expression as a server keeps and shows it: names in brackets, numbers in parentheses, functions in small letters,
 * CAST as CONVERT, BETWEEN and IN as the comparisons they mean. Queries answer their kind.
 */
export function storedText(e: Expr): string {
  switch (e.k) {
    case 'lit':
      return literal(e);
    case 'col':
      return e.parts.map(quoted).join('.');
    case 'var':
    case 'gvar':
      return e.name;
    case 'neg':
      return `-${within(e.e, OPERAND)}`;
    case 'bitnot':
      return `~${within(e.e, OPERAND)}`;
    case 'bin': {
      const own = tightness(e);
      const right = within(e.r, own + 1);
      // Two minus signs together would begin a comment.
      return `${within(e.l, own)}${e.op}${right.startsWith('-') ? ' ' : ''}${right}`;
    }
    case 'cmp':
      return `${within(e.l, 5)}${e.op}${within(e.r, 5)}`;
    case 'and':
      return `${within(e.l, 2)} AND ${within(e.r, 2)}`;
    case 'or':
      return `${within(e.l, 1)} OR ${within(e.r, 1)}`;
    case 'not':
      return `NOT ${within(e.e, 4)}`;
    case 'isnull':
      return `${within(e.e, 5)} IS ${e.not ? 'NOT ' : ''}NULL`;
    case 'like':
      return `${e.not ? 'NOT ' : ''}${within(e.e, 5)} like ${within(e.pattern, 5)}${e.escape ? ` escape ${storedText(e.escape)}` : ''}`;
    case 'between': {
      const l: Expr = { k: 'cmp', op: '>=', l: e.e, r: e.lo };
      const r: Expr = { k: 'cmp', op: '<=', l: e.e, r: e.hi };
      const both: Expr = { k: 'and', l, r };
      return e.not ? `NOT (${storedText(both)})` : storedText(both);
    }
    case 'in': {
      // A server keeps the list from its end.
      const either = (e.list ?? [])
        .map((r): Expr => ({ k: 'cmp', op: '=', l: e.e, r }))
        .toReversed()
        .map(storedText)
        .join(' OR ');
      return e.not ? `NOT (${either})` : either;
    }
    case 'case':
      return [
        'case',
        ...(e.input ? [storedText(e.input)] : []),
        ...e.whens.map((w) => `when ${storedText(w.when)} then ${storedText(w.result)}`),
        ...(e.other ? [`else ${storedText(e.other)}`] : []),
        'end',
      ].join(' ');
    case 'cast': {
      if (e.soft && !e.convert) return `TRY_CAST(${storedText(e.e)} AS ${typeOf(e.type)})`;
      const style = e.style ? `,${storedText(e.style)}` : '';
      return `${e.soft ? 'TRY_' : ''}CONVERT(${typeOf(e.type)},${storedText(e.e)}${style})`;
    }
    case 'collate':
      return `${within(e.e, OPERAND)} collate ${e.name}`;
    case 'func': {
      const [first, ...rest] = e.args;
      const word = WORD_FIRST.has(e.name) && first?.k === 'col';
      const args = word
        ? [(first.parts[0] ?? '').toLowerCase(), ...rest.map(storedText)]
        : e.args.map(storedText);
      return `${e.name.toLowerCase()}(${e.star ? '*' : args.join(',')})`;
    }
    case 'sub':
    case 'exists':
    case 'quantified':
    case 'default':
    case 'updated':
      // None of them may stand in the definition of a column.
      return e.k;
  }
}
