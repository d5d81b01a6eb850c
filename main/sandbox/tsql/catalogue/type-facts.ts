import { family, lengthOf, isUnicode, precisionOf, typeText, SERVER_COLLATION } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';

/** sys.types: the number a type has on every server. */
export const TYPES: readonly (readonly [string, number, number, number, number])[] = [
  ['image', 34, 16, 0, 0],
  ['text', 35, 16, 0, 0],
  ['uniqueidentifier', 36, 16, 0, 0],
  ['date', 40, 3, 10, 0],
  ['time', 41, 5, 16, 7],
  ['datetime2', 42, 8, 27, 7],
  ['datetimeoffset', 43, 10, 34, 7],
  ['tinyint', 48, 1, 3, 0],
  ['smallint', 52, 2, 5, 0],
  ['int', 56, 4, 10, 0],
  ['smalldatetime', 58, 4, 16, 0],
  ['real', 59, 4, 24, 0],
  ['money', 60, 8, 19, 4],
  ['datetime', 61, 8, 23, 3],
  ['float', 62, 8, 53, 0],
  ['sql_variant', 98, 8016, 0, 0],
  ['ntext', 99, 16, 0, 0],
  ['bit', 104, 1, 1, 0],
  ['decimal', 106, 17, 38, 38],
  ['numeric', 108, 17, 38, 38],
  ['smallmoney', 122, 4, 10, 4],
  ['bigint', 127, 8, 19, 0],
  ['varbinary', 165, 8000, 0, 0],
  ['varchar', 167, 8000, 0, 0],
  ['binary', 173, 8000, 0, 0],
  ['char', 175, 8000, 0, 0],
  ['timestamp', 189, 8, 0, 0],
  ['nvarchar', 231, 8000, 0, 0],
  ['nchar', 239, 8000, 0, 0],
];
export const TYPE_IDS: ReadonlyMap<string, number> = new Map(TYPES.map(([name, id]) => [name, id]));

export function storedSize(type: Type): number {
  const f = family(type);
  if (f === 'text' || (f === 'binary' && type.name !== 'rowversion')) {
    if (type.name === 'text' || type.name === 'ntext' || type.name === 'image') return 16;
    const n = lengthOf(type);
    return n === 'max' ? -1 : isUnicode(type) ? n * 2 : n;
  }
  if (type.name === 'decimal' || type.name === 'numeric') {
    const p = precisionOf(type);
    return p <= 9 ? 5 : p <= 19 ? 9 : p <= 28 ? 13 : 17;
  }
  if (type.name === 'time' || type.name === 'datetime2' || type.name === 'datetimeoffset') {
    const s = type.scale ?? 7;
    return (s <= 2 ? 3 : s <= 4 ? 4 : 5) + (type.name === 'time' ? 0 : type.name === 'datetime2' ? 3 : 5);
  }
  return TYPES.find(([name]) => name === typeText(type))?.[2] ?? 0;
}

/** Precision and scale as sys.columns states them. */
export function digits(type: Type): readonly [number, number] {
  const known = TYPES.find(([name]) => name === typeText(type));
  const scale = type.scale ?? 7;
  switch (type.name) {
    case 'decimal':
    case 'numeric':
      return [precisionOf(type), type.scale ?? 0];
    case 'time':
      return [scale ? 9 + scale : 8, scale];
    case 'datetime2':
      return [scale ? 20 + scale : 19, scale];
    case 'datetimeoffset':
      return [scale ? 27 + scale : 26, scale];
    default:
      return known ? [known[3], known[4]] : [0, 0];
  }
}
export const stringLength = (t: Type): number | null => {
  if (family(t) !== 'text' && (family(t) !== 'binary' || t.name === 'rowversion')) return null;
  const n = lengthOf(t);
  return n === 'max'
    ? t.name === 'ntext'
      ? 1073741823
      : t.name === 'text' || t.name === 'image'
        ? 2147483647
        : -1
    : n;
};

export function collationName(t: Type): string {
  if (t.collated) return t.collated;
  if (t.collation === 'binary') return 'Latin1_General_BIN2';
  return t.collation === 'case-sensitive' ? 'SQL_Latin1_General_CP1_CS_AS' : SERVER_COLLATION;
}

/** The name of a type by its number. */
export function typeNameOf(id: number): string | null {
  return TYPES.find((t) => t[1] === id)?.[0] ?? null;
}
