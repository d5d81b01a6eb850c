import { SqlError } from '../errors.ts';
import type { StatementBody, ParameterNode, Expr, Statement } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { typeName } from './data-type.ts';
import { parseScalar } from './expressions.ts';
import { parseTableBody, keyTail, keyColumns, skipStorage } from './table-body.ts';

export function parseCreate(c: Cursor): StatementBody {
  const start = c.token.start;
  c.next();
  if (c.isWords('OR', 'ALTER')) throw c.refuse('CREATE OR ALTER');
  return parseCreateBody(c, start, false);
}

export function parseCreateBody(c: Cursor, start: number, alter: boolean): StatementBody {
  if (!alter && c.takeWord('TABLE'))
    return { k: 'createTable', name: c.objectName(), body: parseTableBody(c) };
  if (!alter && c.isWord('UNIQUE', 'CLUSTERED', 'NONCLUSTERED', 'INDEX')) return parseIndex(c);
  if (c.takeWord('VIEW')) {
    onlyStatement(c, alter ? 'ALTER VIEW' : 'CREATE VIEW');
    const name = c.objectName();
    const columns = c.isOp('(') ? c.names() : undefined;
    if (c.takeWord('WITH')) while (!c.isWord('AS')) c.next();
    c.expectWord('AS');
    const query = c.rules.query(c);
    c.takeWords('WITH', 'CHECK', 'OPTION');
    return { k: 'createView', name, columns, query, text: c.textFrom(start), alter };
  }
  if (c.takeWord('PROCEDURE', 'PROC')) {
    onlyStatement(c, alter ? 'ALTER PROCEDURE' : 'CREATE PROCEDURE');
    const name = c.objectName();
    const parens = c.takeOp('(');
    const parameters = c.token.kind === 'variable' ? parseParameters(c) : [];
    if (parens) c.expectOp(')');
    if (c.takeWord('WITH')) while (!c.isWord('AS') && !c.atEnd) c.next();
    c.expectWord('AS');
    const body = restOfBatch(c);
    return { k: 'createProcedure', name, parameters, body, text: c.source.slice(start), alter };
  }
  if (c.takeWord('TRIGGER')) {
    onlyStatement(c, alter ? 'ALTER TRIGGER' : 'CREATE TRIGGER');
    const name = c.objectName();
    c.expectWord('ON');
    if (c.isWord('DATABASE', 'ALL')) throw c.refuse('triggers on a database or server');
    const table = c.objectName();
    if (c.takeWord('WITH')) while (!c.isWord('AFTER', 'FOR', 'INSTEAD') && !c.atEnd) c.next();
    if (c.isWord('INSTEAD')) throw c.refuse('INSTEAD OF triggers');
    c.expectWord('AFTER', 'FOR');
    const events: ('INSERT' | 'UPDATE' | 'DELETE')[] = [];
    do events.push(c.expectWord('INSERT', 'UPDATE', 'DELETE') as 'INSERT');
    while (c.takeOp(','));
    c.takeWords('NOT', 'FOR', 'REPLICATION');
    c.expectWord('AS');
    return {
      k: 'createTrigger',
      name,
      table,
      events,
      body: restOfBatch(c),
      text: c.source.slice(start),
      alter,
    };
  }
  if (!alter && c.takeWord('SCHEMA')) {
    const name = c.isWord('AUTHORIZATION') ? c.peek().text : c.name();
    if (c.takeWord('AUTHORIZATION')) c.name();
    return { k: 'createSchema', name };
  }
  if (!alter && c.takeWord('DATABASE')) {
    const name = c.name();
    if (c.takeWord('COLLATE')) c.next();
    return { k: 'createDatabase', name };
  }
  throw c.refuse(`${alter ? 'ALTER' : 'CREATE'} ${c.token.upper}`);
}

function onlyStatement(c: Cursor, what: string): void {
  // Two words of this statement have been read; anything before them but semicolons is another statement.
  for (let at = c.position - 3; at >= 0; at--) {
    const t = c.peek(at - c.position);
    if (t.kind === 'op' && t.text === ';') continue;
    throw new SqlError(111, `'${what}' must be the first statement in a query batch.`, 15, 'batch');
  }
}

export function parseParameters(c: Cursor): ParameterNode[] {
  const list: ParameterNode[] = [];
  do {
    const name = c.variable().toLowerCase();
    c.takeWord('AS');
    const type = typeName(c);
    c.takeWord('VARYING');
    if (c.takeWords('NOT', 'NULL') || c.takeWord('NULL')) {
      /* accepted: no effect on a procedure's parameter */
    }
    const value = c.takeOp('=') ? parseArgumentValue(c) : undefined;
    let output = false;
    while (c.isWord('OUTPUT', 'OUT', 'READONLY')) {
      if (c.isWord('READONLY')) throw c.refuse('table-valued parameters');
      output = true;
      c.next();
    }
    list.push({ name, type, fallback: value, output });
  } while (c.takeOp(','));
  return list;
}

/** A default or argument may be a bare word, which means its text. */
export function parseArgumentValue(c: Cursor): Expr {
  if (c.isName() && c.peek().text !== '(' && c.peek().text !== '.') {
    const text = c.next().text;
    return { k: 'lit', value: text, type: { name: 'nvarchar', length: Math.max(1, text.length) } };
  }
  return parseScalar(c);
}

function restOfBatch(c: Cursor): Statement[] {
  const body: Statement[] = [];
  while (c.takeOp(';'));
  while (!c.atEnd) {
    body.push(c.rules.statement(c));
    while (c.takeOp(';'));
  }
  return body;
}

function parseIndex(c: Cursor): StatementBody {
  const unique = c.takeWord('UNIQUE');
  const clustered = keyTail(c) ?? false;
  if (c.isWord('COLUMNSTORE')) throw c.refuse('COLUMNSTORE indexes');
  c.expectWord('INDEX');
  const name = c.name();
  c.expectWord('ON');
  const table = c.objectName();
  const columns = keyColumns(c);
  const included = c.takeWord('INCLUDE') ? c.names() : [];
  const start = c.peek(c.isWord('WHERE') ? 1 : 0).start;
  const where = c.takeWord('WHERE') ? c.rules.expression(c) : undefined;
  const whereText = where ? `(${c.textFrom(start)})` : undefined;
  skipStorage(c);
  return { k: 'createIndex', table, index: { name, unique, clustered, columns, included, where, whereText } };
}
