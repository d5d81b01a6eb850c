import { isUnicode, nvarchar, varchar, collationLike } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';

export const resized = (type: Type, length: number | 'max'): Type => ({
  ...(isUnicode(type) ? nvarchar(length) : varchar(length)),
  ...collationLike(type),
});

/** Matching ignores case the way the collation does; the folded text must keep its length for that. */
export function searchable(s: string, type: Type): string {
  return type.collation ? s : s.toLowerCase().length === s.length ? s.toLowerCase() : s;
}
