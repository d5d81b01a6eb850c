import type { SqlType, SqlTypeName, SqlValue } from '../face.ts';
import { SqlError, bindingError } from '../errors.ts';
import { SERVER_PAGE, codePageOf } from './code-pages.ts';

/** A type with what a face does not need: the collation of text. */
export interface Type extends SqlType {
  /** Undefined is the server's collation: case-insensitive, accent-sensitive. */
  readonly collation?: 'binary' | 'case-sensitive' | undefined;
  /** Its name as written; undefined is the server's. */
  readonly collated?: string | undefined;
}

export const INT: Type = { name: 'int' };
export const BIGINT: Type = { name: 'bigint' };
export const SMALLINT: Type = { name: 'smallint' };
export const TINYINT: Type = { name: 'tinyint' };
export const BIT: Type = { name: 'bit' };
export const FLOAT: Type = { name: 'float' };
export const GUID: Type = { name: 'uniqueidentifier' };
export const DATETIME: Type = { name: 'datetime' };
export const DATE: Type = { name: 'date' };
export const SYSNAME: Type = { name: 'nvarchar', length: 128 };

export const nvarchar = (length: number | 'max'): Type => ({
  name: 'nvarchar',
  length: length === 'max' || length > 4000 ? 'max' : Math.max(1, length),
});
export const varchar = (length: number | 'max'): Type => ({
  name: 'varchar',
  length: length === 'max' || length > 8000 ? 'max' : Math.max(1, length),
});
export const varbinary = (length: number | 'max'): Type => ({
  name: 'varbinary',
  length: length === 'max' || length > 8000 ? 'max' : Math.max(1, length),
});
export const decimal = (precision: number, scale: number): Type => ({ name: 'decimal', precision, scale });

/** From the strongest to the weakest: a value of the weaker type is converted when the two meet. */
const PRECEDENCE: readonly SqlTypeName[] = [
  'sql_variant',
  'datetimeoffset',
  'datetime2',
  'datetime',
  'smalldatetime',
  'date',
  'time',
  'float',
  'real',
  'decimal',
  'numeric',
  'money',
  'smallmoney',
  'bigint',
  'int',
  'smallint',
  'tinyint',
  'bit',
  'ntext',
  'text',
  'image',
  'rowversion',
  'uniqueidentifier',
  'nvarchar',
  'nchar',
  'varchar',
  'char',
  'varbinary',
  'binary',
];
const RANK: ReadonlyMap<SqlTypeName, number> = new Map(PRECEDENCE.map((name, i) => [name, i]));

export type Family = 'int' | 'decimal' | 'float' | 'text' | 'binary' | 'date' | 'guid' | 'bit' | 'variant';
const FAMILY: Readonly<Record<SqlTypeName, Family>> = {
  bit: 'bit',
  tinyint: 'int',
  smallint: 'int',
  int: 'int',
  bigint: 'int',
  decimal: 'decimal',
  numeric: 'decimal',
  money: 'decimal',
  smallmoney: 'decimal',
  float: 'float',
  real: 'float',
  char: 'text',
  varchar: 'text',
  text: 'text',
  nchar: 'text',
  nvarchar: 'text',
  ntext: 'text',
  binary: 'binary',
  varbinary: 'binary',
  image: 'binary',
  rowversion: 'binary',
  uniqueidentifier: 'guid',
  date: 'date',
  time: 'date',
  smalldatetime: 'date',
  datetime: 'date',
  datetime2: 'date',
  datetimeoffset: 'date',
  sql_variant: 'variant',
};
export function family(type: SqlType): Family {
  return FAMILY[type.name];
}
export function isText(type: SqlType): boolean {
  return FAMILY[type.name] === 'text';
}
export function isUnicode(type: SqlType): boolean {
  return type.name === 'nvarchar' || type.name === 'nchar' || type.name === 'ntext';
}
export function isMoney(type: SqlType): boolean {
  return type.name === 'money' || type.name === 'smallmoney';
}
export function precisionOf(type: SqlType): number {
  switch (type.name) {
    case 'tinyint':
      return 3;
    case 'smallint':
      return 5;
    case 'int':
      return 10;
    case 'bigint':
      return 19;
    case 'bit':
      return 1;
    case 'money':
      return 19;
    case 'smallmoney':
      return 10;
    default:
      return type.precision ?? 18;
  }
}
export function scaleOf(type: SqlType): number {
  if (isMoney(type)) return 4;
  return type.scale ?? 0;
}
/** Length in characters for text, in bytes for binary. */
export function lengthOf(type: SqlType): number | 'max' {
  if (type.name === 'text' || type.name === 'ntext' || type.name === 'image') return 'max';
  if (type.name === 'rowversion') return 8;
  return type.length ?? 1;
}

/** How wide a value of the type can become as text: what concatenation and implicit conversion work with. */
export function displayWidth(type: SqlType): number | 'max' {
  switch (family(type)) {
    case 'text':
      return lengthOf(type);
    case 'int':
      return { tinyint: 3, smallint: 6, int: 11, bigint: 20 }[type.name as 'int'] ?? 12;
    case 'decimal':
      return isMoney(type) ? 30 : precisionOf(type) + 2;
    case 'float':
      return 30;
    case 'guid':
      return 36;
    case 'bit':
      return 1;
    case 'date':
      return 34;
    case 'binary':
      return lengthOf(type);
    case 'variant':
      return 4000;
  }
}

/** The type of which both can be without loss of meaning, by SQL Server's precedence. */
export function commonType(a: Type, b: Type): Type {
  if (a === b) return a;
  const ra = RANK.get(a.name) ?? 0;
  const rb = RANK.get(b.name) ?? 0;
  const [strong, weak] = ra <= rb ? [a, b] : [b, a];
  switch (family(strong)) {
    case 'text': {
      if (family(weak) === 'binary') return strong;
      const fixed =
        (strong.name === 'char' || strong.name === 'nchar') &&
        strong.name === weak.name &&
        strong.length === weak.length;
      const la = displayWidth(a);
      const lb = displayWidth(b);
      const length = la === 'max' || lb === 'max' ? 'max' : Math.max(la, lb);
      const of = collationLike(a.collation || a.collated ? a : b);
      if (fixed) return { ...strong, ...of };
      return { ...(isUnicode(strong) ? nvarchar(length) : varchar(length)), ...of };
    }
    case 'binary': {
      const la = lengthOf(a);
      const lb = lengthOf(b);
      if (strong.name === 'rowversion')
        return { name: 'varbinary', length: la === 'max' || lb === 'max' ? 'max' : Math.max(la, lb) };
      return varbinary(la === 'max' || lb === 'max' ? 'max' : Math.max(la, lb));
    }
    case 'decimal': {
      if (isMoney(strong))
        return strong.name === 'money' || weak.name === 'bigint' || weak.name === 'int'
          ? { name: 'money' }
          : strong;
      if (family(weak) !== 'decimal' && family(weak) !== 'int' && family(weak) !== 'bit') return strong;
      const scale = Math.max(scaleOf(a), scaleOf(b));
      const whole = Math.max(precisionOf(a) - scaleOf(a), precisionOf(b) - scaleOf(b));
      return decimal(Math.min(38, whole + scale), Math.min(scale, 38 - Math.min(38, whole) || scale));
    }
    case 'date': {
      if (family(weak) !== 'date') return strong;
      if (strong.name === 'datetime2' || strong.name === 'datetimeoffset' || strong.name === 'time') {
        const of = (t: Type): number =>
          t.name === 'datetime' ? 3 : t.name === 'date' || t.name === 'smalldatetime' ? 0 : (t.scale ?? 7);
        return { name: strong.name, scale: Math.max(of(a), of(b)) };
      }
      if (strong.name === 'date' && weak.name === 'time')
        throw new SqlError(206, 'Operand type clash: date is incompatible with time.');
      return strong;
    }
    default:
      return strong;
  }
}

const SIMPLE: Readonly<Record<string, SqlTypeName>> = {
  bit: 'bit',
  tinyint: 'tinyint',
  smallint: 'smallint',
  int: 'int',
  integer: 'int',
  bigint: 'bigint',
  money: 'money',
  smallmoney: 'smallmoney',
  real: 'real',
  text: 'text',
  ntext: 'ntext',
  image: 'image',
  rowversion: 'rowversion',
  timestamp: 'rowversion',
  uniqueidentifier: 'uniqueidentifier',
  date: 'date',
  smalldatetime: 'smalldatetime',
  datetime: 'datetime',
  sql_variant: 'sql_variant',
};
const SIZED: Readonly<Record<string, SqlTypeName>> = {
  char: 'char',
  character: 'char',
  varchar: 'varchar',
  nchar: 'nchar',
  nvarchar: 'nvarchar',
  binary: 'binary',
  varbinary: 'varbinary',
};

export const SERVER_COLLATION = 'SQL_Latin1_General_CP1_CI_AS';

function collationOf(name: string): Type['collation'] {
  const upper = name.toUpperCase();
  if (upper === 'DATABASE_DEFAULT') return undefined;
  if (/_BIN2?$/.test(upper)) return 'binary';
  if (upper.includes('_CS_')) return 'case-sensitive';
  if (!upper.includes('_CI_AS')) throw new SqlError(448, `Invalid collation '${name}'.`, 16, 'batch');
  return undefined;
}

/** A type as written. `length` is what an omitted length means: 1 in declarations, 30 in conversions. */
export function resolveType(
  node: { name: string; args: readonly (number | 'max')[]; collation?: string | undefined },
  length = 1,
): Type {
  const [first, second] = node.args;
  const simple = SIMPLE[node.name];
  if (simple) return withCollation({ name: simple }, node.collation);
  const sized = SIZED[node.name];
  if (sized) {
    const n = first ?? length;
    const limit = sized.startsWith('n') ? 4000 : 8000;
    if (n !== 'max' && (n < 1 || n > limit))
      throw bindingError(
        n < 1 ? 1001 : 131,
        `The size (${n}) given to the type '${node.name}' is outside the allowed range.`,
        15,
      );
    return withCollation({ name: sized, length: n }, node.collation);
  }
  switch (node.name) {
    case 'sysname':
      return SYSNAME;
    case 'decimal':
    case 'dec':
    case 'numeric': {
      const precision = typeof first === 'number' ? first : 18;
      const scale = typeof second === 'number' ? second : 0;
      if (precision < 1 || precision > 38)
        throw bindingError(
          2750,
          `Specified precision ${precision} is greater than the maximum precision of 38.`,
          16,
        );
      if (scale > precision) throw bindingError(1002, `Specified scale ${scale} is invalid.`, 15);
      return { name: node.name === 'numeric' ? 'numeric' : 'decimal', precision, scale };
    }
    case 'float':
      return typeof first === 'number' && first <= 24 ? { name: 'real' } : FLOAT;
    case 'time':
    case 'datetime2':
    case 'datetimeoffset': {
      const scale = typeof first === 'number' ? first : 7;
      if (scale > 7) throw bindingError(1002, `Specified scale ${scale} is invalid.`, 15);
      return { name: node.name, scale };
    }
  }
  throw bindingError(2715, `Cannot find data type ${node.name}.`, 16);
}

function withCollation(type: Type, collation: string | undefined): Type {
  return collation === undefined ? type : collate(type, collation);
}

/** The type in that collation. */
export function collate(type: Type, name: string): Type {
  const { collated: _, codePage: __, ...bare } = type;
  const of = collationOf(name);
  const upper = name.toUpperCase();
  if (upper === 'DATABASE_DEFAULT' || upper === SERVER_COLLATION.toUpperCase())
    return { ...bare, collation: undefined };
  const page = codePageOf(name);
  return {
    ...bare,
    collation: of,
    collated: name,
    ...(page === undefined || page === SERVER_PAGE ? {} : { codePage: page }),
  };
}

/** What a type made from another one keeps of its collation. */
export const collationLike = ({
  collation,
  collated,
  codePage,
}: Type): Pick<Type, 'collation' | 'collated' | 'codePage'> => ({ collation, collated, codePage });

/** As it is written in messages and in the catalogue. */
export function typeText(type: SqlType): string {
  return type.name === 'rowversion' ? 'timestamp' : type.name;
}

export function sameType(a: Type, b: Type): boolean {
  return (
    a.name === b.name &&
    a.length === b.length &&
    a.precision === b.precision &&
    a.scale === b.scale &&
    a.collation === b.collation &&
    a.codePage === b.codePage
  );
}

/** A value as text for messages and names; moments and binary have better forms elsewhere. */
export function plainText(v: SqlValue | undefined): string {
  if (v === null || v === undefined) return '';
  if (v instanceof Uint8Array) return `0x${Array.from(v, (b) => b.toString(16).padStart(2, '0')).join('')}`;
  return typeof v === 'object' ? `${v.days}:${v.ticks}` : String(v);
}
