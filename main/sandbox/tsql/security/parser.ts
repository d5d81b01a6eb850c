import type { StatementBody } from '../parser/ast.ts';
import type { Cursor } from '../parser/cursor.ts';
import type { PermissionNode, SecurityAction, SecurityTarget } from './ast.ts';

const PRINCIPALS = new Set(['LOGIN', 'USER', 'ROLE']);

/** A statement about logins, users, roles or rights; undefined when the next words are something else. */
export function parseSecurity(c: Cursor): StatementBody | undefined {
  const of = (action: SecurityAction): StatementBody => ({ k: 'security', action });
  const verb = c.token.upper;
  if (verb === 'GRANT' || verb === 'DENY' || verb === 'REVOKE') return of(parsePermission(c));
  if ((verb !== 'CREATE' && verb !== 'ALTER' && verb !== 'DROP') || !PRINCIPALS.has(c.peek().upper))
    return undefined;
  c.next();
  const what = c.next().upper as 'LOGIN' | 'USER' | 'ROLE';
  if (verb === 'DROP') {
    const ifExists = c.takeWords('IF', 'EXISTS');
    return of({ k: 'drop', what, name: c.name(), ifExists });
  }
  const name = c.name();
  if (what === 'LOGIN') return of(parseLogin(c, verb, name));
  if (what === 'USER') return of(parseUser(c, verb, name));
  if (verb === 'CREATE') {
    if (c.isWord('AUTHORIZATION')) throw c.refuse('CREATE ROLE with AUTHORIZATION');
    return of({ k: 'createRole', name });
  }
  const add = c.expectWord('ADD', 'DROP') === 'ADD';
  c.expectWord('MEMBER');
  const member = c.name();
  return of(add ? { k: 'addMember', role: name, member } : { k: 'dropMember', role: name, member });
}

/** Options that say nothing here: policies, languages, ids. */
const IGNORED = new Set(['CHECK_POLICY', 'CHECK_EXPIRATION', 'DEFAULT_LANGUAGE', 'SID']);

function parseLogin(c: Cursor, verb: 'CREATE' | 'ALTER', name: string): SecurityAction {
  if (verb === 'ALTER' && c.isWord('ENABLE', 'DISABLE'))
    return { k: 'alterLogin', name, disabled: c.next().upper === 'DISABLE' };
  if (c.isWord('FROM')) throw c.refuse('CREATE LOGIN FROM WINDOWS');
  c.expectWord('WITH');
  let password: string | undefined;
  let database: string | undefined;
  do {
    const option = c.next().upper;
    c.expectOp('=');
    if (option === 'PASSWORD') {
      if (c.token.kind !== 'text' && c.token.kind !== 'ntext') throw c.fail();
      password = c.next().text;
      if (c.isWord('HASHED', 'MUST_CHANGE')) throw c.refuse(`CREATE LOGIN with ${c.token.upper}`);
    } else if (option === 'DEFAULT_DATABASE') database = c.name();
    else if (IGNORED.has(option)) c.next();
    else throw c.refuse(`${verb} LOGIN with ${option}`);
  } while (c.takeOp(','));
  if (verb === 'ALTER') return { k: 'alterLogin', name, password };
  if (password === undefined) throw c.fail();
  return { k: 'createLogin', name, password, database };
}

function parseUser(c: Cursor, verb: 'CREATE' | 'ALTER', name: string): SecurityAction {
  let login = name;
  if (verb === 'CREATE' && c.takeWord('FOR', 'FROM')) {
    c.expectWord('LOGIN');
    login = c.name();
  } else if (c.isWord('WITHOUT')) throw c.refuse('users without a login');
  let schema: string | undefined;
  if (c.takeWord('WITH')) {
    if (!c.takeWord('DEFAULT_SCHEMA')) throw c.refuse(`${verb} USER with ${c.token.upper}`);
    c.expectOp('=');
    schema = c.name();
  }
  if (verb === 'CREATE') return { k: 'createUser', name, login, schema };
  if (schema === undefined) throw c.fail();
  return { k: 'alterUser', name, schema };
}

function parsePermission(c: Cursor): SecurityAction {
  const k = c.next().upper.toLowerCase() as 'grant' | 'deny' | 'revoke';
  if (k === 'revoke') c.takeWords('GRANT', 'OPTION', 'FOR');
  const permissions: PermissionNode[] = [];
  do permissions.push(parseRight(c));
  while (c.takeOp(','));
  let on: SecurityTarget = { k: 'database' };
  let columns: readonly string[] | undefined;
  if (c.takeWord('ON')) {
    on = parseTarget(c);
    if (on.k === 'object' && c.isOp('(')) columns = c.names();
  }
  if (k === 'revoke') c.expectWord('FROM', 'TO');
  else c.expectWord('TO');
  const to: string[] = [];
  do to.push(c.isWord('PUBLIC') ? c.next().text : c.name());
  while (c.takeOp(','));
  if (c.isWord('WITH') && c.peek().upper === 'GRANT') throw c.refuse('GRANT with GRANT OPTION');
  c.takeWord('CASCADE');
  if (c.isWord('AS')) throw c.refuse('GRANT AS another principal');
  return {
    k,
    permissions: permissions.map((one) => (one.columns ? one : { ...one, columns })),
    on,
    to,
  };
}

/** Words up to the next `,`, `(`, ON, TO or FROM. */
function parseRight(c: Cursor): PermissionNode {
  const words: string[] = [];
  while (!c.isOp(',', '(') && !c.isWord('ON', 'TO', 'FROM')) {
    if (c.token.kind !== 'word') throw c.fail();
    words.push(c.next().upper);
  }
  if (words.length === 0) throw c.fail();
  const right = words[0] === 'EXEC' ? 'EXECUTE' : words.join(' ');
  if (right === 'ALL' || right === 'ALL PRIVILEGES') throw c.refuse('GRANT ALL');
  return { right, columns: c.isOp('(') ? c.names() : undefined };
}

function parseTarget(c: Cursor): SecurityTarget {
  const kind = c.token.upper;
  if (c.peek().text === '::') {
    c.next();
    c.next();
    switch (kind) {
      case 'OBJECT':
        return { k: 'object', name: c.objectName() };
      case 'SCHEMA':
        return { k: 'schema', name: c.name() };
      case 'DATABASE':
        return { k: 'database', name: c.name() };
      default:
        throw c.refuse(`rights on ${kind}`);
    }
  }
  return { k: 'object', name: c.objectName() };
}
