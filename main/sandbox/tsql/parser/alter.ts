import type { StatementBody } from './ast.ts';
import { parseDatabaseTracking, parseTableTracking } from './change-tracking.ts';
import { parseCreateBody } from './create.ts';
import type { Cursor } from './cursor.ts';
import { elements, parseColumn } from './table-body.ts';

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
