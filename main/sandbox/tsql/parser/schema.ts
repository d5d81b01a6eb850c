import { SqlError } from '../errors.ts';
import { parseScalar } from './expressions.ts';
import { typeName } from './data-type.ts';
import type {
  ColumnNode,
  ConstraintNode,
  DropKind,
  Expr,
  IndexNode,
  KeyColumn,
  ObjectName,
  ParameterNode,
  ReferentialAction,
  Statement,
  StatementBody,
  TableBody,
} from './ast.ts';
import { parseDatabaseTracking, parseTableTracking } from './change-tracking.ts';
import type { Cursor } from './cursor.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function keyColumns(c: Cursor): KeyColumn[] {
  c.expectOp('(');
  const list: KeyColumn[] = [];
  do {
    const name = c.name();
    const desc = c.takeWord('DESC');
    if (!desc) c.takeWord('ASC');
    list.push({ name, desc });
  } while (c.takeOp(','));
  c.expectOp(')');
  return list;
}

/** Storage clauses change nothing that a client can see: WITH (..), ON filegroup, TEXTIMAGE_ON. */
function skipStorage(c: Cursor): void {
  for (;;) {
    if (c.isWord('WITH') && c.peek().text === '(') {
      c.next();
      c.skipParens();
    } else if (c.isWord('ON') && (c.peek().kind === 'quoted' || c.peek().upper === 'PRIMARY')) {
      c.next();
      c.next();
    } else if (c.isWord('TEXTIMAGE_ON')) {
      c.next();
      c.next();
    } else return;
  }
}

function action(c: Cursor): ReferentialAction {
  if (c.takeWords('NO', 'ACTION')) return 'NO_ACTION';
  if (c.takeWord('CASCADE')) return 'CASCADE';
  if (c.takeWords('SET', 'NULL')) return 'SET_NULL';
  if (c.takeWords('SET', 'DEFAULT')) return 'SET_DEFAULT';
  throw c.fail();
}

function references(c: Cursor, columns: readonly string[], name: string | undefined): ConstraintNode {
  const table = c.objectName();
  const target = c.isOp('(') ? c.names() : [];
  let onDelete: ReferentialAction = 'NO_ACTION';
  let onUpdate: ReferentialAction = 'NO_ACTION';
  while (c.isWord('ON') && ['DELETE', 'UPDATE'].includes(c.peek().upper)) {
    c.next();
    if (c.next().upper === 'DELETE') onDelete = action(c);
    else onUpdate = action(c);
  }
  return { k: 'foreign', name, columns, table, references: target, onDelete, onUpdate };
}

function keyTail(c: Cursor): boolean | undefined {
  if (c.takeWord('CLUSTERED')) return true;
  return c.takeWord('NONCLUSTERED') ? false : undefined;
}

/** A constraint behind a column, or undefined when the next words are something else. */
function columnConstraint(c: Cursor, column: string, name: string | undefined): ConstraintNode | undefined {
  if (c.isWord('PRIMARY', 'UNIQUE')) {
    const primary = c.next().upper === 'PRIMARY';
    if (primary) c.expectWord('KEY');
    const clustered = keyTail(c);
    const columns = c.isOp('(') ? keyColumns(c) : [{ name: column, desc: false }];
    skipStorage(c);
    return { k: 'key', name, primary, clustered, columns };
  }
  if (c.takeWord('CHECK')) return check(c, name);
  if (c.isWords('FOREIGN', 'KEY')) {
    c.next();
    c.next();
    if (c.isOp('(')) c.names();
  }
  if (c.takeWord('REFERENCES')) return references(c, [column], name);
  return undefined;
}

function check(c: Cursor, name: string | undefined): ConstraintNode {
  c.takeWords('NOT', 'FOR', 'REPLICATION');
  const start = c.token.start;
  c.expectOp('(');
  const e = c.rules.expression(c);
  c.expectOp(')');
  return { k: 'check', name, e, text: c.textFrom(start) };
}

export function parseColumn(c: Cursor): ColumnNode {
  const name = c.name();
  if (c.takeWord('AS')) {
    const computed = parseScalar(c);
    const persisted = c.takeWord('PERSISTED');
    const nullable = c.takeWords('NOT', 'NULL') ? false : undefined;
    const constraints: ConstraintNode[] = [];
    readColumnTail(c, { name } as Writable<ColumnNode>, constraints);
    return { name, computed, persisted, nullable, constraints };
  }
  const untyped = c.isOp(',', ')') || c.isWords('NOT', 'NULL') || c.isWord('NULL');
  const column: Writable<ColumnNode> = {
    name,
    type: untyped && name.toLowerCase() === 'timestamp' ? { name: 'timestamp', args: [] } : typeName(c),
    persisted: false,
    constraints: [],
  };
  const constraints: ConstraintNode[] = [];
  readColumnTail(c, column, constraints);
  column.constraints = constraints;
  return column;
}

function readColumnTail(c: Cursor, column: Writable<ColumnNode>, constraints: ConstraintNode[]): void {
  for (;;) {
    if (c.takeWords('NOT', 'NULL')) column.nullable = false;
    else if (c.takeWords('NOT', 'FOR', 'REPLICATION')) continue;
    else if (c.takeWord('NULL')) column.nullable = true;
    else if (c.takeWord('IDENTITY')) column.identity = identity(c);
    else if (c.takeWord('ROWGUIDCOL', 'SPARSE')) continue;
    else if (c.isWord('COLLATE') && column.type) {
      c.next();
      column.type = { ...column.type, collation: c.next().text };
    } else {
      const name = c.takeWord('CONSTRAINT') ? c.name() : undefined;
      if (c.takeWord('DEFAULT')) column.fallback = fallback(c, name);
      else {
        const constraint = columnConstraint(c, column.name, name);
        if (constraint) constraints.push(constraint);
        else if (name !== undefined) throw c.fail();
        else return;
      }
    }
  }
}

function identity(c: Cursor): { seed: bigint; step: bigint } {
  if (!c.takeOp('(')) return { seed: 1n, step: 1n };
  const seed = c.integer();
  c.expectOp(',');
  const step = c.integer();
  c.expectOp(')');
  return { seed, step };
}

function fallback(c: Cursor, name: string | undefined): { name?: string | undefined; e: Expr; text: string } {
  const start = c.token.start;
  const e = parseScalar(c);
  const text = c.textFrom(start);
  c.takeWords('WITH', 'VALUES');
  return { name, e, text: text.startsWith('(') ? text : `(${text})` };
}

function tableConstraint(c: Cursor, name: string | undefined): ConstraintNode {
  if (c.isWord('PRIMARY', 'UNIQUE')) {
    const primary = c.next().upper === 'PRIMARY';
    if (primary) c.expectWord('KEY');
    const clustered = keyTail(c);
    const columns = keyColumns(c);
    skipStorage(c);
    return { k: 'key', name, primary, clustered, columns };
  }
  if (c.takeWord('CHECK')) return check(c, name);
  if (c.takeWord('FOREIGN')) {
    c.expectWord('KEY');
    const columns = c.names();
    c.expectWord('REFERENCES');
    return references(c, columns, name);
  }
  if (c.takeWord('DEFAULT')) {
    const start = c.token.start;
    const e = parseScalar(c);
    const text = c.textFrom(start);
    c.expectWord('FOR');
    return { k: 'default', name, e, text: text.startsWith('(') ? text : `(${text})`, column: c.name() };
  }
  throw c.fail();
}

/** The elements between the parentheses of CREATE TABLE or behind ALTER TABLE .. ADD. */
function elements(c: Cursor): TableBody {
  const columns: ColumnNode[] = [];
  const constraints: ConstraintNode[] = [];
  const indexes: IndexNode[] = [];
  do {
    if (c.isOp(')')) break;
    if (c.takeWord('CONSTRAINT')) constraints.push(tableConstraint(c, c.name()));
    else if (
      c.isWord('PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN') ||
      (c.isWord('DEFAULT') && c.peek().kind !== 'end')
    )
      constraints.push(tableConstraint(c, undefined));
    else if (c.takeWord('INDEX')) {
      const name = c.name();
      const unique = c.takeWord('UNIQUE');
      const clustered = keyTail(c) ?? false;
      indexes.push({ name, unique, clustered, columns: keyColumns(c), included: [] });
    } else if (c.isWord('PERIOD')) throw c.refuse('PERIOD FOR SYSTEM_TIME');
    else columns.push(parseColumn(c));
  } while (c.takeOp(','));
  return { columns, constraints, indexes };
}

export function parseTableBody(c: Cursor): TableBody {
  c.expectOp('(');
  const body = elements(c);
  c.expectOp(')');
  skipStorage(c);
  return body;
}

export function parseCreate(c: Cursor): StatementBody {
  const start = c.token.start;
  c.next();
  if (c.isWords('OR', 'ALTER')) throw c.refuse('CREATE OR ALTER');
  return parseCreateBody(c, start, false);
}

function parseCreateBody(c: Cursor, start: number, alter: boolean): StatementBody {
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

export function parseAlter(c: Cursor): StatementBody {
  const start = c.token.start;
  c.next();
  if (c.takeWord('TABLE')) return parseAlterTable(c);
  if (c.takeWord('DATABASE')) {
    const name = c.isWord('CURRENT') ? (c.next(), undefined) : c.name();
    if (!c.takeWord('SET')) throw c.refuse(`ALTER DATABASE ${c.token.upper}`);
    if (c.takeWord('CHANGE_TRACKING')) return parseDatabaseTracking(c, name);
    const option = c.next().upper;
    c.takeOp('=');
    const value = c.next().upper;
    if (c.takeWord('WITH')) while (!c.isOp(';') && !c.atEnd) c.next();
    return { k: 'alterDatabase', name, option, value };
  }
  return parseCreateBody(c, start, true);
}

function parseAlterTable(c: Cursor): StatementBody {
  const name = c.objectName();
  let withCheck = false;
  if (c.isWord('WITH') && ['CHECK', 'NOCHECK'].includes(c.peek().upper)) {
    c.next();
    c.next();
    withCheck = true;
  }
  if (c.takeWord('ADD')) return { k: 'alterAdd', name, body: elements(c) };
  if (c.isWord('CHECK', 'NOCHECK') || withCheck) {
    const enable = c.next().upper === 'CHECK';
    c.expectWord('CONSTRAINT');
    return { k: 'alterCheck', name, constraints: nameList(c), enable };
  }
  if (c.isWord('ENABLE', 'DISABLE')) {
    const enable = c.next().upper === 'ENABLE';
    if (c.takeWord('CHANGE_TRACKING')) return parseTableTracking(c, name, enable);
    c.expectWord('TRIGGER');
    return { k: 'alterTrigger', name, triggers: nameList(c), enable };
  }
  if (c.takeWords('ALTER', 'COLUMN')) return { k: 'alterColumn', name, column: parseColumn(c) };
  if (c.takeWord('DROP')) {
    const columns: string[] = [];
    const constraints: string[] = [];
    let ifExists = false;
    let list = constraints;
    do {
      if (c.takeWord('COLUMN')) list = columns;
      else if (c.takeWord('CONSTRAINT')) list = constraints;
      if (c.takeWords('IF', 'EXISTS')) ifExists = true;
      list.push(c.name());
    } while (c.takeOp(','));
    return { k: 'alterDrop', name, columns, constraints, ifExists };
  }
  throw c.refuse(`ALTER TABLE ${c.token.upper}`);
}

function nameList(c: Cursor): string[] | 'all' {
  if (c.takeWord('ALL')) return 'all';
  const list = [c.name()];
  while (c.takeOp(',')) list.push(c.name());
  return list;
}

export function parseDrop(c: Cursor): StatementBody {
  c.next();
  const word = c.token.upper === 'PROC' ? 'PROCEDURE' : c.token.upper;
  if (!['TABLE', 'VIEW', 'PROCEDURE', 'TRIGGER', 'SCHEMA', 'DATABASE', 'INDEX'].includes(word))
    throw c.refuse(`DROP ${word}`);
  c.next();
  const ifExists = c.takeWords('IF', 'EXISTS');
  const names: ObjectName[] = [];
  do names.push(c.objectName());
  while (c.takeOp(','));
  const on = c.takeWord('ON') ? c.objectName() : undefined;
  return { k: 'drop', what: word as DropKind, names, ifExists, on };
}
