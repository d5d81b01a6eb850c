import type { IsolationLevel } from '../face.ts';
import { SqlError } from '../errors.ts';
import { tokenize } from '../tokens.ts';
import { RESERVED } from '../tokens.ts';
import { typeName } from './data-type.ts';
import { parseExpression, parseScalar } from './expressions.ts';
import { parseQuery, parseQueryAfterWith, parseWith } from './query.ts';
import { parseAlter } from './alter.ts';
import { parseArgumentValue, parseCreate, parseParameters } from './create.ts';
import { parseDrop } from './drop.ts';
import { parseTableBody } from './table-body.ts';
import { parseSecurity } from '../security/parser.ts';
import { parseTrackingContext } from './change-tracking.ts';
import { parseDelete, parseInsert, parseUpdate } from './write.ts';
import { Cursor } from './cursor.ts';
import type { Argument, Expr, ParameterNode, Statement, StatementBody, TypeNode } from './ast.ts';

const rules = { expression: parseExpression, query: parseQuery, statement: parseStatement };

/** Parses a whole batch; a syntax error anywhere means that nothing of it runs. */
export function parseBatch(source: string): Statement[] {
  const c = new Cursor(source, tokenize(source), rules);
  const list: Statement[] = [];
  while (c.takeOp(';'));
  while (!c.atEnd) {
    list.push(parseStatement(c));
    while (c.takeOp(';'));
  }
  return list;
}

/** The declaration of sp_executesql's parameters. */
export function parseDeclaration(source: string): ParameterNode[] {
  const c = new Cursor(source, tokenize(source), rules);
  if (c.atEnd) return [];
  const list = parseParameters(c);
  if (!c.atEnd) throw c.fail();
  return list;
}

/** The name of a procedure as an RPC carries it. */
export function parseObjectName(source: string): readonly string[] {
  const c = new Cursor(source, tokenize(source), rules);
  const parts = c.objectName();
  if (!c.atEnd) throw c.fail();
  return parts;
}

function parseStatement(c: Cursor): Statement {
  const line = c.token.line;
  return Object.assign(parseBody(c), { line });
}

const REFUSED_STATEMENTS = new Set([
  'MERGE',
  'WAITFOR',
  'GOTO',
  'OPEN',
  'CLOSE',
  'FETCH',
  'DEALLOCATE',
  'BACKUP',
  'RESTORE',
  'DBCC',
  'KILL',
  'RECONFIGURE',
  'CHECKPOINT',
  'SHUTDOWN',
  'READTEXT',
  'WRITETEXT',
  'UPDATETEXT',
  'REVERT',
  'SETUSER',
  'BULK',
]);

function parseBody(c: Cursor): StatementBody {
  const t = c.token;
  if (t.kind === 'op' && t.text === '(') return { k: 'select', query: parseQuery(c) };
  if (t.kind !== 'word') throw c.fail();
  const security = parseSecurity(c);
  if (security) return security;
  switch (t.upper) {
    case 'SELECT':
      return { k: 'select', query: parseQuery(c) };
    case 'WITH': {
      if (c.peek().upper === 'CHANGE_TRACKING_CONTEXT') return parseWithContext(c);
      const ctes = parseWith(c);
      if (c.isWord('UPDATE')) return parseUpdate(c, ctes);
      if (c.isWord('DELETE')) return parseDelete(c, ctes);
      if (c.isWord('INSERT')) return parseInsert(c, ctes);
      if (c.isWord('MERGE')) throw c.refuse('MERGE');
      return { k: 'select', query: parseQueryAfterWith(c, ctes) };
    }
    case 'INSERT':
      return parseInsert(c, []);
    case 'UPDATE':
      return parseUpdate(c, []);
    case 'DELETE':
      return parseDelete(c, []);
    case 'TRUNCATE':
      c.next();
      c.expectWord('TABLE');
      return { k: 'truncate', table: c.objectName() };
    case 'CREATE':
      return parseCreate(c);
    case 'ALTER':
      return parseAlter(c);
    case 'DROP':
      return parseDrop(c);
    case 'DECLARE':
      return parseDeclare(c);
    case 'SET':
      return parseSet(c);
    case 'IF': {
      c.next();
      const cond = parseExpression(c);
      const body = parseStatement(c);
      if (c.isOp(';') && c.peek().upper === 'ELSE') c.next();
      const other = c.takeWord('ELSE') ? parseStatement(c) : undefined;
      return { k: 'if', cond, body, other };
    }
    case 'WHILE': {
      c.next();
      const cond = parseExpression(c);
      return { k: 'while', cond, body: parseStatement(c) };
    }
    case 'BEGIN':
      return parseBegin(c);
    case 'BREAK':
      c.next();
      return { k: 'break' };
    case 'CONTINUE':
      c.next();
      return { k: 'continue' };
    case 'RETURN':
      c.next();
      return { k: 'return', e: returnsValue(c) ? parseScalar(c) : undefined };
    case 'COMMIT':
    case 'ROLLBACK':
    case 'SAVE':
      return parseTransaction(c);
    case 'EXEC':
    case 'EXECUTE':
      return parseExec(c);
    case 'PRINT':
      c.next();
      return { k: 'print', e: parseScalar(c) };
    case 'RAISERROR':
      return parseRaiserror(c);
    case 'THROW':
      return parseThrow(c);
    case 'USE':
      c.next();
      return { k: 'use', database: c.name() };
    case 'ENABLE':
    case 'DISABLE': {
      const enable = c.next().upper === 'ENABLE';
      c.expectWord('TRIGGER');
      const triggers = c.takeWord('ALL') ? 'all' : [c.objectName().at(-1) ?? ''];
      c.expectWord('ON');
      return { k: 'alterTrigger', name: c.objectName(), triggers, enable };
    }
  }
  if (REFUSED_STATEMENTS.has(t.upper)) throw c.refuse(t.upper);
  throw c.fail();
}

function parseWithContext(c: Cursor): StatementBody {
  const context = parseTrackingContext(c);
  if (c.isWord('INSERT')) return withContext(parseInsert(c, []), context);
  if (c.isWord('UPDATE')) return withContext(parseUpdate(c, []), context);
  if (c.isWord('DELETE')) return withContext(parseDelete(c, []), context);
  if (c.isWord('SELECT'))
    throw new SqlError(
      22108,
      'The CHANGE_TRACKING_CONTEXT WITH clause cannot be used with a SELECT statement.',
      16,
      'batch',
    );
  throw c.refuse('CHANGE_TRACKING_CONTEXT before anything but INSERT, UPDATE and DELETE');
}

const withContext = (s: StatementBody, context: Expr): StatementBody => Object.assign(s, { context });

function returnsValue(c: Cursor): boolean {
  const t = c.token;
  if (t.kind === 'integer' || t.kind === 'variable' || t.kind === 'decimal') return true;
  if (t.kind === 'op') return t.text === '-' || t.text === '(' || t.text === '+';
  return (
    t.kind === 'word' &&
    (t.upper === 'CASE' || t.upper === 'NULL' || (!RESERVED.has(t.upper) && c.peek().text === '('))
  );
}

function parseDeclare(c: Cursor): StatementBody {
  c.next();
  if (c.token.kind !== 'variable') {
    if (c.peek().upper === 'CURSOR') throw c.refuse('CURSOR');
    throw c.fail();
  }
  const items: { name: string; type: TypeNode; value?: Expr | undefined }[] = [];
  do {
    const name = c.variable().toLowerCase();
    c.takeWord('AS');
    if (c.takeWord('TABLE')) return { k: 'declareTable', name, body: parseTableBody(c) };
    if (c.isWord('CURSOR')) throw c.refuse('CURSOR');
    const type = typeName(c);
    items.push({ name, type, value: c.takeOp('=') ? parseScalar(c) : undefined });
  } while (c.takeOp(','));
  return { k: 'declare', items };
}

const SWITCHES = new Set([
  'NOCOUNT',
  'XACT_ABORT',
  'ANSI_NULLS',
  'QUOTED_IDENTIFIER',
  'ARITHABORT',
  'ARITHIGNORE',
  'ANSI_WARNINGS',
  'ANSI_PADDING',
  'ANSI_NULL_DFLT_ON',
  'ANSI_NULL_DFLT_OFF',
  'ANSI_DEFAULTS',
  'CONCAT_NULL_YIELDS_NULL',
  'NUMERIC_ROUNDABORT',
  'CURSOR_CLOSE_ON_COMMIT',
  'IMPLICIT_TRANSACTIONS',
  'FMTONLY',
  'NOEXEC',
  'PARSEONLY',
  'REMOTE_PROC_TRANSACTIONS',
  'FORCEPLAN',
]);
const VALUES = new Set([
  'LOCK_TIMEOUT',
  'DEADLOCK_PRIORITY',
  'ROWCOUNT',
  'TEXTSIZE',
  'DATEFORMAT',
  'LANGUAGE',
  'DATEFIRST',
  'CONTEXT_INFO',
  'QUERY_GOVERNOR_COST_LIMIT',
]);

function parseSet(c: Cursor): StatementBody {
  c.next();
  if (c.token.kind === 'variable') {
    const variable = c.next().text.toLowerCase();
    if (!c.isOp('=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=')) throw c.fail();
    return { k: 'set', variable, op: c.next().text, e: parseScalar(c) };
  }
  if (c.takeWords('TRANSACTION', 'ISOLATION', 'LEVEL')) {
    const words = [c.next().upper];
    if (words[0] === 'READ' || words[0] === 'REPEATABLE') words.push(c.next().upper);
    const level = words.join(' ').toLowerCase();
    if (
      !['read uncommitted', 'read committed', 'repeatable read', 'serializable', 'snapshot'].includes(level)
    )
      throw c.fail();
    return { k: 'isolation', level: level as IsolationLevel };
  }
  if (c.takeWord('IDENTITY_INSERT')) return { k: 'identityInsert', table: c.objectName(), on: onOff(c) };
  if (c.takeWord('STATISTICS')) {
    c.next();
    return { k: 'option', names: ['STATISTICS'], on: onOff(c) };
  }
  if (VALUES.has(c.token.upper)) {
    const name = c.next().upper;
    const e = c.isName() ? c.next().upper : parseScalar(c);
    return { k: 'setValue', name, e };
  }
  const names = [c.next().upper];
  while (c.takeOp(',')) names.push(c.next().upper);
  for (const name of names) if (!SWITCHES.has(name)) throw c.refuse(`SET ${name}`);
  return { k: 'option', names, on: onOff(c) };
}

function onOff(c: Cursor): boolean {
  return c.expectWord('ON', 'OFF') === 'ON';
}

function parseBegin(c: Cursor): StatementBody {
  c.next();
  if (c.takeWord('TRAN', 'TRANSACTION')) return { k: 'begin', name: transactionName(c) };
  if (c.isWord('DISTRIBUTED', 'DIALOG', 'CONVERSATION')) throw c.refuse(`BEGIN ${c.token.upper}`);
  if (c.takeWord('TRY')) {
    const body = parseUntil(c, 'TRY');
    while (c.takeOp(';'));
    if (!c.takeWords('BEGIN', 'CATCH')) throw c.fail();
    const handler = parseUntil(c, 'CATCH');
    return { k: 'try', body, handler };
  }
  const body: Statement[] = [];
  while (c.takeOp(';'));
  while (!c.takeWord('END')) {
    if (c.atEnd) throw c.fail();
    body.push(parseStatement(c));
    while (c.takeOp(';'));
  }
  if (body.length === 0) throw c.fail();
  return { k: 'block', body };
}

function parseUntil(c: Cursor, word: string): Statement[] {
  const body: Statement[] = [];
  while (c.takeOp(';'));
  while (!c.takeWords('END', word)) {
    if (c.atEnd) throw c.fail();
    body.push(parseStatement(c));
    while (c.takeOp(';'));
  }
  return body;
}

function transactionName(c: Cursor): Expr | string | undefined {
  if (c.token.kind === 'variable') return parseScalar(c);
  if (!c.isName()) return undefined;
  const name = c.next().text;
  if (c.takeWords('WITH', 'MARK') && (c.token.kind === 'text' || c.token.kind === 'ntext')) c.next();
  return name;
}

function parseTransaction(c: Cursor): StatementBody {
  const verb = c.next().upper.toLowerCase() as 'commit' | 'rollback' | 'save';
  if (verb === 'save') {
    c.expectWord('TRAN', 'TRANSACTION');
    const name = transactionName(c);
    if (name === undefined) throw c.fail();
    return { k: 'save', name };
  }
  if (c.takeWord('TRAN', 'TRANSACTION')) return { k: verb, name: transactionName(c) };
  c.takeWord('WORK');
  return { k: verb };
}

function parseExec(c: Cursor): StatementBody {
  c.next();
  if (c.takeOp('(')) {
    const e = parseScalar(c);
    c.expectOp(')');
    if (c.isWord('AT')) throw c.refuse('EXEC AT a linked server');
    return { k: 'execText', e };
  }
  let result: string | undefined;
  if (c.token.kind === 'variable' && c.peek().text === '=') {
    result = c.variable().toLowerCase();
    c.next();
  }
  const procedure = c.token.kind === 'variable' ? c.variable().toLowerCase() : c.objectName();
  const args: Argument[] = [];
  if (!c.atEnd && startsArgument(c)) {
    do {
      let name: string | undefined;
      if (c.token.kind === 'variable' && c.peek().text === '=') {
        name = c.variable().toLowerCase();
        c.next();
      }
      const value = parseArgumentValue(c);
      args.push({ name, value, output: c.takeWord('OUTPUT', 'OUT') });
    } while (c.takeOp(','));
  }
  if (c.isWord('WITH') && c.peek().upper === 'RECOMPILE') {
    c.next();
    c.next();
  } else if (c.isWord('WITH') && c.peek().upper === 'RESULT') throw c.refuse('WITH RESULT SETS');
  return { k: 'exec', result, procedure, args };
}

function startsArgument(c: Cursor): boolean {
  const t = c.token;
  if (t.kind === 'op') return t.text === '-' || t.text === '+' || t.text === '(';
  if (t.kind === 'word')
    return t.upper === 'NULL' || t.upper === 'DEFAULT' || (!RESERVED.has(t.upper) && t.upper !== 'THROW');
  return true;
}

function parseRaiserror(c: Cursor): StatementBody {
  c.next();
  c.expectOp('(');
  const list = [parseScalar(c)];
  while (c.takeOp(',')) list.push(parseScalar(c));
  c.expectOp(')');
  const options: string[] = [];
  if (c.takeWord('WITH')) {
    do options.push(c.next().upper);
    while (c.takeOp(','));
  }
  const [message, severity, state, ...args] = list;
  if (!message || !severity || !state) throw new SqlError(102, "Incorrect syntax near ')'.", 15, 'batch');
  return { k: 'raiserror', message, severity, state, args, options };
}

function parseThrow(c: Cursor): StatementBody {
  c.next();
  if (c.token.kind !== 'integer' && c.token.kind !== 'variable') return { k: 'throw' };
  const number = parseScalar(c);
  c.expectOp(',');
  const message = parseScalar(c);
  c.expectOp(',');
  return { k: 'throw', number, message, state: parseScalar(c) };
}
