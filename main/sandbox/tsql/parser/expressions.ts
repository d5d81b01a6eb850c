import type { SqlType } from '../face.ts';
import { RESERVED } from '../tokens.ts';
import { typeName } from './data-type.ts';
import type { BinaryOp, CompareOp, Expr, OrderItem, WindowNode } from './ast.ts';
import type { Cursor } from './cursor.ts';

const INT: SqlType = { name: 'int' };
/** Reserved words that are functions when a parenthesis follows. */
const RESERVED_FUNCTIONS = new Set(['LEFT', 'RIGHT', 'COALESCE', 'NULLIF']);
const BARE_FUNCTIONS = new Set(['CURRENT_TIMESTAMP', 'SYSTEM_USER', 'CURRENT_USER', 'SESSION_USER', 'USER']);

export function parseExpression(c: Cursor): Expr {
  let left = parseAnd(c);
  while (c.takeWord('OR')) left = { k: 'or', l: left, r: parseAnd(c) };
  return left;
}

function parseAnd(c: Cursor): Expr {
  let left = parseNot(c);
  while (c.takeWord('AND')) left = { k: 'and', l: left, r: parseNot(c) };
  return left;
}

function parseNot(c: Cursor): Expr {
  if (c.takeWord('NOT')) return { k: 'not', e: parseNot(c) };
  return parsePredicate(c);
}

const COMPARE: Readonly<Record<string, CompareOp>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  '!<': '>=',
  '!>': '<=',
};

function parsePredicate(c: Cursor): Expr {
  if (c.isWord('EXISTS')) {
    c.next();
    c.expectOp('(');
    const query = c.rules.query(c);
    c.expectOp(')');
    return { k: 'exists', query };
  }
  if (c.isWord('UPDATE') && c.peek().text === '(') {
    c.next();
    c.next();
    const column = c.name();
    c.expectOp(')');
    return { k: 'updated', column };
  }
  const left = parseScalar(c);
  const op = c.token.kind === 'op' ? COMPARE[c.token.text] : undefined;
  if (op) {
    c.next();
    if (c.isWord('ALL', 'ANY', 'SOME')) {
      const all = c.next().upper === 'ALL';
      c.expectOp('(');
      const query = c.rules.query(c);
      c.expectOp(')');
      return { k: 'quantified', op, all, l: left, query };
    }
    return { k: 'cmp', op, l: left, r: parseScalar(c) };
  }
  if (c.takeWord('IS')) {
    const not = c.takeWord('NOT');
    c.expectWord('NULL');
    return { k: 'isnull', e: left, not };
  }
  const negated = c.isWord('NOT') && ['IN', 'LIKE', 'BETWEEN'].includes(c.peek().upper);
  if (negated) c.next();
  if (c.takeWord('IN')) return parseIn(c, left, negated);
  if (c.takeWord('BETWEEN')) {
    const lo = parseScalar(c);
    c.expectWord('AND');
    return { k: 'between', e: left, lo, hi: parseScalar(c), not: negated };
  }
  if (c.takeWord('LIKE')) {
    const pattern = parseScalar(c);
    const escape = c.takeWord('ESCAPE') ? parseScalar(c) : undefined;
    return { k: 'like', e: left, pattern, escape, not: negated };
  }
  return left;
}

function parseIn(c: Cursor, e: Expr, not: boolean): Expr {
  c.expectOp('(');
  if (c.isWord('SELECT', 'WITH')) {
    const query = c.rules.query(c);
    c.expectOp(')');
    return { k: 'in', e, query, not };
  }
  const list = [parseScalar(c)];
  while (c.takeOp(',')) list.push(parseScalar(c));
  c.expectOp(')');
  return { k: 'in', e, list, not };
}

/** A value without comparison: what a column, an argument or a default may be. */
export function parseScalar(c: Cursor): Expr {
  let left = parseTerm(c);
  while (c.isOp('+', '-', '&', '|', '^')) {
    const op = c.next().text as BinaryOp;
    left = { k: 'bin', op, l: left, r: parseTerm(c) };
  }
  return left;
}

function parseTerm(c: Cursor): Expr {
  let left = parseUnary(c);
  while (c.isOp('*', '/', '%')) {
    const op = c.next().text as BinaryOp;
    left = { k: 'bin', op, l: left, r: parseUnary(c) };
  }
  return left;
}

function parseUnary(c: Cursor): Expr {
  if (c.takeOp('-')) return negate(parseUnary(c));
  if (c.takeOp('+')) return parseUnary(c);
  if (c.takeOp('~')) return { k: 'bitnot', e: parseUnary(c) };
  let e = parsePrimary(c);
  while (c.takeWord('COLLATE')) e = { k: 'collate', e, name: c.next().text };
  return e;
}

/** A minus before a number is part of the number: -2147483648 is an int. */
function negate(e: Expr): Expr {
  if (e.k !== 'lit' || e.value === null) return { k: 'neg', e };
  if (typeof e.value === 'number') return { ...e, value: -e.value };
  if (typeof e.value === 'string' && (e.type.name === 'decimal' || e.type.name === 'money')) {
    if (e.value === '2147483648' && e.type.scale === 0)
      return { k: 'lit', value: -2147483648, type: INT, digits: 10 };
    return { ...e, value: /^[0.]*$/.test(e.value) ? e.value : `-${e.value}` };
  }
  return { k: 'neg', e };
}

function parsePrimary(c: Cursor): Expr {
  const t = c.token;
  switch (t.kind) {
    case 'integer': {
      c.next();
      const digits = t.text.replace(/^0+(?=\d)/, '');
      const value = Number(digits);
      if (value <= 2147483647) return { k: 'lit', value, type: INT, digits: digits.length };
      return {
        k: 'lit',
        value: digits,
        type: { name: 'decimal', precision: Math.min(38, digits.length), scale: 0 },
      };
    }
    case 'decimal': {
      c.next();
      const [whole = '', fraction = ''] = t.text.split('.');
      const digits = whole.replace(/^0+/, '');
      const precision = Math.max(1, digits.length + fraction.length);
      return {
        k: 'lit',
        value: (digits || '0') + (fraction ? `.${fraction}` : ''),
        type: { name: 'decimal', precision: Math.min(38, precision), scale: fraction.length },
      };
    }
    case 'float':
      c.next();
      return {
        k: 'lit',
        value: Number(/[eE][+-]?$/.test(t.text) ? `${t.text}0` : t.text),
        type: { name: 'float' },
      };
    case 'money': {
      c.next();
      const [whole = '0', fraction = ''] = t.text.split('.');
      return {
        k: 'lit',
        value: `${whole || '0'}.${fraction.padEnd(4, '0').slice(0, 4)}`,
        type: { name: 'money' },
      };
    }
    case 'text':
      c.next();
      return {
        k: 'lit',
        value: t.text,
        type: { name: 'varchar', length: t.text.length > 8000 ? 'max' : Math.max(1, t.text.length) },
      };
    case 'ntext':
      c.next();
      return {
        k: 'lit',
        value: t.text,
        type: { name: 'nvarchar', length: t.text.length > 4000 ? 'max' : Math.max(1, t.text.length) },
      };
    case 'hex': {
      c.next();
      const hex = t.text.length % 2 ? `0${t.text}` : t.text;
      const value = new Uint8Array(hex.length / 2);
      for (let i = 0; i < value.length; i++) value[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
      return {
        k: 'lit',
        value,
        type: { name: 'varbinary', length: value.length > 8000 ? 'max' : Math.max(1, value.length) },
      };
    }
    case 'variable':
      c.next();
      return t.text.startsWith('@@')
        ? { k: 'gvar', name: t.upper }
        : { k: 'var', name: t.text.toLowerCase(), line: t.line };
    case 'op':
      if (t.text === '(') return parseParens(c);
      throw c.fail();
    case 'quoted':
    case 'word':
      return parseWord(c);
    case 'end':
      throw c.fail();
  }
}

function parseParens(c: Cursor): Expr {
  c.expectOp('(');
  if (c.isWord('SELECT', 'WITH')) {
    const query = c.rules.query(c);
    c.expectOp(')');
    return { k: 'sub', query };
  }
  const e = parseExpression(c);
  // "((SELECT ..) UNION ..)" starts like a value in parentheses.
  if (c.isWord('UNION', 'EXCEPT', 'INTERSECT'))
    throw c.refuse('a set operation that starts with a parenthesised query inside an expression');
  c.expectOp(')');
  return e;
}

function parseWord(c: Cursor): Expr {
  const t = c.token;
  if (t.kind === 'word') {
    switch (t.upper) {
      case 'NULL':
        c.next();
        return { k: 'lit', value: null, type: INT };
      case 'DEFAULT':
        c.next();
        return { k: 'default' };
      case 'CASE':
        return parseCase(c);
      case 'CAST':
      case 'TRY_CAST':
        if (c.peek().text === '(') return parseCast(c, t.upper === 'TRY_CAST');
        break;
      case 'CONVERT':
      case 'TRY_CONVERT':
        return parseConvert(c, t.upper === 'TRY_CONVERT');
    }
    if (BARE_FUNCTIONS.has(t.upper)) {
      c.next();
      return { k: 'func', name: t.upper, args: [], star: false, distinct: false, line: t.line };
    }
    if (RESERVED_FUNCTIONS.has(t.upper) && c.peek().text === '(') {
      c.next();
      return parseCall(c, t.upper, undefined, t.line);
    }
    if (RESERVED.has(t.upper)) throw c.fail();
  }
  if (c.peek().kind === 'op' && c.peek().text === '(') {
    c.next();
    return parseCall(c, t.text.toUpperCase(), undefined, t.line);
  }
  const parts = [c.name()];
  while (c.isOp('.')) {
    c.next();
    if (c.isOp('.')) {
      parts.push('');
      continue;
    }
    if (c.isOp('*')) throw c.fail();
    // Parts after a dot may be any word.
    if (c.token.kind !== 'word' && c.token.kind !== 'quoted') throw c.fail();
    const part = c.next().text;
    if (c.isOp('(')) return parseCall(c, part.toUpperCase(), parts.at(-1), t.line);
    parts.push(part);
  }
  return { k: 'col', parts, line: t.line };
}

function parseCall(c: Cursor, name: string, schema: string | undefined, line: number): Expr {
  c.expectOp('(');
  const args: Expr[] = [];
  let star = false;
  let distinct = false;
  if (c.takeOp('*')) star = true;
  else if (name === 'TRIM' && !c.isOp(')')) parseTrim(c, args);
  else if (!c.isOp(')')) {
    distinct = c.takeWord('DISTINCT');
    if (!distinct) c.takeWord('ALL');
    args.push(name === 'IIF' ? parseExpression(c) : parseScalar(c));
    while (c.takeOp(',')) args.push(parseScalar(c));
  }
  c.expectOp(')');
  let within: OrderItem[] | undefined;
  if (c.isWords('WITHIN', 'GROUP')) {
    c.next();
    c.next();
    c.expectOp('(');
    within = parseOrder(c);
    c.expectOp(')');
  }
  const over = c.takeWord('OVER') ? parseWindow(c) : undefined;
  return { k: 'func', name, args, star, distinct, over, within, line, schema };
}

/** TRIM has a grammar of its own: [characters FROM] text. */
function parseTrim(c: Cursor, args: Expr[]): void {
  const first = parseScalar(c);
  if (c.takeWord('FROM')) args.push(parseScalar(c), first);
  else args.push(first);
}

function parseWindow(c: Cursor): WindowNode {
  c.expectOp('(');
  const partition: Expr[] = [];
  if (c.takeWord('PARTITION')) {
    c.expectWord('BY');
    partition.push(parseScalar(c));
    while (c.takeOp(',')) partition.push(parseScalar(c));
  }
  const order = c.isWord('ORDER') ? parseOrder(c) : [];
  let frame: string | undefined;
  if (c.isWord('ROWS', 'RANGE')) {
    const words: string[] = [];
    while (!c.isOp(')')) words.push(c.next().upper);
    frame = words
      .join(' ')
      .replace(/^(ROWS|RANGE) UNBOUNDED PRECEDING$/, '$1 BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW');
  }
  c.expectOp(')');
  return { partition, order, frame };
}

export function parseOrder(c: Cursor): OrderItem[] {
  c.expectWord('ORDER');
  c.expectWord('BY');
  const items: OrderItem[] = [];
  do {
    const by = parseScalar(c);
    const desc = c.takeWord('DESC');
    if (!desc) c.takeWord('ASC');
    items.push({ by, desc });
  } while (c.takeOp(','));
  return items;
}

function parseCase(c: Cursor): Expr {
  c.expectWord('CASE');
  const input = c.isWord('WHEN') ? undefined : parseScalar(c);
  const whens: { when: Expr; result: Expr }[] = [];
  while (c.takeWord('WHEN')) {
    const when = input ? parseScalar(c) : parseExpression(c);
    c.expectWord('THEN');
    whens.push({ when, result: parseScalar(c) });
  }
  if (whens.length === 0) throw c.fail();
  const other = c.takeWord('ELSE') ? parseScalar(c) : undefined;
  c.expectWord('END');
  return { k: 'case', input, whens, other };
}

function parseCast(c: Cursor, soft: boolean): Expr {
  c.next();
  c.expectOp('(');
  const e = parseScalar(c);
  c.expectWord('AS');
  const type = typeName(c);
  c.expectOp(')');
  return { k: 'cast', e, type, soft, convert: false };
}

function parseConvert(c: Cursor, soft: boolean): Expr {
  c.next();
  c.expectOp('(');
  const type = typeName(c);
  c.expectOp(',');
  const e = parseScalar(c);
  const style = c.takeOp(',') ? parseScalar(c) : undefined;
  c.expectOp(')');
  return { k: 'cast', e, type, style, soft, convert: true };
}
