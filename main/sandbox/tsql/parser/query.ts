import { parseOrder, parseScalar } from './expressions.ts';
import { parseChangeTable } from './change-tracking.ts';
import type { Cte, Expr, OrderItem, Query, QueryBody, SelectItem, TableRef } from './ast.ts';
import type { Cursor } from './cursor.ts';

const COMPOUND = ['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^='];

export function parseWith(c: Cursor): Cte[] {
  if (!c.takeWord('WITH')) return [];
  const list: Cte[] = [];
  do {
    const name = c.name();
    const columns = c.isOp('(') ? c.names() : undefined;
    c.expectWord('AS');
    c.expectOp('(');
    const query = parseQuery(c);
    c.expectOp(')');
    list.push({ name, columns, query });
  } while (c.takeOp(','));
  return list;
}

export function parseQuery(c: Cursor): Query {
  const ctes = parseWith(c);
  return parseQueryAfterWith(c, ctes);
}

export function parseQueryAfterWith(c: Cursor, ctes: readonly Cte[]): Query {
  const body = parseUnion(c);
  let orderBy: OrderItem[] = [];
  let offset: Expr | undefined;
  let fetch: Expr | undefined;
  if (c.isWord('ORDER')) {
    orderBy = parseOrder(c);
    if (c.takeWord('OFFSET')) {
      offset = parseScalar(c);
      c.expectWord('ROW', 'ROWS');
      if (c.takeWord('FETCH')) {
        c.expectWord('NEXT', 'FIRST');
        fetch = parseScalar(c);
        c.expectWord('ROW', 'ROWS');
        c.expectWord('ONLY');
      }
    }
  }
  if (c.isWord('FOR')) throw c.refuse(`FOR ${c.peek().upper}`);
  if (c.isWord('OPTION')) {
    c.next();
    c.skipParens();
  }
  return { ctes, body, orderBy, offset, fetch };
}

function parseUnion(c: Cursor): QueryBody {
  let left = parseIntersect(c);
  for (;;) {
    if (c.takeWord('UNION'))
      left = { k: 'set', op: c.takeWord('ALL') ? 'union all' : 'union', l: left, r: parseIntersect(c) };
    else if (c.takeWord('EXCEPT')) left = { k: 'set', op: 'except', l: left, r: parseIntersect(c) };
    else return left;
  }
}

function parseIntersect(c: Cursor): QueryBody {
  let left = parseCore(c);
  while (c.takeWord('INTERSECT')) left = { k: 'set', op: 'intersect', l: left, r: parseCore(c) };
  return left;
}

function parseCore(c: Cursor): QueryBody {
  if (c.takeOp('(')) {
    const query = parseQuery(c);
    c.expectOp(')');
    return { k: 'nested', query };
  }
  c.expectWord('SELECT');
  const distinct = c.takeWord('DISTINCT');
  if (!distinct) c.takeWord('ALL');
  const top = parseTop(c);
  const items = parseItems(c);
  const into = c.takeWord('INTO') ? c.objectName() : undefined;
  const from = c.takeWord('FROM') ? parseFrom(c) : undefined;
  const where = c.takeWord('WHERE') ? c.rules.expression(c) : undefined;
  const groupBy: Expr[] = [];
  if (c.takeWord('GROUP')) {
    c.expectWord('BY');
    if (c.isWord('GROUPING', 'ROLLUP', 'CUBE')) throw c.refuse(`GROUP BY ${c.token.upper}`);
    do groupBy.push(parseScalar(c));
    while (c.takeOp(','));
  }
  const having = c.takeWord('HAVING') ? c.rules.expression(c) : undefined;
  if (c.isWord('WINDOW')) throw c.refuse('the WINDOW clause');
  return { k: 'core', distinct, top, items, into, from, where, groupBy, having };
}

function parseTop(c: Cursor): { e: Expr; percent: boolean; ties: boolean } | undefined {
  if (!c.takeWord('TOP')) return undefined;
  let e: Expr;
  if (c.takeOp('(')) {
    e = c.rules.expression(c);
    c.expectOp(')');
  } else {
    if (c.token.kind !== 'integer') throw c.fail();
    e = parseScalarConstant(c);
  }
  const percent = c.takeWord('PERCENT');
  let ties = false;
  if (c.isWords('WITH', 'TIES')) {
    c.next();
    c.next();
    ties = true;
  }
  return { e, percent, ties };
}

/** TOP without parentheses takes a number only, so that `TOP 5 *` is not a product. */
function parseScalarConstant(c: Cursor): Expr {
  return { k: 'lit', value: Number(c.next().text), type: { name: 'int' } };
}

export function parseItems(c: Cursor): SelectItem[] {
  const items: SelectItem[] = [];
  do items.push(parseItem(c));
  while (c.takeOp(','));
  return items;
}

function parseItem(c: Cursor): SelectItem {
  if (c.takeOp('*')) return { k: 'star' };
  const t = c.token;
  const after = c.peek();
  if (
    t.kind === 'variable' &&
    !t.text.startsWith('@@') &&
    after.kind === 'op' &&
    COMPOUND.includes(after.text)
  ) {
    c.next();
    const op = c.next().text;
    return { k: 'assign', variable: t.text.toLowerCase(), op, e: c.rules.expression(c) };
  }
  if ((c.isName() || t.kind === 'text' || t.kind === 'ntext') && after.kind === 'op' && after.text === '=') {
    c.next();
    c.next();
    return { k: 'item', e: parseScalar(c), alias: t.text };
  }
  const star = qualifiedStar(c);
  if (star) return { k: 'star', table: star };
  const e = c.rules.expression(c);
  return { k: 'item', e, alias: parseAlias(c, true) };
}

function qualifiedStar(c: Cursor): string[] | undefined {
  let ahead = 0;
  const parts: string[] = [];
  for (;;) {
    const word = c.peek(ahead);
    if (word.kind !== 'word' && word.kind !== 'quoted') return undefined;
    const dot = c.peek(ahead + 1);
    if (dot.kind !== 'op' || dot.text !== '.') return undefined;
    parts.push(word.text);
    const last = c.peek(ahead + 2);
    if (last.kind === 'op' && last.text === '*') {
      for (let i = 0; i < ahead + 3; i++) c.next();
      return parts;
    }
    ahead += 2;
  }
}

/** An alias after a column or table. Column aliases may also be written as text. */
function parseAlias(c: Cursor, text: boolean): string | undefined {
  if (c.takeWord('AS')) {
    if (text && (c.token.kind === 'text' || c.token.kind === 'ntext')) return c.next().text;
    return c.name();
  }
  if (text && (c.token.kind === 'text' || c.token.kind === 'ntext')) return c.next().text;
  if (!c.isName()) return undefined;
  // Words that begin the next statement or clause but are not reserved.
  if (
    c.token.kind === 'word' &&
    ['OFFSET', 'THROW', 'OUTPUT', 'OPTION', 'GO', 'WITHIN', 'USING', 'WINDOW', 'ENABLE', 'DISABLE'].includes(
      c.token.upper,
    )
  )
    return undefined;
  return c.name();
}

export function parseFrom(c: Cursor): TableRef {
  let left = parseJoins(c);
  while (c.takeOp(',')) left = { k: 'join', kind: 'cross', l: left, r: parseJoins(c) };
  return left;
}

function parseJoins(c: Cursor): TableRef {
  let left = parseTable(c);
  for (;;) {
    if (c.isWords('CROSS', 'JOIN')) {
      c.next();
      c.next();
      left = { k: 'join', kind: 'cross', l: left, r: parseTable(c) };
    } else if (c.isWords('CROSS', 'APPLY') || c.isWords('OUTER', 'APPLY')) {
      const kind = c.next().upper === 'CROSS' ? 'cross apply' : 'outer apply';
      c.next();
      left = { k: 'join', kind, l: left, r: parseTable(c) };
    } else {
      const kind = joinKind(c);
      if (!kind) return left;
      const right = parseJoins2(c);
      c.expectWord('ON');
      left = { k: 'join', kind, l: left, r: right, on: c.rules.expression(c) };
    }
  }
}

/** `a JOIN b JOIN c ON .. ON ..`: the inner join of the right side comes first. */
function parseJoins2(c: Cursor): TableRef {
  let right = parseTable(c);
  for (;;) {
    const kind = joinKind(c);
    if (!kind) return right;
    const inner = parseJoins2(c);
    c.expectWord('ON');
    right = { k: 'join', kind, l: right, r: inner, on: c.rules.expression(c) };
  }
}

function joinKind(c: Cursor): 'inner' | 'left' | 'right' | 'full' | undefined {
  if (c.takeWord('JOIN')) return 'inner';
  if (c.isWord('INNER', 'LEFT', 'RIGHT', 'FULL')) {
    const kind = c.next().upper.toLowerCase() as 'inner' | 'left' | 'right' | 'full';
    c.takeWord('OUTER');
    if (c.isWord('LOOP', 'HASH', 'MERGE')) c.next();
    c.expectWord('JOIN');
    return kind;
  }
  return undefined;
}

export function parseTable(c: Cursor): TableRef {
  if (c.token.kind === 'variable') {
    const name = c.next().text.toLowerCase();
    return { k: 'tablevar', name, alias: parseAlias(c, false) };
  }
  if (c.isOp('(')) {
    const inner = c.peek();
    if (inner.kind === 'word' && inner.upper === 'VALUES') return parseValuesTable(c);
    if (inner.kind === 'word' && (inner.upper === 'SELECT' || inner.upper === 'WITH')) return parseDerived(c);
    c.next();
    const table = parseFrom(c);
    c.expectOp(')');
    return table;
  }
  const line = c.token.line;
  const name = c.objectName();
  if (name.length === 1 && c.isOp('(') && name[0]?.toUpperCase() === 'CHANGETABLE')
    return parseChangeTable(c, () => parseAlias(c, false));
  if (c.isOp('(') && !isHint(c.peek().upper)) throw c.refuse(`the table function ${name.join('.')}`);
  const hints: string[] = [];
  if (c.isOp('(')) hints.push(...parseHints(c));
  const alias = parseAlias(c, false);
  if (c.isWord('WITH') && c.peek().text === '(') {
    c.next();
    hints.push(...parseHints(c));
  } else if (c.isOp('(') && isHint(c.peek().upper)) hints.push(...parseHints(c));
  if (c.isWord('PIVOT', 'UNPIVOT', 'TABLESAMPLE')) throw c.refuse(c.token.upper);
  return { k: 'table', name, alias, hints, line };
}

const HINTS = new Set([
  'NOLOCK',
  'READUNCOMMITTED',
  'READCOMMITTED',
  'READCOMMITTEDLOCK',
  'REPEATABLEREAD',
  'SERIALIZABLE',
  'HOLDLOCK',
  'UPDLOCK',
  'XLOCK',
  'ROWLOCK',
  'PAGLOCK',
  'TABLOCK',
  'TABLOCKX',
  'READPAST',
  'NOWAIT',
  'INDEX',
  'FORCESEEK',
  'FORCESCAN',
  'NOEXPAND',
  'SNAPSHOT',
  'KEEPIDENTITY',
]);
function isHint(word: string): boolean {
  return HINTS.has(word);
}

function parseHints(c: Cursor): string[] {
  c.expectOp('(');
  const hints: string[] = [];
  while (!c.isOp(')')) {
    const word = c.next();
    if (word.kind === 'end') throw c.fail();
    if (!isHint(word.upper)) throw c.refuse(`the table hint ${word.text}`);
    hints.push(word.upper);
    if (c.isOp('(')) c.skipParens();
    else if (c.takeOp('=')) c.next();
    c.takeOp(',');
  }
  c.expectOp(')');
  return hints;
}

function parseDerived(c: Cursor): TableRef {
  c.expectOp('(');
  const query = parseQuery(c);
  c.expectOp(')');
  c.takeWord('AS');
  const alias = c.name();
  const columns = c.isOp('(') ? c.names() : undefined;
  return { k: 'derived', query, alias, columns };
}

export function parseRows(c: Cursor): Expr[][] {
  const rows: Expr[][] = [];
  do {
    c.expectOp('(');
    const row = [parseScalar(c)];
    while (c.takeOp(',')) row.push(parseScalar(c));
    c.expectOp(')');
    rows.push(row);
  } while (c.takeOp(','));
  return rows;
}

function parseValuesTable(c: Cursor): TableRef {
  c.expectOp('(');
  c.expectWord('VALUES');
  const rows = parseRows(c);
  c.expectOp(')');
  c.takeWord('AS');
  const alias = c.name();
  return { k: 'values', rows, alias, columns: c.names() };
}
