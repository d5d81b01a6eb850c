import { parseScalar } from './expressions.ts';
import { parseFrom, parseItems, parseQueryAfterWith, parseRows } from './query.ts';
import { typeName } from './data-type.ts';
import type { Cte, Expr, OutputClause, SetItem, StatementBody, TableRef } from './ast.ts';
import type { Cursor } from './cursor.ts';

function parseTarget(c: Cursor): TableRef {
  if (c.token.kind === 'variable') return { k: 'tablevar', name: c.next().text.toLowerCase() };
  const line = c.token.line;
  const name = c.objectName();
  const hints: string[] = [];
  if (c.isWord('WITH') && c.peek().text === '(') {
    c.next();
    c.next();
    while (!c.takeOp(')')) hints.push(c.next().upper);
  }
  return { k: 'table', name, hints, line };
}

function parseTop(c: Cursor): Expr | undefined {
  if (!c.takeWord('TOP')) return undefined;
  const parens = c.takeOp('(');
  const e = parens ? c.rules.expression(c) : parseScalar(c);
  if (parens) c.expectOp(')');
  if (c.isWord('PERCENT')) throw c.refuse('TOP PERCENT in a write statement');
  return e;
}

function parseOutput(c: Cursor): OutputClause[] {
  const list: OutputClause[] = [];
  while (c.takeWord('OUTPUT')) {
    const items = parseItems(c);
    if (c.takeWord('INTO')) {
      const target = parseTarget(c);
      list.push({ items, into: { target, columns: c.isOp('(') ? c.names() : undefined } });
    } else list.push({ items });
  }
  return list;
}

export function parseInsert(c: Cursor, ctes: readonly Cte[]): StatementBody {
  c.expectWord('INSERT');
  if (c.takeWord('BULK')) return parseInsertBulk(c);
  const top = parseTop(c);
  c.takeWord('INTO');
  const target = parseTarget(c);
  let columns: string[] | undefined;
  if (c.isOp('(') && !(c.peek().kind === 'word' && ['SELECT', 'WITH'].includes(c.peek().upper)))
    columns = parseColumns(c);
  const output = parseOutput(c);
  const head = { k: 'insert', ctes, target, columns, output, top } as const;
  if (c.takeWord('DEFAULT')) {
    c.expectWord('VALUES');
    return { ...head, defaults: true };
  }
  if (c.takeWord('VALUES')) return { ...head, rows: parseRows(c), defaults: false };
  if (c.isWord('EXEC', 'EXECUTE')) return { ...head, exec: c.rules.statement(c), defaults: false };
  if (!c.isWord('SELECT', 'WITH') && !c.isOp('(')) throw c.fail();
  return {
    ...head,
    query: c.isWord('WITH') ? c.rules.query(c) : parseQueryAfterWith(c, []),
    defaults: false,
  };
}

/** Column lists of INSERT may carry the table's name. */
function parseColumns(c: Cursor): string[] {
  c.expectOp('(');
  const list: string[] = [];
  do list.push(c.objectName().at(-1) ?? '');
  while (c.takeOp(','));
  c.expectOp(')');
  return list;
}

function parseInsertBulk(c: Cursor): StatementBody {
  const table = c.objectName();
  const columns: { name: string; type: ReturnType<typeof typeName> }[] = [];
  if (c.takeOp('(')) {
    do {
      const name = c.name();
      columns.push({ name, type: typeName(c) });
      if (c.takeWord('NOT')) c.expectWord('NULL');
      else c.takeWord('NULL');
    } while (c.takeOp(','));
    c.expectOp(')');
  }
  const options: string[] = [];
  if (c.takeWord('WITH')) {
    c.expectOp('(');
    while (!c.takeOp(')')) {
      if (c.atEnd) throw c.fail();
      const word = c.next();
      if (word.kind === 'word') options.push(word.upper);
      if (c.isOp('(')) c.skipParens();
    }
  }
  return { k: 'insertBulk', table, columns, options };
}

export function parseUpdate(c: Cursor, ctes: readonly Cte[]): StatementBody {
  c.expectWord('UPDATE');
  if (c.isWord('STATISTICS')) throw c.refuse('UPDATE STATISTICS');
  const top = parseTop(c);
  const target = parseTarget(c);
  c.expectWord('SET');
  const sets: SetItem[] = [];
  do sets.push(parseSet(c));
  while (c.takeOp(','));
  const output = parseOutput(c);
  const from = c.takeWord('FROM') ? parseFrom(c) : undefined;
  const where = parseWhere(c);
  return { k: 'update', ctes, target, top, sets, output, from, where };
}

function parseWhere(c: Cursor): Expr | undefined {
  if (!c.takeWord('WHERE')) return undefined;
  if (c.isWord('CURRENT')) throw c.refuse('WHERE CURRENT OF');
  const where = c.rules.expression(c);
  if (c.isWord('OPTION')) {
    c.next();
    c.skipParens();
  }
  return where;
}

function assignment(c: Cursor): string {
  if (!c.isOp('=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=')) throw c.fail();
  return c.next().text;
}

function parseSet(c: Cursor): SetItem {
  if (c.token.kind === 'variable') {
    const variable = c.next().text.toLowerCase();
    const op = assignment(c);
    // @v = column = value
    if (c.isName() && c.peek().kind === 'op' && c.peek().text === '=' && op === '=') {
      const column = c.name();
      c.next();
      return { variable, column, op: '=', e: parseScalar(c) };
    }
    return { variable, op, e: parseScalar(c) };
  }
  const name = c.objectName();
  const op = assignment(c);
  return { column: name.at(-1), op, e: parseScalar(c) };
}

export function parseDelete(c: Cursor, ctes: readonly Cte[]): StatementBody {
  c.expectWord('DELETE');
  const top = parseTop(c);
  c.takeWord('FROM');
  const target = parseTarget(c);
  const output = parseOutput(c);
  const from = c.takeWord('FROM') ? parseFrom(c) : undefined;
  return { k: 'delete', ctes, target, top, output, from, where: parseWhere(c) };
}
