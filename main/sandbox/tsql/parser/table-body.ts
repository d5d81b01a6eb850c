import type {
  KeyColumn,
  ReferentialAction,
  ConstraintNode,
  ColumnNode,
  Expr,
  TableBody,
  IndexNode,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { typeName } from './data-type.ts';
import { parseScalar } from './expressions.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function keyColumns(c: Cursor): KeyColumn[] {
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
export function skipStorage(c: Cursor): void {
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

export function keyTail(c: Cursor): boolean | undefined {
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
export function elements(c: Cursor): TableBody {
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
