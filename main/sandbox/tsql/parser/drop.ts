import type { StatementBody, ObjectName, DropKind } from './ast.ts';
import type { Cursor } from './cursor.ts';

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
