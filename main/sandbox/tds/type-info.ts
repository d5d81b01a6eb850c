import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { COLLATION, collationFor } from './code-page.ts';
import { decimalSize } from './decimals.ts';
import type { SqlType, SqlTypeName } from '../tsql/face.ts';

const MAX = 0xffff;
const LONGEST = 8000;
const LONGEST_UNICODE = 4000;

/** How a value's length travels. `fixed` has none, `pointer` puts a text pointer in front (rows), `long` does not (parameters). */
export type Framing = 'null' | 'fixed' | 'byte' | 'short' | 'plp' | 'long' | 'pointer' | 'variant';

export interface WireType {
  readonly type: SqlType;
  readonly framing: Framing;
  /** Size of a fixed value, or the most bytes a value may have. */
  readonly size: number;
}

/** A type or length that is well formed but not acceptable: answered as an error of SQL, the connection goes on. */
export class RefusedType extends Error {
  readonly number: 8009 | 8016;
  readonly typeId: number;
  constructor(number: 8009 | 8016, typeId: number) {
    super(`data type 0x${typeId.toString(16).toUpperCase().padStart(2, '0')}`);
    this.number = number;
    this.typeId = typeId;
  }
}

const INTEGERS: Readonly<Record<number, SqlTypeName>> = {
  1: 'tinyint',
  2: 'smallint',
  4: 'int',
  8: 'bigint',
};
const FLOATS: Readonly<Record<number, SqlTypeName>> = { 4: 'real', 8: 'float' };
const MONEYS: Readonly<Record<number, SqlTypeName>> = { 4: 'smallmoney', 8: 'money' };
const DATETIMES: Readonly<Record<number, SqlTypeName>> = { 4: 'smalldatetime', 8: 'datetime' };

/** Types without a declared size and without NULL. */
const FIXED: ReadonlyMap<number, readonly [SqlTypeName, number]> = new Map([
  [0x30, ['tinyint', 1]],
  [0x32, ['bit', 1]],
  [0x34, ['smallint', 2]],
  [0x38, ['int', 4]],
  [0x3a, ['smalldatetime', 4]],
  [0x3b, ['real', 4]],
  [0x3c, ['money', 8]],
  [0x3d, ['datetime', 8]],
  [0x3e, ['float', 8]],
  [0x7a, ['smallmoney', 4]],
  [0x7f, ['bigint', 8]],
]);

function sized(from: ByteReader, id: number, names: Readonly<Record<number, SqlTypeName>>): WireType {
  const size = from.u8();
  const name = names[size];
  if (name === undefined) throw new RefusedType(8016, id);
  return { type: { name }, framing: 'byte', size };
}

function decimal(from: ByteReader, id: number, name: SqlTypeName): WireType {
  const size = from.u8();
  const precision = from.u8();
  const scale = from.u8();
  if (precision < 1 || precision > 38 || scale > precision || size > 17) throw new RefusedType(8016, id);
  return { type: { name, precision, scale }, framing: 'byte', size: Math.max(size, decimalSize(precision)) };
}

function temporal(from: ByteReader, id: number, name: SqlTypeName): WireType {
  const scale = from.u8();
  if (scale > 7) throw new RefusedType(8016, id);
  return { type: { name, scale }, framing: 'byte', size: 10 };
}

function text(from: ByteReader, id: number, name: SqlTypeName, unicode: boolean): WireType {
  const size = from.u16();
  from.skip(COLLATION.length);
  if (size === MAX && name.includes('var')) return { type: { name, length: 'max' }, framing: 'plp', size };
  if (size > LONGEST || (unicode && size % 2 !== 0)) throw new RefusedType(8016, id);
  return { type: { name, length: unicode ? size / 2 : size }, framing: 'short', size };
}

function binary(from: ByteReader, id: number, name: SqlTypeName): WireType {
  const size = from.u16();
  if (size === MAX && name === 'varbinary') return { type: { name, length: 'max' }, framing: 'plp', size };
  if (size > LONGEST) throw new RefusedType(8016, id);
  return { type: { name, length: size }, framing: 'short', size };
}

function large(from: ByteReader, name: SqlTypeName, place: 'parameter' | 'row'): WireType {
  from.u32();
  if (name !== 'image') from.skip(COLLATION.length);
  return { type: { name }, framing: place === 'row' ? 'pointer' : 'long', size: 0x7fff_ffff };
}

/** Reads TYPE_INFO as a client sends it: parameters of an RPC, columns of a bulk load. Throws `RefusedType`. */
export function readTypeInfo(from: ByteReader, place: 'parameter' | 'row'): WireType {
  const id = from.u8();
  const fixed = FIXED.get(id);
  if (fixed) return { type: { name: fixed[0] }, framing: 'fixed', size: fixed[1] };
  switch (id) {
    case 0x1f:
      return { type: { name: 'nvarchar', length: LONGEST_UNICODE }, framing: 'null', size: 0 };
    case 0x26:
      return sized(from, id, INTEGERS);
    case 0x68:
      return sized(from, id, { 1: 'bit' });
    case 0x6d:
      return sized(from, id, FLOATS);
    case 0x6e:
      return sized(from, id, MONEYS);
    case 0x6f:
      return sized(from, id, DATETIMES);
    case 0x24:
      return sized(from, id, { 16: 'uniqueidentifier' });
    case 0x37:
    case 0x6a:
      return decimal(from, id, 'decimal');
    case 0x3f:
    case 0x6c:
      return decimal(from, id, 'numeric');
    case 0x28:
      return { type: { name: 'date' }, framing: 'byte', size: 3 };
    case 0x29:
      return temporal(from, id, 'time');
    case 0x2a:
      return temporal(from, id, 'datetime2');
    case 0x2b:
      return temporal(from, id, 'datetimeoffset');
    case 0xa7:
      return text(from, id, 'varchar', false);
    case 0xaf:
      return text(from, id, 'char', false);
    case 0xe7:
      return text(from, id, 'nvarchar', true);
    case 0xef:
      return text(from, id, 'nchar', true);
    case 0xa5:
      return binary(from, id, 'varbinary');
    case 0xad:
      return binary(from, id, 'binary');
    case 0x23:
      return large(from, 'text', place);
    case 0x63:
      return large(from, 'ntext', place);
    case 0x22:
      return large(from, 'image', place);
    case 0x62:
      return { type: { name: 'sql_variant' }, framing: 'variant', size: from.u32() };
    default:
      // XML, CLR types and table-valued parameters have structures of their own: what follows cannot be skipped.
      throw new RefusedType(8009, id);
  }
}

/** How the server writes a type: always the nullable variant, `(max)` as a value in chunks. */
export function wireTypeOf(type: SqlType): WireType {
  const of = (framing: Framing, size: number): WireType => ({ type, framing, size });
  switch (type.name) {
    case 'bit':
    case 'tinyint':
      return of('byte', 1);
    case 'smallint':
      return of('byte', 2);
    case 'int':
    case 'real':
    case 'smallmoney':
    case 'smalldatetime':
      return of('byte', 4);
    case 'bigint':
    case 'float':
    case 'money':
    case 'datetime':
      return of('byte', 8);
    case 'uniqueidentifier':
      return of('byte', 16);
    case 'decimal':
    case 'numeric':
      return of('byte', decimalSize(type.precision ?? 18));
    case 'date':
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return of('byte', 10);
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return type.length === 'max' ? of('plp', MAX) : of('short', Math.max(1, type.length ?? LONGEST));
    case 'nchar':
    case 'nvarchar':
      return type.length === 'max'
        ? of('plp', MAX)
        : of('short', 2 * Math.max(1, type.length ?? LONGEST_UNICODE));
    case 'rowversion':
      return of('short', 8);
    case 'text':
    case 'image':
    case 'ntext':
      return of('pointer', 0x7fff_ffff);
    case 'sql_variant':
      return of('variant', 8009);
  }
}

const OUT_ID: Readonly<Record<SqlTypeName, number>> = {
  bit: 0x68,
  tinyint: 0x26,
  smallint: 0x26,
  int: 0x26,
  bigint: 0x26,
  decimal: 0x6a,
  numeric: 0x6c,
  money: 0x6e,
  smallmoney: 0x6e,
  float: 0x6d,
  real: 0x6d,
  char: 0xaf,
  varchar: 0xa7,
  text: 0x23,
  nchar: 0xef,
  nvarchar: 0xe7,
  ntext: 0x63,
  binary: 0xad,
  varbinary: 0xa5,
  image: 0x22,
  rowversion: 0xad,
  uniqueidentifier: 0x24,
  date: 0x28,
  time: 0x29,
  smalldatetime: 0x6f,
  datetime: 0x6f,
  datetime2: 0x2a,
  datetimeoffset: 0x2b,
  sql_variant: 0x62,
};

/** Id of a type as the server writes it. */
export function typeIdOf(type: SqlType): number {
  return OUT_ID[type.name];
}

/** Scale where none is stated: 7 for the exact times, as SQL Server declares them. */
export function scaleOf(type: SqlType): number {
  if (type.scale !== undefined) return type.scale;
  return type.name === 'decimal' || type.name === 'numeric' ? 0 : 7;
}

export function writeTypeInfo(out: ByteWriter, type: SqlType): void {
  const { size } = wireTypeOf(type);
  out.u8(OUT_ID[type.name]);
  switch (type.name) {
    case 'decimal':
    case 'numeric':
      out.u8(size);
      out.u8(type.precision ?? 18);
      out.u8(scaleOf(type));
      return;
    case 'date':
      return;
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      out.u8(scaleOf(type));
      return;
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
      out.u16(size);
      out.bytes(collationFor(type.codePage));
      return;
    case 'binary':
    case 'varbinary':
    case 'rowversion':
      out.u16(size);
      return;
    case 'text':
    case 'ntext':
      out.u32(size);
      out.bytes(collationFor(type.codePage));
      return;
    case 'image':
    case 'sql_variant':
      out.u32(size);
      return;
    case 'bit':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'money':
    case 'smallmoney':
    case 'float':
    case 'real':
    case 'uniqueidentifier':
    case 'smalldatetime':
    case 'datetime':
      out.u8(size);
      return;
  }
}

/** 80 marks a rowversion among binary columns; everything else is a plain system type. */
export function userTypeOf(type: SqlType): number {
  return type.name === 'rowversion' ? 80 : 0;
}
