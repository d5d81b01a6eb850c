import type { TypeNode } from './ast.ts';
import type { Cursor } from './cursor.ts';

/** Reads a type as written: `nvarchar(20)`, `[sys].[int]`, `character varying(5)`, with an optional COLLATE. */
export function typeName(c: Cursor): TypeNode {
  let name: string;
  if (c.isWord('NATIONAL', 'DOUBLE')) {
    name = c.next().upper === 'NATIONAL' ? 'n' : 'float';
    if (name === 'n')
      name += c.next().text.toLowerCase().replace('character', 'char').replace('text', 'text');
    else c.expectWord('PRECISION');
  } else {
    name = c.name();
    if (c.takeOp('.')) name = c.name();
  }
  name = name.toLowerCase();
  if (c.takeWord('VARYING'))
    name = name.startsWith('n') ? 'nvarchar' : name === 'binary' ? 'varbinary' : 'varchar';
  const args: (number | 'max')[] = [];
  if (c.takeOp('(')) {
    do args.push(c.takeWord('MAX') ? 'max' : Number(c.integer()));
    while (c.takeOp(','));
    c.expectOp(')');
  }
  const collation = c.isWord('COLLATE') ? (c.next(), c.next().text) : undefined;
  return { name, args, collation };
}
